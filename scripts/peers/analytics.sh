#!/usr/bin/env bash
# The peers of `songhua bench analytics`: EpiEstim (Debian's package) and baselinenowcast (CRAN), in R.
#   scripts/peers/analytics.sh install    installs what can be reached, and says so; with
#                                         BASELINENOWCAST=DIRECTORY from its sources there
#   scripts/peers/analytics.sh run        one task in by standard input, one answer out; 3: not installed
set -euo pipefail
cd "$(dirname "$0")/../.."
library="$PWD/.cache/peers/analytics"
export TZ=UTC R_LIBS_USER="$library"

install() {
    echo "installs Debian's r-base-core, r-cran-epiestim, r-cran-jsonlite, r-cran-checkmate, r-cran-purrr"
    apt-get install -y --no-install-recommends \
        r-base-core r-cran-epiestim r-cran-jsonlite r-cran-checkmate r-cran-purrr
    mkdir -p "$library"
    if [ -n "${BASELINENOWCAST:-}" ]; then
        echo "installs baselinenowcast from $BASELINENOWCAST into $library"
        R CMD INSTALL --no-docs --no-test-load --library="$library" "$BASELINENOWCAST"
        return
    fi
    echo "installs baselinenowcast from CRAN into $library"
    Rscript -e 'install.packages("baselinenowcast", lib = Sys.getenv("R_LIBS_USER"), repos = "https://cloud.r-project.org", dependencies = FALSE)' ||
        true
    if ! Rscript -e 'quit(status = !requireNamespace("baselinenowcast", quietly = TRUE))'; then
        echo "baselinenowcast is not installed: CRAN could not be reached; BASELINENOWCAST=DIRECTORY installs its sources" >&2
    fi
}

case "${1:-}" in
install) install ;;
run)
    command -v Rscript >/dev/null || exit 3
    exec Rscript --vanilla scripts/peers/analytics.R
    ;;
*)
    echo "usage: $0 install|run" >&2
    exit 2
    ;;
esac
