#!/usr/bin/env bash
# Stops the private services and deletes what set-up and use have made: var/, .venv, libraries.
# The demonstration's database, footage and media are deleted with it.
set -euo pipefail
# shellcheck source=scripts/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"

if [ -d "$VAR" ] && id postgres >/dev/null 2>&1; then
    for profile in "" --test; do
        "$ROOT/scripts/services.sh" stop $profile
        "$ROOT/scripts/services.sh" places $profile
    done | while read -r folder; do
        case "$folder" in
            /var/lib/lastseen/* | /tmp/lastseen-*) rm -rf "$folder" ;;
        esac
    done
fi
rm -rf "$VAR" "$ROOT/.venv" "$ROOT/node_modules" "$ROOT/static/vendor" "$ROOT"/.*_cache
say "Clean."
