//! Redis for tests.

use std::{
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::free_port;

/// A throwaway Redis that keeps nothing on disk; killed when dropped.
pub struct Redis {
    server: Child,
    port: u16,
    folder: TempDir,
}

impl Redis {
    /// Starts an instance on a free port.
    pub async fn start() -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("turnpike-redis-").tempdir()?;
        let port = free_port()?;
        let redis = Self { server: spawn(port, &folder)?, port, folder };
        redis.wait().await?;
        Ok(redis)
    }

    /// As `redis.url` in the settings.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/0", self.port)
    }

    /// Ends it as a crash does: everything in it is lost.
    pub fn kill(&mut self) {
        self.server.kill().ok();
        self.server.wait().ok();
    }

    /// Starts it again at the same place, empty.
    pub async fn restart(&mut self) -> Result<()> {
        self.kill();
        self.server = spawn(self.port, &self.folder)?;
        self.wait().await
    }

    async fn wait(&self) -> Result<()> {
        let deadline = Instant::now() + Duration::from_secs(30);
        while !self.answers().await {
            ensure!(Instant::now() < deadline, "redis-server did not start");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Ok(())
    }

    async fn answers(&self) -> bool {
        let Ok(mut stream) = TcpStream::connect(("127.0.0.1", self.port)).await else { return false };
        let mut answer = [0; 5];
        stream.write_all(b"PING\r\n").await.is_ok()
            && stream.read_exact(&mut answer).await.is_ok()
            && &answer == b"+PONG"
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.kill();
    }
}

#[expect(clippy::disallowed_methods, reason = "tests run a Redis of their own; the product runs no other program")]
fn spawn(port: u16, folder: &TempDir) -> Result<Child> {
    Command::new("redis-server")
        .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir"])
        .arg(folder.path())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .context("`redis-server` cannot be started; install the Debian package redis-server")
}
