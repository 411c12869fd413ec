#!/usr/bin/env bash
# What the benchmarks need on top of the tests: the peers that they are measured against.
set -euo pipefail
# shellcheck source=scripts/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"
# shellcheck source=scripts/setup/python.sh
. "$ROOT/scripts/setup/python.sh"
# shellcheck source=scripts/setup/apt.sh
. "$ROOT/scripts/setup/apt.sh"

"$ROOT/scripts/setup.sh" --test
BENCH_STAMP="$VENV/lastseen-bench-stamp"
WANTED="$(hash_of "$ROOT/requirements-bench.txt" "$ROOT/requirements-dev.txt")"
[ "$(cat "$BENCH_STAMP" 2>/dev/null)" != "$WANTED" ] || exit 0
command -v g++ >/dev/null || run_step apt-bench "Installing a compiler for hnswlib" \
    apt_install g++ libc6-dev python3-dev
run_step pip-bench "Installing the benchmarks' peers" \
    install_locked -r "$ROOT/requirements-bench.txt"
printf '%s\n' "$WANTED" >"$BENCH_STAMP"
