//! The server's own pages, and the client for pages of others.

use reqwest::Method;

use crate::support::{Answer, TestServer};

async fn get(server: &TestServer, path: &str) -> Answer {
    server.call(Method::GET, path).send_undocumented().await
}

#[tokio::test]
async fn pages_are_kept_to_what_the_server_gives_them() {
    let server = TestServer::start().await;
    for path in ["/", "/live"] {
        let page = get(&server, path).await;
        assert_eq!((page.status.as_u16(), page.header("content-type")), (200, "text/html; charset=utf-8"));
        insta::allow_duplicates! {
            insta::assert_snapshot!(page.header("content-security-policy"), @"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
        }
        assert_eq!(page.header("referrer-policy"), "no-referrer");
        assert_eq!(page.header("cache-control"), "no-cache");
        let own = page.text.replace("xmlns='http://www.w3.org/2000/svg'", "").replace(&server.url, "");
        assert!(!own.contains("http://") && !own.contains("https://"), "nothing is elsewhere: {own}");
        assert!(!own.contains("=\"/"), "below a path too: {own}");
        assert!(!own.contains("<style") && !own.contains("style="), "{own}");
    }
    let slashed = get(&server, "/live/").await;
    assert_eq!((slashed.status.as_u16(), slashed.header("location")), (303, "../live"));
}

#[tokio::test]
async fn what_pages_are_made_of_is_there_and_kept() {
    let server = TestServer::start().await;
    for (path, kind) in [
        ("/pages/board.js", "text/javascript; charset=utf-8"),
        ("/pages/board.css", "text/css; charset=utf-8"),
        ("/pages/landing.css", "text/css; charset=utf-8"),
        ("/sdk/presenced.js", "text/javascript; charset=utf-8"),
        ("/", "text/html; charset=utf-8"),
    ] {
        let first = get(&server, path).await;
        assert_eq!((first.status.as_u16(), first.header("content-type")), (200, kind), "{path}");
        assert_eq!(first.header("x-content-type-options"), "nosniff");
        let etag = first.header("etag");
        for known in [etag.to_owned(), format!("\"x\", W/{etag}")] {
            let call = server.call(Method::GET, path).header("if-none-match", known);
            let again = call.send_undocumented().await;
            assert_eq!((again.status.as_u16(), again.text.as_str(), again.header("etag")), (304, "", etag));
        }
    }
    assert_eq!(get(&server, "/pages/nothing.js").await.status, 404);
}

#[tokio::test]
async fn pages_of_other_origins_take_the_client() {
    let from = async |server: &TestServer| {
        let call = server.call(Method::GET, "/sdk/presenced.js").header("origin", "https://app.example");
        call.send_undocumented().await
    };
    let answer = from(&TestServer::start().await).await;
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    assert_eq!(answer.header("cross-origin-resource-policy"), "cross-origin");
    assert_eq!(answer.header("cache-control"), "public, max-age=3600");
    assert!(answer.text.contains("as connect"), "it is a module");
    let server = TestServer::start_with(|config| {
        config.server.allowed_origins = vec!["https://app.example".to_owned()];
    })
    .await;
    let answer = from(&server).await;
    assert_eq!(
        (answer.header("access-control-allow-origin"), answer.header("vary")),
        ("https://app.example", "Origin")
    );
}

#[tokio::test]
async fn only_a_demo_tells_tokens_and_only_what_is_served_is_listed() {
    let demo = TestServer::start().await;
    let (start, board) = (get(&demo, "/").await.text, get(&demo, "/live").await.text);
    assert!(start.contains("live#token=demo-alice") && board.contains("Alice=demo-alice"), "{start}");
    assert_eq!(start.matches("OpenAPI document of").count(), 4);
    let server = TestServer::start_with(|config| {
        config.demo = false;
        config.server.dialects.clear();
    })
    .await;
    let (start, board) = (get(&server, "/").await.text, get(&server, "/live").await.text);
    assert!(!start.contains("demo") && !board.contains("demo"), "{start}{board}");
    assert_eq!(start.matches("OpenAPI document of").count(), 1);
}

#[tokio::test]
async fn the_start_page_names_the_server_as_the_client_calls_it() {
    let server = TestServer::start().await;
    let call = server.call(Method::GET, "/").header("host", "presence.example:8443");
    let page = call.send_undocumented().await.text;
    assert!(page.contains("http://presence.example:8443/sdk/presenced.js"), "{page}");
}
