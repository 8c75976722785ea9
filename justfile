# Short names for the daily commands.

# What there is.
default:
    @just --list

# The product with a simulated Google Ads, until Ctrl-C.
demo *OPTIONS:
    cargo run --locked -- demo {{OPTIONS}}

# Format and lints, as tests/run has them.
check:
    cargo fmt --check
    cargo clippy --workspace --all-targets --locked -- -D warnings

# All Rust tests. Those of PostgreSQL need its programs, those of the browser Chromium and Node.
test: binaries
    cargo nextest run --workspace --locked

# The Rust tests whose name contains NAME.
one NAME: binaries
    cargo nextest run --workspace --locked {{quote(NAME)}}

# The programs that some tests start.
[private]
binaries:
    cargo build --workspace --locked --bins --tests

# Everything, as the build server runs it; installs what is missing.
test-all:
    tests/run

# A call through the whole product against a bare rmcp server. Needs wrk and valgrind.
bench *OPTIONS:
    tests/bench/run {{OPTIONS}}

# Licences, sources and bans of the dependencies. Needs cargo-deny 0.20; `cargo deny check` also fetches known weaknesses.
deny:
    cargo deny --locked -L error check bans licenses sources

# API pages in target/doc, the book in target/playbook. Needs mdbook.
docs:
    cargo doc --workspace --no-deps --locked
    mdbook build playbook
