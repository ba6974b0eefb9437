//! The recipes of `deploy/` with the real programs: streams, long polls, WebSockets and pages below a path, the
//! addresses that are told, and limits by the true address.

use std::{
    fs,
    net::{IpAddr, Ipv4Addr},
    path::{Path, PathBuf},
    process::Command,
};

use presenced::{config::Config, server::Tls};
use reqwest::{Client, Response, Url};
use serde_json::{Value, json};

use super::{exchange, listener, one_call_an_address, status, tls::certify, trust_this_machine};
use crate::{
    clients::browse,
    support::{
        ALICE, TestServer,
        program::{Program, free_port, until},
        seconds,
        socket::Socket,
        status_path,
    },
};

/// A proxy that ends with its test.
struct Proxy {
    /// Where it serves presenced.
    url: String,
    _program: Program,
    _folder: tempfile::TempDir,
}

fn recipe(name: &str) -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy").join(name);
    fs::read_to_string(file).expect("the recipe")
}

/// A recipe with some of its lines as the test needs them. Each has to be there.
fn adapted(name: &str, changes: &[(&str, &str)]) -> String {
    changes.iter().fold(recipe(name), |text, (from, to)| {
        assert!(text.contains(from), "{name} has no {from:?}");
        text.replace(from, to)
    })
}

impl Proxy {
    async fn start(folder: tempfile::TempDir, command: Command, url: String) -> Self {
        let program = Program::start(command, folder.path());
        let is_ready = async || {
            let answer = client(1).get(format!("{url}/readyz")).send().await;
            answer.is_ok_and(|answer| answer.status() == 200).then_some(())
        };
        let ready = until(is_ready).await;
        let log = || fs::read_to_string(folder.path().join("log")).unwrap_or_default();
        assert!(ready.is_some(), "{}", log());
        Self { url, _program: program, _folder: folder }
    }
}

fn write(folder: &Path, name: &str, text: &str) -> PathBuf {
    let file = folder.join(name);
    fs::write(&file, text).expect("a file");
    file
}

async fn nginx(server: &TestServer, without: &[&str]) -> Proxy {
    let (folder, port) = (tempfile::tempdir().expect("a folder"), free_port());
    let listen = format!("listen 127.0.0.1:{port};");
    let address = server.url.trim_start_matches("http://");
    let mut changes = vec![("listen 80;", listen.as_str()), ("127.0.0.1:8008", address)];
    changes.extend(without.iter().map(|line| (*line, "")));
    let recipe = adapted("nginx.conf", &changes);
    let place = folder.path().display().to_string();
    let paths: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|name| format!("{name}_temp_path {place}/{name};\n"))
        .concat();
    let whole = format!(
        "daemon off; pid {place}/pid; error_log stderr; user root; events {{}}\n\
         http {{ access_log off;\n{paths}{recipe} }}"
    );
    let file = write(folder.path(), "whole.conf", &whole);
    let mut command = Command::new("nginx");
    command.args(["-e", "stderr", "-p", &place, "-c"]).arg(file);
    Proxy::start(folder, command, format!("http://127.0.0.1:{port}/presence")).await
}

async fn caddy(server: &TestServer) -> Proxy {
    let (folder, port) = (tempfile::tempdir().expect("a folder"), free_port());
    let site = format!("http://127.0.0.1:{port} {{");
    let address = server.url.trim_start_matches("http://");
    let recipe = adapted("Caddyfile", &[("presence.example.com {", &site), ("127.0.0.1:8008", address)]);
    let whole = format!("{{\n\tadmin off\n\tdefault_bind 127.0.0.1\n}}\n{recipe}");
    let file = write(folder.path(), "Caddyfile", &whole);
    let mut command = Command::new("caddy");
    command.args(["run", "--adapter", "caddyfile", "--config"]).arg(file);
    Proxy::start(folder, command, format!("http://127.0.0.1:{port}/presence")).await
}

