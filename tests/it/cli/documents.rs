//! `openapi`, `schema` and `config`: what can be printed without a server.

use std::fs;

use presenced::{
    api::{config_reader, matrix::config::Matrix, ringcentral::config::RingCentral},
    config::{Config, Overrides},
};
use serde_json::{Value, json};

use super::{presenced, run, shown};
use crate::support::snapshots;

/// What holds without a file.
fn defaults() -> Config {
    config_reader().load(None, &Overrides::default()).expect("the defaults are valid")
}

fn stdout(arguments: &[&str]) -> String {
    let output = run(arguments);
    assert_eq!(output.status.code(), Some(0), "{}", shown(&output));
    String::from_utf8(output.stdout).expect("text")
}

#[test]
fn documents_in_both_forms() {
    for name in ["matrix", "pnut", "ringcentral", "presenced"] {
        let file = format!("{}/openapi/{name}.yaml", env!("CARGO_MANIFEST_DIR"));
        let yaml = stdout(&["openapi", name]);
        assert_eq!(yaml, fs::read_to_string(file).expect("the checked-in file"));
        let json: Value =
            serde_json::from_str(&stdout(&["openapi", name, "--format", "json"])).expect("JSON");
        assert_eq!(yaml_serde::from_str::<Value>(&yaml).expect("YAML"), json);
        assert_eq!(stdout(&["openapi", name, "--oas", "3.1"]), yaml);
        let twin = format!("{}/openapi/{name}-3.0.yaml", env!("CARGO_MANIFEST_DIR"));
        let twin = fs::read_to_string(twin).expect("the checked-in file");
        assert_eq!(stdout(&["openapi", name, "--oas", "3.0"]), twin);
    }
}

