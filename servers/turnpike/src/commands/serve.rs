//! `turnpike serve`.

use anyhow::Result;
use turnpike_config::Settings;
use turnpike_core::Ambient;
use turnpike_telemetry::Telemetry;

use super::{at_the_desk, stop_signal};
use crate::app::{App, listen};

pub(crate) async fn run(settings: &Settings) -> Result<()> {
    let telemetry = Telemetry::start(&settings.telemetry, &Ambient::system())?;
    let listener = listen(settings).await?;
    let app = App::start(settings.clone(), at_the_desk(settings).await?, listener.local_addr()?).await?;
    let served = app.serve(listener, stop_signal()).await;
    tokio::task::spawn_blocking(|| telemetry.finish()).await?;
    served
}
