#!/usr/bin/env bash
# The demonstration, from a bare machine to the map: set-up, private services, scripts/demo.py.
#
#   scripts/demo.sh [--check]      --check does the same without serving the map
#
# demo.py is told by LASTSEEN_STARTED_SERVICES=1 that the services were started here, and so must be
# stopped by it at its end (scripts/services.sh stop).
set -euo pipefail
# shellcheck source=scripts/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"

"$ROOT/scripts/setup.sh"
LASTSEEN_STARTED_SERVICES=1
! "$ROOT/scripts/services.sh" status >/dev/null || LASTSEEN_STARTED_SERVICES=0
export LASTSEEN_STARTED_SERVICES
"$ROOT/scripts/services.sh" start
set -a
# shellcheck source=/dev/null
. "$VAR/env"
set +a
cd "$ROOT"
exec "$ROOT/.venv/bin/python" scripts/demo.py "$@"
