//! Where connections are taken, until no more are.

use std::{future::pending, io, net::SocketAddr};

use axum::serve::Listener;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

/// Takes connections until it is shut. A graceful end of the server does that too, but at the same moment closes each connection of
/// which nothing was read yet: one whose first request is still on its way would be lost. So the door is shut first.
pub(super) struct Door {
    listener: Option<TcpListener>,
    address: SocketAddr,
    shut: CancellationToken,
}

impl Door {
    pub(super) fn open(listener: TcpListener, shut: CancellationToken) -> io::Result<Self> {
        Ok(Self { address: listener.local_addr()?, listener: Some(listener), shut })
    }
}

impl Listener for Door {
    type Io = TcpStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (TcpStream, SocketAddr) {
        if let Some(listener) = &mut self.listener {
            let taken = self.shut.run_until_cancelled(Listener::accept(listener)).await;
            if let Some(taken) = taken {
                return taken;
            }
        }
        // Who comes now is refused, or waits for the next process where somebody else holds the socket too.
        self.listener = None;
        pending().await
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.address)
    }
}
