//! How instants, amounts and states are shown.

use chrono::DateTime;
use turnpike_core::{Currency, Micros, Outcome, Timestamp, grouped, visible};
use turnpike_metering::PriceBook;
use turnpike_oauth::RedirectTarget;
use turnpike_sdk::Cost;
use turnpike_store::{BatchState, ConnectionRow, ConnectionState, InvoiceState, PaymentEventState, SubscriptionState};

/// A word in a colour that says how things stand.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Tag {
    /// `good`, `warn`, `bad` or nothing.
    pub(crate) class: &'static str,
    /// The word.
    pub(crate) text: &'static str,
}

/// An instant, to the minute.
pub(crate) fn shown(at: Timestamp) -> String {
    formatted(at, "%Y-%m-%d %H:%M UTC")
}

/// The day of an instant.
pub(crate) fn day(at: Timestamp) -> String {
    formatted(at, "%Y-%m-%d")
}

fn formatted(at: Timestamp, form: &str) -> String {
    DateTime::from_timestamp_micros(at.micros()).map(|at| at.format(form).to_string()).unwrap_or_default()
}

/// Where a program gets its answers: what tells it from others of its name.
pub(crate) fn place_of(redirect_uri: &str) -> String {
    match RedirectTarget::of(redirect_uri) {
        RedirectTarget::Web { host } => visible(&host),
        RedirectTarget::ThisComputer => "their own computer".into(),
        RedirectTarget::App { scheme } => format!("the {}: app", visible(&scheme)),
    }
}

/// How many, for templates.
pub(crate) fn count(number: &i64) -> String {
    grouped(*number)
}

/// An amount, in full where it is below a cent.
pub(crate) fn money(amount: Micros, currency: Currency) -> String {
    let sign = if amount.0 < 0 { "-" } else { "" };
    let (whole, rest) = (amount.0.unsigned_abs() / 1_000_000, amount.0.unsigned_abs() % 1_000_000);
    let digits = format!("{rest:06}");
    let digits = if digits.ends_with("0000") { &digits[..2] } else { digits.trim_end_matches('0') };
    format!("{sign}{whole}.{digits} {currency}")
}

/// What a successful call of a cost class costs without a plan, at least.
pub(crate) fn price_of(book: &PriceBook, class: Cost) -> Micros {
    book.price(class.as_str(), Outcome::Success).list
}

/// The same in words.
pub(crate) fn price_in_words(book: &PriceBook, class: Cost) -> String {
    let price = money(price_of(book, class), book.currency());
    match class {
        Cost::Free => "nothing".into(),
        Cost::HeavyPerRows(rows) => format!("{price} for each {rows} rows begun"),
        Cost::Light | Cost::Standard | Cost::Heavy => price,
    }
}

impl Tag {
    const fn good(text: &'static str) -> Self {
        Self { class: "good", text }
    }

    const fn warn(text: &'static str) -> Self {
        Self { class: "warn", text }
    }

    const fn bad(text: &'static str) -> Self {
        Self { class: "bad", text }
    }

    const fn plain(text: &'static str) -> Self {
        Self { class: "", text }
    }

    /// How an agent with a secret of its own stands.
    pub(crate) const fn of_agent(revoked: bool, over: bool, live: bool) -> Self {
        match (revoked, over, live) {
            (true, ..) => Self::plain("revoked"),
            (false, true, _) => Self::warn("expired"),
            (false, false, true) => Self::good("live"),
            (false, false, false) => Self::good("sandbox only"),
        }
    }

    /// How a connection stands.
    pub(crate) fn of_connection(row: &ConnectionRow) -> Self {
        match row.state {
            ConnectionState::Ok if row.accounts_json == "[]" => Self::warn("choose accounts"),
            ConnectionState::Ok => Self::good("connected"),
            ConnectionState::Expiring => Self::warn("ends soon"),
            ConnectionState::ReconnectNeeded => Self::bad("reconnect"),
            ConnectionState::Disabled => Self::plain("disconnected"),
        }
    }

    /// How a subscription stands.
    pub(crate) const fn of_subscription(state: SubscriptionState) -> Self {
        match state {
            SubscriptionState::Trialing => Self::good("trial"),
            SubscriptionState::Active => Self::good("active"),
            SubscriptionState::PastDue => Self::warn("payment missing"),
            SubscriptionState::Unpaid => Self::bad("unpaid"),
            SubscriptionState::Incomplete => Self::warn("first payment missing"),
            SubscriptionState::IncompleteExpired => Self::bad("never paid"),
            SubscriptionState::Canceled => Self::plain("over"),
            SubscriptionState::Paused => Self::bad("paused"),
        }
    }

    /// How an invoice stands.
    pub(crate) const fn of_invoice(state: InvoiceState, overdue: bool) -> Self {
        match state {
            InvoiceState::Draft => Self::plain("draft"),
            InvoiceState::Open if overdue => Self::bad("overdue"),
            InvoiceState::Open => Self::warn("open"),
            InvoiceState::Paid => Self::good("paid"),
            InvoiceState::Void => Self::plain("void"),
            InvoiceState::Uncollectible => Self::bad("uncollectible"),
        }
    }

    /// What has become of a batch of usage.
    pub(crate) const fn of_batch(state: BatchState) -> Self {
        match state {
            BatchState::Sealed => Self::plain("summed up"),
            BatchState::Sending => Self::warn("sent, not settled"),
            BatchState::Accepted => Self::good("accepted"),
            BatchState::Rejected => Self::bad("rejected"),
            BatchState::Uncertain => Self::bad("uncertain"),
            BatchState::Invoiced => Self::plain("on an invoice"),
            BatchState::WrittenOff => Self::plain("written off"),
        }
    }

    /// What has become of an event of the payment provider.
    pub(crate) const fn of_payment_event(state: PaymentEventState) -> Self {
        match state {
            PaymentEventState::Received => Self::warn("to be worked on"),
            PaymentEventState::Done => Self::good("done"),
            PaymentEventState::Unknown => Self::plain("unknown"),
            PaymentEventState::Failed => Self::bad("failed"),
        }
    }

    /// How a call ended.
    pub(crate) const fn of_outcome(outcome: Outcome) -> Self {
        let text = outcome.as_str();
        match outcome {
            Outcome::Success | Outcome::Sandbox => Self::good(text),
            Outcome::Cached | Outcome::Replayed | Outcome::DryRun | Outcome::Pending => Self::plain(text),
            Outcome::Stale | Outcome::Throttled | Outcome::SwitchedOff | Outcome::CallerFault => Self::warn(text),
            Outcome::BreakerOpen | Outcome::UpstreamFault | Outcome::OurFault => Self::bad(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_below_a_cent_are_shown_in_full() {
        let usd: Currency = "USD".parse().unwrap();
        let shown = |micros| money(Micros(micros), usd);
        assert_eq!(shown(0), "0.00 USD");
        assert_eq!(shown(29_000_000), "29.00 USD");
        assert_eq!(shown(4_000), "0.004 USD");
        assert_eq!(shown(-1_250_000), "-1.25 USD");
        assert_eq!(shown(1_100_500), "1.1005 USD");
    }
}
