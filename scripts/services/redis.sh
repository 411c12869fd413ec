# The private Redis: reached by Unix socket only, its queue kept on disk. Sourced by services.sh.
# shellcheck shell=bash

REDIS_PID_FILE="$REDIS_DIR/redis.pid"

redis_running() { running_in "$REDIS_PID_FILE" "$REDIS_DIR"; }

# Debian's redis-tools carries the server under the name of its checker; the name decides.
run_redis_server() {
    if command -v redis-server >/dev/null; then
        as_service redis-server "$@"
    else
        # shellcheck disable=SC2016 # the inner shell expands these
        as_service bash -c 'exec -a redis-server "$0" "$@"' /usr/bin/redis-check-rdb "$@"
    fi
}

redis_settings() {
    cat <<SETTINGS
port 0
unixsocket "$SOCKETS/redis.sock"
unixsocketperm 700
requirepass "$(sed -n 's/^REDIS_PASSWORD=//p' "$ENV_FILE")"
dir "$REDIS_DIR"
pidfile "$REDIS_PID_FILE"
logfile "$REDIS_DIR/redis.log"
daemonize yes
appendonly yes
appendfsync everysec
save ""
SETTINGS
}


start_redis() {
    local tries
    if redis_running; then
        say "Redis runs already."
        return
    fi
    say "→ Starting Redis"
    as_service rm -f "$REDIS_PID_FILE" "$SOCKETS/redis.sock"
    redis_settings | (umask 077 && as_service tee "$REDIS_DIR/redis.conf" >/dev/null)
    run_redis_server "$REDIS_DIR/redis.conf" </dev/null >/dev/null 9>&-
    for tries in $(seq 100); do
        if redis_running && [ -S "$SOCKETS/redis.sock" ]; then
            return
        fi
        sleep 0.1
    done
    as_service tail -n 15 "$REDIS_DIR/redis.log" >&2
    die "Redis did not start within ${tries} tenths of a second. Its log is $REDIS_DIR/redis.log"
}

stop_redis() {
    local pid
    redis_running || return 0
    say "→ Stopping Redis"
    pid="$(as_service head -n 1 "$REDIS_PID_FILE")"
    kill -TERM "$pid"
    for _ in $(seq 100); do
        redis_running || return 0
        sleep 0.1
    done
    die "Redis (process $pid) did not stop within 10 s."
}
