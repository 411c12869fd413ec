#!/usr/bin/env bash
# Starts and stops a PostgreSQL cluster and a Redis of this clone's own, beside any system ones.
#
#   scripts/services.sh start|stop|status|places [--test]
#
# They listen on Unix sockets only, so no port is taken. Their addresses and passwords are in
# var/env. --test means the throw-away cluster of the tests (var/test/env; the tests start their
# own Redis). status ends with 0 if all run, with 3 if not; places prints the folders in use.
set -euo pipefail
# shellcheck source=scripts/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"

COMMAND="${1:-}"
PROFILE=demo
[ "${2:-}" != --test ] || PROFILE="test"

# shellcheck source=scripts/services/places.sh
. "$ROOT/scripts/services/places.sh"
# shellcheck source=scripts/services/postgres.sh
. "$ROOT/scripts/services/postgres.sh"
# shellcheck source=scripts/services/redis.sh
. "$ROOT/scripts/services/redis.sh"

write_env() {
    "$ROOT/.venv/bin/python" "$ROOT/scripts/setup/write_env.py" "$PROFILE" "$ENV_FILE" \
        --root "$ROOT" --sockets "$SOCKETS"
}

start() {
    exec 9>"$BASE/services.lock"
    flock -w 120 9 || die "Another start or stop has held $BASE/services.lock for two minutes."
    write_env
    [ "$BASE" = "$VAR" ] || [ "$BASE" = "$VAR/$PROFILE" ] \
        || say "The user $SERVICE_USER cannot enter $VAR, so the services keep their data in $BASE"
    start_postgres
    [ "$PROFILE" = test ] || start_redis
}

stop() {
    [ "$PROFILE" = test ] || stop_redis
    stop_postgres
}

# report NAME FOLDER COMMAND: says whether the service runs; fails if it does not.
report() {
    if "$3"; then
        say "$1 runs in $2"
    else
        say "$1 does not run."
        return 3
    fi
}

status() {
    local code=0
    report PostgreSQL "$PG_DATA" postgres_running || code=$?
    [ "$PROFILE" = test ] || report Redis "$REDIS_DIR" redis_running || code=$?
    return "$code"
}

case "$COMMAND" in
    start | stop | status) "$COMMAND" ;;
    places) printf '%s\n' "$BASE" "$SOCKETS" ;;
    *) die "Usage: scripts/services.sh start|stop|status|places [--test]" ;;
esac
