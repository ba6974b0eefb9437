//! Real client libraries and contract tools in other languages, unmodified. They have to be installed,
//! which `tests/run` does; it then runs these tests too and tells them where the tools are.

use std::{env, process::Command};

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
#[ignore = "needs matrix-nio, which tests/run installs"]
async fn matrix_nio() {
    for script in ["tests/clients/nio_presence.py", "tests/clients/nio_sync.py"] {
        let server = TestServer::start().await;
        let mut command = python();
        command.args([script, &server.url]);
        passes(command).await;
    }
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
#[ignore = "needs ringcentral, which tests/run installs"]
async fn ringcentral_web_socket() {
    let server = TestServer::start().await;
    let mut command = python();
    command.args(["tests/clients/ringcentral_ws.py", &server.url]);
    passes(command).await;
}

#[tokio::test]
#[ignore = "needs openapi-spec-validator, which tests/run installs"]
async fn openapi_spec_validator() {
    let mut command = python();
    command.args(["-m", "openapi_spec_validator", "openapi/matrix.yaml", "openapi/presenced.yaml"]);
    command.arg("openapi/contract/matrix-presence.yaml");
    passes(command).await;
}
