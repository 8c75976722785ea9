use secrecy::ExposeSecret;

use super::*;

fn with_file(text: &str) -> Result<Settings, ConfigError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("turnpike.toml");
    std::fs::write(&path, text).unwrap();
    Layers { file: Some(path), ..Layers::default() }.load()
}

fn with_variables(pairs: &[(&str, &str)]) -> Result<Settings, ConfigError> {
    Layers { variables: pairs.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect(), ..Layers::default() }.load()
}

#[test]
fn the_defaults_alone_are_good() {
    let settings = Layers::default().load().unwrap();
    assert_eq!(settings.server.listen, "127.0.0.1:8080");
    assert_eq!(settings.store_url().expose_secret(), "sqlite:data/turnpike.db");
}

#[test]
fn a_file_goes_over_the_defaults_and_a_variable_over_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("turnpike.toml");
    std::fs::write(&path, "[limits]\ntenant_burst = 7\ntenant_per_minute = 9\n").unwrap();
    let variables = vec![("TURNPIKE_LIMITS__TENANT_BURST".to_owned(), "8".to_owned())];
    let settings = Layers { file: Some(path), variables, ..Layers::default() }.load().unwrap();
    assert_eq!((settings.limits.tenant_burst, settings.limits.tenant_per_minute), (8, 9));
}

#[test]
fn unknown_keys_are_refused_with_their_name() {
    let error = with_file("[server]\nlisten_on = \"x\"\n").unwrap_err().to_string();
    assert!(error.contains("server.listen_on"), "{error}");
    let error = with_file("[integrations.google-ads]\nversoin = \"v27\"\n").unwrap_err().to_string();
    assert!(error.contains("integrations.google-ads.versoin"), "{error}");
    let error = with_variables(&[("TURNPIKE_SERVER__LISTN", "x")]).unwrap_err().to_string();
    assert!(error.contains("TURNPIKE_SERVER__LISTN"), "{error}");
    let error = with_variables(&[("TURNPIKE_NOWHERE__LISTEN", "x")]).unwrap_err().to_string();
    assert!(error.contains("TURNPIKE_NOWHERE__LISTEN"), "{error}");
}

#[test]
fn a_value_of_the_wrong_type_is_refused_with_its_name() {
    let error = with_file("[limits]\ntenant_burst = \"many\"\n").unwrap_err().to_string();
    assert!(error.contains("limits.tenant_burst") && error.contains("integer"), "{error}");
    let error = with_variables(&[("TURNPIKE_LIMITS__TENANT_BURST", "many")]).unwrap_err().to_string();
    assert!(error.contains("whole number"), "{error}");
}

#[test]
fn a_broken_file_is_refused_with_its_line() {
    let error = with_file("[server]\nlisten = \n").unwrap_err().to_string();
    assert!(error.contains("line 2"), "{error}");
}

#[test]
fn every_secret_may_come_from_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("secret");
    std::fs::write(&secret, "postgres://app:hush@db/turnpike\n").unwrap();
    for (section, key) in SECRETS {
        let settings = with_file(&format!("[{section}]\n{key}_file = {:?}\n", secret.display().to_string())).unwrap();
        assert!(!format!("{settings:?}").contains("hush"), "secrets are not shown");
    }
    let settings = with_file(&format!("[store]\nurl_file = {:?}\n", secret.display().to_string())).unwrap();
    assert_eq!(settings.store_url().expose_secret(), "postgres://app:hush@db/turnpike");
    for integration in ["google-ads", "one-of-your-own"] {
        let section = format!("[integrations.{integration}]\nclient_id = \"app\"\nclient_secret_file");
        let settings = with_file(&format!("{section} = {:?}\n", secret.display().to_string())).unwrap();
        assert!(settings.integration(integration).client_secret.expose_secret().contains("hush"), "{integration}");
        assert!(!format!("{settings:?}").contains("hush"), "secrets are not shown");
    }
}

#[test]
fn an_app_without_its_secret_is_refused() {
    for half in ["client_id = \"app\"", "client_secret = \"hush\""] {
        let error = with_file(&format!("[integrations.google-ads]\n{half}\n")).unwrap_err().to_string();
        assert!(error.contains("google-ads") && error.contains("come together") && !error.contains("hush"), "{error}");
    }
}

#[test]
fn a_variable_reaches_an_integration_with_a_dash_in_its_name() {
    let settings = with_variables(&[("TURNPIKE_INTEGRATIONS__GOOGLE_ADS__VERSION", "v27")]).unwrap();
    assert_eq!(settings.integration("google-ads").version, "v27");
}

#[test]
fn production_refuses_what_is_only_fit_for_trying_out() {
    let refused = |extra: &str| with_file(&format!("environment = \"production\"\n{extra}")).unwrap_err().to_string();
    assert!(refused("[server]\npublic_url = \"https://mcp.example.com\"\n").contains("vault.key_provider"));
    assert!(refused("[server]\npublic_url = \"http://mcp.example.com\"\n").contains("server.public_url"));
    assert!(refused("").contains("server.public_url"));
}

#[test]
fn a_public_http_url_is_refused_everywhere_but_on_loopback() {
    assert!(with_file("[server]\npublic_url = \"http://mcp.example.com\"\n").is_err());
    assert!(with_file("[server]\npublic_url = \"http://localhost:8080\"\n").is_ok());
    assert!(with_file("[server]\npublic_url = \"https://mcp.example.com/sub\"\n").is_err());
}

#[test]
fn listening_on_all_addresses_needs_a_public_url() {
    assert!(with_file("[server]\nlisten = \"0.0.0.0:8080\"\n").unwrap_err().to_string().contains("server.public_url"));
}

#[test]
fn a_price_for_every_outcome_is_required() {
    let settings = Layers::default().load().unwrap();
    for outcome in turnpike_core::Outcome::ALL {
        assert!(settings.prices.percent.contains_key(outcome), "{outcome}");
    }
}
