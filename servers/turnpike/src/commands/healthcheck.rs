//! `turnpike healthcheck`.

use std::time::Duration;

use anyhow::{Context as _, Result, bail};

pub(crate) async fn run(url: &str) -> Result<()> {
    let client = reqwest::Client::builder().timeout(Duration::from_secs(5)).no_proxy().build()?;
    let url = format!("{}/ready", url.trim_end_matches('/'));
    let response = client
        .get(&url)
        .send()
        .await
        .map_err(reqwest::Error::without_url)
        .with_context(|| format!("{url} does not answer"))?;
    let status = response.status();
    if !status.is_success() {
        bail!("not ready: {} ({status})", response.text().await.unwrap_or_default().trim());
    }
    println!("ready");
    Ok(())
}
