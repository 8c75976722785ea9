//! The program as a newcomer meets it: the demo, and one clear line for whatever is wrong.

use std::{
    fs,
    io::{BufRead as _, BufReader, Write as _},
    net::TcpListener,
    os::unix::fs::PermissionsExt as _,
    process::{Output, Stdio},
};

use serde_json::{Value, json};
use turnpike_tests::{
    agent::Agent,
    process::{Caller, Demo, Deployment, interrupt, turnpike},
};

fn run(arguments: &[&str]) -> Output {
    turnpike().args(arguments).output().unwrap()
}

/// Fails, and says why in one line that holds these words.
fn fails(arguments: &[&str], words: &[&str]) {
    let output = run(arguments);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "{arguments:?} succeeds");
    assert_eq!(said.trim().lines().count(), 1, "{arguments:?} says more than a line: {said}");
    assert!(output.stdout.is_empty(), "{arguments:?} prints what nobody asked for");
    for word in words {
        assert!(said.contains(word), "{arguments:?} does not say `{word}`: {said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_prints_one_line_serves_every_server_and_finds_its_data_again() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let first = Demo::start(&data);
    let line = first.line.clone();
    let key = line["api_key"].as_str().unwrap();
    assert!(key.starts_with("tpk_test_"));
    let url = line["mcp_url"].as_str().unwrap().strip_suffix("/mcp").unwrap();
    for integration in turnpike_catalog::integrations() {
        let name = integration.manifest.name;
        assert_eq!(line["servers"][name], format!("{url}/{name}/mcp"));
        let answer = Agent::new(url, key).call(name, "list_accounts", json!({})).await;
        assert_eq!((&answer["isError"], &answer["_meta"]["sandbox"]), (&json!(false), &json!(true)));
    }
    let mode = |name: &str| fs::metadata(data.join(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(""), mode("local.key"), mode("demo.json")), (0o700, 0o600, 0o600));
    assert!(data.join("turnpike.db-wal").exists(), "the database is in WAL mode");
    assert_eq!(first.interrupt(), (true, String::new()), "one line and no more");

    let second = Demo::start(&data);
    assert_eq!((&second.line["tenant_id"], &second.line["api_key"]), (&line["tenant_id"], &line["api_key"]));
    let tenant = line["tenant_id"].as_str().unwrap();
    let usage = run(&["usage", "--tenant", tenant, "--data", data.to_str().unwrap()]);
    let usage = String::from_utf8(usage.stdout).unwrap();
    assert!(usage.contains("list_accounts") && usage.contains("sandbox"), "{usage}");
    assert!(second.interrupt().0);
}

#[test]
fn the_demo_for_people_shows_a_call_and_what_to_paste_and_stops_at_the_first_signal() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = turnpike();
    command.args(["demo", "--listen", "127.0.0.1:0", "--data"]).arg(folder.path().join("data"));
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let mut shown = String::new();
    for line in lines.by_ref() {
        shown += &format!("{line}\n");
        if line.contains("Ctrl-C") {
            break;
        }
    }
    for needed in [
        "tool ",
        "result ",
        "price ",
        "ledger ",
        "/mcp",
        "tpk_test_",
        "Claude Code",
        "Claude Desktop",
        "Cursor",
        "VS Code",
        "ChatGPT",
        "curl",
    ] {
        assert!(shown.contains(needed), "`{needed}` is not shown: {shown}");
    }
    assert!(interrupt(&child));
    assert!(child.wait().unwrap().success());
}

