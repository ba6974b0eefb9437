//! Real client libraries and contract tools in other languages, unmodified. They have to be installed,
//! which `tests/run` does; it then runs these tests too and tells them where the tools are.

use std::{env, process::Command};

use presenced::{
    api::{matrix::config::Matrix, pnut::config::Pnut},
    config::{Namespace, Registration},
    directory::TokenSecret,
};

use crate::support::TestServer;

/// The Python that has what `tests/clients/requirements.txt` names.
fn python() -> Command {
    Command::new(env::var("PRESENCED_TEST_PYTHON").expect("tests/run says where Python is"))
}

/// Runs a command that has to succeed, while the server of this test goes on.
async fn passes(mut command: Command) {
    let run = move || command.current_dir(env!("CARGO_MANIFEST_DIR")).output().expect("it runs");
    let output = tokio::task::spawn_blocking(run).await.expect("a run that ends");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
}

#[tokio::test]
#[ignore = "needs kubernetes-validate, which tests/run installs"]
async fn kubernetes_validate() {
    let mut command = python();
    let run = "import runpy, sys; sys.argv[0] = 'kubernetes-validate'; \
               from importlib.metadata import entry_points; \
               [entry] = entry_points(group='console_scripts', name='kubernetes-validate'); sys.exit(entry.load()())";
    command.args(["-c", run, "--strict", "deploy/kubernetes.yaml"]);
    passes(command).await;
}

#[tokio::test]
#[ignore = "needs matrix-nio, which tests/run installs"]
async fn matrix_nio() {
    for script in ["tests/clients/nio_presence.py", "tests/clients/nio_sync.py"] {
        let server = TestServer::start().await;
        let mut command = python();
        command.args([script, &server.url]);
        passes(command).await;
    }
}

/// Tries an address with a browser, as a script says.
pub(crate) async fn browse(script: &str, url: &str) {
    let folder = env::var("PRESENCED_TEST_NODE").expect("tests/run says where the packages are");
    let mut command = Command::new("node");
    command.args([script, url, &folder, "/usr/bin/chromium"]);
    passes(command).await;
}

/// Runs a script of Node's against a server of its own.
async fn node(script: &str) {
    let server = TestServer::start().await;
    let folder = env::var("PRESENCED_TEST_NODE").expect("tests/run says where the packages are");
    let mut command = Command::new("node");
    command.args([script, &server.url, &folder]);
    passes(command).await;
}

#[tokio::test]
#[ignore = "needs matrix-js-sdk, which tests/run installs"]
async fn matrix_js_sdk() {
    node("tests/clients/js_sdk_presence.mjs").await;
}

#[tokio::test]
#[ignore = "needs mautrix, which tests/run installs"]
async fn mautrix() {
    let server = TestServer::start().await;
    let mut command = python();
    command.args(["tests/clients/mautrix_client.py", &server.url]);
    passes(command).await;
}

#[tokio::test]
#[ignore = "needs mautrix, which tests/run installs"]
async fn mautrix_appservice() {
    let users = vec![Namespace { regex: "@irc_.*:example\\.com".to_owned(), exclusive: true }];
    let token = TokenSecret::from("irc-token");
    let bridge = Registration { id: "irc".to_owned(), token, sender: "ircbot".to_owned(), users };
    let server =
        TestServer::start_with(|config| config.section_mut::<Matrix>().registrations = vec![bridge]).await;
    let mut command = python();
    command.args(["tests/clients/mautrix_appservice.py", &server.url, "irc", "irc-token", "ircbot"]);
    passes(command).await;
}

#[tokio::test]
#[ignore = "needs simplematrixbotlib, which tests/run installs"]
async fn simplematrixbotlib() {
    let server = TestServer::start().await;
    let mut command = python();
    command.args(["tests/clients/simplematrixbot.py", &server.url]);
    passes(command).await;
}

#[tokio::test]
#[ignore = "needs libQuotient, which tests/run installs"]
async fn lib_quotient() {
    let server = TestServer::start().await;
    let program = env::var("PRESENCED_TEST_QUOTIENT").expect("tests/run says where the program is");
    let mut command = Command::new(program);
    command.arg(&server.url);
    passes(command).await;
}

#[tokio::test]
#[ignore = "needs matrix-bot-sdk, which tests/run installs"]
async fn matrix_bot_sdk() {
    let server = TestServer::start().await;
    let node = env::var("PRESENCED_TEST_NODE_BINARY").expect("tests/run says where a newer Node.js is");
    let folder = env::var("PRESENCED_TEST_NODE").expect("tests/run says where the packages are");
    let mut command = Command::new(node);
    command.args(["--require", "./tests/clients/bot_sdk_crypto.cjs", "tests/clients/bot_sdk.cjs"]);
    command.args([&server.url, &folder]);
    passes(command).await;
}

#[tokio::test]
#[ignore = "needs @rc-ex/ws, which tests/run installs"]
async fn rc_ex_ws() {
    node("tests/clients/rc_ws.mjs").await;
}

#[tokio::test]
#[ignore = "needs @ringcentral/subscriptions, which tests/run installs"]
async fn ringcentral_subscriptions() {
    node("tests/clients/rc_subscriptions.mjs").await;
}

#[tokio::test]
#[ignore = "needs @ringcentral/sdk, which tests/run installs"]
async fn ringcentral_tabs_that_share_a_login() {
    node("tests/clients/rc_shared_login.mjs").await;
}

#[tokio::test]
#[ignore = "needs ringcentral-call-control, which tests/run installs"]
async fn ringcentral_call_control() {
    node("tests/clients/rc_call_control.mjs").await;
}

