#!/usr/bin/env bash
# The product for development: web on http://127.0.0.1:8000, workers and scheduler, until Ctrl-C.
# WORKERS (default 2) is the number of recognition workers, PORT the web's port.
set -euo pipefail
# shellcheck source=scripts/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"

"$ROOT/scripts/setup.sh"
STARTED_HERE=1
! "$ROOT/scripts/services.sh" status >/dev/null || STARTED_HERE=0
"$ROOT/scripts/services.sh" start
set -a
# shellcheck source=/dev/null
. "$VAR/env"
set +a
cd "$ROOT"
PYTHON="$ROOT/.venv/bin/python"
FLASK=("$PYTHON" -m flask --app wsgi)

"${FLASK[@]}" db upgrade
PIDS=()
stop_all() {
    trap - EXIT INT TERM
    kill -TERM "${PIDS[@]}" 2>/dev/null || true
    wait
    [ "$STARTED_HERE" = 0 ] || "$ROOT/scripts/services.sh" stop
}
trap stop_all EXIT
trap 'exit 130' INT TERM

for _ in $(seq "${WORKERS:-2}"); do
    "${FLASK[@]}" worker &
    PIDS+=($!)
done
"${FLASK[@]}" scheduler run &
PIDS+=($!)
"$PYTHON" -m gunicorn --bind "127.0.0.1:${PORT:-8000}" --worker-class gthread --workers 1 \
    --threads 64 --no-control-socket --reload wsgi:app &
PIDS+=($!)
say "The map is served at http://127.0.0.1:${PORT:-8000}. Ctrl-C stops everything."
wait -n