#[test]
fn whatever_is_in_the_way_gets_one_clear_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let data = path("data");
    let write = |name: &str, text: &str| {
        fs::write(folder.path().join(name), text).unwrap();
        path(name)
    };

    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    fails(&["demo", "--listen", &address, "--data", &data], &[&address, "--listen"]);
    fails(&["demo", "--listen", "nowhere", "--data", &data], &["nowhere", "server.listen", "127.0.0.1:8080"]);

    let file = write("a-file", "");
    for command in [&["demo", "--listen", "127.0.0.1:0"][..], &["serve", "--listen", "127.0.0.1:0"], &["migrate"]] {
        fails(&[command, &["--data", &format!("{file}/data")]].concat(), &["a-file/data", "--data"]);
    }

    let broken = path("broken");
    fs::create_dir(&broken).unwrap();
    fs::write(format!("{broken}/turnpike.db"), "this is no database").unwrap();
    fails(&["demo", "--listen", "127.0.0.1:0", "--data", &broken], &["turnpike.db", "damaged"]);
    let broken = path("broken-key");
    fs::create_dir(&broken).unwrap();
    fs::write(format!("{broken}/local.key"), "short").unwrap();
    fails(&["serve", "--listen", "127.0.0.1:0", "--data", &broken], &["local.key"]);

    for (text, words) in [
        ("[server]\nlisen = \"127.0.0.1:0\"\n", &["lisen", "server"][..]),
        ("[server\n", &["settings.toml"]),
        ("environment = \"production\"\n", &["server.public_url"]),
        ("[server]\nlisten = \"0.0.0.0:80\"\n", &["server.public_url"]),
        ("[integrations.gogle-ads]\n", &["gogle-ads", "google-ads"]),
        ("[integrations.google-ads]\nversion_ends = \"soon\"\n", &["version_ends"]),
        ("[telemetry]\nfilter = \"turnpike=loud\"\n", &["telemetry.filter"]),
    ] {
        let file = write("settings.toml", text);
        fails(&["serve", "-c", &file, "--data", &data], words);
        // The filter is read by whoever starts to log, which checking does not.
        if !text.contains("filter") {
            fails(&["config", "check", "-c", &file], words);
        }
    }
    fails(&["config", "check", "-c", &path("nothing.toml")], &["nothing.toml"]);
    fails(&["healthcheck", "--url", &format!("http://{address}0")], &["does not answer"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_commands_of_an_operator_teach_and_refuse_what_is_not_there() {
    let deployment = Deployment::on_sqlite("");
    let tenant = deployment.add_tenant().await.to_string();
    let file = deployment.settings_file();
    let file = file.to_str().unwrap();
    let nobody = "01a1fe9b-a84e-70ed-aa26-600c3726911a";
    fails(
        &["key", "add", "-c", file, "--tenant", &tenant, "--name", "x", "--scope", "google-ads:red"],
        &["google-ads:red", "google-ads:read"],
    );
    let key = ["key", "add", "-c", file, "--tenant", &tenant, "--name", "x", "--scope", "google-ads:read"];
    fails(&[&key[..], &["--server", "gogle-ads"]].concat(), &["gogle-ads", "google-ads"]);
    for command in [
        &["key", "add", "--name", "x", "--scope", "google-ads:read"][..],
        &["key", "list"],
        &["connect", "--integration", "google-ads", "--sandbox"],
        &["jobs"],
        &["usage"],
        &["keys", "rotate"],
        &["approval", "list"],
        &["audit", "verify"],
        &["tool-policy", "list"],
        &["tenant", "stale-answers", "--never"],
        &["policy", "show", "--integration", "google-ads"],
    ] {
        fails(&[command, &["-c", file, "--tenant", nobody]].concat(), &[nobody, "turnpike tenant list"]);
    }
    fails(&["usage", "-c", file, "--since", "2026-11-02", "--until", "2026-11-01"], &["--since is after --until"]);
    for wrong in [&[&key[..], &["--days", "0"]].concat()[..], &["usage", "-c", file, "--since", "yesterday"]] {
        let said = String::from_utf8(run(wrong).stderr).unwrap();
        assert!(said.contains("not in 1..") || said.contains("YYYY-MM-DD"), "{wrong:?}: {said}");
    }
    fails(&["connect", "-c", file, "--tenant", &tenant, "--integration", "gogle-ads", "--sandbox"], &["gogle-ads"]);
    fails(&["stdio", "-c", file, "--tenant", &tenant, "--server", "gogle-ads"], &["gogle-ads"]);
    fails(&["stdio", "-c", file, "--tenant", nobody, "--server", "google-ads"], &["turnpike tenant list"]);
    let off = ["switch", "off", "-c", file, "--reason", "an incident"];
    for (target, words) in [
        (&[][..], &["--everything", "--integration"][..]),
        (&["--integration", "gogle-ads"], &["gogle-ads", "google-ads"]),
        (&["--integration", "google-ads", "--tool", "set_bugdet"], &["set_bugdet", "set_budget"]),
        (&["--tenant", nobody], &["turnpike tenant list"]),
        (&["--connection", nobody], &["connection", nobody]),
    ] {
        fails(&[&off, target].concat(), words);
    }
    fails(&["switch", "off", "-c", file, "--everything", "--reason", " "], &["--reason"]);
    fails(&["switch", "on", "-c", file, "--everything"], &["turnpike switch list"]);
    let policy = ["tool-policy", "set", "-c", file, "--integration", "google-ads", "--role", "admin", "--tenant"];
    fails(&[&policy[..], &[nobody]].concat(), &["turnpike tenant list"]);
    fails(&[&policy[..], &[&tenant, "--tool", "set_bugdet"]].concat(), &["set_bugdet", "set_budget"]);
    fails(&[&policy[..], &[&tenant, "--group", "Media Buyers"]].concat(), &["lower-case"]);
    let policy = ["tool-policy", "set", "-c", file, "--tenant", &tenant];
    for (incomplete, word) in [
        (&["--role", "admin"][..], "--every-integration"),
        (&["--every-integration"], "--group"),
        (&["--every-integration", "--role", "admin", "--reads", "--writes"], "cannot be used with"),
    ] {
        let output = run(&[&policy[..], incomplete].concat());
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && said.contains(word), "{incomplete:?}: {said}");
    }
    fails(&[&policy[..], &["--every-integration", "--role", "auditor"]].concat(), &["turnpike tool-policy clear"]);
    fails(&[&policy[..], &["--every-integration", "--role", "admin", "--tool", "eat"]].concat(), &["`eat`"]);
    let clear = ["tool-policy", "clear", "-c", file, "--tenant", &tenant, "--every-integration"];
    fails(&clear, &["turnpike tool-policy list"]);

    let server = deployment.serve().await;
    let ready = run(&["healthcheck", "--url", &server.url]);
    assert_eq!((ready.status.success(), String::from_utf8_lossy(&ready.stdout).trim()), (true, "ready"));
    for command in [
        "demo",
        "serve",
        "migrate",
        "config",
        "healthcheck",
        "stdio",
        "usage",
        "tenant",
        "switch",
        "tool-policy",
        "key",
        "connect",
        "policy",
        "approval",
    ] {
        let help = String::from_utf8(run(&[command, "--help"]).stdout).unwrap();
        assert!(help.contains("Usage: turnpike"), "{command}: {help}");
    }
}

/// As an operator meets it: an agent is stopped, a person looks and decides, and the agent goes on.
#[tokio::test(flavor = "multi_thread")]
async fn a_person_sets_a_policy_and_approves_and_denies_what_waits() {
    let deployment = Deployment::on_sqlite("[integrations.google-ads]\nwrite_burst = 100\n");
    let tenant = deployment.add_tenant().await;
    let key = deployment.add_key(tenant).await;
    let (id, file) = (tenant.to_string(), deployment.settings_file());
    let desk = |arguments: &[&str]| {
        let output = run(&[arguments, &["-c", file.to_str().unwrap()]].concat());
        (output.status.success(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
    };
    let whose = ["--tenant", &id, "--integration", "google-ads"];
    let show = [&["policy", "show"], &whose[..]].concat();
    assert!(desk(&show).1.contains("turnpike connect --integration google-ads"), "there is no connection yet");
    deployment.connect_sandbox(tenant).await;
    assert!(desk(&show).1.contains("the default of the section [writes]"));
    assert!(!desk(&[&["policy", "set"], &whose[..]].concat()).0, "nothing is to be set");
    let set = [&["policy", "set"], &whose[..], &["--approve-amount", "36", "--by", "Ana"]].concat();
    let (done, said) = desk(&set);
    assert!(done && said.contains("set by Ana") && said.contains("approve_amount        36\n"), "{said}");
    assert!(said.contains("max_amount            1000\n"), "the rest is as it was: {said}");

    let server = deployment.serve().await;
    let agent = Caller::new(&key).at(&server);
    let budget = |amount: f64| json!({ "account_id": "2000000005", "campaign_id": "5000001", "daily_amount": amount });
    let ask = async |amount: f64| {
        let preview = agent.call("set_budget", &budget(amount)).await.unwrap();
        let mut confirmation = budget(amount);
        confirmation["preview_id"] = preview.field("preview_id").unwrap().into();
        let refused = agent.call("set_budget", &confirmation).await.unwrap();
        assert_eq!(refused.class(), Some("approval_needed"), "{}", refused.text());
        let link = refused.text().split("/approvals/").nth(1).unwrap().to_owned();
        (confirmation, link.split('.').next().unwrap().to_owned())
    };
    let (confirmation, approval) = ask(40.0).await;
    let (_, waiting) = desk(&["approval", "list", "--tenant", &id]);
    for part in [&approval, &id, "set_budget", "5000001", "from 35.5 to 40 USD", "40 USD is above 36 USD"] {
        assert!(waiting.contains(part), "`{part}` is not told: {waiting}");
    }
    let (approved, said) = desk(&["approval", "approve", &approval, "--by", "Ana"]);
    assert!(approved && said.starts_with("approved: Sets the daily budget"), "{said}");
    let applied = agent.call("set_budget", &confirmation).await.unwrap();
    assert_eq!(applied.field("status"), Some("applied"), "{}", applied.text());

    let (confirmation, approval) = ask(41.0).await;
    assert!(desk(&["approval", "deny", &approval]).0);
    assert_eq!(agent.call("set_budget", &confirmation).await.unwrap().class(), Some("approval_denied"));
    let (again, said) = desk(&["approval", "approve", &approval]);
    assert!(!again && said.contains("decided before") && said.contains("denied"), "{said}");
    assert!(desk(&["approval", "list"]).1.contains("nothing waits"));
    let all = desk(&["approval", "list", "--all"]).1;
    assert!(all.contains("used") && all.contains("denied") && all.contains("decided by Ana"), "{all}");
    assert!(desk(&["approval", "approve", &id]).1.contains("no such approval"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_operator_sets_is_listed_and_can_be_taken_back() {
    let deployment = Deployment::on_sqlite("");
    let tenant = deployment.add_tenant().await;
    deployment.connect_sandbox(tenant).await;
    let connection = deployment.store().await.tenant(tenant).find_connection("google-ads").await.unwrap().unwrap().id;
    let (tenant, connection) = (tenant.to_string(), connection.to_string());
    let run = async |arguments: &[&str]| deployment.run(arguments, None).await;

    run(&["switch", "off", "--connection", &connection, "--reason", "unpaid"]).await;
    run(&["switch", "off", "--everything", "--reason", "an incident"]).await;
    let list = run(&["switch", "list"]).await;
    assert!(list.contains(&format!("google-ads of tenant {tenant}  off since")) && list.contains(": unpaid"), "{list}");
    let said = run(&["switch", "on", "--everything"]).await;
    assert!(said.contains("still stopped in part") && said.contains("unpaid"), "{said}");
    run(&["switch", "on", "--tenant", &tenant, "--integration", "google-ads"]).await;
    assert_eq!(run(&["switch", "list"]).await, "Nothing is switched off.\n", "the connection has two names");

    let google = ["--tenant", &tenant, "--integration", "google-ads"];
    run(&[&["tool-policy", "set", "--role", "nobody", "--tool", "set_budget"], &google[..]].concat()).await;
    run(&[&["tool-policy", "set", "--role", "admin"], &google[..]].concat()).await;
    let list = run(&["tool-policy", "list", "--tenant", &tenant]).await;
    assert!(list.contains("google-ads/*  admin") && list.contains("google-ads/set_budget  nobody"), "{list}");
    run(&[&["tool-policy", "clear"], &google[..]].concat()).await;
    assert!(!run(&["tool-policy", "list", "--tenant", &tenant]).await.contains('*'));
    let writes = ["tool-policy", "set", "--tenant", &tenant, "--every-integration", "--writes"];
    let groups = ["--role", "admin", "--group", "planners", "--group", "media-buyers"];
    let said = run(&[&writes[..], &groups].concat()).await;
    assert!(said.starts_with("*/*:write: admin, in the group media-buyers or planners."), "{said}");
    let list = run(&["tool-policy", "list", "--tenant", &tenant]).await;
    assert!(
        list.contains("*/*:write  admin, in the group media-buyers or planners  since") && list.contains("by desk")
    );
    run(&[&["tool-policy", "set", "--reads", "--group", "media-buyers"], &google[..]].concat()).await;
    let export = run(&["tenant", "export", &tenant]).await;
    assert!(export.contains("tool_policy.deleted") && export.contains("tools:google-ads/*:read"), "{export}");

    run(&["tenant", "stale-answers", "--tenant", &tenant, "--minutes", "90"]).await;
    assert!(run(&["tenant", "list"]).await.contains("up to 90 minutes"));
    run(&["tenant", "stale-answers", "--tenant", &tenant, "--never"]).await;
    assert!(!run(&["tenant", "list"]).await.contains("stale"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_key_does_not_reach_a_live_connection() {
    let vendor = turnpike_tests::process::Vendor::start().await;
    let deployment = Deployment::on_sqlite(&vendor.settings());
    let tenant = deployment.add_tenant().await;
    deployment.connect(tenant, &vendor).await;
    let file = deployment.settings_file();
    let key = [
        "key",
        "add",
        "-c",
        file.to_str().unwrap(),
        "--tenant",
        &tenant.to_string(),
        "--name",
        "x",
        "--scope",
        "google-ads:read",
        "--test",
    ]
    .map(str::to_owned);
    let key = run(&key.each_ref().map(String::as_str));
    let key = String::from_utf8(key.stdout).unwrap();
    let server = deployment.serve().await;
    let before = vendor.script().received();
    let answer = Caller::new(key.trim()).at(&server).list_accounts().await.unwrap();
    assert_eq!((answer.class(), vendor.script().received()), (Some("test_key"), before));
}

/// An agent at the desk shares the data folder with a server: neither takes the other for a dead one.
#[tokio::test(flavor = "multi_thread")]
async fn an_agent_at_the_desk_reads_and_writes_over_standard_input_and_output() {
    let deployment = Deployment::on_sqlite("");
    let tenant = deployment.add_tenant().await;
    deployment.connect_sandbox(tenant).await;
    let mut command = turnpike();
    command
        .args(["stdio", "--server", "google-ads", "--tenant", &tenant.to_string(), "-c"])
        .arg(deployment.settings_file());
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let (mut to, mut from) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
    let mut ask = |message: Value| {
        writeln!(to, "{message}").unwrap();
        let Some(id) = message.get("id") else { return Value::Null };
        let mut line = String::new();
        from.read_line(&mut line).unwrap();
        let answer: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(answer["id"], *id, "{answer}");
        answer["result"].clone()
    };
    let hello = json!({ "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": { "name": "test", "version": "1" } });
    let hello = ask(json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello }));
    assert_eq!(hello["protocolVersion"], "2025-11-25");
    ask(json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }));
    let tools = ask(json!({ "jsonrpc": "2.0", "id": 2, "method": "tools/list" }));
    let names: Vec<_> = tools["tools"].as_array().unwrap().iter().map(|tool| tool["name"].as_str().unwrap()).collect();
    assert!(names.contains(&"list_accounts") && !names.contains(&"set_budget"), "{names:?}");

    let server = deployment.serve().await;
    let call = json!({ "name": "list_accounts", "arguments": {} });
    let answer = ask(json!({ "jsonrpc": "2.0", "id": 3, "method": "tools/call", "params": call }));
    assert_eq!(answer["isError"], false, "{answer}");
    let id = answer["_meta"]["call_id"].as_str().unwrap().parse().unwrap();
    assert!(deployment.store().await.tenant(tenant).find_call(id).await.unwrap().is_some());
    drop(to);
    assert!(child.wait().unwrap().success(), "it ends when its input ends");
    assert!(server.stop().await);
}
