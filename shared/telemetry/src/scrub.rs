//! The last net: takes the shape of a secret out of a text, whoever wrote it there.

use std::{
    borrow::Cow,
    io::{self, Write},
    sync::LazyLock,
};

use regex::bytes::Regex;
use tracing_subscriber::fmt::MakeWriter;

/// Shapes of secrets: our keys, refresh tokens and service agents' secrets, the vendors' tokens, bearer headers, JWTs, secrets in forms and URLs.
#[expect(clippy::expect_used, reason = "a constant pattern, compiled by a test")]
static SECRETS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?-u)tpk_(?:live|test)_[0-9A-Za-z]{8,}(?:_[0-9A-Za-z]+)?",
        r"|\btpr\.[0-9a-f-]{8,}\.[0-9]+\.[0-9A-Za-z_-]+|\btps_[0-9A-Za-z_-]{16,}",
        r"|ya29\.[0-9A-Za-z._-]+|1//[0-9A-Za-z._-]{6,}|EAA[0-9A-Za-z]{16,}|Atz[ar]\|[0-9A-Za-z+/=_-]+",
        r"|AQ[A-Z][0-9A-Za-z_-]{16,}",
        r"|\bapi_[0-9A-Za-z]{16,}|\bxox[a-z](?:\.xox[a-z])?-[0-9A-Za-z-]{8,}",
        r"|eyJ[0-9A-Za-z_-]{8,}\.[0-9A-Za-z_-]+\.[0-9A-Za-z_-]*",
        r"|(?i:bearer\s+)[0-9A-Za-z._~+/=-]{8,}",
        r#"|(?i:(?:client_secret|code_verifier|refresh_token|access_token|api_key|password|appsecret_proof)\\?"?[=:]\s*\\?"?)[^&\s,;}"\\]+"#,
        r"|GOCSPX-[0-9A-Za-z_-]+",
        // What makes a presigned link good.
        r"|(?i:x-amz-(?:signature|security-token|credential)=)[^&\s\x22]+",
        r"|://[^/\s:@]+:[^/\s@]+@",
    ))
    .expect("a valid pattern")
});

/// The text with every secret shape replaced.
pub fn scrub(text: &str) -> Cow<'_, str> {
    match SECRETS.replace_all(text.as_bytes(), &b"[redacted]"[..]) {
        Cow::Borrowed(_) => Cow::Borrowed(text),
        Cow::Owned(bytes) => Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()),
    }
}

/// Standard error, scrubbed. `tracing` hands over one whole record at a time.
#[derive(Clone, Copy)]
pub(crate) struct Scrubbed;

impl Write for Scrubbed {
    fn write(&mut self, record: &[u8]) -> io::Result<usize> {
        io::stderr().lock().write_all(&SECRETS.replace_all(record, &b"[redacted]"[..]))?;
        Ok(record.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

impl MakeWriter<'_> for Scrubbed {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        *self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shape_of_secret_is_taken_out() {
        for secret in [
            "tpk_live_0123456789abcdefghijABCDEFG_1a2b3c",
            "tpr.01a200cc-b0de-71d8-895a-91ea46af2c17.12.hush-hush_hush",
            "tps_hush-hush_hush-hush",
            "code_verifier=hush-hush",
            "ya29.a0AfH6SMBx",
            "1//0gabcdefgh",
            "EAABsbCS1iHgBAKZCZCZAB",
            "Atza|IQEBLjAsAhRm",
            "AQXdSP_W41_UPs5ioT_t8HESyODB4FqbkJ8LrV_5mff4gPODzOYR",
            "api_0123456789abcdefABCD",
            "xoxb-0123456789-hush-hush",
            "xoxe.xoxb-1-hush-hush",
            "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln",
            "Bearer abcdefghijkl",
            "client_secret=hush-hush",
            "refresh_token=1234",
            r#"{"refresh_token": "hush-hush"}"#,
            r#"{\"client_secret\":\"hush-hush\"}"#,
            "GOCSPX-hush",
            "X-Amz-Signature=hush",
            "x-amz-security-token=IQohush%2F%2F",
            "postgres://app:hush@db/turnpike",
        ] {
            let text = format!("before {secret} after");
            let clean = scrub(&text);
            assert!(clean.contains("[redacted]") && clean.contains("before"), "{clean}");
            assert!(!clean.contains("hush") && !clean.contains(secret), "{clean}");
        }
    }

    #[test]
    fn ordinary_words_stay() {
        let text = "tools/call google-ads get_performance 200 in 12 ms, customers/1000000002, https://example.com/a";
        assert_eq!(scrub(text), text);
    }
}
