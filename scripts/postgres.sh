#!/usr/bin/env bash
# Runs a command beside a throwaway PostgreSQL cluster.
#
#   scripts/postgres.sh run [--fast] [--set NAME=VALUE]... -- COMMAND [ARGUMENT]...
#   scripts/postgres.sh where        prints the directory of the PostgreSQL programs used
#
# The cluster is made in a new temporary directory, listens on a unix socket there and on a free
# loopback port, and the command finds it in SONGHUA_TEST_POSTGRES=postgres://USER:WORD@HOST:PORT/DB
# (a superuser, so that tests can create databases of their own). It is stopped and removed when
# the command ends, when this script is interrupted, and when this script is killed.
#
# By default the cluster is as durable as PostgreSQL is out of the box, which is what a benchmark
# must measure. --fast turns fsync and its kin off, for tests that only need the answers.
#
# SONGHUA_PG_BIN names the directory of initdb and postgres, where the search below does not do.
set -euo pipefail

say() { printf 'postgres: %s\n' "$*" >&2; }
die() {
    say "$*"
    exit 1
}

# Prints the directory that holds initdb and postgres. Debian keeps them off the PATH.
find_bin() {
    local dir
    for dir in "${SONGHUA_PG_BIN:-}" /usr/lib/postgresql/15/bin \
        $(printf '%s\n' /usr/lib/postgresql/*/bin | sort -t/ -k5 -rn) \
        "$(dirname "$(command -v initdb || echo /nowhere/initdb)")"; do
        if [ -n "$dir" ] && [ -x "$dir/initdb" ] && [ -x "$dir/postgres" ] && [ -x "$dir/pg_ctl" ]; then
            printf '%s\n' "$dir"
            return
        fi
    done
    return 1
}

# PostgreSQL refuses to run as root, so as root we borrow the account that Debian's package made.
as_owner() {
    if [ -n "$owner" ]; then
        runuser -u "$owner" -- "$@"
    else
        "$@"
    fi
}

# A port that nothing answers on now. Another process may still take it before the cluster does:
# start_cluster then tries another.
free_port() {
    local port
    while :; do
        port=$((20000 + (RANDOM * 32768 + RANDOM) % 12000))
        if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
            printf '%s\n' "$port"
            return
        fi
    done
}

start_cluster() {
    local port
    for _ in 1 2 3 4 5; do
        port=$(free_port)
        if as_owner "$bin/pg_ctl" start -w -t 60 -s -D "$dir/data" -l "$dir/log" \
            -o "-p $port -k $dir -h 127.0.0.1 -c max_connections=200 $settings" >/dev/null 2>&1; then
            printf '%s\n' "$port"
            return
        fi
        grep -q 'Address already in use' "$dir/log" || break
        : >"$dir/log"
    done
    tail -n 20 "$dir/log" >&2
    return 1
}

run() {
    local settings='' initdb_options=()
    while [ $# -gt 0 ]; do
        case "$1" in
        --fast)
            settings+=' -c fsync=off -c synchronous_commit=off -c full_page_writes=off'
            initdb_options=(--no-sync)
            shift
            ;;
        --set)
            [[ "${2:-}" =~ ^[a-z_.]+=[A-Za-z0-9_.-]+$ ]] || die "--set wants NAME=VALUE, got '${2:-}'"
            settings+=" -c $2"
            shift 2
            ;;
        --)
            shift
            break
            ;;
        *) die "unknown option '$1' (usage: postgres.sh run [--fast] [--set NAME=VALUE]... -- COMMAND)" ;;
        esac
    done
    [ $# -gt 0 ] || die "no command given after --"

    # bin, owner, dir and janitor are global: the clearing up at the very end needs them.
    local word port
    owner=''
    bin=$(find_bin) || die "PostgreSQL's server programs were not found; 'make test' installs them"
    if [ "$(id -u)" -eq 0 ]; then
        owner=postgres
        id "$owner" >/dev/null 2>&1 || owner=nobody
    fi
    # A unix socket's path may have 107 bytes at most, so not below a possibly long TMPDIR.
    dir=$(mktemp -d /tmp/songhua-pg.XXXXXX)

    # The janitor waits for the end of this script, however it comes (even SIGKILL closes the
    # pipe), and then clears up. It ignores the signals that a terminal sends to the whole group.
    # Every process started below must be without descriptor 9, or the end would not be seen.
    exec 9> >(
        trap '' INT TERM HUP QUIT
        cat >/dev/null
        if [ -f "$dir/data/postmaster.pid" ]; then
            as_owner "$bin/pg_ctl" stop -s -m immediate -D "$dir/data" >/dev/null 2>&1
        fi
        rm -rf "$dir"
    )
    janitor=$!
    trap 'exec 9>&-; wait "$janitor" || true' EXIT

    [ -z "$owner" ] || chown "$owner" "$dir"
    word=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
    (
        umask 077
        printf '%s\n' "$word" >"$dir/word"
    )
    [ -z "$owner" ] || chown "$owner" "$dir/word"
    # Loopback is shared by all users of the machine, hence the password.
    (cd "$dir" && as_owner "$bin/initdb" -D "$dir/data" -U songhua --auth=scram-sha-256 \
        --pwfile="$dir/word" --encoding=UTF8 --locale=C.UTF-8 "${initdb_options[@]}" \
        >"$dir/initdb.log" 2>&1 9>&-) || {
        cat "$dir/initdb.log" >&2
        die "initdb failed"
    }
    port=$(cd "$dir" && start_cluster 9>&-) || die "the cluster did not start"
    PGPASSWORD=$word "$bin/psql" -q -h 127.0.0.1 -p "$port" -U songhua -d postgres \
        -c 'CREATE DATABASE songhua_test' 9>&- || die "the test database could not be made"
    export SONGHUA_TEST_POSTGRES="postgres://songhua:$word@127.0.0.1:$port/songhua_test"
    say "$("$bin/postgres" --version) on 127.0.0.1:$port, in $dir, to be removed at the end"

    # In the background, so that a TERM for this script reaches the command at once; with the
    # default SIGINT, which a script's background commands would otherwise ignore.
    local child status=0
    env --default-signal=INT,QUIT "$@" <&0 9>&- &
    child=$!
    trap 'kill -TERM "$child" 2>/dev/null || true' TERM HUP
    trap ':' INT
    while :; do
        status=0
        wait "$child" || status=$?
        # A trapped signal ends `wait` early: the command itself may still be running.
        kill -0 "$child" 2>/dev/null || break
    done
    trap '' INT TERM HUP
    return "$status"
}

case "${1:-}" in
run)
    shift
    run "$@"
    ;;
where)
    find_bin || die "PostgreSQL's server programs were not found"
    ;;
*)
    die "usage: scripts/postgres.sh run [--fast] [--set NAME=VALUE]... -- COMMAND | where"
    ;;
esac
