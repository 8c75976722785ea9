//! The same contract against `moto`, which others wrote. It is a Python program that `tests/run` installs, like the clients.

#![expect(clippy::unwrap_used, reason = "a failing test panics")]

#[path = "keys/contract.rs"]
mod contract;

use std::{
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use aws_sdk_kms::{
    Client,
    config::{BehaviorVersion, Credentials, Region},
};
use turnpike_vault::{KmsAccess, KmsPlace};

/// A server that is killed when dropped.
struct Moto {
    server: Child,
    url: String,
    client: Client,
}

impl Moto {
    #[expect(clippy::disallowed_methods, reason = "the test runs another's KMS; the product runs no other program")]
    async fn start() -> Self {
        let python = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/.tools/venv/bin/python");
        assert!(python.is_file(), "there is no moto: run tests/run once without --quick");
        let port = turnpike_testkit::free_port().unwrap().to_string();
        let server = Command::new(python)
            .args(["-m", "moto.server", "-H", "127.0.0.1", "-p", &port])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let url = format!("http://127.0.0.1:{port}");
        let config = aws_sdk_kms::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("eu-central-1"))
            .endpoint_url(&url)
            .credentials_provider(Credentials::new("AKIATEST", "test", None, None, "test"))
            .build();
        let moto = Self { server, url, client: Client::from_conf(config) };
        let deadline = Instant::now() + Duration::from_secs(60);
        while moto.client.list_keys().send().await.is_err() {
            assert!(Instant::now() < deadline, "moto does not start");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        moto
    }

    async fn add_key(&self) -> String {
        self.client.create_key().send().await.unwrap().key_metadata.unwrap().arn.unwrap()
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        self.server.kill().ok();
        self.server.wait().ok();
    }
}

#[tokio::test]
async fn moto_binds_wrapped_keys_as_the_contract_says() {
    let moto = Moto::start().await;
    let place = KmsPlace {
        key: moto.add_key().await,
        region: "eu-central-1".into(),
        endpoint: moto.url.clone(),
        environment: "test".into(),
        access: Some(KmsAccess { id: "AKIATEST".into(), secret: "test".to_owned().into() }),
    };
    contract::holds(&place, &moto.add_key().await).await;
}