/// Both forms: the one that reads requests, and the one that hands connections on.
async fn haproxy(server: &TestServer, as_it_is: &TestServer) -> (Proxy, String) {
    let (folder, port, other) = (tempfile::tempdir().expect("a folder"), free_port(), free_port());
    let (bind, bind_other) = (format!("bind 127.0.0.1:{port}"), format!("bind 127.0.0.1:{other}"));
    let [address, address_other] = [server, as_it_is].map(|server| server.url.trim_start_matches("http://"));
    let changes = [
        ("bind :80", bind.as_str()),
        ("bind :443", &bind_other),
        ("127.0.0.1:8008", address),
        ("127.0.0.1:8448", address_other),
        ("maxconn 60000", "maxconn 100"),
    ];
    let file = write(folder.path(), "haproxy.cfg", &adapted("haproxy.cfg", &changes));
    let mut command = Command::new("haproxy");
    command.arg("-db").arg("-f").arg(file);
    let proxy = Proxy::start(folder, command, format!("http://127.0.0.1:{port}/presence")).await;
    (proxy, format!("127.0.0.1:{other}"))
}

/// A client that calls from its own address: this machine has all of 127.0.0.0/8.
fn client(number: u8) -> Client {
    let address = IpAddr::V4(Ipv4Addr::new(127, 0, 0, number));
    let builder =
        Client::builder().no_proxy().local_address(address).redirect(reqwest::redirect::Policy::none());
    builder.timeout(seconds(60)).build().expect("a client")
}

async fn get(url: &str, token: &str) -> Response {
    client(2).get(url).bearer_auth(token).send().await.expect("an answer")
}

async fn come_online(url: &str, text: &str) {
    let body = json!({"presence": "online", "status_msg": text});
    let call = client(2).put(format!("{url}{}", status_path(ALICE))).bearer_auth("demo-alice").json(&body);
    assert_eq!(call.send().await.expect("an answer").status(), 200);
}

async fn json_of(response: Response) -> Value {
    response.json().await.expect("JSON")
}

/// Pages and documents work below the path, and name it.
async fn pages(url: &str) {
    let document = json_of(get(&format!("{url}/openapi/presenced.json"), "").await).await;
    assert_eq!(document["servers"], json!([{"url": url, "description": "This server."}]));
    let base = Url::parse(&format!("{url}/")).expect("a URL");
    let bare = client(2).get(url).send().await.expect("an answer");
    let location = bare.headers()["location"].to_str().expect("text");
    assert_eq!(bare.url().join(location).expect("a URL"), base, "without the slash at its end");
    let start = client(2).get(base.clone()).send().await.expect("an answer").text().await.expect("text");
    assert!(start.contains(&format!("{url}/sdk/presenced.js")), "{start}");
    for part in ["live", "pages/landing.css", "sdk/presenced.js"] {
        let answer = client(2).get(base.join(part).expect("a URL")).send().await.expect("an answer");
        assert_eq!(answer.status(), 200, "{part}");
    }
    let asked = base.join("swagger-ui").expect("a URL");
    let location =
        client(2).get(asked.clone()).send().await.expect("an answer").headers()["location"].clone();
    let page = asked.join(location.to_str().expect("text")).expect("a URL");
    assert_eq!(page.as_str(), format!("{url}/swagger-ui/"));
    assert_eq!(client(2).get(page.clone()).send().await.expect("an answer").status(), 200);
    let copy = page.join("matrix.json").expect("a URL");
    let document = json_of(client(2).get(copy.clone()).send().await.expect("an answer")).await;
    let server = copy.join(document["servers"][0]["url"].as_str().expect("a URL")).expect("a URL");
    assert_eq!(server.as_str(), format!("{url}/_matrix/client/v3"));
}

/// An event comes while its answer goes on.
async fn streams(url: &str) {
    let mut stream = get(&format!("{url}/presenced/v1/changes"), "demo-bob").await;
    let mut text = String::new();
    come_online(url, "through a stream").await;
    while !text.contains("through a stream") {
        let chunk = tokio::time::timeout(seconds(60), stream.chunk()).await.expect("something in time");
        text += std::str::from_utf8(&chunk.expect("a stream").expect("more of it")).expect("text");
    }
}

