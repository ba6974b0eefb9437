//! Real client libraries in other languages, unmodified. They have to be installed, which `tests/run`
//! does; it then runs these tests too and tells them where the libraries are.

use std::{env, process::Command};

use crate::support::TestServer;

/// Runs a script of `tests/clients` against a demo server, with the interpreter that a variable names.
async fn passes(interpreter: &str, script: &str) {
    let server = TestServer::start().await;
    let interpreter =
        env::var(interpreter).unwrap_or_else(|_| panic!("{interpreter} is not set: run tests/run"));
    let script = format!("{}/tests/clients/{script}", env!("CARGO_MANIFEST_DIR"));
    let url = server.url.clone();
    let run = move || Command::new(interpreter).arg(script).arg(url).output().expect("the interpreter runs");
    let output = tokio::task::spawn_blocking(run).await.expect("a run that ends");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
}

#[tokio::test]
#[ignore = "needs matrix-nio, which tests/run installs"]
async fn matrix_nio() {
    passes("PRESENCED_TEST_PYTHON", "nio_presence.py").await;
}
