//! A fake Stripe for clients in other languages. Prints `{"url", "key", "meter_key", "read_key", "now"}` on one line, and
//! then takes one order a line on its standard input:
//!
//! - `{"advance": 1793491200}` moves the clock
//! - `{"webhooks": "http://…", "secret": "whsec_…"}` sends what waits, and from then on what comes
//! - `{"complete": "cs_test_…"}` pays on a Checkout page
//! - `{"decline": "cus_…"}` lets the customer's cards fail
//!
//! Each order is answered with one line. It ends with its input.

use std::io::{BufRead, Write, stdin, stdout};

use serde_json::{Value, json};
use turnpike_fake_stripe::{Delivery, FakeStripe};

/// 2026-11-01 00:00 UTC.
const START: i64 = 1_793_491_200;

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let fake = FakeStripe::start(START).await;
    say(&json!({
        "url": fake.url(), "key": FakeStripe::KEY, "meter_key": FakeStripe::METER_KEY, "read_key": FakeStripe::READ_KEY,
        "now": START,
    }))?;
    for line in stdin().lock().lines() {
        let order: Value = serde_json::from_str(&line?)?;
        say(&obey(&fake, &order).await)?;
    }
    Ok(())
}

async fn obey(fake: &FakeStripe, order: &Value) -> Value {
    if let Some(to) = order["advance"].as_i64() {
        fake.advance(to).await;
    }
    if let Some(session) = order["complete"].as_str() {
        fake.complete_checkout(session).await;
    }
    if let Some(customer) = order["decline"].as_str() {
        fake.decline_cards(customer, true);
    }
    let mut delivered = 0;
    if let (Some(url), Some(secret)) = (order["webhooks"].as_str(), order["secret"].as_str()) {
        fake.send_webhooks_to(url, secret, "2026-09-30.endive");
        delivered = fake.deliver(Delivery::default()).await;
    }
    json!({ "now": fake.now(), "delivered": delivered })
}

fn say(line: &Value) -> std::io::Result<()> {
    let mut out = stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}
