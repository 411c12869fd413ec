#!/usr/bin/env bash
# The whole test suite, from a bare machine: set-up, the tests' PostgreSQL, pytest on every core.
#
#   scripts/test.sh [pytest's arguments]
set -euo pipefail
# shellcheck source=scripts/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"

"$ROOT/scripts/setup.sh" --test
STARTED_HERE=1
! "$ROOT/scripts/services.sh" status --test >/dev/null || STARTED_HERE=0
"$ROOT/scripts/services.sh" start --test
stop_what_was_started() {
    [ "$STARTED_HERE" = 0 ] || "$ROOT/scripts/services.sh" stop --test
}
trap stop_what_was_started EXIT
trap 'exit 130' INT TERM

cd "$ROOT"
# One thread a process for the numeric libraries: pytest already runs one process per core.
OMP_NUM_THREADS=1 "$ROOT/.venv/bin/python" -m pytest -n auto --dist loadfile "$@" </dev/null
