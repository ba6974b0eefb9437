use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Listen, Network,
    invalid::{Check, Invalid, LONGEST_SECONDS, require},
};
use crate::id::UserId;

/// Where and what the server serves.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Server {
    /// Where to listen: an address and port, or `unix:` and the path of a socket.
    #[schemars(with = "String", example = "127.0.0.1:8008", example = "unix:/run/presenced/http.sock")]
    pub listen: Listen,
    /// The folder for what the server keeps. It is made if it is missing.
    pub data: PathBuf,
    /// The file with the admin token; empty: `admin-token` in the folder above.
    pub admin_token_file: PathBuf,
    /// The server name of all users: the part of a user id behind the colon.
    pub name: String,
    /// The address under which clients reach the server; empty: taken from each request.
    pub public_url: String,
    /// The proxies whose word on clients is taken: addresses, or networks of them.
    #[schemars(with = "Vec<String>", example = ["127.0.0.1", "10.1.0.0/16"])]
    pub trusted_proxies: Vec<Network>,
    /// Which headers these proxies set.
    pub forwarded: ForwardedHeaders,
    /// Whether each connection of these proxies begins with the PROXY protocol.
    pub proxy_protocol: bool,
    /// The origins whose pages may call the server.
    #[schemars(example = ["https://app.example.com"])]
    pub allowed_origins: Vec<String>,
    /// The dialects to serve besides presenced's own API.
    pub dialects: Vec<String>,
    /// How long running requests may take to finish after SIGINT or SIGTERM.
    #[schemars(range(min = 0, max = LONGEST_SECONDS))]
    pub shutdown_grace_seconds: u64,
}

/// The headers in which a proxy tells whom it speaks for. Those of the other kind count for nothing, since a
/// proxy that does not set them hands on what its clients wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ForwardedHeaders {
    /// `X-Forwarded-For`, `-Proto`, `-Host` and `-Prefix`.
    XForwarded,
    /// `Forwarded` (RFC 7239), and `X-Forwarded-Prefix`.
    Forwarded,
}

impl Server {
    /// The file with the admin token.
    pub fn admin_token_file(&self) -> PathBuf {
        if self.admin_token_file.as_os_str().is_empty() {
            self.data.join("admin-token")
        } else {
            self.admin_token_file.clone()
        }
    }

    /// Whether there is each dialect that is to be served.
    pub(super) fn check_dialects(&self, known: &[&str]) -> Check {
        let why = || {
            let known: Vec<String> = known.iter().map(|name| format!("{name:?}")).collect();
            format!("has to be one of {}", known.join(", "))
        };
        for (place, name) in self.dialects.iter().enumerate() {
            let key = format!("server.dialects[{place}]");
            known.contains(&name.as_str()).then_some(()).ok_or_else(|| Invalid::new(key, why()))?;
        }
        Ok(())
    }

    pub(super) fn check(&self) -> Check {
        let url = &self.public_url;
        let is_url = url.is_empty() || url.starts_with("http://") || url.starts_with("https://");
        require(is_url, "server.public_url", "has to be empty or start with http:// or https://")?;
        let is_name = format!("@a:{}", self.name).parse::<UserId>().is_ok();
        require(is_name, "server.name", "has to be a server name, such as \"example.com\"")?;
        for (place, origin) in self.allowed_origins.iter().enumerate() {
            let is_origin = origin == "*" || origin.split_once("://").is_some_and(|(_, host)| is_host(host));
            let why = "has to be \"*\", or an origin such as \"https://app.example.com\"";
            require(is_origin, &format!("server.allowed_origins[{place}]"), why)?;
        }
        Ok(())
    }
}

/// Whether a text can be what stands behind the scheme of an origin.
fn is_host(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'/' && byte != b'*')
}
