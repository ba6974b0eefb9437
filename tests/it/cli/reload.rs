//! SIGHUP: what changes while the server runs, and what stays.

use std::{fs, path::Path};

use reqwest::Client;
use serde_json::json;

use super::running::Running;

struct Place {
    folder: tempfile::TempDir,
    file: String,
}

impl Place {
    fn new(text: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("config.toml").to_str().expect("a path").to_owned();
        let place = Self { folder, file };
        place.write(text);
        place
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().expect("a path").to_owned()
    }

    fn write(&self, text: &str) {
        fs::write(&self.file, text).expect("a file");
    }

    fn start(&self, environment: &[(&str, &str)]) -> Running {
        let data = self.path("data");
        let arguments = ["serve", "--config", &self.file, "--data", &data, "--listen", "127.0.0.1:0"];
        Running::start_with(&arguments, environment)
    }
}

fn token_in(file: &str) -> String {
    fs::read_to_string(Path::new(file)).expect("the token file").trim().to_owned()
}

async fn users(url: &str, token: &str) -> u16 {
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

    fs::write(place.path("secret"), "s3cret-of-desk\n").expect("a file");
    let apps = format!("apps = [{{ id = \"desk\", secret_file = \"{}\" }}]", place.path("secret"));
    place.write(&format!(
        "[server]\ndialects = [\"ringcentral\"]\n[ringcentral]\n{apps}\n[log]\nfilter = \"debug\"\n"
    ));
    running.signal("HUP");
    running.line_with("the configuration was read again");
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
    ] {
        place.write(text);
        running.signal("HUP");
        let line = running.line_with("everything stays as it was");
        assert!(line.contains(why), "{line}");
        assert_eq!(put().await, 413);
    }
    let (code, log) = running.end("TERM");
    assert_eq!(code, Some(0));
    assert!(!log.contains("s3cret"), "a secret reached the log: {log}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_admin_token_is_that_of_its_file() {
    let place = Place::new("");
    let file = place.path("token");
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
