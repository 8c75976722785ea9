//! The vendor's quota for the app, which all who are connected through it share.

use std::time::Duration;

use turnpike_core::{Class, Fault};
use turnpike_limiter::quota::{Allowance, Drawn, Refused, Standing};
use turnpike_sdk::Request;

use super::Lane;

/// When to come back while nobody can count.
const A_MOMENT: Duration = Duration::from_secs(2);

impl Lane {
    /// Takes what the vendor will take for the request. Nothing for a sandbox, and where the vendor has no such quota.
    pub(super) async fn draw(&self, app: &str, request: &Request) -> Result<Option<Drawn>, Fault> {
        let allowance = self.route.app_quota.as_ref().filter(|_| !self.connection.sandbox && request.operations > 0);
        let Some(allowance) = allowance else { return Ok(None) };
        let app = format!("{} {} {app}", self.connection.integration, self.endpoint.base_url);
        let (tenant, operations) = (self.connection.tenant.to_string(), u64::from(request.operations));
        let now = self.upstream.now();
        match self.upstream.quota().draw(&app, allowance, &tenant, operations, now).await {
            Ok(drawn) => Ok(Some(drawn)),
            Err(Refused::UsedUp { standing, retry_at }) => {
                let words = words(self.route.integration.manifest.title, allowance, &standing, operations);
                Err(Fault { retry_at, code: Some("shared_quota".into()), ..Fault::new(Class::QuotaDaily, words) })
            }
            Err(Refused::Uncounted) => {
                let words = "what is left of the quota that all share at the upstream cannot be read; nothing was sent";
                let (code, retry_at) = (Some("shared_quota_unreadable".into()), Some(now.plus(A_MOMENT)));
                Err(Fault { code, retry_at, ..Fault::new(Class::Upstream, words) })
            }
        }
    }

    /// Puts back what was taken for a request that was certainly not sent.
    pub(super) async fn give_back(&self, drawn: Option<&Drawn>) {
        if let Some(drawn) = drawn {
            self.upstream.quota().give_back(drawn).await;
        }
    }
}

/// Whose limit it is and how the caller stands. How many share the app, and what they do, is not the caller's business.
fn words(vendor: &str, allowance: &Allowance, standing: &Standing, wanted: u64) -> String {
    let (quota, hours) = (allowance.operations, allowance.window.as_secs().div_ceil(3600));
    let Standing { own_used, own_reserve, tenants, .. } = standing;
    let asked = match wanted {
        1 => String::new(),
        wanted => format!(", and this needs {wanted}"),
    };
    if *tenants < 2 {
        return format!(
            "the app through which you are connected to {vendor} may do {quota} operations in {hours} hours; you have \
             used {own_used}{asked}; nothing was sent"
        );
    }
    let left = if own_used + wanted <= *own_reserve {
        "but the whole quota is used up for now"
    } else {
        "and the rest is used up or set aside for the others"
    };
    format!(
        "the service provider's app at {vendor} may do {quota} operations in {hours} hours, for all organisations that \
         are connected through it; you have used {own_used} of the {own_reserve} that are set aside for you{asked}, \
         {left}; nothing was sent"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(own_used: u64, tenants: u64, wanted: u64) -> String {
        let allowance = Allowance { operations: 15_000, window: Duration::from_secs(24 * 3600), reserve_percent: 50 };
        words("Google Ads", &allowance, &Standing { used: 15_000, own_used, own_reserve: 2500, tenants }, wanted)
    }

    #[test]
    fn the_refusal_says_whose_limit_it_is_and_how_the_caller_stands() {
        assert_eq!(
            told(2500, 3, 1),
            "the service provider's app at Google Ads may do 15000 operations in 24 hours, for all organisations that are \
             connected through it; you have used 2500 of the 2500 that are set aside for you, and the rest is used up or \
             set aside for the others; nothing was sent"
        );
        assert_eq!(
            told(2490, 3, 20),
            "the service provider's app at Google Ads may do 15000 operations in 24 hours, for all organisations that are \
             connected through it; you have used 2490 of the 2500 that are set aside for you, and this needs 20, and the \
             rest is used up or set aside for the others; nothing was sent"
        );
        assert_eq!(
            told(10, 3, 1),
            "the service provider's app at Google Ads may do 15000 operations in 24 hours, for all organisations that are \
             connected through it; you have used 10 of the 2500 that are set aside for you, but the whole quota is used \
             up for now; nothing was sent"
        );
        assert_eq!(
            told(15_000, 1, 1),
            "the app through which you are connected to Google Ads may do 15000 operations in 24 hours; you have used \
             15000; nothing was sent"
        );
    }
}
