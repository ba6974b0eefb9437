//! Calls one operation of each of the four documents through the clients that progenitor makes of their twins in OpenAPI
//! 3.0, against a demo whose address is the argument. Each succeeds, and is refused without a token.

use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};

/// The client of a document.
macro_rules! clients {
    ($($dialect:ident in $file:literal),+) => {$(
        #[expect(warnings, reason = "it is generated")]
        mod $dialect {
            include!(concat!(env!("OUT_DIR"), $file));
        }
    )+};
}

clients!(matrix in "/matrix.rs", pnut in "/pnut.rs", ringcentral in "/ringcentral.rs", presenced in "/presenced.rs");

/// Sends a token, if there is one.
fn http(token: Option<&str>) -> reqwest::Client {
    let bearer = token.map(|token| HeaderValue::try_from(format!("Bearer {token}")).expect("a header"));
    let headers: HeaderMap = bearer.into_iter().map(|bearer| (AUTHORIZATION, bearer)).collect();
    reqwest::Client::builder().no_proxy().default_headers(headers).build().expect("a client")
}

/// Calls an operation with a token, and without one.
macro_rules! attempt {
    ($dialect:ident at $base:expr, $call:expr, $shows:expr) => {{
        let client = |token| $dialect::Client::new_with_client($base, http(token));
        let call = $call;
        let answer = call(client(Some("demo-alice"))).await.expect(stringify!($dialect));
        println!("{}: {}", stringify!($dialect), $shows(answer.into_inner()));
        let refused = call(client(None)).await.expect_err(stringify!($dialect));
        assert_eq!(refused.status().map(|status| status.as_u16()), Some(401));
    }};
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let base = std::env::args().nth(1).expect("the demo's address");
    let base = base.trim_end_matches('/');
    attempt!(
        matrix at &format!("{base}/_matrix/client/v3"),
        async |client: matrix::Client| client.get_presence().user_id("@alice:example.com").send().await,
        |status: matrix::types::PresenceStatus| status.presence.to_string()
    );
    attempt!(
        pnut at &format!("{base}/v0"),
        async |client: pnut::Client| client.get_presence().user_id("me").send().await,
        |answer: pnut::types::PresenceAnswer| answer.data.presence.to_string()
    );
    attempt!(
        ringcentral at base,
        async |client: ringcentral::Client| client.read_account_presence().account_id("~").send().await,
        |page: ringcentral::types::AccountPresenceInfo| page.records.len().to_string()
    );
    attempt!(
        presenced at base,
        async |client: presenced::Client| client.get_user_presence().user_id("me").send().await,
        |presence: presenced::types::UserPresence| presence.state.to_string()
    );
}
