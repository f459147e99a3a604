#!/usr/bin/env bash
# Brings a fresh Debian 12 with Rust and Node to the point where a make target can run.
#
#   scripts/setup.sh run     what `make run` needs: a C compiler, Node, the npm packages
#   scripts/setup.sh test    the same, and PostgreSQL 15, Chromium, CJK fonts, cargo-nextest
#   scripts/setup.sh lint    what `run` needs, and cargo-deny, shellcheck
#   scripts/setup.sh bench   what `run` needs, and PostgreSQL 15
#
# Only what is missing is installed, and every installation is announced on a line that starts
# with "setup: installing". Nothing is started, and nothing outside Debian's packages,
# web/node_modules and .cache/tools is changed.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/tools.sh
. scripts/tools.sh

say() { printf 'setup: %s\n' "$*"; }
die() {
    printf 'setup: %s\n' "$*" >&2
    exit 1
}
have() { command -v "$1" >/dev/null 2>&1; }

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif have sudo; then
        sudo "$@"
    else
        die "needs root for: $* (run it as root, or install sudo)"
    fi
}

apt_updated=no
# apt_install PACKAGE... : installs Debian packages; the package lists are refreshed once.
apt_install() {
    have apt-get || die "missing Debian package(s): $*; there is no apt-get here, install them by hand"
    say "installing Debian package(s): $*"
    if [ "$apt_updated" = no ]; then
        # A broken third-party source must not stop us: the install below is what decides.
        as_root apt-get -qq update || say "apt-get update reported errors; going on with what there is"
        apt_updated=yes
    fi
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends \
        -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 "$@" >"$log" 2>&1 || {
        tail -n 40 "$log" >&2
        die "could not install: $*"
    }
}

# need_node MAJOR : refuses a Node that is missing or too old. We do not pick a Node for you.
need_node() {
    have node || die "Node $1 or later is needed (https://nodejs.org); there is no 'node' on the PATH"
    local major
    major=$(node -p 'process.versions.node.split(".")[0]')
    [ "$major" -ge "$1" ] || die "Node $1 or later is needed; this is Node $(node --version)"
    have npm || apt_install npm
}

need_rust() {
    have cargo || die "Rust is needed (https://rustup.rs); there is no 'cargo' on the PATH"
    # rustc links with cc, and SQLite and the allocator are compiled from C.
    have cc || apt_install build-essential
}

# The lock file's copy inside node_modules tells whether the last `npm ci` was for this lock file.
need_npm_packages() {
    local stamp=web/node_modules/.songhua-lock
    if [ -f "$stamp" ] && cmp -s web/package-lock.json "$stamp"; then
        return
    fi
    say "installing npm packages into web/node_modules (npm ci)"
    (cd web && npm ci --no-audit --no-fund --loglevel=error)
    cp web/package-lock.json "$stamp"
}

need_postgres() {
    scripts/postgres.sh where >/dev/null 2>&1 && return
    # Debian's package makes and starts a cluster of its own on port 5432. The tests start a
    # throwaway one, so that cluster would only be in the way. The setting is left alone where
    # somebody has already made it.
    have pg_createcluster || apt_install postgresql-common
    local conf=/etc/postgresql-common/createcluster.conf
    if [ -f "$conf" ] && ! grep -Eq '^[[:space:]]*create_main_cluster' "$conf"; then
        say "setting create_main_cluster = false in $conf: no default cluster is wanted"
        echo 'create_main_cluster = false' | as_root tee -a "$conf" >/dev/null
    fi
    apt_install postgresql-15
}

need_chromium() {
    [ -n "${SONGHUA_CHROMIUM:-}" ] || have chromium || apt_install chromium
    # Without a CJK font every Chinese page is a page of boxes, and so are its screenshots.
    compgen -G '/usr/share/fonts/opentype/noto/NotoSansCJK*' >/dev/null || apt_install fonts-noto-cjk
}

need_nextest() {
    if cargo nextest --version >/dev/null 2>&1; then
        return
    fi
    say "installing cargo-nextest into $TOOLS (cargo install --locked; some minutes)"
    nice -n 10 cargo install --locked --quiet --root "$TOOLS" cargo-nextest ||
        say "cargo-nextest could not be had; the tests will run under plain cargo test"
}

need_deny() {
    if cargo deny --version >/dev/null 2>&1; then
        return
    fi
    say "installing cargo-deny into $TOOLS (cargo install --locked; some minutes)"
    nice -n 10 cargo install --locked --quiet --root "$TOOLS" cargo-deny
}

log=$(mktemp)
trap 'rm -f "$log"' EXIT

case "${1:-}" in
run)
    need_rust
    need_node 18
    need_npm_packages
    ;;
test)
    need_rust
    need_node 20
    need_npm_packages
    need_postgres
    need_chromium
    need_nextest
    ;;
lint)
    need_rust
    need_node 18
    need_npm_packages
    have shellcheck || apt_install shellcheck
    need_deny
    ;;
bench)
    need_rust
    need_node 18
    need_npm_packages
    need_postgres
    ;;
*)
    die "usage: scripts/setup.sh run|test|lint|bench"
    ;;
esac
