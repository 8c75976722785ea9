# One throwaway PostgreSQL for the whole run. Sourced by tests/run.

# The directory of the newest installed server programs, or nothing.
postgres_programs() {
    local found
    found=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)
    [[ -n $found ]] || found=$(dirname "$(command -v initdb || echo /)" | grep -v '^/$' || true)
    printf '%s' "$found"
}

# PostgreSQL refuses to run as root. A list and no function, so that $! is the server and not a shell around it.
as_postgres=(env)
[[ $EUID -ne 0 ]] || as_postgres=(setpriv --reuid=postgres --regid=postgres --init-groups)

# Exports TEST_POSTGRES_URL. Nothing survives a crash of the machine, and nothing should.
start_postgres() {
    local programs port tries
    programs=$(postgres_programs)
    [[ -n $programs ]] || die 'Missing: please install the Debian package postgresql.'
    postgres_dir=$(mktemp -d)
    [[ $EUID -ne 0 ]] || chown postgres: "$postgres_dir"
    "${as_postgres[@]}" "$programs/initdb" -D "$postgres_dir/data" -U postgres -A trust -E UTF8 --locale=C --no-sync \
        >"$results/initdb.log"
    # Another process can take a port between our look and PostgreSQL's, so the start is tried again.
    for tries in 1 2 3 4 5; do
        port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
        "${as_postgres[@]}" "$programs/postgres" -D "$postgres_dir/data" -h 127.0.0.1 -p "$port" -k "$postgres_dir" \
            -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=300 \
            >"$results/postgres.log" 2>&1 &
        postgres_pid=$!
        for _ in $(seq 100); do
            if "$programs/pg_isready" -q -U postgres -h 127.0.0.1 -p "$port" && kill -0 "$postgres_pid" 2>/dev/null; then
                export TEST_POSTGRES_URL=postgres://postgres@127.0.0.1:$port/postgres
                return
            fi
            kill -0 "$postgres_pid" 2>/dev/null || break
            sleep 0.1
        done
        stop_postgres keep
    done
    die "PostgreSQL did not start $tries times; see $results/postgres.log"
}

stop_postgres() {
    if [[ -n ${postgres_pid-} ]]; then
        # SIGQUIT: leave at once, there is nothing to save.
        kill -QUIT "$postgres_pid" 2>/dev/null || true
        wait "$postgres_pid" 2>/dev/null || true
        postgres_pid=
    fi
    [[ -n ${1-} || -z ${postgres_dir-} ]] || rm -rf "$postgres_dir"
}
