//! Where requests come in.

use anyhow::{Context as _, Result};
use listenfd::ListenFd;
use tokio::net::TcpListener;
use turnpike_config::Settings;

/// The socket that systemd hands over, or one of our own at the address that the settings name.
///
/// One that is handed over is open before this process and after it: who connects while one process follows another waits, and is
/// not refused.
pub async fn listen(settings: &Settings) -> Result<TcpListener> {
    let handed = ListenFd::from_env().take_tcp_listener(0).context("the first socket handed over is not for TCP")?;
    if let Some(handed) = handed {
        handed.set_nonblocking(true)?;
        return Ok(TcpListener::from_std(handed)?);
    }
    let address = &settings.server.listen;
    TcpListener::bind(address).await.with_context(|| {
        format!("cannot listen on {address}; choose another address with --listen, port 0 picks a free one")
    })
}
