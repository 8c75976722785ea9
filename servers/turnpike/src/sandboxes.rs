//! The simulated upstreams, each on a loopback port of its own.

use std::{collections::BTreeMap, sync::Arc};

use anyhow::{Context as _, Result};
use tokio::net::TcpListener;
use turnpike_core::Ambient;
use turnpike_sdk::{Integration, Region, Script, TokenEndpoint};
use turnpike_upstream::Endpoint;

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
    token_path: &'static str,
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
            let (credential, token_path) = (sandbox.credential.clone(), sandbox.token_path);
            let router = sandbox.into_router();
            tokio::spawn(async move { axum::serve(listener, router).await });
            let regions = integration.manifest.regions;
            served.insert(
                integration.manifest.name,
                Served { base_url, script, tokens, credential, token_path, regions },
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

    pub(crate) fn endpoint(&self, integration: &str) -> Option<Endpoint> {
        let served = self.find(integration)?;
        let has_tokens = !served.token_path.is_empty();
        let token_url = has_tokens.then(|| format!("{}{}", served.base_url, served.token_path).into());
        Some(Endpoint::below(&served.base_url, served.regions, token_url))
    }
}
