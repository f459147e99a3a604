#!/usr/bin/env bash
# Everything `make lint` checks, after scripts/setup.sh lint. All parts run; any failure fails it.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
# shellcheck source=scripts/tools.sh
. scripts/tools.sh

failed=()
check() {
    local name=$1
    shift
    printf '=== %s\n' "$name"
    "$@" || failed+=("$name")
}

check "formatting" cargo fmt --all --check
check "web bundle" node web/build.mjs
check "web types" npm --prefix web run --silent check
check "clippy" cargo clippy --workspace --all-targets --keep-going --quiet -- -D warnings
# The advisory database is fetched from the network at every run, so it is not part of the lint;
# run `cargo deny check advisories` where it can be reached.
check "licences, bans, sources (advisories are not checked)" \
    cargo deny --log-level error check licenses bans sources
check "shell scripts" shellcheck -x .ci/run scripts/*.sh scripts/peers/*.sh

if [ "${#failed[@]}" -gt 0 ]; then
    printf 'lint failed: %s\n' "${failed[@]}" >&2
    exit 1
fi
echo "lint: clean"
