#!/usr/bin/env bash
# The peer of `songhua bench beds --peers`: OR-Tools' min-cost flow.
#   scripts/peers/beds.sh install   into .cache/peers/beds (a Python environment; some 100 MB)
#   scripts/peers/beds.sh run       task in, answer out; ends with 3 when nothing is installed
set -euo pipefail
cd "$(dirname "$0")/../.."
home=.cache/peers/beds
case "${1:-}" in
install)
    echo "installing ortools 9.11.4210 and numpy into $home"
    python3 -m venv "$home"
    "$home/bin/pip" install --quiet --disable-pip-version-check ortools==9.11.4210 'numpy>=1.24,<3'
    ;;
run)
    [ -x "$home/bin/python" ] || exit 3
    exec "$home/bin/python" scripts/peers/beds.py
    ;;
*)
    echo "usage: scripts/peers/beds.sh install|run" >&2
    exit 2
    ;;
esac
