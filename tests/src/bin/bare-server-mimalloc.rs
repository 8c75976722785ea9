//! `bare-server` with the allocator of the product, so that the allocator's gain is credited to nothing else.

use std::io;

#[path = "bare-server.rs"]
mod bare_server;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> io::Result<()> {
    bare_server::main()
}
