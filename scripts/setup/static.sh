# The map's JavaScript libraries: npm packages, copied to static/vendor/. Sourced by setup.sh.
# shellcheck shell=bash

setup_static() {
    local stamp="$ROOT/static/vendor/.stamp" wanted
    wanted="$(hash_of "$ROOT/package-lock.json" "$ROOT/scripts/vendor_static.txt" "$ROOT/scripts/vendor_static.sh")"
    if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ]; then
        return 0
    fi
    run_step npm "Fetching the map's libraries with npm" \
        npm --prefix "$ROOT" ci --ignore-scripts --no-audit --no-fund
    run_step vendor "Copying them to static/vendor" "$ROOT/scripts/vendor_static.sh"
    printf '%s\n' "$wanted" >"$stamp"
}
