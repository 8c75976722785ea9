//! The probe's upstream: one value that can be read and set with the right key.

use std::sync::{Arc, Mutex, PoisonError};

use axum::{
    Json, Router,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::get,
};
use turnpike_core::Ambient;
use turnpike_sdk::{Sandbox, Script};

const KEY: &str = "probe-sandbox-key";

type Value = Arc<Mutex<String>>;

pub(super) fn sandbox(_: Ambient) -> Sandbox {
    let value: Value = Arc::new(Mutex::new("first".into()));
    Sandbox {
        manifest: &super::MANIFEST,
        api: Router::new().route("/value", get(read).post(set)).with_state(value),
        tokens: None,
        token_path: "/token",
        revoke_path: "",
        script: Script::default(),
        fault: |_| StatusCode::SERVICE_UNAVAILABLE.into_response(),
        credential: vec![("key", KEY.into())],
        fresh: None,
    }
}

async fn read(State(value): State<Value>, headers: HeaderMap) -> Response {
    if headers.get("x-probe-key").is_none_or(|key| key != KEY) {
        return StatusCode::FORBIDDEN.into_response();
    }
    value.lock().unwrap_or_else(PoisonError::into_inner).clone().into_response()
}

async fn set(State(value): State<Value>, headers: HeaderMap, Json(text): Json<String>) -> Response {
    if headers.get("x-probe-key").is_none_or(|key| key != KEY) {
        return StatusCode::FORBIDDEN.into_response();
    }
    *value.lock().unwrap_or_else(PoisonError::into_inner) = text;
    StatusCode::NO_CONTENT.into_response()
}
