//! The dashboard's queries and the alerts in a real Prometheus.

use std::{fs, path::Path, process::Command};

use reqwest::Client;
use serde_json::{Value, json};

use super::{alerts, queries, scrape, used};
use crate::support::{
    TestServer,
    program::{Program, free_port, until},
};

const ALERTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/alerts.yaml");

/// A Prometheus that scrapes a server as an operator has it do so.
struct Prometheus {
    url: String,
    _program: Program,
    folder: tempfile::TempDir,
}

impl Prometheus {
    fn start(server: &TestServer) -> Self {
        let (folder, port) = (tempfile::tempdir().expect("a folder"), free_port());
        let config = json!({
            "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
            "rule_files": [ALERTS],
            "scrape_configs": [{
                "job_name": "presenced",
                "authorization": {"credentials": "demo-admin"},
                "static_configs": [{"targets": [server.url.trim_start_matches("http://")]}],
            }],
        });
        fs::write(folder.path().join("prometheus.yaml"), config.to_string()).expect("a file");
        let mut command = Command::new("prometheus");
        command.args(["--config.file=prometheus.yaml", "--storage.tsdb.path=data"]);
        command.arg(format!("--web.listen-address=127.0.0.1:{port}"));
        let program = Program::start(command, folder.path());
        Self { url: format!("http://127.0.0.1:{port}"), _program: program, folder }
    }

    async fn ask(&self, path: &str) -> Option<Value> {
        let client = Client::builder().no_proxy().build().expect("a client");
        client.get(format!("{}/api/v1/{path}", self.url)).send().await.ok()?.json().await.ok()
    }

    /// What a query finds now.
    async fn query(&self, query: &str) -> Option<Vec<Value>> {
        let query: String = form_urlencoded::byte_serialize(query.as_bytes()).collect();
        let answer = self.ask(&format!("query?query={query}")).await?;
        assert_eq!(answer["status"], "success", "{answer}");
        answer["data"]["result"].as_array().cloned()
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs prometheus, which tests/run installs"]
async fn every_panel_shows_something_and_no_alert_fires() {
    let server = used().await;
    let prometheus = Prometheus::start(&server);
    // A rate needs two scrapes.
    let scraped = until(async || {
        let scrapes =
            prometheus.query("count_over_time(presenced_build_info{job=\"presenced\"}[1m]) >= 3").await?;
        scrapes.first().cloned()
    });
    assert!(scraped.await.is_some(), "{}", prometheus.log());
    for query in queries() {
        let query =
            query.replace("$__rate_interval", "1m").replace("$__range", "1m").replace("$instance", ".*");
        let found = prometheus.query(&query).await.expect("an answer");
        assert!(!found.is_empty(), "{query} finds nothing");
    }
    let evaluated = until(async || {
        let answer = prometheus.ask("rules").await?;
        let rules = answer["data"]["groups"][0]["rules"].as_array()?.clone();
        rules.iter().all(|rule| rule["health"] == "ok").then_some(rules)
    });
    let rules = evaluated.await.unwrap_or_else(|| panic!("{}", prometheus.log()));
    assert_eq!(rules.len(), alerts().len());
    for rule in rules {
        assert_eq!(rule["state"], "inactive", "{rule}");
    }
}

/// What makes each alert fire: series with their values by the minute, and after how many minutes it does.
const FIRING: [(&str, &[(&str, &str)], u32); 10] = [
    ("PresencedDown", &[("up", "0x60")], 3),
    ("PresencedNotReady", &[("presenced_ready", "0x60")], 3),
    ("PresencedRefusesWrites", &[(r#"presenced_rejections_total{reason="unavailable"}"#, "0+5x60")], 20),
    ("PresencedBug", &[(r#"presenced_rejections_total{reason="bug"}"#, "0 0 1 1x60")], 4),
    (
        "PresencedSlowDisk",
        &[
            (r#"presenced_store_commit_seconds_bucket{le="0.25"}"#, "0x60"),
            (r#"presenced_store_commit_seconds_bucket{le="1.0"}"#, "0+60x60"),
            (r#"presenced_store_commit_seconds_bucket{le="+Inf"}"#, "0+60x60"),
        ],
        20,
    ),
    (
        "PresencedWatchersLate",
        &[("presenced_watermark_lag_seconds", "0x60"), ("presenced_sweep_lag_seconds", "7x60")],
        10,
    ),
    (
        "PresencedWebhooksFail",
        &[
            (r#"presenced_deliveries_total{outcome="failed"}"#, "0+5x60"),
            (r#"presenced_deliveries_total{outcome="delivered"}"#, "0+1x60"),
        ],
        40,
    ),
    (
        "PresencedConnectionsRefused",
        &[(r#"presenced_rejections_total{reason="connections"}"#, "0+20x60")],
        20,
    ),
    ("PresencedFull", &[("presenced_connections", "91x60"), ("presenced_connections_max", "100x60")], 10),
    ("PresencedConfigurationNotRead", &[(r#"presenced_reloads_total{result="refused"}"#, "0 0 1 1x60")], 4),
];

/// A series of one server.
fn series(name: &str) -> String {
    let (name, labels) = name.split_once('{').unwrap_or((name, "}"));
    format!("{name}{{job=\"presenced\",instance=\"one\",{labels}").replace(",}", "}")
}

#[test]
#[ignore = "needs promtool, which tests/run installs"]
fn every_alert_fires_when_it_has_to() {
    let folder = tempfile::tempdir().expect("a folder");
    passes(Command::new("promtool").args(["check", "rules", ALERTS]));
    let names: Vec<Value> = alerts().iter().map(|rule| rule["alert"].clone()).collect();
    assert_eq!(names, FIRING.map(|(name, ..)| Value::from(name)));

    let tests: Vec<Value> = FIRING
        .iter()
        .map(|(name, given, minutes)| {
            let given: Vec<Value> = given
                .iter()
                .map(|(name, values)| json!({"series": series(name), "values": values}))
                .collect();
            json!({
                "interval": "1m",
                "input_series": given,
                "promql_expr_test": [{
                    // Whatever its labels and texts are.
                    "expr": format!("count(ALERTS{{alertname=\"{name}\", alertstate=\"firing\", instance=\"one\"}})"),
                    "eval_time": format!("{minutes}m"),
                    "exp_samples": [{"value": 1}],
                }],
            })
        })
        .collect();
    let file = folder.path().join("firing.yaml");
    let whole = json!({"rule_files": [ALERTS], "evaluation_interval": "1m", "tests": tests});
    fs::write(&file, whole.to_string()).expect("a file");
    passes(Command::new("promtool").args(["test", "rules"]).arg(&file));
}

#[tokio::test]
#[ignore = "needs promtool, which tests/run installs"]
async fn promtool_finds_nothing_wrong_with_names_and_helps() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = used().await;
    let text = scrape(&server).await;
    let plain =
        server.call(reqwest::Method::GET, "/metrics").token("demo-admin").send_undocumented().await.text;
    assert!(text.len() > plain.len() / 2);
    let figures: &Path = &folder.path().join("figures");
    fs::write(figures, plain).expect("a file");
    let mut check = Command::new("promtool");
    check.args(["check", "metrics"]).stdin(fs::File::open(figures).expect("a file"));
    let told = passes(&mut check);
    assert_eq!(told, "");
}

fn passes(command: &mut Command) -> String {
    let output = command.output().expect("promtool runs");
    let text =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{text}");
    text
}
