//! Nothing of a consent is written down that could be used: no code, state, verifier, token or secret.

use std::{
    fs, io,
    sync::{Arc, Mutex},
};

use secrecy::ExposeSecret as _;
use tracing_subscriber::fmt::MakeWriter;
use turnpike_sdk::Behaviour;
use turnpike_tenancy::Side;

use crate::connecting::{
    browser::parameter,
    scene::{Scene, by_shape},
};

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn no_code_state_token_or_secret_stands_in_logs_errors_or_the_database() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(log.clone()).finish();
    // Every task of this test runs on this thread.
    let _logging = tracing::subscriber::set_default(subscriber);
    let scene = Scene::new().await;
    let (mut secrets, mut told) = (vec![], String::new());
    for integration in by_shape().0 {
        let name = integration.manifest.name;
        for spoilt in [true, false] {
            let url = scene.begin(name, Side::Live).await.unwrap();
            secrets.push(parameter(&url, "state").unwrap());
            let mut answer = scene.allow(&url, &[]).await;
            if spoilt {
                answer.code = Some("4/canary-of-a-code".into());
            }
            secrets.push(answer.code.as_ref().unwrap().expose_secret().to_owned());
            match scene.finish(&answer).await {
                Ok(connected) => drop(scene.choose_all(&connected).await),
                Err(error) => told += &format!("{error} {error:?}"),
            }
        }
        scene.read(&integration).await;
        let script = &scene.app.vendor(name).script;
        script.on_tokens().next(1, Behaviour::Status { code: 503 });
        let revoked = scene.tenancy().disconnect(&scene.person, scene.tenant.id, scene.row(name).await.id).await;
        told += &format!("{revoked:?}");
        for request in script.recorded() {
            let header = request.headers.get("authorization").and_then(|value| value.to_str().ok());
            secrets.extend(header.map(|value| value.trim_start_matches("Bearer ").to_owned()));
            let form = url::form_urlencoded::parse(&request.body).into_owned();
            let secret = ["code", "code_verifier", "client_secret", "refresh_token", "token"];
            secrets.extend(form.filter(|(name, _)| secret.contains(&&**name)).map(|(_, value)| value));
        }
    }
    secrets.sort();
    secrets.dedup();
    assert!(secrets.len() > 15, "only {} secrets were seen", secrets.len());

    let mut places = vec![("the log", log.0.lock().unwrap().clone()), ("what people were told", told.into_bytes())];
    for file in fs::read_dir(scene.app.folder()).unwrap().map(|entry| entry.unwrap().path()) {
        if file.file_name().is_some_and(|name| name != "local.key") && file.is_file() {
            places.push(("the data folder", fs::read(file).unwrap()));
        }
    }
    assert!(places.len() > 2 && places[0].1.len() > 10_000, "the log is not a full one");
    for secret in &secrets {
        for (place, bytes) in &places {
            let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!found, "a secret that begins with {secret:.6} stands in {place}");
        }
    }
}