async fn long_polls(url: &str) {
    let sync = format!("{url}/_matrix/client/v3/sync?set_presence=offline");
    let first = json_of(get(&sync, "demo-bob").await).await;
    let since = first["next_batch"].as_str().expect("a token").to_owned();
    let waiting = tokio::spawn(async move {
        json_of(get(&format!("{sync}&since={since}&timeout=60000"), "demo-bob").await).await
    });
    come_online(url, "through a poll").await;
    let answer = waiting.await.expect("an answer");
    assert_eq!(answer["presence"]["events"][0]["content"]["status_msg"], "through a poll");
}

async fn web_sockets(url: &str) {
    let call = client(2).post(format!("{url}/restapi/oauth/wstoken")).bearer_auth("demo-alice");
    let token = json_of(call.send().await.expect("an answer")).await;
    let (uri, text) = (token["uri"].as_str().expect("a URI"), token["ws_access_token"].as_str());
    assert_eq!(uri, format!("{}/restapi/v1.0/ws", url.replacen("http", "ws", 1)));
    let mut socket = Socket::connect(&format!("{uri}?access_token={}", text.expect("a token"))).await;
    let first = format!("{:?}", socket.receive().await);
    assert!(first.contains("ConnectionDetails"), "{first}");
}

/// Each client has a call of its own, and cannot pass for another.
async fn limits(url: &str) {
    let call = async |number, forged: &str| {
        let call = client(number).get(format!("{url}/v0/presence"));
        let call = call.header("x-forwarded-for", forged).header("forwarded", format!("for={forged}"));
        call.send().await.expect("an answer").status().as_u16()
    };
    assert_eq!(call(3, "203.0.113.1").await, 401);
    assert_eq!(call(3, "203.0.113.2").await, 429);
    assert_eq!(call(4, "203.0.113.3").await, 401);
}

/// Paths come letter by letter, heads and bodies as large as presenced takes them, and what it refuses is refused in its
/// clients' form.
async fn refusals(url: &str) {
    let ids = ["@with%2Fslash:example.com", "@with%23hash:example.com", "@with%25percent:example.com"];
    for path in ids.map(status_path) {
        let refused = get(&format!("{url}{path}"), "demo-alice").await;
        assert_eq!(
            (refused.status().as_u16(), json_of(refused).await["errcode"].as_str()),
            (403, Some("M_FORBIDDEN")),
            "{path}"
        );
    }
    let known = status_path(&ALICE.replace('@', "%40").replace(':', "%3A"));
    assert_eq!(get(&format!("{url}{known}"), "demo-alice").await.status(), 200);
    let twice = get(&format!("{url}//_matrix/client/v3/sync"), "demo-alice").await;
    assert!([200, 404].contains(&twice.status().as_u16()), "{twice:?}");

    let filter = "x".repeat(12_000);
    let long = get(&format!("{url}/_matrix/client/v3/sync?timeout=0&filter={filter}"), "demo-alice").await;
    assert_eq!(
        (long.status().as_u16(), json_of(long).await["errcode"].as_str()),
        (400, Some("M_INVALID_PARAM"))
    );
    for bytes in [70_000, 1_000_000] {
        let call = client(2).put(format!("{url}{}", status_path(ALICE))).bearer_auth("demo-alice");
        let large = call.body(vec![b'x'; bytes]).send().await.expect("an answer");
        assert_eq!(
            (large.status().as_u16(), json_of(large).await["errcode"].as_str()),
            (413, Some("M_TOO_LARGE")),
            "{bytes}"
        );
    }
}

async fn all_of_it(url: &str) {
    pages(url).await;
    refusals(url).await;
    streams(url).await;
    long_polls(url).await;
    web_sockets(url).await;
    limits(url).await;
}

fn behind_a_proxy(config: &mut Config) {
    trust_this_machine(config);
    one_call_an_address(config);
}

