//! The documents as a server serves them, and Swagger UI.

use presenced::openapi::{differences, to_v3_0};
use reqwest::Method;
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::support::{Answer, TestServer, conformance, connect};

async fn get(server: &TestServer, path: &str) -> Answer {
    server.call(Method::GET, path).send_undocumented().await
}

#[tokio::test]
async fn the_served_document_has_this_server_alone_and_is_the_same_otherwise() {
    let server = TestServer::start().await;
    for name in ["matrix", "pnut", "presenced"] {
        let json = get(&server, &format!("/openapi/{name}.json")).await;
        let yaml = get(&server, &format!("/openapi/{name}.yaml")).await;
        assert_eq!(json.header("content-type"), "application/json");
        assert_eq!(yaml.header("content-type"), "application/yaml");
        let served = json.json();
        assert_eq!(yaml_serde::from_str::<Value>(&yaml.text).expect("YAML"), served);
        let lines = differences(conformance::document(name), &served);
        assert!(lines.iter().all(|line| line.contains("/servers")), "{lines:#?}");
    }
    for name in ["matrix", "pnut", "ringcentral", "presenced"] {
        let current = get(&server, &format!("/openapi/{name}.json")).await.json();
        let twin = get(&server, &format!("/openapi/{name}-3.0.json")).await;
        assert_eq!(twin.header("content-type"), "application/json");
        assert_eq!(twin.json(), to_v3_0(&current).expect("a twin"));
        let yaml = get(&server, &format!("/openapi/{name}-3.0.yaml")).await;
        assert_eq!(yaml_serde::from_str::<Value>(&yaml.text).expect("YAML"), twin.json());
    }
    let webhooks = get(&server, "/openapi/ringcentral-webhooks.json").await.json();
    assert!(webhooks["webhooks"]["notification"]["post"].is_object() && webhooks["servers"].is_null());
    let matrix = get(&server, "/openapi/matrix.json").await.json();
    let first = |holder: &Value| holder["servers"][0]["url"].as_str().expect("a URL").to_owned();
    assert_eq!(first(&matrix), format!("{}/_matrix/client/v3", server.url));
    assert_eq!(matrix["servers"].as_array().map(Vec::len), Some(1));
    assert!(!matrix["paths"].to_string().contains("\"servers\""), "no operation has one of its own");
    for path in ["/_matrix/client/versions", "/_matrix/client/v3/versions", "/_matrix/client/r0/versions"] {
        assert_eq!(server.call(Method::GET, path).send().await.status, 200);
    }
    let list = server.call(Method::GET, "/_matrix/client/v3/presence/list/@alice:example.com");
    assert_eq!(list.token("demo-alice").send().await.status, 200);
    let presenced = get(&server, "/openapi/presenced.json").await.json();
    assert_eq!(first(&presenced), server.url);
}

#[tokio::test]
async fn this_server_is_whatever_the_client_calls_it() {
    let server = TestServer::start().await;
    let call = || server.call(Method::GET, "/openapi/presenced.json");
    let first = |answer: Answer| answer.json()["servers"][0]["url"].as_str().expect("a URL").to_owned();
    let named = call().header("host", "presence.example:8443").send_undocumented().await;
    assert_eq!(first(named), "http://presence.example:8443");
    // An old client need not say.
    let mut stream = connect(&server).await;
    stream.write_all(b"GET /openapi/presenced.json HTTP/1.0\r\n\r\n").await.expect("a request");
    let mut nameless = String::new();
    stream.read_to_string(&mut nameless).await.expect("an answer");
    let (_, document) = nameless.split_once("\r\n\r\n").expect("a head");
    let document: Value = serde_json::from_str(document).expect("JSON");
    assert_eq!(document["servers"][0]["url"], "http://127.0.0.1:8008");
    let server =
        TestServer::start_with(|config| config.server.public_url = "https://p.example/".to_owned()).await;
    assert_eq!(first(get(&server, "/openapi/presenced.json").await), "https://p.example");
}

/// Swagger UI resolves the server of its copy against the copy's own address, so that it works under any host and
/// below any path.
#[tokio::test]
async fn swagger_uis_copies_are_relative_to_the_page() {
    let server = TestServer::start().await;
    for (name, base) in
        [("matrix", "_matrix/client/v3"), ("pnut", "v0"), ("ringcentral", ""), ("presenced", "")]
    {
        let copy = get(&server, &format!("/swagger-ui/{name}.json")).await.json();
        let urls: Vec<&str> = copy["servers"]
            .as_array()
            .expect("servers")
            .iter()
            .filter_map(|server| server["url"].as_str())
            .collect();
        let page =
            reqwest::Url::parse(&format!("https://p.example/below/swagger-ui/{name}.json")).expect("a URL");
        let resolved: Vec<String> = urls
            .iter()
            .map(|url| page.join(url).expect("a URL").as_str().trim_end_matches('/').to_owned())
            .collect();
        assert_eq!(resolved, [format!("https://p.example/below/{base}").trim_end_matches('/')]);
        let full = get(&server, &format!("/openapi/{name}.json")).await.json();
        assert!(differences(&full, &copy).iter().all(|line| line.contains("/servers")));
    }
}

