# The private PostgreSQL cluster: reached by Unix socket only. Sourced by services.sh.
# shellcheck shell=bash

postgres_running() { running_in "$PG_DATA/postmaster.pid" "$PG_DATA"; }

make_cluster() {
    say "→ Making a private PostgreSQL cluster in $PG_DATA"
    as_service rm -rf "$PG_DATA.new"
    as_service "$PG_BIN/initdb" -D "$PG_DATA.new" --username="$SERVICE_USER" --encoding=UTF8 \
        --locale=C.UTF-8 --auth=scram-sha-256 --auth-local=peer >/dev/null
    # The service user administers by its own account; every other role needs its password.
    printf 'local all %s peer\nlocal all all scram-sha-256\n' "$SERVICE_USER" \
        | as_service tee "$PG_DATA.new/pg_hba.conf" >/dev/null
    echo "include 'lastseen.conf'" | as_service tee -a "$PG_DATA.new/postgresql.conf" >/dev/null
    as_service mv "$PG_DATA.new" "$PG_DATA"
}

# Settings for a machine with few cores; short queries gain nothing from just-in-time compiling.
cluster_settings() {
    cat <<SETTINGS
listen_addresses = ''
port = 5432
unix_socket_directories = '$SOCKETS'
max_connections = 120
shared_buffers = 256MB
effective_cache_size = 1GB
work_mem = 16MB
maintenance_work_mem = 128MB
random_page_cost = 1.1
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
SETTINGS
    [ "$PROFILE" = demo ] || printf '%s\n' 'fsync = off' 'synchronous_commit = off' \
        'full_page_writes = off' 'max_wal_size = 512MB'
}

check_major() {
    local made_by here
    made_by="$(as_service cat "$PG_DATA/PG_VERSION")"
    here="$("$PG_BIN/postgres" --version | sed 's/[^0-9]*\([0-9]*\).*/\1/')"
    [ "$made_by" = "$here" ] || die "The cluster in $PG_DATA was made by PostgreSQL $made_by, and this machine has $here. Install $made_by again, or start empty with: make clean"
}

start_postgres() {
    as_service test -f "$PG_DATA/PG_VERSION" || make_cluster
    check_major
    if postgres_running; then
        say "PostgreSQL runs already."
    else
        say "→ Starting PostgreSQL"
        # Left by a crash; PostgreSQL would not start if another process now has the old number.
        as_service rm -f "$PG_DATA/postmaster.pid" "$SOCKETS/.s.PGSQL.5432" "$SOCKETS/.s.PGSQL.5432.lock"
        cluster_settings | as_service tee "$PG_DATA/lastseen.conf" >/dev/null
        as_service "$PG_BIN/pg_ctl" -D "$PG_DATA" -l "$PG_LOG" -w -t 60 start \
            </dev/null >/dev/null 9>&- || {
            as_service tail -n 15 "$PG_LOG" >&2
            die "PostgreSQL did not start. Its log is $PG_LOG"
        }
    fi
    prepare_database
}

psql_as_admin() {
    as_service env PGOPTIONS="-c client_min_messages=warning" \
        "$PG_BIN/psql" -X -q -A -t -v ON_ERROR_STOP=1 -h "$SOCKETS" -p 5432 "$@"
}

database_there() { [ "$(psql_as_admin -d postgres -c "SELECT 1 FROM pg_database WHERE datname = '$1'")" = 1 ]; }

# The application's role owns its database and is no superuser; the tests' one may copy databases.
prepare_database() {
    local password createdb=NOCREATEDB
    password="$(sed -n 's/^DATABASE_PASSWORD=//p' "$ENV_FILE")"
    [ "$PROFILE" = demo ] || createdb=CREATEDB
    psql_as_admin -d postgres <<SQL
SELECT 'CREATE ROLE lastseen' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'lastseen') \gexec
ALTER ROLE lastseen LOGIN NOSUPERUSER $createdb PASSWORD '$password';
SQL
    database_there lastseen || psql_as_admin -d postgres -c "CREATE DATABASE lastseen OWNER lastseen"
    psql_as_admin -d lastseen -c "CREATE EXTENSION IF NOT EXISTS postgis" -c "CREATE EXTENSION IF NOT EXISTS vector"
}

stop_postgres() {
    postgres_running || return 0
    say "→ Stopping PostgreSQL"
    as_service "$PG_BIN/pg_ctl" -D "$PG_DATA" -m fast -w -t 60 stop >/dev/null
}
