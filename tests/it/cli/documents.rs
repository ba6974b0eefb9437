//! `openapi`, `schema` and `config`: what can be printed without a server.

use std::fs;

use presenced::config::{Config, Overrides};
use serde_json::{Value, json};

use super::{presenced, run, shown};
use crate::support::snapshots;

fn stdout(arguments: &[&str]) -> String {
    let output = run(arguments);
    assert_eq!(output.status.code(), Some(0), "{}", shown(&output));
    String::from_utf8(output.stdout).expect("text")
}

#[test]
fn documents_in_both_forms() {
    for name in ["matrix", "pnut", "presenced"] {
        let file = format!("{}/openapi/{name}.yaml", env!("CARGO_MANIFEST_DIR"));
        let yaml = stdout(&["openapi", name]);
        assert_eq!(yaml, fs::read_to_string(file).expect("the checked-in file"));
        let json: Value =
            serde_json::from_str(&stdout(&["openapi", name, "--format", "json"])).expect("JSON");
        assert_eq!(yaml_serde::from_str::<Value>(&yaml).expect("YAML"), json);
        assert_eq!(stdout(&["openapi", name, "--oas", "3.1"]), yaml);
    }
}

#[test]
fn the_contract_alone() {
    let yaml = stdout(&["openapi", "matrix", "--contract"]);
    snapshots().bind(|| insta::assert_snapshot!("openapi-matrix-contract", yaml));
    let none = shown(&run(&["openapi", "presenced", "--contract"]));
    let contract = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi/contract/matrix-presence.yaml");
    let check = run(&["openapi", "matrix", "--contract", "--check", contract]);
    assert_eq!(shown(&check), "exit 0\n");
    insta::assert_snapshot!(none, @"
    exit 2
    presenced: presenced follows no contract but its own; leave --contract out
    ");
}

#[test]
fn checking_a_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("ours.json");
    let path = file.to_str().expect("a path");
    let mut document: Value =
        serde_json::from_str(&stdout(&["openapi", "matrix", "--format", "json"])).expect("JSON");
    fs::write(&file, document.to_string()).expect("a file");
    assert_eq!(shown(&run(&["openapi", "matrix", "--check", path])), "exit 0\n");

    document["info"]["title"] = json!("Another");
    fs::write(&file, document.to_string()).expect("a file");
    let differs = shown(&run(&["openapi", "matrix", "--check", path])).replace(path, "FILE");
    insta::assert_snapshot!(differs, @r#"
    exit 1
    changed /info/title: "Matrix Client-Server Presence API" -> "Another"
    presenced: FILE differs from the document: 1 lines
    "#);

    fs::write(&file, "{ nonsense").expect("a file");
    assert_eq!(run(&["openapi", "matrix", "--check", path]).status.code(), Some(2));
    assert_eq!(run(&["openapi", "matrix", "--check", "/nowhere"]).status.code(), Some(2));
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
    let config = serde_json::to_value(Config::default()).expect("JSON");
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
    let defaults = serde_json::to_value(Config::default()).expect("JSON");
    assert!(validator.is_valid(&defaults));
    assert!(validator.is_valid(&json!({"server": {"name": "example.com"}})), "files may be partial");
    assert!(!validator.is_valid(&json!({"server": {"nam": "example.com"}})), "unknown keys are errors");
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
    let config = Config::load(Some(&file), &overrides).expect("a configuration");
    assert_eq!(config.server.name, "from.file");
    assert_eq!(config.server.listen.to_string(), "127.0.0.1:2");
    assert_eq!(config.server.data.to_str(), Some("from-flag"));
    assert_eq!((config.limits.put_per_second, config.matrix.busy), (0.5, true));
    assert_eq!(config.limits.body_bytes, Config::default().limits.body_bytes);

    let check = presenced(&["config", "check"]).env("PRESENCED_SERVER__LISTN", "1").output().expect("a run");
    insta::assert_snapshot!(shown(&check), @"
    exit 2
    presenced: configuration: server.listn (PRESENCED_SERVER__LISTN): there is no such key; did you mean server.listen?
    ");
}
