# Debian packages. Sourced by setup.sh.
# shellcheck shell=bash

CREATECLUSTER_FILE=/etc/postgresql-common/createcluster.d/zz-lastseen-setup.conf

have_package() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

# grep reads to the end here: with -q it would break the pipe, and pipefail take that for "absent".
have_library() { ldconfig -p | grep -F "$1" >/dev/null; }

# The PostgreSQL major version to use: the newest one installed, else the distribution's.
postgres_major() {
    local major
    major="$( (find /usr/lib/postgresql -mindepth 3 -maxdepth 3 -path '*/bin/initdb' 2>/dev/null || true) \
        | cut -d / -f 5 | sort -n | tail -n 1)"
    if [ -z "$major" ]; then
        major="$(apt-cache depends postgresql 2>/dev/null \
            | sed -n 's/.*Depends: postgresql-\([0-9]\+\)$/\1/p' | head -n 1)"
    fi
    printf '%s' "$major"
}

# Redis's server program: Debian's redis-tools carries it under the name of its checker
# (both are one file that acts by its name), without the service that redis-server would start.
redis_program_found() {
    command -v redis-server >/dev/null || [ -x /usr/bin/redis-check-rdb ]
}

# Prints, one a line, the packages that are missing. $1 is 1 when the tests' packages are wanted.
missing_packages() {
    local want_tests="$1" major="$2" package
    local -a wanted=()
    [ -x "/usr/lib/postgresql/$major/bin/initdb" ] || wanted+=("postgresql-$major")
    [ -f "/usr/share/postgresql/$major/extension/postgis.control" ] \
        || wanted+=("postgresql-$major-postgis-3")
    redis_program_found || wanted+=(redis-tools)
    command -v node >/dev/null || wanted+=(nodejs)
    command -v npm >/dev/null || wanted+=(npm)
    # OpenCV's wheel links against these two.
    have_library libGL.so.1 || wanted+=(libgl1)
    have_library libglib-2.0.so.0 || wanted+=(libglib2.0-0)
    # Printed briefs hold names in any script of India.
    [ -f /usr/share/fonts/truetype/noto/NotoSansKannada-Regular.ttf ] || wanted+=(fonts-noto-core)
    "$(find_python)" -c 'import ensurepip, venv' 2>/dev/null || wanted+=(python3-venv)
    if [ "$want_tests" = 1 ]; then
        command -v chromium >/dev/null || wanted+=(chromium)
        # A real RTSP server to read from, and the cascade file that OpenCV's wheel no longer has.
        for package in fonts-dejavu-core gdal-bin shellcheck opencv-data python3-gi \
            gir1.2-gst-rtsp-server-1.0 gstreamer1.0-plugins-good gstreamer1.0-plugins-bad; do
            have_package "$package" || wanted+=("$package")
        done
    fi
    [ ${#wanted[@]} -eq 0 ] || printf '%s\n' "${wanted[@]}"
}

# Debian's postgresql-NN makes and starts a "main" cluster when it is installed. A file that turns
# this off lies in PostgreSQL's configuration folder while apt runs, and is taken away afterwards.
apt_install() {
    trap 'as_root rm -f "$CREATECLUSTER_FILE"' EXIT
    as_root mkdir -p "${CREATECLUSTER_FILE%/*}"
    echo "create_main_cluster = off" | as_root tee "$CREATECLUSTER_FILE" >/dev/null
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@"
}

apt_update() { as_root apt-get update -q; }

setup_apt() {
    local want_tests="$1" major
    local -a missing
    if ! command -v apt-get >/dev/null; then
        check_without_apt
        return
    fi
    major="$(postgres_major)"
    if [ -z "$major" ]; then
        run_step apt-update "Reading the package lists" apt_update
        major="$(postgres_major)"
    fi
    [ -n "$major" ] || die "apt knows no package postgresql. Add the distribution's main section to apt's sources."
    mapfile -t missing < <(missing_packages "$want_tests" "$major")
    [ ${#missing[@]} -gt 0 ] || return 0
    as_root true # asks for sudo's password here, once, rather than behind a log
    run_step apt-update "Reading the package lists" apt_update
    run_step apt-install "Installing with apt: ${missing[*]}" apt_install "${missing[@]}"
}

# No apt: nothing is installed; whatever is missing is named.
check_without_apt() {
    if command -v initdb >/dev/null && redis_program_found && command -v npm >/dev/null; then
        return 0
    fi
    die "This machine has no apt. Install PostgreSQL 15 or newer with PostGIS 3 and pgvector, Redis 6 or newer, Node.js with npm, libGL and GLib by its own means (docs/install.md, \"By hand\"), then set DATABASE_URL and REDIS_URL."
}
