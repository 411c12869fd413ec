#!/usr/bin/env bash
# Installs what Lastseen needs: system packages, pgvector, .venv, the map's libraries.
#
#   scripts/setup.sh [--test]      --test adds what the tests need (Chromium, fonts, pytest …)
#
# Safe to run again: what is there is left alone. Starts no service (scripts/services.sh does).
set -euo pipefail
# shellcheck source=scripts/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"
# shellcheck source=scripts/setup/python.sh
. "$ROOT/scripts/setup/python.sh"
# shellcheck source=scripts/setup/apt.sh
. "$ROOT/scripts/setup/apt.sh"
# shellcheck source=scripts/setup/pgvector.sh
. "$ROOT/scripts/setup/pgvector.sh"
# shellcheck source=scripts/setup/static.sh
. "$ROOT/scripts/setup/static.sh"

WANT_TESTS=0
case "${1:-}" in
    '') ;;
    --test) WANT_TESTS=1 ;;
    *) die "Usage: scripts/setup.sh [--test]" ;;
esac

STARTED=$SECONDS
mkdir -p "$VAR/media" "$VAR/footage"
exec 9>"$VAR/setup.lock"
flock -n 9 || { say "Another set-up of this clone is running; waiting for it."; flock 9; }

setup_apt "$WANT_TESTS"
setup_pgvector
setup_python "$WANT_TESTS"
setup_static
say "Set-up is complete ($((SECONDS - STARTED)) s)."
