//! The upstream of tests/bench: the few answers of Google Ads that `list_accounts` needs, always the same.
//!
//! The sandbox of the integration checks every request; here that would be measured too.

use std::io::{self, Write};

use axum::{
    Json, Router,
    extract::Path,
    http::header,
    response::IntoResponse,
    routing::{get, post},
};
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// Enough for an answer of about 2 KB.
const ACCOUNTS: u64 = 14;

#[tokio::main]
async fn main() -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    writeln!(io::stdout(), "listening on http://{}", listener.local_addr()?)?;
    let names: Vec<_> = (1..=ACCOUNTS).map(|n| format!("customers/{}", 1_000_000_000 + n)).collect();
    // Google indents its JSON.
    let accessible = format!("{:#}", json!({ "resourceNames": names }));
    let router = Router::new()
        .route("/token", post(token))
        .route(
            "/v26/customers:listAccessibleCustomers",
            get(move || async {
                ([(header::CONTENT_TYPE, "application/json; charset=UTF-8")], accessible).into_response()
            }),
        )
        .route("/v26/customers/{id}/{method}", post(customer));
    axum::serve(listener, router).await
}

async fn token() -> Json<Value> {
    Json(json!({ "access_token": "ya29.bench", "expires_in": 3599, "token_type": "Bearer" }))
}

/// The account itself, asked for once, when the connection is made.
async fn customer(Path((id, _)): Path<(String, String)>) -> Json<Value> {
    let customer = json!({
        "id": id, "descriptiveName": format!("Account {id}"), "currencyCode": "EUR", "timeZone": "Europe/Berlin",
        "manager": false,
    });
    Json(json!({ "results": [{ "customer": customer }], "totalResultsCount": "1" }))
}
