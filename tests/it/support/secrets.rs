//! Watches every log of the test run, of servers within it and of processes beside it, for every secret that it uses:
//! the tokens of the demo, those that a server makes, what a test sends as a token, a secret or an assertion and what it
//! is given as one, and what it configures.

use std::{
    collections::{BTreeSet, HashMap},
    io::{self, Write},
    process::exit,
    sync::{LazyLock, Once},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use parking_lot::RwLock;
use presenced::{
    api::{matrix::config::Matrix, ringcentral::config::RingCentral},
    config::Config,
    demo,
};
use tracing_subscriber::{EnvFilter, fmt::MakeWriter};

/// Secrets by what they begin with, so that a line of a log is looked at once, however many there are.
type Known = HashMap<[u8; LEAST], BTreeSet<String>>;

/// How long a secret is at least.
const LEAST: usize = 8;

static KNOWN: LazyLock<RwLock<Known>> = LazyLock::new(|| {
    let of_demo = ["demo-alice", "demo-alice-2", "demo-bob", "demo-bob-2", "demo-carol", demo::ADMIN_TOKEN];
    let mut known = Known::new();
    for secret in of_demo {
        known.entry(start_of(secret)).or_default().insert(secret.to_owned());
    }
    RwLock::new(known)
});

fn start_of(secret: &str) -> [u8; LEAST] {
    *secret.as_bytes().first_chunk().expect("shorter ones are not noted")
}

/// The first secret that a text has.
fn known_in(text: &str) -> Option<String> {
    let known = KNOWN.read();
    text.as_bytes().windows(LEAST).enumerate().find_map(|(place, start)| {
        let begun = known.get(start)?;
        begun.iter().find(|secret| text.as_bytes()[place..].starts_with(secret.as_bytes())).cloned()
    })
}

/// What the tokens that a server makes begin with; hexadecimal digits follow.
const MADE: &str = "pd_";

/// What every JWT begins with, as far as it says of what kind it is.
const JWT: &str = "eyJ";

/// Where secrets stand in queries, forms and JSON.
const PLACES: [&str; 13] = [
    "access_token",
    "as_token",
    "assertion",
    "client_secret",
    "code",
    "code_verifier",
    "password",
    "refresh_token",
    "secret",
    "ticket",
    "token",
    "verificationToken",
    "ws_access_token",
];

/// Notes a secret. Tests of what is no token send words, which stand elsewhere too.
pub(crate) fn note(secret: &str) {
    let (is_made, is_word) =
        (secret.starts_with(MADE), secret.bytes().all(|byte| byte.is_ascii_alphabetic()));
    if secret.len() < LEAST || is_made || is_word {
        return;
    }
    let is_known = |known: &Known| known.get(&start_of(secret)).is_some_and(|begun| begun.contains(secret));
    if !is_known(&KNOWN.read()) {
        KNOWN.write().entry(start_of(secret)).or_default().insert(secret.to_owned());
    }
}

/// Notes the secrets in what is sent or received: a query, a form, JSON, or an `Authorization` header.
pub(crate) fn note_in(text: &str) {
    if let Some(credentials) = text.strip_prefix("Basic ") {
        let pair = STANDARD.decode(credentials).unwrap_or_default();
        let pair = String::from_utf8_lossy(&pair);
        return note(pair.split_once(':').map_or("", |(_, secret)| secret));
    }
    if let Some(token) = text.strip_prefix("Bearer ") {
        return note(token);
    }
    for place in PLACES {
        for (start, _) in text.match_indices(place) {
            let is_whole = text[..start].chars().next_back().is_none_or(|c| "\"&?{, \n".contains(c));
            let rest = &text[start + place.len()..];
            let value =
                rest.strip_prefix('=').or_else(|| rest.strip_prefix("\":")?.trim_start().strip_prefix('"'));
            if let Some(value) = value.filter(|_| is_whole) {
                note(value.split(['"', '&', '#', ' ', '\n']).next().unwrap_or_default());
            }
        }
    }
}

fn note_configured(config: &Config) {
    let apps = config.section::<RingCentral>().apps.iter().map(|app| app.secret.as_str());
    let is_secret = |algorithm: &str| algorithm.starts_with("HS");
    let keys = config.section::<RingCentral>().jwt_keys.iter().filter(|key| is_secret(&key.algorithm));
    let bridges = config.section::<Matrix>().registrations.iter().map(|bridge| bridge.token.reveal());
    apps.chain(keys.map(|key| key.key.as_str())).chain(bridges).for_each(note);
}

/// A secret in a text, if there is one.
pub(crate) fn found_in(text: &str) -> Option<String> {
    let is_made = |rest: &str| rest.len() >= 16 && rest.bytes().take(16).all(|byte| byte.is_ascii_hexdigit());
    if text.match_indices(MADE).any(|(place, _)| is_made(&text[place + MADE.len()..])) {
        return Some(MADE.to_owned());
    }
    if text.match_indices(JWT).any(|(place, _)| is_jwt(&text[place..])) {
        return Some(JWT.to_owned());
    }
    known_in(text)
}

/// Three parts, of which the first two are JSON in Base64. Ids of filters have one.
fn is_jwt(text: &str) -> bool {
    let is_part = |part: &&str| {
        part.len() >= 10 && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    };
    let mut parts = text.splitn(3, '.');
    parts.next().is_some_and(|part| is_part(&part))
        && parts.next().is_some_and(|part| is_part(&part))
        && parts.next().is_some()
}

/// Ends the whole run at the first secret in a log: a panic in a server's task would be taken for a bug of the request,
/// and one in a reader's thread by nobody.
pub(crate) fn look_at(log: &str) {
    if let Some(secret) = found_in(log) {
        // Past what the test runner catches.
        let _shown = writeln!(io::stderr(), "the secret {secret} reached the log: {log}");
        exit(101);
    }
}

/// Has everything logged, and every line looked at, from now on, for the secrets of a configuration too.
pub(crate) fn watch(config: &Config) {
    static WATCHED: Once = Once::new();
    note_configured(config);
    WATCHED.call_once(|| {
        let watching = tracing_subscriber::fmt()
            .with_env_filter(EnvFilter::new("trace"))
            .with_ansi(false)
            .with_writer(Watcher);
        watching.init();
    });
}

#[derive(Clone, Copy)]
struct Watcher;

impl MakeWriter<'_> for Watcher {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        *self
    }
}

impl Write for Watcher {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        look_at(&String::from_utf8_lossy(line));
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn secrets_are_found_where_they_are() {
    note("a-token-of-a-test");
    note_in("grant_type=x&assertion=an-assertion-1&client_secret=a-secret-1");
    note_in(r#"{"ws_access_token":"a-ticket-1","refresh_token": "a-refresh-1", "other": "no-secret-1"}"#);
    note_in("https://a.example/back?state=no-secret-2&code=a-code-001#end");
    note_in(&format!("Basic {}", STANDARD.encode("desk:a-secret-2")));
    for text in [
        "a demo-alice b",
        "pd_0123456789abcdef0123",
        "x=a-token-of-a-test",
        "demo-admin",
        "an-assertion-1",
        "a-secret-1",
        "a-ticket-1",
        "a-refresh-1",
        "a-code-001",
        "a-secret-2",
        "of eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
    ] {
        assert!(found_in(text).is_some(), "{text}");
    }
    for text in [
        "nothing",
        "pd_",
        "pd_of_words_that_are_long",
        "@alice:example.com",
        "no-secret-1",
        "no-secret-2",
        "filter/eyJwcmVzZW5jZSI6e319 and more. And more.",
    ] {
        assert_eq!(found_in(text), None, "{text}");
    }
}
