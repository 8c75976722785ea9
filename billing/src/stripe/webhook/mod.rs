//! What Stripe tells us: checked, stored as it came, and acknowledged. It is worked on afterwards.

mod signature;

use aws_lc_rs::digest::{SHA256, digest};
use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::post,
};
use secrecy::ExposeSecret;
use serde_json::Value;
use turnpike_core::Timestamp;
use turnpike_store::{PaymentEvent, PaymentEventState};

use crate::Billing;

/// What Stripe sends is far smaller.
const LARGEST: usize = 1024 * 1024;

/// The endpoint for webhooks: POST /payments/stripe.
pub fn router(billing: &Billing) -> Router {
    Router::new()
        .route("/payments/stripe", post(receive).layer(DefaultBodyLimit::max(LARGEST)))
        .with_state(billing.clone())
}

async fn receive(State(billing): State<Billing>, headers: HeaderMap, body: Bytes) -> Response {
    let settings = &billing.0.settings;
    let secrets = [&settings.stripe_webhook_secret, &settings.stripe_webhook_secret_before];
    let secrets: Vec<&str> = secrets.into_iter().map(ExposeSecret::expose_secret).filter(|it| !it.is_empty()).collect();
    if billing.stripe().is_none() || secrets.is_empty() {
        return StatusCode::NOT_FOUND.into_response();
    }
    let header = headers.get("stripe-signature").and_then(|header| header.to_str().ok()).unwrap_or_default();
    let now = billing.now();
    if let Err(error) = signature::check(header, &body, &secrets, now) {
        tracing::warn!(%error, "what came as an event of Stripe is refused");
        return (StatusCode::BAD_REQUEST, error.to_string()).into_response();
    }
    let Some(event) = read(&body, now) else { return (StatusCode::BAD_REQUEST, "the body is no JSON").into_response() };
    match billing.0.store.system().insert_payment_event(&event).await {
        Ok(new) => {
            tracing::info!(
                event = event.id,
                kind = event.kind,
                account = event.account,
                new,
                "Stripe tells of an event"
            );
            billing.wake();
            StatusCode::OK.into_response()
        }
        // It comes again.
        Err(error) => {
            tracing::error!(event = event.id, %error, "an event of Stripe was not stored");
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}

/// Of the event only what it is stored by; the rest is looked at when it is worked on.
fn read(body: &[u8], now: Timestamp) -> Option<PaymentEvent> {
    let payload: Value = serde_json::from_slice(body).ok()?;
    let text = |key: &str| payload.get(key).and_then(Value::as_str).map(str::to_owned);
    let unnamed = || digest(&SHA256, body).as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    Some(PaymentEvent {
        id: text("id").unwrap_or_else(unnamed),
        kind: text("type").unwrap_or_default(),
        // A thin event names it as its context.
        account: text("account").or_else(|| text("context")),
        payload_json: String::from_utf8(body.to_vec()).ok()?,
        state: PaymentEventState::Received,
        attempts: 0,
        next_attempt_at: now,
        reason: None,
        received_at: now,
        settled_at: None,
    })
}
