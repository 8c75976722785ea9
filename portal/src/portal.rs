//! What the pages work with.

use std::{ops::Deref, sync::Arc, time::Duration};

use futures_util::future::BoxFuture;
use http::HeaderValue;
use moka::future::Cache;
use serde_json::Value;
use turnpike_billing::Billing;
use turnpike_config::{PaymentProvider, Settings};
use turnpike_core::{Ambient, CallId, Outcome, PersonId, Role, Timestamp};
use turnpike_limiter::Limiter;
use turnpike_metering::PriceBook;
use turnpike_oauth::AuthorizationServer;
use turnpike_sdk::Integration;
use turnpike_store::{Announcement, Store, StoreError, Tenant};
use turnpike_tenancy::Tenancy;
use turnpike_upstream::Upstream;
use url::Url;

use crate::{
    brand::Brands,
    http::{Cookies, content_security_policy},
    mail::Mailer,
    people::{Passwords, SingleSignOn, Throttle},
};

/// How long announcements are believed.
const BELIEVED: Duration = Duration::from_secs(5);

/// What the binary puts the portal together from.
pub struct Parts {
    /// Settings.
    pub settings: Settings,
    /// How clients reach this server: scheme and host, no trailing slash.
    pub public_url: String,
    /// Clock and randomness.
    pub ambient: Ambient,
    /// Database.
    pub store: Store,
    /// What people do to a tenant.
    pub tenancy: Tenancy,
    /// Lets agents in.
    pub oauth: AuthorizationServer,
    /// What tenants pay for.
    pub billing: Billing,
    /// How the vendors fare.
    pub upstream: Upstream,
    /// The integrations served.
    pub integrations: Vec<Arc<Integration>>,
    /// Makes calls for members.
    pub calls: Arc<dyn Calls>,
    /// How often somebody may try.
    pub limiter: Limiter,
}

/// A call that a member makes from a page.
#[derive(Clone, Debug)]
pub struct CallOrder {
    /// For whom.
    pub tenant: Tenant,
    /// In whose name.
    pub person: PersonId,
    /// What the member may do.
    pub role: Role,
    /// The integration.
    pub integration: String,
    /// The tool.
    pub tool: String,
    /// Its arguments.
    pub arguments: Value,
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct CallAnswer {
    /// Its row in the ledger.
    pub call_id: CallId,
    /// How it ended.
    pub outcome: Outcome,
    /// The answer as an agent would read it.
    pub text: String,
}

/// Makes calls: the gateway, of which the portal knows no more.
pub trait Calls: Send + Sync {
    /// Makes a call on the way of every other, with limits, price and ledger row.
    fn call(&self, order: CallOrder) -> BoxFuture<'_, Result<CallAnswer, String>>;
}

/// The portal. Cheap to clone.
#[derive(Clone)]
pub struct Portal(Arc<Inner>);

/// What every page reaches.
pub struct Inner {
    pub(crate) settings: Settings,
    pub(crate) public_url: String,
    pub(crate) ambient: Ambient,
    /// Since when settings, code and integrations are what they are.
    pub(crate) started_at: Timestamp,
    pub(crate) store: Store,
    pub(crate) tenancy: Tenancy,
    pub(crate) oauth: AuthorizationServer,
    pub(crate) billing: Billing,
    pub(crate) upstream: Upstream,
    pub(crate) integrations: Vec<Arc<Integration>>,
    pub(crate) calls: Arc<dyn Calls>,
    pub(crate) cookies: Cookies,
    pub(crate) brands: Brands,
    pub(crate) mailer: Mailer,
    pub(crate) passwords: Passwords,
    pub(crate) throttle: Throttle,
    pub(crate) sso: Option<SingleSignOn>,
    pub(crate) security_policy: HeaderValue,
    announcements: Cache<(), Vec<Announcement>>,
}

impl Deref for Portal {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}

/// Why the portal cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// `mail.smtp_url` is no address of a mail server.
    #[error("setting `mail.smtp_url`: {0}")]
    Mail(String),
    /// The HTTP client for the identity provider does not start.
    #[error("the HTTP client does not start: {0}")]
    Client(#[from] reqwest::Error),
}

impl Portal {
    /// Puts the portal together.
    pub fn new(parts: Parts) -> Result<Self, StartError> {
        let Parts { settings, public_url, ambient, store, tenancy, oauth, billing, upstream, integrations, .. } = parts;
        let Parts { calls, limiter, .. } = parts;
        let vendors = integrations.iter().filter_map(|own| consent_origin(&settings, own));
        let foreign: Vec<String> = vendors.chain(payment_origins(&settings)).collect();
        let security_policy = HeaderValue::from_str(&content_security_policy(&foreign));
        Ok(Self(Arc::new(Inner {
            cookies: Cookies { secure: public_url.starts_with("https://") },
            brands: Brands::new(store.clone(), settings.brand.clone(), &public_url, &settings.server.allowed_hosts),
            mailer: Mailer::new(&settings, ambient.clone())?,
            passwords: Passwords::new(ambient.clone()),
            throttle: Throttle::new(limiter),
            sso: SingleSignOn::new(&settings.oidc, &public_url)?,
            security_policy: security_policy.unwrap_or_else(|_| HeaderValue::from_static("default-src 'none'")),
            announcements: Cache::builder().time_to_live(BELIEVED).build(),
            started_at: ambient.now(),
            settings,
            public_url,
            ambient,
            store,
            tenancy,
            oauth,
            billing,
            upstream,
            integrations,
            calls,
        })))
    }
}

impl Inner {
    /// For how long a browser may be idle and stay signed in.
    pub(crate) fn idle(&self) -> Duration {
        Duration::from_secs(60 * u64::from(self.settings.portal.idle_minutes))
    }

    /// The price book in force.
    pub(crate) fn book(&self) -> Arc<PriceBook> {
        self.billing.books().at(self.ambient.now())
    }

    /// The integration of that name, if it is served.
    pub(crate) fn find_integration(&self, name: &str) -> Option<&Arc<Integration>> {
        self.integrations.iter().find(|integration| integration.manifest.name == name)
    }

    /// What the agency tells its clients now.
    pub(crate) async fn announcements(&self) -> Result<Vec<Announcement>, StoreError> {
        if let Some(known) = self.announcements.get(&()).await {
            return Ok(known);
        }
        let current = self.store.system().list_current_announcements(self.ambient.now()).await?;
        self.announcements.insert((), current.clone()).await;
        Ok(current)
    }

    /// Waits for the mails under way.
    pub async fn finish(&self) {
        self.mailer.finish().await;
    }
}

/// Where forms of ours lead on to pages of the payment provider.
fn payment_origins(settings: &Settings) -> Vec<String> {
    match (settings.payments.provider, settings.payments.stripe_url.as_str()) {
        (PaymentProvider::Invoice, _) => vec![],
        (PaymentProvider::Stripe, "") => {
            ["https://checkout.stripe.com", "https://billing.stripe.com"].map(str::to_owned).into()
        }
        (PaymentProvider::Stripe, url) => {
            Url::parse(url).iter().map(|url| url.origin().ascii_serialization()).collect()
        }
    }
}

/// Scheme and host of the page where a person grants access.
fn consent_origin(settings: &Settings, integration: &Integration) -> Option<String> {
    let own = settings.integration(integration.manifest.name);
    let shipped = integration.manifest.auth.oauth()?.authorize_url;
    let url = if own.authorize_url.is_empty() { shipped } else { &own.authorize_url };
    Some(Url::parse(url).ok()?.origin().ascii_serialization())
}
