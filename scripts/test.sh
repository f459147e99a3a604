#!/usr/bin/env bash
# Everything `make test` runs, after scripts/setup.sh test. The first part that fails ends it.
#
#   scripts/test.sh            all parts, beside a throwaway PostgreSQL
#   scripts/test.sh PART...    only these, as they are: web rust doc browser
#
# rust needs SONGHUA_TEST_POSTGRES: tests of both stores fail without it, they do not skip.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/tools.sh
. scripts/tools.sh

# The web bundle comes first: the server embeds it.
part_web() {
    node web/build.mjs
    (cd web && npm run --silent check)
    node web/build.mjs --tests
    local tests=()
    mapfile -t tests < <(find target/web-tests -name '*.test.mjs' 2>/dev/null | sort)
    if [ "${#tests[@]}" -gt 0 ]; then
        node --test --test-reporter=spec "${tests[@]}"
    fi
}

part_rust() {
    if cargo nextest --version >/dev/null 2>&1; then
        cargo nextest run --workspace
    else
        cargo test --workspace --lib --bins --tests
    fi
}

# nextest does not run the examples in the documentation.
part_doc() {
    cargo test --workspace --doc --quiet
}

part_browser() {
    # With --tests the crates have the same features as above and are not built a second time.
    cargo build --workspace --bins --tests
    # Two files at a time: each starts a server and a Chromium of its own, and waits much.
    node --test --test-concurrency=2 --test-reporter=spec tests/browser/*.test.mjs
}

if [ $# -eq 0 ]; then
    exec scripts/postgres.sh run --fast -- "$0" web rust doc browser
fi
for part in "$@"; do
    printf '\n=== %s (after %d s)\n' "$part" "$SECONDS"
    "part_$part"
done
