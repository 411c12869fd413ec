#!/usr/bin/env bash
# Writes the requirements' lock files and package-lock.json anew.
#
#   scripts/lock.sh [pip-compile's arguments, for instance --upgrade or --upgrade-package flask]
#
# What a package needs depends on the Python, to the patch release: the lock is made with Debian
# 12's 3.11.2, the oldest one that set-up accepts, in an environment of its own. pip's own
# configuration is left out, so that the hashes are those of the public index and no address of a
# mirror gets into the files.
set -euo pipefail
# shellcheck source=scripts/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"

cd "$ROOT"
LOCK_VENV="$VAR/build/lock-venv"
PYTHON=/usr/bin/python3.11
export PIP_CONFIG_FILE=/dev/null PIP_DISABLE_PIP_VERSION_CHECK=1
unset PIP_FIND_LINKS PIP_EXTRA_INDEX_URL PIP_INDEX_URL

make_lock_venv() {
    "$PYTHON" -m venv --clear "$LOCK_VENV"
    "$LOCK_VENV/bin/python" -m pip install pip-tools
}
compile() {
    "$LOCK_VENV/bin/python" -m piptools compile --quiet --generate-hashes --allow-unsafe \
        --strip-extras --no-emit-index-url --no-emit-find-links --no-emit-trusted-host \
        --no-header --no-annotate --output-file "$@"
}
"$PYTHON" -c 'import sys; sys.exit(sys.version_info[:3] != (3, 11, 2))' 2>/dev/null \
    || die "The lock files are made on Debian 12, with its own Python 3.11.2 ($PYTHON)."
run_step lock-tools "Making an environment for pip-tools" make_lock_venv
run_step lock "Locking the packages of the product" compile requirements.txt "$@" requirements.in
run_step lock-dev "Locking the packages of the tests" compile requirements-dev.txt "$@" requirements-dev.in
run_step lock-bench "Locking the benchmarks' peers" compile requirements-bench.txt "$@" requirements-bench.in
run_step lock-npm "Locking the map's libraries" npm install --package-lock-only --no-audit --no-fund
