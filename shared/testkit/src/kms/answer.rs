//! What is answered to one question, in AWS JSON 1.1. Names and order of the refusals are those of
//! <https://docs.aws.amazon.com/kms/latest/APIReference/>.

use std::sync::{Arc, Mutex};

use axum::{
    Json,
    body::Bytes,
    extract::State as At,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse as _, Response},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::{EncryptionContext, KmsCall, KmsKeyState, PLACE, State, Wrapped, lock, random};

/// The entries of the encryption context that the key's policy asks for.
const BOUND: [&str; 3] = ["environment", "purpose", "tenant"];

/// Name and words of a refusal.
type Refusal = (&'static str, String);

pub(super) async fn answer(At(state): At<Arc<Mutex<State>>>, headers: HeaderMap, body: Bytes) -> Response {
    let slow = lock(&state).slow;
    if let Some(slow) = slow {
        tokio::time::sleep(slow).await;
    }
    let mut state = lock(&state);
    let question = serde_json::from_slice::<Value>(&body).unwrap_or_default();
    let context: EncryptionContext = serde_json::from_value(question["EncryptionContext"].clone()).unwrap_or_default();
    let target = header(&headers, "x-amz-target");
    let operation = target.strip_prefix("TrentService.").unwrap_or(target).to_owned();
    let result = check_envelope(&headers).and_then(|()| ask(&mut state, &operation, &context, &question));
    let refused = result.as_ref().err().map(|(name, _)| *name);
    state.calls.push(KmsCall { operation, context, refused });
    match result {
        Ok(answer) => Json(answer).into_response(),
        Err((name, words)) => {
            let status = if name == "KMSInternalException" { 500 } else { 400 };
            let status = StatusCode::from_u16(status).unwrap_or_default();
            (status, Json(json!({ "__type": name, "message": words }))).into_response()
        }
    }
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// Signatures are not checked, only that there is one.
fn check_envelope(headers: &HeaderMap) -> Result<(), Refusal> {
    if !header(headers, "authorization").starts_with("AWS4-HMAC-SHA256 Credential=") {
        return Err(("MissingAuthenticationTokenException", "Missing Authentication Token".into()));
    }
    if header(headers, "content-type") != "application/x-amz-json-1.1" {
        return Err(("SerializationException", "not AWS JSON 1.1".into()));
    }
    Ok(())
}

fn ask(state: &mut State, operation: &str, context: &EncryptionContext, question: &Value) -> Result<Value, Refusal> {
    if state.fails {
        return Err(("KMSInternalException", "the fake was told to fail".into()));
    }
    match operation {
        "GenerateDataKey" => {
            let key = usable(state, named(question)?)?;
            check_context(context)?;
            if question["KeySpec"] != "AES_256" {
                return Err(("ValidationException", "KeySpec must be AES_256".into()));
            }
            let plain = random().map_err(|error| ("KMSInternalException", error.to_string()))?.to_vec();
            let wrapped = wrap(state, &key, context, plain.clone())?;
            Ok(
                json!({ "KeyId": arn(&key), "Plaintext": STANDARD.encode(plain), "CiphertextBlob": STANDARD.encode(wrapped) }),
            )
        }
        "Encrypt" => {
            let key = usable(state, named(question)?)?;
            check_context(context)?;
            let wrapped = wrap(state, &key, context, bytes(question, "Plaintext")?)?;
            Ok(
                json!({ "KeyId": arn(&key), "CiphertextBlob": STANDARD.encode(wrapped), "EncryptionAlgorithm": "SYMMETRIC_DEFAULT" }),
            )
        }
        "Decrypt" => {
            let blob = bytes(question, "CiphertextBlob")?;
            let of = state.wrapped.get(&blob).map(|found| found.key.clone());
            let key = usable(state, &of.ok_or(("InvalidCiphertextException", String::new()))?)?;
            check_context(context)?;
            let found = state.wrapped.get(&blob).filter(|found| found.context == *context);
            let plain = &found.ok_or(("InvalidCiphertextException", String::new()))?.plain;
            Ok(
                json!({ "KeyId": arn(&key), "Plaintext": STANDARD.encode(plain), "EncryptionAlgorithm": "SYMMETRIC_DEFAULT" }),
            )
        }
        "DescribeKey" => {
            let name = named(question)?;
            let name = short(name);
            let state = state.keys.get(name).filter(|state| **state != KmsKeyState::Deleted);
            let state = state.ok_or_else(|| missing(name))?;
            Ok(json!({ "KeyMetadata": { "KeyId": name, "Arn": arn(name), "KeyState": format!("{state:?}"),
                        "Enabled": *state == KmsKeyState::Enabled, "KeySpec": "SYMMETRIC_DEFAULT" } }))
        }
        _ => Err(("UnknownOperationException", format!("the fake does not know `{operation}`"))),
    }
}

fn named(question: &Value) -> Result<&str, Refusal> {
    question["KeyId"].as_str().ok_or(("ValidationException", "KeyId is missing".into()))
}

/// The name in an ARN, an alias or a bare id.
fn short(name: &str) -> &str {
    let name = name.strip_prefix(PLACE).and_then(|rest| rest.strip_prefix(":key/")).unwrap_or(name);
    name.strip_prefix("alias/").unwrap_or(name)
}

fn arn(name: &str) -> String {
    format!("{PLACE}:key/{name}")
}

fn missing(name: &str) -> Refusal {
    ("NotFoundException", format!("Key '{}' does not exist", arn(name)))
}

fn usable(state: &State, name: &str) -> Result<String, Refusal> {
    let name = short(name);
    match state.keys.get(name).ok_or_else(|| missing(name))? {
        KmsKeyState::Enabled => Ok(name.to_owned()),
        KmsKeyState::Disabled => Err(("DisabledException", format!("{} is disabled.", arn(name)))),
        KmsKeyState::PendingDeletion => {
            Err(("KMSInvalidStateException", format!("{} is pending deletion.", arn(name))))
        }
        KmsKeyState::Deleted => Err(missing(name)),
    }
}

fn check_context(context: &EncryptionContext) -> Result<(), Refusal> {
    let whole = context.keys().map(String::as_str).eq(BOUND) && context.values().all(|value| !value.is_empty());
    let words = || format!("the key's policy wants an encryption context of {}", BOUND.join(", "));
    if whole { Ok(()) } else { Err(("AccessDeniedException", words())) }
}

fn bytes(question: &Value, field: &str) -> Result<Vec<u8>, Refusal> {
    let text = question[field].as_str().ok_or_else(|| ("ValidationException", format!("{field} is missing")))?;
    STANDARD.decode(text).map_err(|_| ("SerializationException", format!("{field} is not Base64")))
}

fn wrap(state: &mut State, key: &str, context: &EncryptionContext, plain: Vec<u8>) -> Result<Vec<u8>, Refusal> {
    let blob = random().map_err(|error| ("KMSInternalException", error.to_string()))?.to_vec();
    state.wrapped.insert(blob.clone(), Wrapped { key: key.to_owned(), context: context.clone(), plain });
    Ok(blob)
}
