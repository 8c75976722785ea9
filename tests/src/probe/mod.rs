//! An integration that misbehaves on request: it panics, hangs, and names accounts. Its upstream is as simple as can be.

mod tools;
mod upstream;

use std::time::Duration;

use turnpike_core::{AccountId, Class, Fault, Timestamp};
use turnpike_sdk::{Account, AuthShape, Field, Integration, Limits, Manifest, Rate, Response, VersionPin, no_holds};

/// The account that every connection to the probe reaches.
pub const ACCOUNT: &str = "one";
/// With this as `text`, every tool panics while its arguments are looked at.
pub const PANICS_EARLY: &str = "panic early";
/// A value that nothing can be set back to.
pub const NEVER_AGAIN: &str = "never again";
/// How long a probe tool may take.
pub const TIMEOUT: Duration = Duration::from_millis(400);
/// How long a call of the probe's long tool may take, and when its work wants to be looked at again: once in that time.
pub const DIG_TIME: Duration = Duration::from_millis(1200);
/// See above.
pub const LOOK_AFTER: Duration = Duration::from_millis(600);

const RATE: Rate = Rate { per_minute: 6000, burst: 1000 };

const MANIFEST: Manifest = Manifest {
    name: "probe",
    title: "Probe",
    summary: "Misbehaves on request",
    server_version: "0.0.0",
    instructions: "For tests.",
    auth: AuthShape::ApiKey { header: "x-probe-key", prefix: "" },
    base_url: "https://probe.invalid",
    regions: &[],
    download_hosts: &[],
    version: VersionPin { version: "v1", ends: "2099-12-31" },
    connect_form: &[Field { name: "key", label: "Key", secret: true }],
    limits: Limits { read: RATE, write: RATE },
    app_quota: None,
};

/// The probe.
pub fn integration() -> Integration {
    Integration {
        manifest: MANIFEST,
        tools: tools::all(),
        accounts: |_| Box::pin(async { Ok(vec![account()]) }),
        classify,
        holds: no_holds,
        sandbox: upstream::sandbox,
        examples: Vec::new,
    }
}

fn account() -> Account {
    Account {
        id: AccountId::new(ACCOUNT),
        name: "The one".into(),
        currency: "USD".into(),
        time_zone: "UTC".into(),
        manager: false,
        via: None,
        region: None,
    }
}

fn classify(response: &Response, _: Timestamp) -> Option<Fault> {
    let class = match response.status.as_u16() {
        200..300 => return None,
        500.. => Class::Upstream,
        _ => Class::BadRequest,
    };
    Some(Fault::new(class, "the probe's upstream refused"))
}
