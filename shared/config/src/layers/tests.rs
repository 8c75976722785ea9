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
    assert!(error.contains("`limits.tenant_burst`: it must be a whole number, not a text"), "{error}");
    let error = with_variables(&[("TURNPIKE_LIMITS__TENANT_BURST", "many")]).unwrap_err().to_string();
    assert!(error.contains("whole number"), "{error}");
}

#[test]
fn a_value_that_there_is_not_is_refused_with_its_name() {
    for (text, name) in [
        ("environment = \"prod\"\n", "`environment`: unknown variant `prod`"),
        ("[server]\nroles = [\"gatway\"]\n", "`server.roles[0]`: unknown variant `gatway`"),
        ("[plans.gold]\ntitle = \"Gold\"\n", "`plans.gold`: missing field"),
        ("[prices]\ncurrency = \"dollar\"\n", "`prices.currency`: "),
    ] {
        let error = with_file(text).unwrap_err().to_string();
        assert!(error.contains(name), "{error}");
    }
}

#[test]
fn what_would_serve_nobody_is_refused() {
    assert!(with_file("[limits]\ntenant_per_minute = 0\n").unwrap_err().to_string().contains("setting `limits`"));
    assert!(with_file("[store]\nurl = \"mysql://h/d\"\n").unwrap_err().to_string().contains("store.url"));
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
    for (section, key, _) in SECRETS {
        let scheme = if *section == "redis" { "redis" } else { "postgres" };
        std::fs::write(&secret, format!("{scheme}://app:hush@db/turnpike\n")).unwrap();
        let settings = with_file(&format!("[{section}]\n{key}_file = {:?}\n", secret.display().to_string())).unwrap();
        assert!(!format!("{settings:?}").contains("hush"), "secrets are not shown");
    }
    std::fs::write(&secret, "postgres://app:hush@db/turnpike\n").unwrap();
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
fn a_variable_reaches_an_integration_that_the_defaults_do_not_show() {
    let name = |key: &str| format!("TURNPIKE_INTEGRATIONS__ONE_OF_YOUR_OWN__{key}");
    let settings = with_variables(&[(&name("VERSION"), "v27"), (&name("READ_BURST"), "7")]).unwrap();
    let own = settings.integration("one-of-your-own");
    assert_eq!((own.version.as_str(), own.read_burst, own.app_reserve_percent), ("v27", 7, 50));
    let of_file = with_file("[integrations.one-of-your-own]\nversion = \"v28\"\n").unwrap();
    assert_eq!(of_file.integration("one-of-your-own").app_reserve_percent, 50, "as those that the defaults show");
    assert!(with_variables(&[(&name("VERSOIN"), "v27")]).is_err());
    assert!(with_variables(&[(&name("READ_BURST"), "many")]).is_err());
}

#[test]
fn production_refuses_what_is_only_fit_for_trying_out() {
    let refused = |extra: &str| with_file(&format!("environment = \"production\"\n{extra}")).unwrap_err().to_string();
    assert!(refused("[server]\npublic_url = \"https://mcp.example.com\"\n").contains("vault.key_provider"));
    assert!(refused("[server]\npublic_url = \"http://mcp.example.com\"\n").contains("server.public_url"));
    assert!(refused("[server]\npublic_url = \"http://127.0.0.1:8080\"\n").contains("server.public_url"));
    assert!(refused("").contains("server.public_url"));
}

#[test]
fn roles_apart_need_a_database_that_they_can_share() {
    let error = with_file("[server]\nroles = [\"gateway\"]\n").unwrap_err().to_string();
    assert!(error.contains("server.roles") && error.contains("PostgreSQL"), "{error}");
    let postgres = "[store]\nurl = \"postgres://app@localhost/turnpike\"\n";
    assert!(with_file(&format!("[server]\nroles = [\"gateway\", \"worker\"]\n{postgres}")).is_ok());
    assert!(with_file("[server]\nroles = []\n").unwrap_err().to_string().contains("server.roles"));
    assert!(with_file("[server]\nroles = [\"gatway\"]\n").is_err());
}

#[test]
fn a_key_in_kms_is_named_and_reached_safely() {
    let kms = |rest: &str| with_file(&format!("[vault]\nkey_provider = \"aws-kms\"\n{rest}"));
    assert!(kms("").unwrap_err().to_string().contains("vault.kms_key"));
    assert!(kms("kms_key = \"alias/turnpike\"\n").is_ok());
    let plain = kms("kms_key = \"alias/turnpike\"\nkms_endpoint = \"http://kms.example.com\"\n");
    assert!(plain.unwrap_err().to_string().contains("vault.kms_endpoint"));
}

#[test]
fn redis_and_the_keys_database_are_where_they_can_be() {
    assert!(with_file("[redis]\nurl = \"http://h\"\n").unwrap_err().to_string().contains("redis.url"));
    assert!(with_file("[redis]\nurl = \"rediss://h:6379/0\"\n").is_ok());
    assert!(with_file("[redis]\nwhen_gone = \"guess\"\n").is_err());
    let same = "[store]\nurl = \"postgres://h/d\"\n[vault]\nkeys_url = \"postgres://h/d\"\n";
    assert!(with_file(same).unwrap_err().to_string().contains("vault.keys_url"));
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

#[test]
fn a_secret_may_lie_in_the_folder_that_systemd_gives_the_unit() {
    let folder = tempfile::tempdir().unwrap();
    let (file, credentials) = (folder.path().join("turnpike.toml"), folder.path().join("credentials"));
    std::fs::write(&file, "[redis]\nurl_file = \"$CREDENTIALS_DIRECTORY/redis-url\"\n").unwrap();
    std::fs::create_dir(&credentials).unwrap();
    std::fs::write(credentials.join("redis-url"), "redis://there\n").unwrap();
    let layers = |credentials| Layers { file: Some(file.clone()), credentials, ..Layers::default() };
    let settings = layers(Some(credentials)).load().unwrap();
    assert_eq!(settings.redis.url.expose_secret(), "redis://there");
    let error = layers(None).load().unwrap_err().to_string();
    assert!(error.contains("redis.url_file") && error.contains("LoadCredential"), "{error}");
}
