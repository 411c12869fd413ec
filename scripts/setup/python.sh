# The virtual environment .venv with the locked requirements. Sourced by setup.sh.
# shellcheck shell=bash

VENV="$ROOT/.venv"
STAMP="$VENV/lastseen-stamp"

# Python 3.11 is what the lock file was made for; a newer one is taken where 3.11 is not there.
find_python() {
    local candidate
    for candidate in /usr/bin/python3.11 python3.11 /usr/bin/python3 python3; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$candidate"
            return
        fi
    done
    die "Python 3.11 or newer is needed and was not found."
}

venv_works() {
    [ "$("$VENV/bin/python" -c 'import sys; print(sys.prefix)' 2>/dev/null)" = "$VENV" ] \
        && "$VENV/bin/python" -m pip --version >/dev/null 2>&1
}

install_locked() {
    "$VENV/bin/python" -m pip install --no-input --disable-pip-version-check --progress-bar off \
        --require-hashes "$@"
    one_opencv
}

# A second OpenCV distribution would overwrite the first one's files.
one_opencv() {
    local found
    found="$("$VENV/bin/python" -m pip list --format freeze 2>/dev/null | grep -ci '^opencv' || true)"
    [ "$found" = 1 ] || die "There must be exactly one OpenCV distribution in .venv; there are $found. Delete .venv and run this again."
}

setup_python() {
    local want_tests="$1" wanted
    local -a files=("$ROOT/requirements.txt") arguments=(-r "$ROOT/requirements.txt")
    if [ "$want_tests" = 1 ]; then
        files+=("$ROOT/requirements-dev.txt")
        arguments+=(-r "$ROOT/requirements-dev.txt")
    fi
    wanted="$VENV $(hash_of "${files[@]}")"
    if [ -f "$STAMP" ] && grep -qxF "$wanted" "$STAMP" && [ -x "$VENV/bin/python" ]; then
        return 0
    fi
    venv_works || run_step venv "Making the Python environment .venv" make_venv
    run_step pip "Installing the locked Python packages (about 1 GB unpacked on the first run)" \
        install_locked "${arguments[@]}"
    remember "$wanted"
}

make_venv() { "$(find_python)" -m venv --clear "$VENV"; }

# Two sets (with and without the tests' packages) may both be satisfied; others are forgotten.
remember() {
    local runtime
    runtime="$VENV $(hash_of "$ROOT/requirements.txt")"
    printf '%s\n' "$1" "$runtime" | sort -u >"$STAMP"
}
