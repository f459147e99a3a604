#!/usr/bin/env bash
# The peers of `songhua bench city --peers`: Covasim, epiworld, ixa and LASER, each on one core.
#   scripts/peers/city.sh install   into .cache/peers/city (a Python environment; some 700 MB)
#   scripts/peers/city.sh run       task in, answers out; ends with 3 when nothing is installed
set -euo pipefail
cd "$(dirname "$0")/../.."
home=.cache/peers/city
case "${1:-}" in
install)
    echo "installing covasim 3.1.6, epiworldpy, laser-core and a model written in ixa into $home"
    python3 -m venv "$home"
    # One by one: where one cannot be had, the others still can.
    for package in covasim==3.1.6 epiworldpy==0.17.0.post2 laser-core==1.0.5; do
        "$home/bin/pip" install --quiet --disable-pip-version-check "$package" ||
            echo "cannot install $package; the benchmark will say so"
    done
    # A Rust library: its model is built here (scripts/peers/ixa).
    if cargo build --quiet --locked --release --manifest-path scripts/peers/ixa/Cargo.toml \
        --target-dir "$home/ixa"; then
        cp "$home/ixa/release/peer-ixa" "$home/peer-ixa"
    else
        echo "cannot build the model in ixa; the benchmark will say so"
    fi
    ;;
run)
    [ -x "$home/bin/python" ] || exit 3
    export OMP_NUM_THREADS=1 NUMBA_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
    exec "$home/bin/python" scripts/peers/city.py
    ;;
*)
    echo "usage: scripts/peers/city.sh install|run" >&2
    exit 2
    ;;
esac
