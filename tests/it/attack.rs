//! What strangers do who wish the server ill, and what it keeps.

mod bodies;
mod files;
mod frames;
mod heads;
mod hosts;
mod load;
mod logins;
mod memory;
mod permissions;
mod silence;
mod starts;
mod streams;
mod timing;
mod tokens;

use presenced::{
    api::ringcentral::config::{OAuthApp, RingCentral},
    config::{Config, JwtKey},
};

use crate::support::{Answer, TestServer};

const TOKEN: &str = "/restapi/oauth/token";
const FORM: &str = "application/x-www-form-urlencoded";
const JWT: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const ISSUER: &str = "https://login.example.com";
const AUDIENCE: &str = "https://presence.example.com";
const SECRET: &str = "a secret that is long enough for a test";

/// An app without a secret, whose id everybody knows, and a key for assertions; limits as they are when nobody
/// changes them.
fn with_an_app(config: &mut Config) {
    config.section_mut::<RingCentral>().rate_limits = true;
    config.section_mut::<RingCentral>().open_login = false;
    let app = |id: &str, secret: &str| OAuthApp {
        id: id.to_owned(),
        secret: secret.to_owned(),
        secret_file: None,
        redirect_uris: Vec::new(),
    };
    config.section_mut::<RingCentral>().apps = vec![app("public", ""), app("desk", "s3cret")];
    let (key, issuer, audience) = (SECRET.to_owned(), ISSUER.to_owned(), AUDIENCE.to_owned());
    config.section_mut::<RingCentral>().jwt_keys =
        vec![JwtKey { algorithm: "HS256".to_owned(), key, key_file: None, issuer, audience }];
}

/// The same behind a proxy that tells whom it speaks for.
fn behind_a_proxy(config: &mut Config) {
    with_an_app(config);
    config.server.trusted_proxies = vec!["127.0.0.1".parse().expect("a network")];
}

/// An assertion that a user's number, or whatever else, is a subject.
fn assertion(claims: serde_json::Value) -> String {
    use jsonwebtoken::{EncodingKey, Header, encode};
    let mut all = serde_json::json!({"iss": ISSUER, "aud": AUDIENCE, "sub": "1", "exp": 1_767_603_660_u64});
    for (name, value) in claims.as_object().expect("an object") {
        all[name] = value.clone();
    }
    encode(&Header::default(), &all, &EncodingKey::from_secret(SECRET.as_bytes())).expect("a token")
}

/// Sends a form from an address, as an app says who it is in it.
async fn send(server: &TestServer, from: &str, path: &str, fields: &[(&str, &str)]) -> Answer {
    let mut url = reqwest::Url::parse("http://x").expect("a URL");
    url.query_pairs_mut().extend_pairs(fields);
    let call = server.call(reqwest::Method::POST, path).header("content-type", FORM);
    let call = call.header("x-forwarded-for", from).body(url.query().expect("fields"));
    call.send().await
}

/// Logs in with an assertion through the public app.
async fn log_in(server: &TestServer, from: &str, assertion: &str) -> Answer {
    let fields = [("client_id", "public"), ("grant_type", JWT), ("assertion", assertion)];
    send(server, from, TOKEN, &fields).await
}
