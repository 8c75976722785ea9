//! Which requests go to gateways: those that a gateway answers, and no others.

use turnpike_deploy::is_gateway_path;
use turnpike_testkit::Postgres;
use turnpike_tests::process::{Deployment, Server};

async fn answers(server: &Server, path: &str) -> bool {
    let status = reqwest::get(format!("{}{path}", server.url)).await.unwrap().status();
    status != reqwest::StatusCode::NOT_FOUND
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_answers_what_is_sent_to_gateways_and_a_portal_the_rest() {
    let postgres = Postgres::shared().await.unwrap();
    let deployment = Deployment::on_postgres(&postgres.database().await.unwrap(), "").await;
    let gateway = deployment.serve_as(&["--roles", "gateway"]).await;
    let mut paths = vec!["/mcp".to_owned()];
    paths.extend(turnpike_catalog::integrations().iter().map(|own| format!("/{}/mcp", own.manifest.name)));
    let metadata = "/.well-known/oauth-protected-resource";
    let documents: Vec<_> = paths.iter().map(|path| format!("{metadata}{path}")).collect();
    paths.push(metadata.to_owned());
    paths.extend(documents);
    for path in &paths {
        assert!(is_gateway_path(path), "{path} goes to a portal");
        assert!(answers(&gateway, path).await, "a gateway does not answer {path}");
    }
    let pages = turnpike_portal::routes();
    for page in &pages {
        let path = page.path.replace(['{', '}'], "");
        assert!(!is_gateway_path(&path), "{path} goes to a gateway");
        assert!(!answers(&gateway, &path).await, "a gateway answers {path}");
    }
    for path in ["/.well-known/oauth-authorization-server", "/payments/stripe", "/token", "/register"] {
        assert!(!is_gateway_path(path) && !answers(&gateway, path).await, "{path}");
    }
    println!("{} paths of gateways, {} of portals", paths.len(), pages.len() + 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_version_before_migrates_tables_that_are_newer_and_serves() {
    let postgres = Postgres::shared().await.unwrap();
    let deployment = Deployment::on_postgres(&postgres.database().await.unwrap(), "").await;
    deployment
        .execute(
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
             VALUES (9999, 'of the next version', true, '\\x00', 0)",
        )
        .await;
    deployment.run(&["migrate"], None).await;
    assert!(deployment.serve_as(&["--roles", "worker"]).await.stop().await);
}
