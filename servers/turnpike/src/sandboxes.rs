//! The simulated upstreams, each on a loopback port of its own.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use anyhow::{Context as _, Result};
use axum::Router;
use tokio::net::TcpListener;
use turnpike_core::Ambient;
use turnpike_sdk::{Integration, Region, Script, TokenEndpoint};
use turnpike_tenancy::OAuthApp;
use turnpike_upstream::Endpoint;
use url::Url;

/// A sandbox that is being served.
pub struct Served {
    /// Where.
    pub base_url: String,
    /// What goes wrong next, and what was received.
    pub script: Script,
    /// Its authorization server.
    pub tokens: Option<TokenEndpoint>,
    /// Connect-form values that it accepts.
    pub credential: Vec<(&'static str, String)>,
    /// What the simulated vendor shows to a browser.
    pages: Router,
    token_path: &'static str,
    revoke_path: &'static str,
    regions: &'static [Region],
}

/// The sandboxes of this process, by integration.
pub struct Sandboxes(BTreeMap<&'static str, Served>);

impl Sandboxes {
    pub(crate) async fn start(integrations: &[Arc<Integration>], ambient: &Ambient) -> Result<Self> {
        let mut served = BTreeMap::new();
        for integration in integrations {
            let sandbox = (integration.sandbox)(ambient.clone());
            let listener = TcpListener::bind("127.0.0.1:0").await.context("no loopback port is free for a sandbox")?;
            let base_url = format!("http://{}", listener.local_addr()?);
            let (script, tokens) = (sandbox.script.clone(), sandbox.tokens.clone());
            let (credential, pages) = (sandbox.credential.clone(), sandbox.pages());
            let (token_path, revoke_path) = (sandbox.token_path, sandbox.revoke_path);
            let router = sandbox.into_router();
            tokio::spawn(async move { axum::serve(listener, router).await });
            let regions = integration.manifest.regions;
            served.insert(
                integration.manifest.name,
                Served { base_url, script, tokens, credential, pages, token_path, revoke_path, regions },
            );
        }
        Ok(Self(served))
    }

    /// The integrations that have one.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.0.keys().copied()
    }

    /// The sandbox of an integration.
    pub fn find(&self, integration: &str) -> Option<&Served> {
        self.0.get(integration)
    }

    /// The pages that a browser needs, each below `/sandbox/{integration}`: the sandboxes themselves listen where only this
    /// machine reaches them, and nothing else of them is to be had from outside.
    pub fn pages(&self) -> Router {
        let pages = self.0.iter().map(|(name, served)| (format!("/sandbox/{name}"), served.pages.clone()));
        pages.fold(Router::new(), |router, (path, pages)| router.nest(&path, pages))
    }

    /// Lets every sandbox send people back to this address.
    pub(crate) fn register_redirect(&self, callback: &Url) {
        for tokens in self.0.values().filter_map(|served| served.tokens.as_ref()) {
            tokens.register_redirect(callback.as_str());
        }
    }

    /// The OAuth clients that the sandboxes know.
    pub(crate) fn apps(&self) -> HashMap<String, OAuthApp> {
        let apps = self.0.iter().filter(|(_, served)| served.tokens.is_some()).filter_map(|(name, served)| {
            let field = |name| Some(served.credential.iter().find(|(own, _)| *own == name)?.1.clone());
            let (client_id, client_secret) = (field("client_id")?, field("client_secret")?.into());
            let authorize_url = format!("/sandbox/{name}/authorize");
            Some(((*name).to_owned(), OAuthApp { client_id, client_secret, authorize_url }))
        });
        apps.collect()
    }

    pub(crate) fn endpoint(&self, integration: &str) -> Option<Endpoint> {
        let served = self.find(integration)?;
        let at = |path: &str| (!path.is_empty()).then(|| format!("{}{path}", served.base_url).into());
        let (token_url, revoke_url) = (at(served.token_path), at(served.revoke_path));
        Some(Endpoint { token_url, revoke_url, ..Endpoint::below(&served.base_url, served.regions) })
    }
}
