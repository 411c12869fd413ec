# Shared by the scripts in this folder; source it, do not run it.
# Gives: ROOT (the repository), VAR (its run-time folder), say, die, as_root, run_step.
# shellcheck shell=bash

ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)"
VAR="$ROOT/var"
LOGS="$VAR/log/setup"
export ROOT VAR
# An ordinary user's search path may lack the folders of ldconfig and runuser.
PATH="$PATH:/usr/sbin:/sbin"

say() { printf '%s\n' "$*"; }

die() {
    printf 'Error: %s\n' "$*" >&2
    exit 1
}

# The folder's name ends up in configuration files of three programs with three ways of quoting.
case "$ROOT" in
    *[\'\"\\\$\`]* | *$'\n'*)
        die "The folder's path contains a quote, a backslash, a dollar sign or a line break. Move the clone to a path without." ;;
esac

# as_root COMMAND…: runs it as it is for root, else through sudo.
as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo -n true 2>/dev/null || [ -t 0 ] \
            || die "Packages must be installed, sudo asks for a password, and there is no terminal. Run this once from a terminal, or as root."
        sudo "$@"
    else
        die "Packages must be installed, and this user is neither root nor has sudo. Run this once as root."
    fi
}

# The last line of a log, without carriage returns and colours, cut to a terminal's width.
last_line() {
    tail -c 2000 "$1" 2>/dev/null | tr '\r' '\n' | sed 's/\x1b\[[0-9;]*[A-Za-z]//g' \
        | grep -v '^[[:space:]]*$' | tail -n 1 | cut -c 1-90 || true
}

# run_step NAME "What it does" COMMAND…: says so first, then writes a line every four seconds.
# All output goes to var/log/setup/NAME.log; on failure its end is shown.
run_step() {
    local name="$1" text="$2" started=$SECONDS log pid waited=0
    shift 2
    mkdir -p "$LOGS"
    log="$LOGS/$name.log"
    say "→ $text"
    ("$@") </dev/null >"$log" 2>&1 &
    pid=$!
    trap 'pkill -TERM -P '"$pid"' 2>/dev/null || true; kill '"$pid"' 2>/dev/null || true; exit 130' INT TERM
    while kill -0 "$pid" 2>/dev/null; do
        sleep 0.2
        waited=$((waited + 1))
        if [ $((waited % 20)) -eq 0 ]; then
            say "  … $((SECONDS - started)) s: $(last_line "$log")"
        fi
    done
    trap - INT TERM
    if ! wait "$pid"; then
        tail -n 20 "$log" >&2
        die "This step failed: $text. The whole log is in $log"
    fi
}

# hash_of FILE…: one SHA-256 over the files' contents.
hash_of() { cat "$@" | sha256sum | cut -d ' ' -f 1; }
