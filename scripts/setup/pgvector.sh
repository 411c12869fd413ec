# The PostgreSQL extension pgvector. Sourced by setup.sh, after apt.sh.
# shellcheck shell=bash

PGVECTOR_SUITE=trixie

# Address and component of the Debian mirror that this machine's own apt uses.
debian_mirror() {
    # shellcheck disable=SC2016 # apt expands these
    apt-get indextargets --format '$(ORIGIN)|$(RELEASE)|$(REPO_URI)' 'Created-By: Packages' \
        | awk -F '|' '$1 == "Debian" && $2 !~ /security|updates|backports/ { print $3; exit }'
}

apt_private() {
    local folder="$1"
    shift
    apt-get -q \
        -o "Dir::Etc::sourcelist=$folder/source.list" -o Dir::Etc::sourceparts=/dev/null \
        -o "Dir::State::lists=$folder/lists" -o "Dir::Cache::archives=$folder/archives" \
        -o "Dir::Cache::pkgcache=" -o "Dir::Cache::srcpkgcache=" \
        -o APT::Sandbox::User=root "$@"
}

# Fetches Debian's source package through a package list of our own; the system's stay untouched.
fetch_pgvector_source() {
    local folder="$1" mirror
    mirror="$(debian_mirror)"
    [ -n "$mirror" ] || die "No Debian mirror in apt's configuration. Install the package postgresql-NN-pgvector from PostgreSQL's own repository."
    mkdir -p "$folder/lists/partial" "$folder/archives/partial"
    echo "deb-src $mirror $PGVECTOR_SUITE main" >"$folder/source.list"
    apt_private "$folder" update
    (cd "$folder" && apt_private "$folder" source --download-only pgvector)
    dpkg-source --no-check -x "$folder"/pgvector_*.dsc "$folder/source"
}

# The headers of postgresql-server-dev, unpacked into a folder and not installed: the package
# needs Clang, and may upgrade, and so restart, a PostgreSQL that is in use on this machine.
# pg_config finds its folders from its own place, so that a copy in the folder points there.
unpack_server_headers() {
    local major="$1" folder="$2"
    (cd "$folder" && apt-get download -q -o APT::Sandbox::User=root "postgresql-server-dev-$major")
    dpkg-deb -x "$folder/postgresql-server-dev-$major"_*.deb "$folder/tree"
    local here="/usr/lib/postgresql/$major" copy="$folder/tree/usr/lib/postgresql/$major"
    mkdir -p "$copy/bin" "$copy/lib"
    cp "$here/bin/pg_config" "$copy/bin/"
    cp -R "$here/lib/pgxs" "$copy/lib/"
}

build_pgvector() {
    local major="$1" folder="$VAR/build/pgvector" tree
    local -a make
    tree="$folder/tree/usr"
    rm -rf "$folder"
    fetch_pgvector_source "$folder"
    unpack_server_headers "$major" "$folder"
    # OPTFLAGS empty: no -march=native, so that the result also runs on another machine's processor.
    make=(make -C "$folder/source" "PG_CONFIG=$tree/lib/postgresql/$major/bin/pg_config"
        OPTFLAGS="" with_llvm=no)
    "${make[@]}" all
    "${make[@]}" install
    as_root install -m 644 "$tree/lib/postgresql/$major/lib/vector.so" "/usr/lib/postgresql/$major/lib/"
    as_root install -m 644 "$tree/share/postgresql/$major/extension/"vector* \
        "/usr/share/postgresql/$major/extension/"
    rm -rf "$folder"
}

build_tools_found() {
    command -v gcc >/dev/null && command -v make >/dev/null && command -v dpkg-source >/dev/null \
        && [ -f /usr/include/stdlib.h ]
}

setup_pgvector() {
    local major control
    major="$(postgres_major)"
    control="/usr/share/postgresql/$major/extension/vector.control"
    [ ! -f "$control" ] || return 0
    command -v apt-get >/dev/null || die "The extension pgvector is missing. Install it for PostgreSQL $major."
    if apt-cache show "postgresql-$major-pgvector" >/dev/null 2>&1; then
        run_step pgvector "Installing with apt: postgresql-$major-pgvector" \
            apt_install "postgresql-$major-pgvector"
    else
        build_tools_found || run_step pgvector-tools "Installing with apt what pgvector is built with" \
            apt_install gcc libc6-dev make dpkg-dev patch
        run_step pgvector "Building pgvector from Debian's source package" build_pgvector "$major"
    fi
    [ -f "$control" ] || die "pgvector was installed, but PostgreSQL $major does not see it ($control is missing)."
}
