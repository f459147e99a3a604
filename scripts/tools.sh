# shellcheck shell=bash
# Sourced by the other scripts: puts the project's own tools and rustup's on the PATH.
# TOOLS may be set to share one directory of tools between several checkouts.
TOOLS=${TOOLS:-$PWD/.cache/tools}
PATH=$TOOLS/bin:$PATH
if ! command -v cargo >/dev/null 2>&1 && [ -x "$HOME/.cargo/bin/cargo" ]; then
    PATH=$HOME/.cargo/bin:$PATH
fi
export TOOLS PATH
