//! Whose pages these are: resolved from the host before anything is rendered.

mod assets;
mod colour;

use std::{sync::Arc, time::Duration};

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{StatusCode, Uri, header::HOST};
use moka::future::Cache;
use turnpike_config::BrandSettings;
use turnpike_core::{Canonical, Timestamp};
use turnpike_store::{Store, StoreError};

pub(crate) use assets::{icon, logo, picture, script, stylesheet, theme};
pub(crate) use colour::Palette;

use crate::Portal;

/// How long brands are believed: a change shows within this time on every replica.
const BELIEVED: Duration = Duration::from_secs(5);
/// The brand of every host that has none of its own.
pub(crate) const EVERY_HOST: &str = "*";
const UNKNOWN_HOST: &str =
    "this host is not served here; whoever runs this server can name it in the setting server.allowed_hosts\n";

/// How the service presents itself on one host.
#[derive(Debug)]
pub(crate) struct Brand {
    /// Name, colours and links.
    pub settings: BrandSettings,
    /// Scheme and host of links to it.
    pub url: String,
    /// The colours as a stylesheet.
    pub theme: String,
    /// Changes with what is seen, so that a browser may keep the rest.
    pub version: String,
    /// When it was last set; the epoch for the one of the settings.
    pub set_at: Timestamp,
    /// Whether there is a picture.
    pub has_logo: bool,
    /// Under which host the picture is kept.
    pub(crate) row: String,
}

/// The brands of the deployment.
pub(crate) struct Brands {
    store: Store,
    shipped: Arc<Brand>,
    /// Scheme and authority of the public URL, and the further hosts that it answers to.
    scheme: String,
    hosts: Vec<String>,
    known: Cache<(), Arc<Vec<Arc<Brand>>>>,
}

impl Brand {
    fn new(settings: BrandSettings, url: String, has_logo: bool, row: &str, set_at: Timestamp) -> Self {
        let theme = Palette::of(&settings.accent).theme();
        let version = Canonical::of("theme").field(&theme).field(set_at.micros().to_be_bytes()).digest().to_string();
        Self { theme, version: version[..12].to_owned(), set_at, settings, url, has_logo, row: row.to_owned() }
    }

    /// Its name.
    pub(crate) fn name(&self) -> &str {
        &self.settings.name
    }

    /// Its name as programs write names.
    pub(crate) fn slug(&self) -> String {
        let letters = self.settings.name.to_lowercase();
        let words: Vec<_> =
            letters.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
        if words.is_empty() { "mcp".into() } else { words.join("-") }
    }

    /// The links in the foot of a page: what they say, and where they lead.
    pub(crate) fn links(&self) -> Vec<(&'static str, String)> {
        let own = &self.settings;
        let mail = if own.support_email.is_empty() { String::new() } else { format!("mailto:{}", own.support_email) };
        let all = [
            ("Support", mail),
            ("Website", own.website.clone()),
            ("Terms", own.terms_url.clone()),
            ("Privacy", own.privacy_url.clone()),
        ];
        all.into_iter().filter(|(_, target)| !target.is_empty()).collect()
    }
}

impl Brands {
    pub(crate) fn new(store: Store, settings: BrandSettings, public_url: &str, allowed_hosts: &[String]) -> Self {
        let (scheme, host) = public_url.split_once("://").unwrap_or(("https", public_url));
        let shipped =
            Arc::new(Brand::new(settings, public_url.to_owned(), false, EVERY_HOST, Timestamp::from_micros(0)));
        let hosts = [host.to_owned()].into_iter().chain(allowed_hosts.iter().cloned()).collect();
        Self {
            store,
            shipped,
            scheme: scheme.to_owned(),
            hosts,
            known: Cache::builder().time_to_live(BELIEVED).build(),
        }
    }

    /// The brand for when none can be resolved.
    pub(crate) fn default_brand(&self) -> Arc<Brand> {
        self.shipped.clone()
    }

    /// The brand of a host; `None` for a host that is none of ours.
    pub(crate) async fn resolve(&self, host: &str) -> Result<Option<Arc<Brand>>, StoreError> {
        let stored = self.stored().await?;
        let of = |name: &str| stored.iter().find(|brand| brand.row == name).cloned();
        if let Some(own) = of(host) {
            return Ok(Some(own));
        }
        let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
        let ours = self.hosts.iter().any(|known| known == host || known == name);
        Ok(ours.then(|| of(EVERY_HOST).unwrap_or_else(|| self.shipped.clone())))
    }

    /// Forgets what is believed, in this process.
    pub(crate) async fn forget(&self) {
        self.known.invalidate(&()).await;
    }

    async fn stored(&self) -> Result<Arc<Vec<Arc<Brand>>>, StoreError> {
        if let Some(known) = self.known.get(&()).await {
            return Ok(known);
        }
        let rows = self.store.system().list_brands().await?;
        let brands = rows.into_iter().filter_map(|row| {
            let settings = serde_json::from_str(&row.brand_json).ok()?;
            let url = match row.host.as_str() {
                EVERY_HOST => self.shipped.url.clone(),
                host => format!("{}://{host}", self.scheme),
            };
            Some(Arc::new(Brand::new(settings, url, row.has_logo, &row.host, row.set_at)))
        });
        let brands = Arc::new(brands.collect::<Vec<_>>());
        self.known.insert((), brands.clone()).await;
        Ok(brands)
    }
}

/// Puts the brand of the request's host at hand. Other hosts get no page: a foreign name could otherwise end up in mails.
pub(crate) async fn resolve(State(portal): State<Portal>, mut request: Request, next: Next) -> Response {
    let host = request.headers().get(HOST).and_then(|value| value.to_str().ok()).map(str::to_lowercase);
    let host = host.or_else(|| request.uri().authority().map(ToString::to_string)).unwrap_or_default();
    match portal.brands.resolve(&host).await {
        Ok(Some(brand)) => {
            request.extensions_mut().insert(brand);
            next.run(request).await
        }
        Ok(None) => (StatusCode::MISDIRECTED_REQUEST, UNKNOWN_HOST).into_response(),
        Err(error) => {
            tracing::error!(%error, "the brand could not be read");
            request.extensions_mut().insert(portal.brands.default_brand());
            next.run(request).await
        }
    }
}

/// Whether a link that an operator gives may stand on a page.
pub(crate) fn is_link(text: &str) -> bool {
    text.parse::<Uri>().is_ok_and(|uri| uri.scheme_str() == Some("https") && uri.host().is_some())
}
