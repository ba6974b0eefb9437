//! Synapse, as somebody installs it from PyPI: one process, SQLite, presence on, no rate limits.

use std::{
    fs,
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use reqwest::Client;
use serde_json::{Value, json};

use crate::{
    data,
    servers::{Server, token},
};

/// How many users it has, all in one room. It does no more for few than for many.
pub(super) const CALLERS: usize = 10;

/// How long it may take to start, in steps of 100 ms.
const PATIENCE: usize = 600;

/// Starts a Synapse with users who have the tokens that wrk.lua uses. `folder` is empty.
pub(super) fn start(python: &Path, folder: &Path) -> Result<Server, String> {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime starts");
    let synapse = Synapse { python: python.to_owned(), folder: folder.to_owned(), address: free_address() };
    synapse.configure()?;
    let server = synapse.run()?;
    runtime.block_on(async {
        synapse.until_it_answers().await?;
        synapse.fill().await.map_err(|error| format!("Synapse: {error}"))
    })?;
    drop(server);
    synapse.set_tokens()?;
    let server = synapse.run()?;
    runtime.block_on(synapse.until_it_answers())?;
    Ok(server)
}

struct Synapse {
    python: PathBuf,
    folder: PathBuf,
    address: SocketAddr,
}

fn free_address() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    listener.local_addr().expect("the listener has an address")
}

impl Synapse {
    fn configuration(&self) -> PathBuf {
        self.folder.join("homeserver.yaml")
    }

    fn database(&self) -> PathBuf {
        self.folder.join("homeserver.db")
    }

    /// A command of the homeserver.
    fn command(&self) -> Command {
        let mut command = Command::new(&self.python);
        command.args(["-m", "synapse.app.homeserver", "--config-path"]).arg(self.configuration());
        command.current_dir(&self.folder).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    fn configure(&self) -> Result<(), String> {
        let unlimited = json!({ "per_second": 1e6, "burst_count": 1_000_000 });
        // JSON is YAML too.
        let configuration = json!({
            "server_name": "localhost",
            "listeners": [{
                "port": self.address.port(),
                "bind_addresses": ["127.0.0.1"],
                "type": "http",
                "resources": [{ "names": ["client"] }],
            }],
            "database": { "name": "sqlite3", "args": { "database": self.database() } },
            "signing_key_path": self.folder.join("signing.key"),
            "media_store_path": self.folder.join("media"),
            "trusted_key_servers": [],
            "report_stats": false,
            "bcrypt_rounds": 4,
            "macaroon_secret_key": "benchmark",
            "form_secret": "benchmark",
            "enable_registration": true,
            "enable_registration_without_verification": true,
            "rc_registration": unlimited,
            "rc_joins": { "local": unlimited },
            "rc_message": unlimited,
            "rc_presence": { "per_user": unlimited },
        });
        fs::write(self.configuration(), configuration.to_string()).map_err(|error| error.to_string())?;
        let made = self.command().arg("--generate-keys").status();
        match made {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => Err(format!("Synapse is not there, or does not take its configuration: {status}")),
            Err(error) => Err(format!("{}: {error}", self.python.display())),
        }
    }

    fn run(&self) -> Result<Server, String> {
        let child = self.command().spawn().map_err(|error| format!("Synapse: {error}"))?;
        Ok(Server { child, address: self.address, callers: CALLERS, stride: 1 })
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}/_matrix/client{path}", self.address)
    }

    async fn until_it_answers(&self) -> Result<(), String> {
        for _ in 0..PATIENCE {
            if reqwest::get(self.url("/versions")).await.is_ok_and(|response| response.status().is_success())
            {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Err("Synapse does not answer".to_owned())
    }

    /// Registers the users and puts all of them into one room.
    async fn fill(&self) -> Result<(), reqwest::Error> {
        let client = Client::new();
        let mut room: Option<String> = None;
        for caller in 0..CALLERS {
            let user = data::user(caller);
            let registration = json!({
                "auth": { "type": "m.login.dummy" },
                "username": user.localpart(),
                "password": "benchmark",
            });
            let registered = self.post(&client, "/v3/register", None, &registration).await?;
            let token = text(&registered, "access_token");
            room = Some(match room {
                None => {
                    let public = json!({ "preset": "public_chat" });
                    text(&self.post(&client, "/v3/createRoom", Some(&token), &public).await?, "room_id")
                }
                Some(room) => {
                    self.post(&client, &format!("/v3/join/{room}"), Some(&token), &json!({})).await?;
                    room
                }
            });
        }
        Ok(())
    }

    async fn post(
        &self,
        client: &Client,
        path: &str,
        token: Option<&str>,
        body: &Value,
    ) -> Result<Value, reqwest::Error> {
        let mut request = client.post(self.url(path)).json(body);
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        request.send().await?.error_for_status()?.json().await
    }

    /// Gives the users of the stopped server their tokens.
    fn set_tokens(&self) -> Result<(), String> {
        let script = "import sqlite3, sys\n\
                      with sqlite3.connect(sys.argv[1]) as database:\n\
                      \x20   for user, token in zip(sys.argv[2::2], sys.argv[3::2]):\n\
                      \x20       database.execute('UPDATE access_tokens SET token = ? WHERE user_id = ?', (token, user))";
        let mut command = Command::new(&self.python);
        command.args(["-c", script]).arg(self.database());
        for caller in 0..CALLERS {
            command.args([data::user(caller).as_str(), &token(caller)]);
        }
        match command.status() {
            Ok(status) if status.success() => Ok(()),
            other => Err(format!("Synapse's tokens cannot be set: {other:?}")),
        }
    }
}

fn text(value: &Value, member: &str) -> String {
    value[member].as_str().unwrap_or_default().to_owned()
}
