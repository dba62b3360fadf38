#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The inner loops of tiles are what floors.txt says, and the predictions of a document are what follows from them.
#   loops.sh FOLDER OBJECTS FLOORS DOCUMENT    gathers in FOLDER; the rest is inner_loop.py's and predict.py's
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
command -v python3 >/dev/null || { echo "skipped: python3 is missing"; exit 77; }
"$here/gather.sh" "$1"
"$here/inner_loop.py" "$1" "$2" "$3"
"$here/predict.py" "$1" "$2" "$4"
