#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# All texts that a plan can build for a GPU go through the compilers of three vendors, and what these make of them keeps to a
# budget.
#   budget.sh FOLDER OBJECTS BUDGET    gathers in FOLDER; the rest is budget.py's
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
command -v python3 >/dev/null || { echo "skipped: python3 is missing"; exit 77; }
"$here/gather.sh" "$1"
exec "$here/budget.py" "$1" "$2" "$3"
