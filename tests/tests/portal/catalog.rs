//! The catalogue's pages: they tell everybody what is served, and nothing else.

use reqwest::StatusCode;
use turnpike_core::Role;
use turnpike_tests::app::{Backend, TestApp, integrations};

#[tokio::test]
async fn every_tool_that_an_agent_is_listed_is_in_the_catalogue_and_no_other() {
    let app = TestApp::start().await;
    let (tenant, stranger) = (app.tenant("Acme").await, app.visitor());
    let mut compared = 0;
    for (integration, tools) in app.all_tools(&tenant.agent).await {
        let seen = stranger.look(&format!("/catalog/{integration}")).await;
        let rows: Vec<_> = seen.text.split("<tr><th scope=\"row\"><code>").skip(1).collect();
        let shown: Vec<_> = rows.iter().map(|row| row.split_once('<').unwrap().0).collect();
        assert_eq!(shown, tools.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), "{integration}");
        for (row, (name, reads)) in rows.iter().zip(&tools) {
            let word = if *reads { ">reads<" } else { ">writes<" };
            assert!(
                row.contains(word)
                    && [" USD</td>", " USD for each ", ">nothing<"].iter().any(|price| row.contains(price)),
                "{integration} {name}: {row}"
            );
        }
        compared += tools.len();
    }
    println!("{compared} tools are listed alike in the catalogue and by the servers");
    assert!(compared > 40);
}

#[tokio::test]
async fn the_catalogue_tells_what_each_integration_is_costs_and_asks_for() {
    let app = TestApp::start().await;
    let list = app.visitor().look("/catalog").await;
    for own in integrations() {
        let manifest = &own.manifest;
        let page = app.visitor().look(&format!("/catalog/{}", manifest.name)).await;
        for seen in [&list, &page] {
            assert!(seen.text.contains(manifest.title) && seen.text.contains(manifest.summary), "{}", manifest.name);
        }
        assert!(list.text.contains(&format!("href=\"/catalog/{}\"", manifest.name)));
        assert!(page.text.contains(&format!("<code id=\"mcp-url\">{}/{}/mcp</code>", app.url, manifest.name)));
        assert!(page.text.contains(&manifest.read_scope()) && page.text.contains("deprecated") == deprecates(&own));
        let writes = page.text.contains(">writes<");
        assert_eq!(page.text.contains(&manifest.write_scope()), writes, "{}", manifest.name);
    }
    assert!(list.text.contains("0.001 USD to 0.01 USD"), "{}", list.words());
    assert_eq!(app.visitor().get("/catalog/none").await.status, StatusCode::NOT_FOUND);
}

fn deprecates(own: &turnpike_sdk::Integration) -> bool {
    own.tools.iter().any(|tool| tool.spec.deprecated.is_some())
}

#[tokio::test]
async fn strangers_and_members_find_the_catalogue_in_the_agencys_name() {
    let app = TestApp::start_with(Backend::Sqlite, |settings| settings.brand.name = "Northlight".into()).await;
    let tenant = app.unconnected("Acme").await;
    let (member, _) = app.member(tenant.id, Role::Member).await;
    let stranger = app.visitor();
    assert!(stranger.look("/sign-in").await.text.contains("href=\"/catalog\""));
    for (visitor, name) in [(&stranger, None), (&member, Some("The member"))] {
        for path in ["/catalog", "/catalog/google-ads"] {
            let seen = visitor.look(path).await;
            assert!(seen.text.contains("Northlight") && !seen.text.to_lowercase().contains("turnpike"), "{path}");
            assert_eq!(seen.text.contains("Sign out"), name.is_some(), "{path}");
            assert!(name.is_none_or(|name| seen.text.contains(name)) && !seen.text.contains("Acme"), "{path}");
        }
    }
    let to_connect = stranger.get("/connections/new/google-ads").await;
    assert_eq!(to_connect.location(), "/sign-in?return_to=%2Fconnections%2Fnew%2Fgoogle-ads");
}
