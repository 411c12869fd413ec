#!/usr/bin/env bash
# The command line over this clone's private services: scripts/flask.sh cases list
set -euo pipefail
# shellcheck source=scripts/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"

[ -f "$VAR/env" ] || { say "Run make services first: var/env is missing."; exit 1; }
set -a
# shellcheck source=/dev/null
. "$VAR/env"
set +a
cd "$ROOT"
exec "$ROOT/.venv/bin/python" -m flask --app wsgi "$@"