#[tokio::test]
#[ignore = "needs nginx, which tests/run installs"]
async fn nginx_as_in_its_recipe() {
    let server = TestServer::start_with(behind_a_proxy).await;
    let proxy = nginx(&server, &[]).await;
    all_of_it(&proxy.url).await;
    // What is below the path only by way of another is none of presenced's.
    let address = proxy.url.trim_start_matches("http://").trim_end_matches("/presence");
    let ask = async |request: String| {
        let stream = tokio::net::TcpStream::connect(address).await.expect("a connection");
        status(&exchange(stream, request.as_bytes()).await).to_owned()
    };
    assert_eq!(
        ask("GET /x/../presence/healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n".to_owned()).await,
        "400"
    );
    // A client of HTTP/1.0 need not say whom it asks.
    assert_eq!(ask("GET /presence/healthz HTTP/1.0\r\n\r\n".to_owned()).await, "200");
}

/// Whether the proxy says how it is called or not: a page knows where it is.
#[tokio::test]
#[ignore = "needs nginx, playwright-core and chromium, which tests/run installs"]
async fn a_browser_executes_operations_behind_nginx() {
    let silent = [
        "proxy_set_header X-Forwarded-Proto $scheme;",
        "proxy_set_header X-Forwarded-Host $presenced_host;",
        "proxy_set_header X-Forwarded-Prefix /presence;",
        "proxy_set_header X-Forwarded-For $remote_addr;",
        "proxy_set_header Host $presenced_host;",
    ];
    for without in [&[] as &[&str], &silent] {
        let server = TestServer::start_with(trust_this_machine).await;
        let proxy = nginx(&server, without).await;
        browse("tests/clients/swagger_ui.mjs", &format!("{}/swagger-ui/", proxy.url)).await;
    }
}

#[tokio::test]
#[ignore = "needs nginx, playwright-core and chromium, which tests/run installs"]
async fn the_board_and_the_client_for_pages_behind_nginx() {
    let server = TestServer::start_with(trust_this_machine).await;
    browse("tests/clients/board.mjs", &nginx(&server, &[]).await.url).await;
}

#[tokio::test]
#[ignore = "needs caddy, which tests/run installs"]
async fn caddy_as_in_its_recipe() {
    let server = TestServer::start_with(behind_a_proxy).await;
    all_of_it(&caddy(&server).await.url).await;
}

#[tokio::test]
#[ignore = "needs haproxy and curl, which tests/run installs"]
async fn haproxy_as_in_its_recipe() {
    let server = TestServer::start_with(behind_a_proxy).await;
    let folder = tempfile::tempdir().expect("a folder");
    let tls = certify(folder.path());
    let opened = Tls::open(&tls).expect("a certificate that can be used");
    let as_it_is = TestServer::start_at(listener().await.with_tls(opened), |config| {
        behind_a_proxy(config);
        config.server.proxy_protocol = true;
        config.tls = tls.clone();
    })
    .await;
    let (proxy, handed_on) = haproxy(&server, &as_it_is).await;
    all_of_it(&proxy.url).await;
    // TLS and HTTP/2 end at presenced, which knows the client all the same.
    let call = async |number: u8| {
        let mut curl = Command::new("curl");
        curl.args([
            "-s",
            "-o",
            "/dev/null",
            "-w",
            "%{http_version} %{http_code}",
            "--noproxy",
            "*",
            "--cacert",
        ]);
        curl.arg(&tls.certificate).args(["--interface", &format!("127.0.0.{number}")]);
        curl.args(["--connect-to", &format!("localhost:443:{handed_on}"), "https://localhost/v0/presence"]);
        let output = tokio::task::spawn_blocking(move || curl.output().expect("curl runs")).await;
        String::from_utf8(output.expect("a run that ends").stdout).expect("text")
    };
    assert_eq!(call(3).await, "2 401");
    assert_eq!(call(3).await, "2 429");
    assert_eq!(call(4).await, "2 401");
}
