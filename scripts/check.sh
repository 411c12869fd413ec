#!/usr/bin/env bash
# Style, types and the rule of the rooms. Shows every finding, then fails if there was one.
set -uo pipefail
# shellcheck source=scripts/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"

cd "$ROOT" || exit 1
"$ROOT/scripts/setup.sh" --test || exit 1
FAILED=()
check() {
    say "→ $1"
    shift
    "$@" || FAILED+=("$*")
}
PYTHON="$ROOT/.venv/bin/python"
check "ruff: rules" "$PYTHON" -m ruff check .
check "ruff: format" "$PYTHON" -m ruff format --check .
check "mypy --strict" "$PYTHON" -m mypy
check "import-linter" env PYTHONPATH="$ROOT" "$ROOT/.venv/bin/lint-imports"
check "shellcheck" shellcheck -x scripts/*.sh scripts/*/*.sh docker/*/*.sh .ci/run
if [ ${#FAILED[@]} -gt 0 ]; then
    printf 'Failed: %s\n' "${FAILED[@]}" >&2
    exit 1
fi
say "All checks passed."
