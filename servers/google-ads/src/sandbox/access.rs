//! Who may reach which account, and how.

use axum::http::HeaderMap;
use turnpike_sdk::TokenStanding;

use super::{
    Google, VERSION, fault,
    refusal::Refusal,
    world::{Customer, Standing, World},
};

impl Google {
    /// Refuses a request without a living token or to another version.
    pub(super) fn admit(&self, version: &str, headers: &HeaderMap) -> Result<(), Refusal> {
        match self.tokens.standing(headers) {
            TokenStanding::Good | TokenStanding::Settling => {}
            TokenStanding::Ended => return Err(fault::expired()),
            TokenStanding::Revoked => return Err(fault::revoked()),
        }
        // `developer-token` was retired on 2026-09-09: it may be there, and nobody reads it.
        if version == VERSION { Ok(()) } else { Err(fault::version_dead()) }
    }
}

impl World {
    /// The account, if the grant reaches it in the way that `login-customer-id` says.
    pub(super) fn reach(&self, customer: &str, headers: &HeaderMap) -> Result<&Customer, Refusal> {
        let invalid = || Refusal::bad("requestError", "INVALID_CUSTOMER_ID", "Invalid customer ID.");
        let id = digits(customer).ok_or_else(invalid)?;
        // An account that does not exist is refused like one that is not ours: nobody learns which it is.
        let customer = self.find(id).ok_or_else(fault::permission)?;
        let reached = match headers.get("login-customer-id") {
            None => customer.is_direct(),
            Some(login) => {
                let login = login.to_str().ok().and_then(digits).ok_or_else(|| {
                    Refusal::bad(
                        "headerError",
                        "INVALID_LOGIN_CUSTOMER_ID",
                        "The login customer ID could not be validated.",
                    )
                })?;
                let through = self.find(login).is_some_and(Customer::is_direct);
                through && (customer.id == login || customer.parent == Some(login))
            }
        };
        match (reached, customer.standing) {
            (false, _) => Err(fault::permission()),
            (true, Standing::Closed) => Err(fault::not_enabled()),
            (true, _) => Ok(customer),
        }
    }
}

impl Customer {
    pub(super) fn is_direct(&self) -> bool {
        matches!(self.standing, Standing::Manager | Standing::Direct | Standing::Closed)
    }
}

/// Ten digits, without dashes.
fn digits(text: &str) -> Option<u64> {
    (text.len() == 10 && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok())?
}
