#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# tools/gpu_report.sh in short, on the cpu device: a report with every part, and one that says so when a part fails.
#   report.sh FOLDER    SOCLE_TOOL is the tool
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
work=$1
command -v python3 >/dev/null || { echo "skipped: python3 is missing"; exit 77; }
rm -rf "$work"
mkdir -p "$work"

fail() { echo "report: $*"; exit 1; }

# look <expression>: of the report r
look() {
    python3 -c "import json, sys; r = json.load(open(sys.argv[1])); sys.exit(not ($1))" "$work"/out/*.json || fail "not so: $1"
}

! "$root/tools/gpu_report.sh" run --device nothing --out "$work/out" 2>"$work/log" || fail "a report of no device"
grep -q "no device nothing" "$work/log" || fail "does not say that there is no such device"

"$root/tools/gpu_report.sh" run --device cpu:0 --quick --minutes 1 --out "$work/out"
look 'r["device"]["device"] == "cpu:0" and r["quick"]'
look 'all(r[part]["end"]["exit"] == 0 for part in ("verify", "tune", "bench", "train"))'
look 'r["verify"]["rows"][-1]["passed"] > 500 and r["verify"]["rows"][-1]["failed"] == 0'
look 'len(r["bench"]["rows"]) > 20'
look 'r["train"]["rows"][-1]["event"] == "done"'

# A tool whose training fails: the others stand in the report, which takes the place of the first.
cat >"$work/tool" <<END
#!/bin/sh
case \$1 in
    devices | --version) exec "$SOCLE_TOOL" "\$@" ;;
    train) exit 3 ;;
    *) echo '{"event": "done"}' ;;
esac
END
chmod +x "$work/tool"
! SOCLE_TOOL=$work/tool "$root/tools/gpu_report.sh" run --device cpu:0 --quick --minutes 0 --out "$work/out" ||
    fail "a part failed, and the report's exit status is 0"
[ -f "$work"/out/*.before ] || fail "the report of before is gone"
look 'r["train"]["end"]["exit"] == 3 and r["bench"]["end"]["exit"] == 0 and "tune" not in r'
