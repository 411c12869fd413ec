# Where the private services live, and as whom they run. Sourced by services.sh after PROFILE is set.
# Gives: SERVICE_USER, BASE (data), SOCKETS, ENV_FILE, PG_BIN, as_service, running_in.
# shellcheck shell=bash

# PostgreSQL refuses to run as root, so root hands both services to the user of Debian's package.
if [ "$(id -u)" -eq 0 ]; then
    SERVICE_USER=postgres
    id "$SERVICE_USER" >/dev/null 2>&1 || die "The user postgres is missing. Run scripts/setup.sh first."
else
    SERVICE_USER="$(id -un)"
fi

as_service() {
    if [ "$(id -un)" = "$SERVICE_USER" ]; then
        (cd / && "$@")
    else
        (cd / && runuser -u "$SERVICE_USER" -- "$@")
    fi
}

PLACE_HASH="$(printf '%s %s' "$ROOT" "$PROFILE" | sha256sum | cut -c 1-12)"

# A folder that only the service user may enter. One that somebody else made is refused.
private_folder() {
    if [ ! -e "$1" ]; then
        mkdir -p "$(dirname "$1")"
        mkdir -m 700 "$1"
        [ "$(id -un)" = "$SERVICE_USER" ] || chown "$SERVICE_USER" "$1"
    fi
    if [ -L "$1" ] || [ "$(stat -c %U "$1")" != "$SERVICE_USER" ]; then
        die "$1 should be a folder of the user $SERVICE_USER, but it is not. Remove it and try again."
    fi
}

# Data live under var/, unless the service user cannot get there (a clone in a closed folder
# such as root's home): then in /var/lib/lastseen, under a name made from the clone's path.
choose_base() {
    BASE="$VAR"
    [ "$PROFILE" = demo ] || BASE="$VAR/$PROFILE"
    ENV_FILE="$BASE/env"
    mkdir -p "$BASE"
    if ! as_service test -x "$BASE"; then
        BASE="/var/lib/lastseen/$PLACE_HASH"
        mkdir -p "$BASE"
    fi
    private_folder "$BASE/pg"
    private_folder "$BASE/redis"
}

# The kernel takes socket paths of at most 107 bytes, and PostgreSQL reads commas and spaces in
# this setting as separators: such places get a short folder in /tmp instead.
choose_sockets() {
    SOCKETS="$BASE/run"
    if [ ${#SOCKETS} -gt 90 ] || [[ "$SOCKETS" =~ [^A-Za-z0-9/._-] ]]; then
        SOCKETS="/tmp/lastseen-$PLACE_HASH"
    fi
    private_folder "$SOCKETS"
}

choose_postgres() {
    PG_BIN="$( (find /usr/lib/postgresql /usr/pgsql-* -maxdepth 3 -name initdb 2>/dev/null || true) \
        | sort -V | tail -n 1)"
    PG_BIN="${PG_BIN%/initdb}"
    [ -n "$PG_BIN" ] || die "PostgreSQL is not installed. Run scripts/setup.sh first."
}

# running_in PID_FILE FOLDER: true if the process that the file names is alive and works in that
# folder (both servers change into their data folder), so a recycled number is not mistaken.
running_in() {
    local pid
    pid="$(head -n 1 "$1" 2>/dev/null)" || return 1
    [ -n "$pid" ] && [ "$(readlink "/proc/$pid/cwd")" = "$2" ]
} 2>/dev/null

choose_base
choose_sockets
choose_postgres
PG_DATA="$BASE/pg/data"
PG_LOG="$BASE/pg/log"
REDIS_DIR="$BASE/redis"
export ENV_FILE PG_DATA PG_LOG REDIS_DIR
