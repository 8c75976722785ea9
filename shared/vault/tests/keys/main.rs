//! Keys: what AWS KMS binds and refuses, what goes on while it is away, rotation, and the end of a tenant's keys.

#![expect(clippy::unwrap_used, reason = "a failing test panics")]

mod contract;
mod outage;
mod rotation;
mod scene;
mod shredding;

use scene::Scene;

#[tokio::test]
async fn our_kms_binds_wrapped_keys_as_the_contract_says() {
    let kms = turnpike_testkit::Kms::start().unwrap();
    let place = scene::place(&kms.url(), &kms.add_key("one"));
    contract::holds(&place, &kms.add_key("two")).await;
}

#[tokio::test]
async fn our_kms_refuses_a_question_that_nobody_has_signed() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let kms = turnpike_testkit::Kms::start().unwrap();
    let mut stream = tokio::net::TcpStream::connect(kms.url().strip_prefix("http://").unwrap()).await.unwrap();
    let question = "POST / HTTP/1.1\r\nhost: kms\r\nconnection: close\r\nx-amz-target: TrentService.Decrypt\r\ncontent-length: 2\r\n\r\n{}";
    stream.write_all(question.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 400") && answer.contains("MissingAuthenticationTokenException"), "{answer}");
}

#[tokio::test]
async fn what_kms_is_asked_names_tenant_purpose_and_environment_and_no_secret() {
    let scene = Scene::new().await;
    let (vault, tenant) = (scene.vault().await, scene.tenant().await);
    vault.insert(&tenant, &scene.credential()).await.unwrap();
    vault.deployment_secret("handles/1").await.unwrap();
    let contexts: Vec<_> = scene.kms.calls().into_iter().map(|call| (call.operation, call.context)).collect();
    let of = |tenant: &str, purpose: &str| {
        [("environment", "test"), ("purpose", purpose), ("tenant", tenant)]
            .map(|(name, value)| (name.into(), value.into()))
            .into()
    };
    let (id, ask) = (tenant.tenant.to_string(), |operation: &str, context| (operation.to_owned(), context));
    assert_eq!(
        contexts,
        [
            ask("GenerateDataKey", of(&id, "credentials/1")),
            ask("Decrypt", of(&id, "credentials/1")),
            ask("GenerateDataKey", of("-", "handles/1")),
            ask("Decrypt", of("-", "handles/1")),
        ]
    );
}
