#!/usr/bin/env bash
# Copies the files that vendor_static.txt lists from node_modules/ to static/vendor/.
set -euo pipefail
# shellcheck source=scripts/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"

TARGET="$ROOT/static/vendor"

rm -rf "$TARGET"
while read -r source target; do
    case "$source" in '' | '#'*) continue ;; esac
    [ -e "$ROOT/node_modules/$source" ] \
        || die "scripts/vendor_static.txt names $source, which npm did not install. Run: make setup"
    mkdir -p "$(dirname "$TARGET/$target")"
    cp -R "$ROOT/node_modules/$source" "$TARGET/$target"
done <"$ROOT/scripts/vendor_static.txt"
# Browsers load modules by address; a bare package name would need an inline import map, which the
# content security policy forbids.
sed -i "s#'@mapbox/point-geometry'#'../point-geometry/index.js'#" "$TARGET/vector-tile/vector-tile/index.js"
say "static/vendor holds $(find "$TARGET" -type f | wc -l) files."