#[tokio::test]
#[ignore = "needs ringcentral, which tests/run installs"]
async fn ringcentral_web_socket() {
    let server = TestServer::start().await;
    let mut command = python();
    command.args(["tests/clients/ringcentral_ws.py", &server.url]);
    passes(command).await;
}

/// A server whose rate limits let one call of each kind through.
async fn start_limited() -> TestServer {
    TestServer::start_with(|config| {
        let pnut = config.section_mut::<Pnut>();
        (pnut.anonymous_reads, pnut.reads, pnut.writes) = (1, 1, 1);
    })
    .await
}

#[tokio::test]
#[ignore = "needs pnutpy, which tests/run installs"]
async fn pnutpy() {
    for root in ["v0", "v1"] {
        let (server, limited) = (TestServer::start().await, start_limited().await);
        let roots = [&server.url, &limited.url].map(|url| format!("{url}/{root}"));
        let mut command = python();
        command.arg("tests/clients/pnut_presence.py").args(roots).env("NO_PROXY", "127.0.0.1");
        passes(command).await;
    }
}

#[tokio::test]
#[ignore = "needs pnut-butter, which tests/run installs"]
async fn pnut_butter() {
    let (server, limited) = (TestServer::start().await, start_limited().await);
    let folder = env::var("PRESENCED_TEST_NODE").expect("tests/run says where the packages are");
    for (script, server) in [("pnut_presence.cjs", &server), ("pnut_limited.cjs", &limited)] {
        let mut command = Command::new("node");
        command.args(["--require", "./tests/clients/pnut_redirect.cjs"]);
        command.arg(format!("tests/clients/{script}")).arg(&folder);
        command.env("PNUT_BASE", format!("{}/v0", server.url));
        passes(command).await;
    }
}

#[tokio::test]
#[ignore = "needs @rc-ex/core and @ringcentral/sdk, which tests/run installs"]
async fn ringcentral_js() {
    let server = TestServer::start().await;
    let folder = env::var("PRESENCED_TEST_NODE").expect("tests/run says where the packages are");
    let mut command = Command::new("node");
    command.args(["tests/clients/ringcentral_js.mjs", &server.url, &folder]);
    passes(command).await;
}

#[tokio::test]
#[ignore = "needs ringcentral, which tests/run installs"]
async fn ringcentral_python() {
    let server = TestServer::start().await;
    let mut command = python();
    command.args(["tests/clients/ringcentral_py.py", &server.url]);
    passes(command).await;
}

/// The documents that are checked in: in OpenAPI 3.1, and in 3.0.
const DOCUMENTS: [&str; 9] = [
    "openapi/matrix.yaml",
    "openapi/pnut.yaml",
    "openapi/ringcentral.yaml",
    "openapi/presenced.yaml",
    "openapi/ringcentral-webhooks.yaml",
    "openapi/matrix-3.0.yaml",
    "openapi/pnut-3.0.yaml",
    "openapi/ringcentral-3.0.yaml",
    "openapi/presenced-3.0.yaml",
];

#[tokio::test]
#[ignore = "needs openapi-spec-validator, which tests/run installs"]
async fn openapi_spec_validator() {
    let mut command = python();
    command.args(["-m", "openapi_spec_validator"]).args(DOCUMENTS);
    command.arg("openapi/contract/matrix-presence.yaml");
    passes(command).await;
}

/// PyYAML reads YAML 1.1.
#[tokio::test]
#[ignore = "needs PyYAML, which tests/run installs"]
async fn yaml_1_1() {
    let mut command = python();
    command.args(["tests/clients/yaml_1_1.py", env!("CARGO_BIN_EXE_presenced")]);
    passes(command).await;
}

#[tokio::test]
#[ignore = "needs @apidevtools/swagger-parser, which tests/run installs"]
async fn swagger_parser() {
    let folder = env::var("PRESENCED_TEST_NODE").expect("tests/run says where the packages are");
    let mut command = Command::new("node");
    command.args(["tests/clients/swagger_parser.mjs", &folder]).args(DOCUMENTS);
    passes(command).await;
}

#[tokio::test]
#[ignore = "needs @asyncapi/parser, which tests/run installs"]
async fn asyncapi_parser() {
    let folder = env::var("PRESENCED_TEST_NODE").expect("tests/run says where the packages are");
    let mut command = Command::new("node");
    command.args(["tests/clients/asyncapi_parser.mjs", &folder, "openapi/presenced-events.yaml"]);
    passes(command).await;
}

#[tokio::test]
#[ignore = "needs ws, which tests/run installs"]
async fn ws() {
    node("tests/clients/socket_ws.mjs").await;
}

#[tokio::test]
#[ignore = "needs websockets, which tests/run installs"]
async fn websockets() {
    let server = TestServer::start().await;
    let mut command = python();
    command.args(["tests/clients/socket_websockets.py", &server.url]);
    passes(command).await;
}

/// Has the library of PyPI verify a webhook: its secret, headers and body.
pub(crate) async fn verify_webhook_in_python(delivery: &[String; 3]) {
    let mut command = python();
    command.arg("tests/clients/webhook_verify.py").args(delivery);
    passes(command).await;
}

/// The same of npm's.
pub(crate) async fn verify_webhook_in_node(delivery: &[String; 3]) {
    let folder = env::var("PRESENCED_TEST_NODE").expect("tests/run says where the packages are");
    let mut command = Command::new("node");
    command.args(["tests/clients/webhook_verify.mjs", &folder]).args(delivery);
    passes(command).await;
}