#[test]
fn documents_beside_those_of_dialects() {
    for name in ["ringcentral-webhooks", "presenced-events"] {
        let file = format!("{}/openapi/{name}.yaml", env!("CARGO_MANIFEST_DIR"));
        let yaml = stdout(&["openapi", name]);
        assert_eq!(yaml, fs::read_to_string(file).expect("the checked-in file"));
    }
    insta::assert_snapshot!(shown(&run(&["openapi", "ringcentral-webhooks", "--oas", "3.0"])), @"
    exit 2
    presenced: there is one ringcentral-webhooks alone; leave --contract and --oas out
    ");
}

#[test]
fn the_contract_alone() {
    let yaml = stdout(&["openapi", "matrix", "--contract"]);
    snapshots().bind(|| insta::assert_snapshot!("openapi-matrix-contract", yaml));
    let none = shown(&run(&["openapi", "presenced", "--contract"]));
    let contract = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi/contract/matrix-presence.yaml");
    let twin: Value =
        yaml_serde::from_str(&stdout(&["openapi", "matrix", "--contract", "--oas", "3.0"])).expect("YAML");
    assert_eq!(
        (&twin["openapi"], twin["paths"].as_object().map(serde_json::Map::len)),
        (&json!("3.0.3"), Some(1))
    );
    let check = run(&["openapi", "matrix", "--contract", "--check", contract]);
    assert_eq!(shown(&check), "exit 0\n");
    insta::assert_snapshot!(none, @"
    exit 2
    presenced: presenced follows no contract but its own; leave --contract out
    ");
}

#[test]
fn checking_an_older_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("older.json");
    let path = file.to_str().expect("a path");
    let ours: Value =
        serde_json::from_str(&stdout(&["openapi", "matrix", "--format", "json"])).expect("JSON");
    let check = |document: &Value| {
        fs::write(&file, document.to_string()).expect("a file");
        shown(&run(&["openapi", "matrix", "--check", path])).replace(path, "FILE")
    };
    assert_eq!(check(&ours), "exit 0\n");

    let mut older = ours.clone();
    older["info"]["title"] = json!("Another");
    older["paths"].as_object_mut().expect("paths").remove("/sync");
    insta::assert_snapshot!(check(&older), @"
    exit 3
    compatible: GET /sync: the operation is new
    compatible: the document: texts and examples differ in 1 places
    presenced: compatible with FILE: differences: 2, none of them breaking
    ");

    older["paths"]["/login"]["get"]["operationId"] = json!("loginFlows");
    insta::assert_snapshot!(check(&older), @r#"
    exit 1
    breaking: GET /login: operationId was "loginFlows" and is "getLoginFlows"
    compatible: GET /sync: the operation is new
    compatible: the document: texts and examples differ in 1 places
    presenced: breaks what FILE says: differences: 3, of them breaking: 1
    "#);

    older["openapi"] = json!("3.0.3");
    insta::assert_snapshot!(check(&older), @"
    exit 2
    presenced: FILE: it is no document of OpenAPI 3.1; see --oas
    ");
    fs::write(&file, "{ nonsense").expect("a file");
    assert_eq!(run(&["openapi", "matrix", "--check", path]).status.code(), Some(2));
    assert_eq!(run(&["openapi", "matrix", "--check", "/nowhere"]).status.code(), Some(2));
}

#[test]
fn checking_the_files_of_the_folder() {
    for arguments in [
        &["matrix"] as &[&str],
        &["ringcentral", "--oas", "3.0"],
        &["ringcentral-webhooks"],
        &["presenced-events"],
    ] {
        let arguments = [&["openapi"], arguments, &["--check"]].concat();
        let output = presenced(&arguments).current_dir(env!("CARGO_MANIFEST_DIR")).output().expect("a run");
        assert_eq!(shown(&output), "exit 0\n", "{arguments:?}");
    }
    assert_eq!(run(&["openapi", "matrix", "--contract", "--check"]).status.code(), Some(2));
}

#[test]
fn the_defaults_are_documented_and_complete() {
    let text = stdout(&["config", "default"]);
    let keys = |text: &str| {
        let mut section = String::new();
        let mut keys = Vec::new();
        for line in text.lines() {
            if let Some(name) = line.strip_prefix('[') {
                section = name.trim_end_matches(']').to_owned();
            } else if let Some((key, _)) = line.split_once(" = ").filter(|_| !line.starts_with('#')) {
                keys.push(format!("{section}.{key}"));
            }
        }
        keys.sort();
        keys
    };
    let config = serde_json::to_value(defaults()).expect("JSON");
    let mut known: Vec<String> = Vec::new();
    for (section, values) in config.as_object().expect("sections") {
        known.extend(values.as_object().expect("values").keys().map(|key| format!("{section}.{key}")));
    }
    known.sort();
    assert_eq!(keys(&text), known);
    // Every key has a comment right above it.
    let lines: Vec<&str> = text.lines().collect();
    for pair in lines.windows(2).filter(|pair| pair[1].contains(" = ") && !pair[1].starts_with('#')) {
        assert!(
            pair[0].starts_with('#') || pair[1].starts_with("put_burst"),
            "{} is not documented",
            pair[1]
        );
    }
}

#[test]
fn the_schema_of_the_configuration() {
    let schema = stdout(&["schema", "config"]);
    snapshots().bind(|| insta::assert_snapshot!("schema-config", schema));
    let schema: Value = serde_json::from_str(&schema).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let defaults = serde_json::to_value(defaults()).expect("JSON");
    assert!(validator.is_valid(&defaults));
    assert!(validator.is_valid(&json!({"server": {"name": "example.com"}})), "files may be partial");
    assert!(!validator.is_valid(&json!({"server": {"nam": "example.com"}})), "unknown keys are errors");
}

/// What the schema says of a number is what is taken.
#[test]
fn numbers_are_taken_within_the_bounds_of_the_schema() {
    let schema = config_reader().schema().to_value();
    let mut bounded = 0;
    for (section, about) in schema["properties"].as_object().expect("sections") {
        let place = about["$ref"].as_str().expect("a section").trim_start_matches('#');
        let keys = schema.pointer(place).and_then(|section| section["properties"].as_object());
        for (key, about) in keys.expect("keys") {
            let Some(most) = about["maximum"].as_u64() else { continue };
            let least = about["minimum"].as_u64().expect("both bounds");
            let refusal = format!("has to be from {least} to {most}");
            let is_refused = |value: u64| {
                let variable = format!("PRESENCED_{}__{}", section.to_uppercase(), key.to_uppercase());
                let environment = [(variable, value.to_string())].into();
                let loaded = config_reader().load(None, &Overrides { environment, ..Overrides::default() });
                loaded.is_err_and(|error| error.to_string().ends_with(&refusal))
            };
            assert!(!is_refused(least) && !is_refused(most), "{section}.{key}");
            assert!(is_refused(most + 1), "{section}.{key}");
            assert!(least == 0 || is_refused(least - 1), "{section}.{key}");
            bounded += 1;
        }
    }
    assert!(bounded > 40, "{bounded}");
}

#[test]
fn configurations_that_cannot_be_used() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("config.toml");
    let path = file.to_str().expect("a path");
    let mut lines = Vec::new();
    for text in [
        "[server",
        "[server]\nlistn = \"127.0.0.1:1\"",
        "[servr]",
        "[server]\nlisten = \"nowhere\"",
        "[server]\ndialects = [\"morse\"]",
        "[presence]\nlease_seconds = -1",
        "[presence]\nidle_after_seconds = 60",
        "[presence]\nvisibility = \"all\"",
        "[limits]\nhead_bytes = 100",
        "[limits]\nbulk_users = 1001",
        "[limits]\nheartbeats_per_call = 1001",
        "[limits]\nstream_heartbeat_seconds = 0",
        "[limits]\nstream_write_seconds = 0",
        "[server]\npublic_url = \"presence.example\"",
        "[server]\nname = \"\"",
        "[log]\nfilter = \"=====[\"",
        "[limits]\nconnections = 9223372036854775807",
        "[limits]\nhead_seconds = 9223372036854775807",
        "[limits]\nput_per_second = 1e-30",
        "[limits]\nstreams = 99999999999999999999",
        "[store]\nactivity_lag_seconds = 70000",
        "[pnut]\nreads = 4294967296",
        "[ringcentral]\njwt_keys = [{ algorithm = \"HS256\", key = \"0123456789\" }]",
        "[tls]\ncertificate = \"/nowhere.pem\"\nkey = \"/nowhere.pem\"",
    ] {
        fs::write(&file, text).expect("a file");
        let output = run(&["config", "check", "--config", path]);
        lines.push(format!("{text}\n{}", shown(&output).replace(path, "FILE")));
    }
    snapshots().bind(|| insta::assert_snapshot!("config-errors", lines.join("\n")));
    assert_eq!(run(&["config", "check", "--config", "/nowhere.toml"]).status.code(), Some(2));
}

#[test]
fn what_overrides_what() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("config.toml");
    fs::write(&file, "[server]\nname = \"from.file\"\nlisten = \"127.0.0.1:1\"\ndata = \"from-file\"")
        .expect("a file");
    let environment = [
        ("PRESENCED_SERVER__LISTEN", "127.0.0.1:2"),
        ("PRESENCED_SERVER__DATA", "from-environment"),
        ("PRESENCED_SERVER__DIALECTS", "matrix"),
        ("PRESENCED_LIMITS__PUT_PER_SECOND", "0.5"),
        ("PRESENCED_MATRIX__BUSY", "true"),
        ("UNRELATED", "1"),
        ("PRESENCED_SERVICE_HOST", "10.0.0.1"),
    ];
    let overrides = Overrides {
        environment: environment.map(|(key, value)| (key.to_owned(), value.to_owned())).into(),
        command_line: vec![("server.data", "from-flag".to_owned())],
    };
    let config = config_reader().load(Some(&file), &overrides).expect("a configuration");
    assert_eq!(config.server.name, "from.file");
    assert_eq!(config.server.listen.to_string(), "127.0.0.1:2");
    assert_eq!(config.server.data.to_str(), Some("from-flag"));
    assert_eq!((config.limits.put_per_second, config.section::<Matrix>().busy), (0.5, true));
    assert_eq!(config.limits.body_bytes, Config::default().limits.body_bytes);

    let check = presenced(&["config", "check"]).env("PRESENCED_SERVER__LISTN", "1").output().expect("a run");
    insta::assert_snapshot!(shown(&check), @"
    exit 2
    presenced: configuration: server.listn (PRESENCED_SERVER__LISTN): there is no such key; did you mean server.listen?
    ");
}

/// Arguments, and an environment.
type Given<'a> = (&'a [&'a str], &'a [(&'a str, &'a str)]);

#[test]
fn what_is_wrong_is_named_with_its_place() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("config.toml");
    fs::write(&file, "# A comment.\n[server]\nname = 1\n\n[ringcentral]\napps = [\n  { id = \"desk\" },\n  { id = \"\" },\n]\n")
        .expect("a file");
    let path = file.to_str().expect("a path");
    let rows: [Given; 11] = [
        (&["--config", path], &[]),
        (&["--config", path], &[("PRESENCED_SERVER__NAME", "example.com")]),
        (&[], &[("PRESENCED_LIMITS__CONNECTIONS", "many")]),
        (&[], &[("PRESENCED_LIMITS__PUT_BURST", "0")]),
        (&[], &[("PRESENCED_MATRIX__BUSY", "yes")]),
        (&[], &[("PRESENCED_SERVER__TRUSTED_PROXIES", "10.0.0.1, nonsense")]),
        (&[], &[("PRESENCED_WEBHOOKS__ALLOW_NETWORKS", "10.0.0.0/99")]),
        (
            &[],
            &[(
                "PRESENCED_RINGCENTRAL__APPS",
                "[{ id = \"desk\", secret = \"hush-hush\", secret_file = \"x\" }]",
            )],
        ),
        (
            &[],
            &[(
                "PRESENCED_RINGCENTRAL__JWT_KEYS",
                "[{ algorithm = \"HS256\", key = 5, issuer = \"i\", audience = \"a\" }]",
            )],
        ),
        (&[], &[("PRESENCED_RINGCENTRAL__APPS", "desk:hush-hush")]),
        (&[], &[("PRESENCED_TLS__CERTIFICATE", "/x.pem")]),
    ];
    let mut lines = Vec::new();
    for (arguments, environment) in rows {
        let mut command = presenced(&[&["config", "check"], arguments].concat());
        let output = command.envs(environment.iter().copied()).output().expect("a run");
        assert_eq!(output.status.code(), Some(2), "{}", shown(&output));
        lines.push(String::from_utf8(output.stderr).expect("text").replace(path, "FILE"));
    }
    insta::assert_snapshot!(lines.concat(), @r#"
    presenced: configuration: server.name = 1 (FILE, line 3): has to be a text in quotes
    presenced: configuration: ringcentral.apps[1].id = "" (FILE, line 8): has to be of 1 to 255 bytes, without control characters
    presenced: configuration: limits.connections = "many" (PRESENCED_LIMITS__CONNECTIONS): has to be a whole number, not below 0
    presenced: configuration: limits.put_burst = 0 (PRESENCED_LIMITS__PUT_BURST): has to be a whole number from 1 to 4294967295
    presenced: configuration: matrix.busy = "yes" (PRESENCED_MATRIX__BUSY): has to be true or false
    presenced: configuration: server.trusted_proxies[1] = "nonsense" (PRESENCED_SERVER__TRUSTED_PROXIES): has to be an address or a network, such as "10.1.2.3" or "10.1.0.0/16"
    presenced: configuration: webhooks.allow_networks[0] = "10.0.0.0/99" (PRESENCED_WEBHOOKS__ALLOW_NETWORKS): has to be an address or a network, such as "10.1.2.3" or "10.1.0.0/16"
    presenced: configuration: ringcentral.apps[0].secret_file = "x" (PRESENCED_RINGCENTRAL__APPS): has to stand alone: the secret itself is given too
    presenced: configuration: ringcentral.jwt_keys[0].key (PRESENCED_RINGCENTRAL__JWT_KEYS): has to be a text in quotes
    presenced: configuration: ringcentral.apps[0] (PRESENCED_RINGCENTRAL__APPS): has to be a table: { ... }
    presenced: configuration: tls.key = "": has to be given together with tls.certificate, or neither
    "#);
}

#[test]
fn variables_that_look_meant_and_are_not_read() {
    let environment = [
        ("PRESENCED_SERVER_LISTEN", "127.0.0.1:1"),
        ("PRESENCED_LIMITS_PUT_BRUST", "5"),
        ("PRESENCED_LOG_LEVEL", "debug"),
        // What orchestrators set for services called presenced and presenced-server, and what is for other ends.
        ("PRESENCED_PORT", "tcp://10.0.0.1:8008"),
        ("PRESENCED_PORT_8008_TCP", "tcp://10.0.0.1:8008"),
        ("PRESENCED_PORT_8008_TCP_ADDR", "10.0.0.1"),
        ("PRESENCED_SERVICE_HOST", "10.0.0.1"),
        ("PRESENCED_SERVICE_PORT", "8008"),
        ("PRESENCED_SERVICE_PORT_HTTP", "8008"),
        ("PRESENCED_SERVER_SERVICE_HOST", "10.0.0.1"),
        ("PRESENCED_SERVER_PORT", "tcp://10.0.0.1:8008"),
        ("PRESENCED_SERVER_PORT_8008_TCP_PROTO", "tcp"),
        ("PRESENCED_TEST_PYTHON", "python3"),
        ("PRESENCED_TEST_ROUNDS", "1"),
        ("PRESENCED_URL", "http://127.0.0.1:8008"),
    ];
    let output = presenced(&["config", "check"]).envs(environment).output().expect("a run");
    insta::assert_snapshot!(shown(&output), @"
    exit 0
    The configuration is valid.
    presenced: PRESENCED_LIMITS_PUT_BRUST is not read; did you mean PRESENCED_LIMITS__PUT_BURST?
    presenced: PRESENCED_LOG_LEVEL is not read: keys of [log] are PRESENCED_LOG__KEY
    presenced: PRESENCED_SERVER_LISTEN is not read; did you mean PRESENCED_SERVER__LISTEN?
    ");
}

#[test]
fn lists_and_tables_by_environment() {
    let environment = [
        ("PRESENCED_SERVER__DIALECTS", ""),
        ("PRESENCED_SERVER__TRUSTED_PROXIES", "10.0.0.1, 10.1.0.0/16,2001:db8::/32"),
        ("PRESENCED_SERVER__ALLOWED_ORIGINS", "[\"https://a.example\", \"https://b.example\"]"),
        ("PRESENCED_RINGCENTRAL__APPS", "[{ id = \"desk\", secret = \"hush\" }, { id = \"open\" }]"),
    ];
    let environment = environment.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
    let config = config_reader()
        .load(None, &Overrides { environment, ..Overrides::default() })
        .expect("a configuration");
    assert!(config.server.dialects.is_empty());
    let proxies: Vec<String> =
        config.server.trusted_proxies.iter().map(|network| (*network).into()).collect();
    assert_eq!(proxies, ["10.0.0.1/32", "10.1.0.0/16", "2001:db8::/32"]);
    assert_eq!(config.server.allowed_origins, ["https://a.example", "https://b.example"]);
    let apps: Vec<_> = config
        .section::<RingCentral>()
        .apps
        .iter()
        .map(|app| (app.id.as_str(), app.secret.as_str()))
        .collect();
    assert_eq!(apps, [("desk", "hush"), ("open", "")]);
}
