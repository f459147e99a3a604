#!/usr/bin/env bash
# The peers of `songhua bench routes --peers`: PyVRP, OR-Tools and VROOM, each on one core.
#   scripts/peers/routes.sh install   into .cache/peers/routes (a Python environment; some 200 MB)
#   scripts/peers/routes.sh run       task in, answer out; ends with 3 when nothing is installed
set -euo pipefail
cd "$(dirname "$0")/../.."
home=.cache/peers/routes
case "${1:-}" in
install)
    echo "installing pyvrp, ortools and pyvroom into $home"
    python3 -m venv "$home"
    "$home/bin/pip" install --quiet --disable-pip-version-check \
        pyvrp==0.11.3 ortools==9.11.4210 pyvroom==1.14.0 'numpy>=1.24,<3'
    ;;
run)
    [ -x "$home/bin/python" ] || exit 3
    export OMP_NUM_THREADS=1
    exec "$home/bin/python" scripts/peers/routes.py
    ;;
*)
    echo "usage: scripts/peers/routes.sh install|run" >&2
    exit 2
    ;;
esac
