//! What is asked of each vendor: the playbook's page on it is made of what the sandboxes have received.
//!
//! `UPDATE_PLAYBOOK=1 cargo nextest run --workspace --test product endpoints::` writes it anew.

use std::{collections::BTreeSet, env, fs, path::Path};

use turnpike_sdk::{Integration, Recorded};
use turnpike_tests::{app::TestApp, tour::tour};

const BEGINNING: &str = "# Requests to vendors

<!-- Made by `UPDATE_PLAYBOOK=1 cargo nextest run --workspace --test product endpoints::`. -->

Every kind of request that was sent while all examples of all tools ran against the sandboxes. Ids are left out; of Amazon's three hosts the region stands
first, and files of reports lie where Amazon's link leads. An agent's text becomes arguments of these, and no tool takes an address. Connecting, looking at a
token and taking a grant back send requests besides, to the hosts that stand on [Tools](tools.md).
";

#[tokio::test]
async fn the_page_on_requests_is_what_the_vendors_have_received() {
    let app = TestApp::start().await;
    let tenant = app.tenant("one").await;
    let mut page = BEGINNING.to_owned();
    for integration in turnpike_catalog::integrations() {
        let vendor = app.vendor(integration.manifest.name);
        tour(&integration, &tenant.agent).await;
        let seen: BTreeSet<_> = vendor.script.recorded().iter().map(|request| kind(&integration, request)).collect();
        assert!(seen.len() > 2, "{}: {seen:?}", integration.manifest.name);
        let name = integration.manifest.name;
        page.push_str(&format!("\n## {}\n\n<!-- ANCHOR: {name} -->\n", integration.manifest.title));
        page.push_str("| Method | Path |\n|---|---|\n");
        for (path, method) in seen {
            page.push_str(&format!("| {method} | `{path}` |\n"));
        }
        page.push_str(&format!("<!-- ANCHOR_END: {name} -->\n"));
    }
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../playbook/src/reference/requests.md");
    if env::var_os("UPDATE_PLAYBOOK").is_some() {
        fs::write(&file, &page).unwrap();
    }
    let committed = fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(committed, page, "make the page anew: see the beginning of tests/tests/endpoints.rs");
}

/// Path without ids, and method.
fn kind(integration: &Integration, request: &Recorded) -> (String, String) {
    let version = integration.manifest.version.version;
    let segment = |segment: &str| {
        let digits = segment.bytes().filter(u8::is_ascii_digit).count();
        let (id, action) = segment.split_once(':').map_or((segment, ""), |(id, action)| (id, action));
        let prefix = if segment.starts_with("act_") { "act_" } else { "" };
        match () {
            () if segment == version => segment.to_owned(),
            // An action follows a name, or the id of what it is done to.
            () if !action.is_empty() && !segment.contains('%') && !id.bytes().any(|byte| byte.is_ascii_digit()) => {
                segment.to_owned()
            }
            () if digits > 3 || segment.contains('%') => format!("{prefix}{{id}}"),
            () => segment.to_owned(),
        }
    };
    let path = request.uri.path().split('/').map(segment).collect::<Vec<_>>().join("/");
    (path, request.method.to_string())
}
