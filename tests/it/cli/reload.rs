//! SIGHUP: what changes while the server runs, and what stays.

use std::{collections::HashMap, fs, path::Path};

use presenced::{
    api::config_reader,
    config::{Config, Overrides},
};
use reqwest::Client;
use serde_json::json;
use toml::{Table, Value};

use super::running::Running;
use crate::support::secrets;

pub(super) struct Place {
    folder: tempfile::TempDir,
    file: String,
}

impl Place {
    pub(super) fn new(text: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("config.toml").to_str().expect("a path").to_owned();
        let place = Self { folder, file };
        place.write(text);
        place
    }

    pub(super) fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().expect("a path").to_owned()
    }

    pub(super) fn write(&self, text: &str) {
        secrets::note_in(text);
        fs::write(&self.file, text).expect("a file");
    }

    pub(super) fn start(&self, environment: &[(&str, &str)]) -> Running {
        let data = self.path("data");
        let arguments = ["serve", "--config", &self.file, "--data", &data, "--listen", "127.0.0.1:0"];
        Running::start_with(&arguments, environment)
    }
}

pub(super) fn token_in(file: &str) -> String {
    fs::read_to_string(Path::new(file)).expect("the token file").trim().to_owned()
}

pub(super) async fn users(url: &str, token: &str) -> u16 {
    let call = Client::new().get(format!("{url}/presenced/v1/users")).bearer_auth(token);
    call.send().await.expect("an answer").status().as_u16()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn limits_log_and_applications_change() {
    let place = Place::new("[server]\ndialects = [\"ringcentral\"]\n[limits]\nbulk_body_bytes = 200\n");
    let mut running = place.start(&[]);
    let url = running.url();
    let token = token_in(&place.path("data/admin-token"));
    let put = async || {
        let call = Client::new().put(format!("{url}/presenced/v1/users/@a:localhost")).bearer_auth(&token);
        let body = json!({"displayName": "A long name. ".repeat(20)});
        call.json(&body).send().await.expect("an answer").status().as_u16()
    };
    let log_in = async |secret: &str| {
        let call = Client::new().post(format!("{url}/restapi/oauth/token")).basic_auth("desk", Some(secret));
        let form = "grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer&assertion=x";
        let call = call.header("content-type", "application/x-www-form-urlencoded").body(form);
        let answer: serde_json::Value = call.send().await.expect("an answer").json().await.expect("JSON");
        answer["error"].as_str().unwrap_or_default().to_owned()
    };
    assert_eq!(put().await, 413);
    assert_eq!(log_in("s3cret-of-desk").await, "invalid_client");

    secrets::note("s3cret-of-desk");
    fs::write(place.path("secret"), "s3cret-of-desk\n").expect("a file");
    let apps = format!("apps = [{{ id = \"desk\", secret_file = \"{}\" }}]", place.path("secret"));
    place.write(&format!(
        "[server]\ndialects = [\"ringcentral\"]\n[ringcentral]\n{apps}\n[log]\nfilter = \"debug\"\n"
    ));
    running.signal("HUP");
    let line = running.line_with("the configuration was read again");
    assert!(line.contains("changed=\"limits.bulk_body_bytes log.filter ringcentral.apps\""), "{line}");
    assert_eq!(put().await, 201);
    // The application is known now, so it is the assertion that is refused.
    assert_eq!(log_in("s3cret-of-desk").await, "invalid_grant");
    running.line_with("login refused");
    assert!(running.line_with("answered").contains("path=\"/restapi/oauth/token\""), "the filter is another");

    // What can't change is named, and the rest changes.
    place.write("[server]\nname = \"elsewhere.example\"\ndialects = []\n[limits]\nbulk_body_bytes = 200\n");
    running.signal("HUP");
    let line = running.line_with("these hold from the next start");
    assert!(line.contains("server.name") && line.contains("server.dialects"), "{line}");
    assert_eq!(put().await, 413);

    // A file that cannot be used changes nothing.
    for (text, why) in [
        ("[limits]\nbulk_body_bytes = \"many\"\n", "limits.bulk_body_bytes = \"many\""),
        ("[limits\n", "line 1"),
        ("[ringcentral]\napps = [{ id = \"desk\", secret_file = \"/nowhere\" }]\n", "/nowhere"),
        ("[tls]\ncertificate = \"/nowhere\"\nkey = \"/nowhere\"\n", "tls.certificate: /nowhere"),
    ] {
        place.write(text);
        running.signal("HUP");
        let line = running.line_with("everything stays as it was");
        assert!(line.contains(why), "{line}");
        assert_eq!(put().await, 413);
    }
    assert_eq!(running.end("TERM").0, Some(0));
}

/// Bridges wait for the next start, whether the list of their files changes or what is in one.
#[test]
fn what_is_in_the_files_of_bridges_is_noticed() {
    let place = Place::new("[matrix]\nappservices = [\"irc.yaml\"]\n");
    let write = |sender: &str| {
        let text = format!("id: irc\nas_token: token-of-a-bridge\nsender_localpart: {sender}\n");
        fs::write(place.path("irc.yaml"), text).expect("a file");
    };
    secrets::note("token-of-a-bridge");
    write("ircbot");
    let mut running = place.start(&[]);
    running.url();
    running.signal("HUP");
    let line = running.line_with("the configuration was read again");
    assert!(line.ends_with("changed=\"\""), "{line}");
    write("another");
    running.signal("HUP");
    let line = running.line_with("these hold from the next start");
    assert!(line.ends_with("keys=\"matrix.appservices\""), "{line}");
    write("not: a name");
    running.signal("HUP");
    let line = running.line_with("everything stays as it was");
    assert!(line.contains("matrix.appservices"), "{line}");
    assert_eq!(running.end("TERM").0, Some(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_admin_token_is_that_of_its_file() {
    let place = Place::new("");
    let file = place.path("token");
    secrets::note("an-admins-first-token");
    secrets::note("an-admins-next-token");
    fs::write(&file, "an-admins-first-token\n").expect("a file");
    let environment = [("PRESENCED_SERVER__ADMIN_TOKEN_FILE", file.as_str())];
    let mut running = place.start(&environment);
    let url = running.url();
    assert_eq!(users(&url, "an-admins-first-token").await, 200);
    assert!(!Path::new(&place.path("data/admin-token")).exists());

    fs::write(&file, "an-admins-next-token").expect("a file");
    running.signal("HUP");
    running.line_with("the configuration was read again");
    assert_eq!(users(&url, "an-admins-next-token").await, 200);
    assert_eq!(users(&url, "an-admins-first-token").await, 401);

    fs::write(&file, "").expect("a file");
    running.signal("HUP");
    running.line_with("the file is empty; everything stays as it was");
    assert_eq!(users(&url, "an-admins-next-token").await, 200);
    assert_eq!(running.end("TERM").0, Some(0));

    // One that the operator names is not made.
    let missing = place.path("missing");
    let mut running = place.start(&[("PRESENCED_SERVER__ADMIN_TOKEN_FILE", missing.as_str())]);
    running.line_with("presenced: the admin token in");
    assert!(!Path::new(&missing).exists());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_that_was_there_stays_if_the_next_is_broken() {
    let place = Place::new("");
    let tls = crate::network::tls::certify(place.folder.path());
    let section = format!("[tls]\ncertificate = {:?}\nkey = {:?}\n", tls.certificate, tls.key);
    place.write(&section);
    let mut running = place.start(&[]);
    assert!(running.line_with("listening").contains("tls=true"));
    fs::write(&tls.certificate, "nonsense").expect("a file");
    running.signal("HUP");
    running.line_with("the new certificate cannot be used; the former one stays");
    crate::network::tls::certify(place.folder.path());
    running.signal("HUP");
    running.line_with("the certificate was read again");
    assert_eq!(running.end("TERM").0, Some(0));
}

/// The users of one name would be strangers to a server of another.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_name_over_users_of_one_is_refused() {
    let place = Place::new("[server]\nname = \"one.example\"\n");
    let mut running = place.start(&[]);
    let url = running.url();
    let call = Client::new().put(format!("{url}/presenced/v1/users/@a:one.example")).json(&json!({}));
    let token = token_in(&place.path("data/admin-token"));
    assert_eq!(call.bearer_auth(&token).send().await.expect("an answer").status(), 201);
    assert_eq!(running.end("TERM").0, Some(0));

    place.write("[server]\nname = \"other.example\"\n");
    let mut running = place.start(&[]);
    let line = running.line_with("presenced: configuration").replace(&place.path("data"), "DATA");
    insta::assert_snapshot!(line, @r#"presenced: configuration: server.name = "other.example", but the users in DATA are of "one.example", such as @a:one.example; set server.name = "one.example", or give the new name a data folder of its own"#);
}

/// A value of a key other than its default, as the environment has it.
fn another(key: &str, default: &Value) -> String {
    let given = match key {
        "server.listen" | "metrics.listen" => "127.0.0.1:1",
        "server.public_url" | "server.allowed_origins" => "https://presence.example",
        "server.trusted_proxies" | "webhooks.allow_networks" => "10.0.0.0/8",
        "server.forwarded" => "forwarded",
        "presence.visibility" => "server",
        "ringcentral.apps" => r#"[{ id = "desk" }]"#,
        "ringcentral.jwt_keys" => {
            r#"[{ algorithm = "HS256", key = "0123456789abcdef0123456789abcdef", issuer = "i", audience = "a" }]"#
        }
        "auth.jwt" => {
            r#"[{ issuer = "i", audience = "a", keys = [{ algorithm = "HS256", key = "0123456789abcdef0123456789abcdef" }] }]"#
        }
        "log.filter" => "debug",
        "store.confirm" => "2",
        "store.urls" => "redis://127.0.0.1:6379",
        "log.format" => "json",
        "limits.bulk_users" | "limits.heartbeats_per_call" => "999",
        _ => "",
    };
    match default {
        _ if !given.is_empty() => given.to_owned(),
        Value::Integer(number) => (number + 1).to_string(),
        Value::Float(number) => (number + 1.0).to_string(),
        Value::Boolean(is) => (!is).to_string(),
        Value::Array(_) => String::new(),
        _ => "other".to_owned(),
    }
}

/// What stands above a key, or above its section, in the documented defaults.
fn comment_above(line: &str, section: &str) -> String {
    let defaults = config_reader().documented_defaults();
    let lines: Vec<&str> = defaults.lines().collect();
    let section = lines.iter().position(|line| *line == format!("[{section}]")).expect("a section");
    let key = section + lines[section..].iter().position(|it| it.starts_with(line)).expect("a key");
    let above = |place: usize| {
        let first =
            lines[..place].iter().rposition(|line| !line.starts_with('#')).map_or(0, |blank| blank + 1);
        lines[first..place].iter().map(|line| line.trim_start_matches("# ")).collect::<Vec<_>>().join(" ")
    };
    format!("{} {}", above(section), above(key))
}

/// Each key by itself: it holds at once, or the defaults say that it does not.
#[test]
fn every_key_holds_when_it_is_said_to() {
    let defaults: Table = config_reader().documented_defaults().parse().expect("TOML");
    let mut later = Vec::new();
    for (section, keys) in &defaults {
        for (key, default) in keys.as_table().expect("a section") {
            let name = format!("{section}.{key}");
            // These need files, or an engine: other tests have them.
            if section == "tls"
                || ["matrix.appservices", "store.kind", "store.password_file"].contains(&name.as_str())
            {
                continue;
            }
            let variable = format!("PRESENCED_{}__{}", section.to_uppercase(), key.to_uppercase());
            let environment = HashMap::from([(variable, another(&name, default))]);
            let config = config_reader().load(None, &Overrides { environment, ..Overrides::default() });
            let config = config.unwrap_or_else(|error| panic!("{error}"));
            let reloaded = Config::default().reloaded(&config);
            let is_said = comment_above(&format!("{key} = "), section).contains("from the next start");
            assert_eq!(reloaded.config == config, !is_said, "{name}");
            assert_eq!(if is_said { &reloaded.later } else { &reloaded.now }, std::slice::from_ref(&name));
            assert!(if is_said { reloaded.now.is_empty() } else { reloaded.later.is_empty() }, "{name}");
            later.extend(is_said.then_some(name));
        }
    }
    let wanted = |key: &&String| !key.starts_with("presence.") && !key.starts_with("store.");
    let of_others: Vec<&String> = later.iter().filter(wanted).collect();
    assert_eq!(
        of_others,
        [
            "log.format",
            "matrix.busy",
            "metrics.listen",
            "server.data",
            "server.dialects",
            "server.listen",
            "server.name"
        ]
    );
}