#[tokio::test]
async fn documents_can_be_read_by_pages_and_kept() {
    let server = TestServer::start().await;
    let answer = get(&server, "/openapi/matrix.json").await;
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    assert_eq!(answer.header("cache-control"), "no-cache");
    let etag = answer.header("etag").to_owned();
    assert!(etag.starts_with('"') && etag.len() == 34, "{etag}");
    let call = server.call(Method::GET, "/openapi/matrix.json");
    let again = call.header("if-none-match", etag).send_undocumented().await;
    assert_eq!((again.status.as_u16(), again.text.as_str()), (304, ""));
    let unknown = get(&server, "/openapi/nothing.json").await;
    insta::assert_snapshot!(unknown.line(), @"404 There is no such document; there are: matrix-3.0.json, matrix-3.0.yaml, matrix.json, matrix.yaml, pnut-3.0.json, pnut-3.0.yaml, pnut.json, pnut.yaml, presenced-3.0.json, presenced-3.0.yaml, presenced-events.json, presenced-events.yaml, presenced.json, presenced.yaml, ringcentral-3.0.json, ringcentral-3.0.yaml, ringcentral-webhooks.json, ringcentral-webhooks.yaml, ringcentral.json, ringcentral.yaml");
}

#[tokio::test]
async fn only_dialects_that_are_served_have_documents() {
    let server = TestServer::start_with(|config| config.server.dialects.clear()).await;
    assert_eq!(get(&server, "/openapi/matrix.json").await.status, 404);
    assert_eq!(get(&server, "/_matrix/client/versions").await.status, 404);
    assert!(!get(&server, "/swagger-ui/swagger-initializer.js").await.text.contains("matrix"));
    assert_eq!(get(&server, "/openapi/presenced.json").await.status, 200);
}

#[tokio::test]
async fn swagger_ui_is_in_the_binary() {
    let server = TestServer::start().await;
    let short = get(&server, "/swagger-ui").await;
    assert_eq!((short.status.as_u16(), short.header("location")), (303, "swagger-ui/"));
    for (file, policy) in [
        ("", "no-cache"),
        ("index.html", "no-cache"),
        ("swagger-initializer.js", "no-cache"),
        ("swagger-ui-bundle.js", "public, max-age=86400"),
        ("swagger-ui.css", "public, max-age=86400"),
    ] {
        let call = server.call(Method::HEAD, format!("/swagger-ui/{file}"));
        let answer = call.send_undocumented().await;
        assert_eq!((answer.status.as_u16(), answer.header("cache-control")), (200, policy), "{file}");
    }
    assert_eq!(get(&server, "/swagger-ui/nothing.js").await.status, 404);
}

#[tokio::test]
async fn nothing_but_this_server_is_asked() {
    let server = TestServer::start().await;
    let script = get(&server, "/swagger-ui/swagger-initializer.js").await;
    let text = &script.text;
    for expected in [r#""validatorUrl": "none""#, r#""matrix.json""#, r#""pnut.json""#, r#""presenced.json""#]
    {
        assert!(text.contains(expected), "{expected} is not in {text}");
    }
    assert!(!text.contains("http://") && !text.contains("https://"), "{text}");
    let page = get(&server, "/swagger-ui/index.html").await.text;
    assert!(page.contains("<title>presenced: try the APIs</title>"), "{page}");
    let page = page.replace("xmlns='http://www.w3.org/2000/svg'", "");
    assert!(!page.contains("http://") && !page.contains("https://"), "{page}");
}

#[tokio::test]
async fn elsewhere_there_is_nothing() {
    let server = TestServer::start().await;
    insta::assert_snapshot!(get(&server, "/nowhere").await.line(), @"404 Not found. What there is: /swagger-ui/");
}

#[tokio::test]
async fn documents_can_be_found() {
    let server = TestServer::start_with(|config| config.server.dialects.clear()).await;
    let list = get(&server, "/openapi/").await;
    let urls: Vec<String> = ["-3.0.json", "-3.0.yaml", "-events.json", "-events.yaml", ".json", ".yaml"]
        .map(|ending| format!("{}/openapi/presenced{ending}", server.url))
        .into();
    assert_eq!(list.json()["documents"], serde_json::json!(urls));
    assert_eq!(list.header("access-control-allow-origin"), "*");
    let page =
        server.call(Method::GET, "/openapi/").header("accept", "text/html,*/*").send_undocumented().await;
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    for item in [
        r#"<a href="presenced-3.0.yaml">presenced-3.0.yaml</a> (OpenAPI)"#,
        r#"<a href="presenced-events.yaml">presenced-events.yaml</a> (AsyncAPI)"#,
    ] {
        assert!(page.text.contains(item), "{}", page.text);
    }
    let short = get(&server, "/openapi").await;
    assert_eq!((short.status.as_u16(), short.header("location")), (303, "openapi/"));
    let told = get(&server, "/llms.txt").await;
    assert_eq!(told.header("content-type"), "text/plain; charset=utf-8");
    assert!(urls.iter().all(|url| told.text.contains(url.as_str())), "{}", told.text);
    let [openapi, asyncapi] = ["## OpenAPI documents", "## AsyncAPI document"].map(|heading| {
        told.text.split(heading).nth(1).and_then(|rest| rest.split("## ").next()).expect(heading)
    });
    assert!(!openapi.contains("events") && asyncapi.matches("- [").count() == 2, "{}", told.text);
    for path in ["/sdk/presenced.js", "/live", "/swagger-ui/"] {
        assert!(told.text.contains(&format!("({}{path})", server.url)), "{}", told.text);
    }
}

#[tokio::test]
async fn importers_may_send_headers_of_their_own() {
    let server = TestServer::start().await;
    let call = server.call(Method::OPTIONS, "/openapi/matrix.json").header("origin", "https://tool.example");
    let call = call.header("access-control-request-method", "GET");
    let answer = call.header("access-control-request-headers", "x-tool, accept").send_undocumented().await;
    assert_eq!((answer.status.as_u16(), answer.text.as_str()), (204, ""));
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    assert_eq!(answer.header("access-control-allow-headers"), "x-tool, accept");
}
