//! Issuers of tokens as an operator configures them: keys in files of their own, keys behind HTTPS, and what a SIGHUP
//! makes of a change.

use std::fs;

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use presenced::clock::{Clock as _, SystemClock};
use reqwest::Client;
use serde_json::{Value, json};

use super::{reload::Place, running::Running};
use crate::{
    jwt::{
        AUDIENCE, ISSUER,
        idp::{Authority, Idp, Mood, Pair},
        signed,
    },
    support::secrets,
};

/// Claims of a token that holds for ten minutes from now on: these servers have the machine's clock.
fn claims(issuer: &str) -> Value {
    let now = SystemClock::start().now().as_millis() / 1_000;
    json!({"iss": issuer, "aud": AUDIENCE, "sub": "dave", "iat": now, "exp": now + 600})
}

fn token(issuer: &str, secret: &str) -> String {
    signed(&Header::new(Algorithm::HS256), &claims(issuer), &EncodingKey::from_secret(secret.as_bytes()))
}

async fn status(url: &str, token: &str) -> u16 {
    let call = Client::new().get(format!("{url}/presenced/v1/whoami")).bearer_auth(token);
    call.send().await.expect("an answer").status().as_u16()
}

fn again(running: &mut Running) -> String {
    running.signal("HUP");
    running.line_with("the configuration was read again")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn issuers_and_the_files_of_their_keys_are_read_again() {
    const OTHER: &str = "https://other.example.com";
    let (first, second) = ("the first secret of the issuer", "the second secret of the issuer");
    secrets::note(first);
    secrets::note(second);
    let place = Place::new("");
    let key =
        |file: &str| format!(r#"keys = [{{ algorithm = "HS256", key_file = {:?} }}]"#, place.path(file));
    let issuer = |name: &str, keys: &str| {
        format!("{{ issuer = {name:?}, audience = {AUDIENCE:?}, create_users = true, {keys} }}")
    };
    let write = |issuers: &[String]| place.write(&format!("[auth]\njwt = [{}]\n", issuers.join(", ")));
    fs::write(place.path("key"), format!("{first}\n")).expect("a file");
    fs::write(place.path("other"), second).expect("a file");
    write(&[issuer(ISSUER, &key("key"))]);
    let mut running = place.start(&[]);
    let url = running.url();
    let (by_first, by_second) = (token(ISSUER, first), token(ISSUER, second));
    assert_eq!((status(&url, &by_first).await, status(&url, &by_second).await), (200, 401));

    // Another key in the file.
    fs::write(place.path("key"), second).expect("a file");
    assert!(again(&mut running).ends_with("changed=\"auth.jwt\""));
    assert_eq!((status(&url, &by_first).await, status(&url, &by_second).await), (401, 200));

    // Another issuer, with a key file of its own.
    let of_other = token(OTHER, second);
    assert_eq!(status(&url, &of_other).await, 401);
    write(&[issuer(ISSUER, &key("key")), issuer(OTHER, &key("other"))]);
    again(&mut running);
    assert_eq!((status(&url, &by_second).await, status(&url, &of_other).await), (200, 200));

    // What cannot be used changes nothing.
    for (keys, why) in [
        (key("missing"), "auth.jwt[0].keys[0].key_file"),
        (r#"keys = [{ algorithm = "HS9", key = "x" }]"#.to_owned(), "auth.jwt[0].keys[0]"),
        (r#"jwks_url = "ftp://login.example.com/""#.to_owned(), "auth.jwt[0].jwks_url"),
        (String::new(), "needs either keys or jwks_url"),
    ] {
        write(&[issuer(ISSUER, &keys)]);
        running.signal("HUP");
        let line = running.line_with("everything stays as it was");
        assert!(line.contains(why), "{line}");
        assert_eq!((status(&url, &by_second).await, status(&url, &of_other).await), (200, 200));
    }

    // None at all.
    write(&[]);
    again(&mut running);
    assert_eq!((status(&url, &by_second).await, status(&url, &of_other).await), (401, 401));
    assert_eq!(running.end("TERM").0, Some(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_are_fetched_over_https_from_whom_the_machine_trusts() {
    let (pair, authority) = (Pair::new("one"), Authority::new());
    let idp = Idp::start_with_tls(Mood::Keys(vec![pair.public()]), &authority).await;
    assert!(idp.url.starts_with("https://"));
    let place = Place::new("");
    place.write(&format!(
        "[auth]\njwks_refresh_seconds = 1\njwt = [{{ issuer = {ISSUER:?}, audience = {AUDIENCE:?}, \
         create_users = true, jwks_url = {:?} }}]\n",
        idp.url
    ));
    let by_idp = pair.token(claims(ISSUER));
    for (authority, expected) in [(authority, 200), (Authority::new(), 401)] {
        fs::write(place.path("trusted.pem"), authority.certificate()).expect("a file");
        let mut running = place.start(&[("SSL_CERT_FILE", &place.path("trusted.pem"))]);
        let url = running.url();
        assert_eq!(status(&url, &by_idp).await, expected);
        if expected == 401 {
            let line = running.line_with("the keys of an issuer could not be fetched");
            assert!(line.contains(&idp.url) && line.contains("certificate"), "{line}");
        }
        assert_eq!(running.end("TERM").0, Some(0));
    }
    assert_eq!(idp.asked(), 1, "nothing is asked of whom nobody vouches for");
}
