//! `health`, which supervisors ask.

use super::{presenced, shown};
use crate::support::{FaultyStore, TestServer};

/// Asks in a thread that may block, while the server answers in this one.
async fn health(url: &str) -> String {
    let arguments = ["health", "--url", url].map(str::to_owned);
    let run = move || {
        let arguments = arguments.each_ref().map(String::as_str);
        shown(&presenced(&arguments).output().expect("the binary runs"))
    };
    tokio::task::spawn_blocking(run).await.expect("a run that ends").replace(url, "URL")
}

#[tokio::test]
async fn the_exit_code_says_whether_a_server_is_ready() {
    let store = FaultyStore::default();
    let mood = store.mood.clone();
    let server = TestServer::start_on(Box::new(store), |_| {}).await;
    assert_eq!(health(&server.url).await, "exit 0\n");
    mood.refuse();
    insta::assert_snapshot!(health(&server.url).await, @"
    exit 1
    presenced: URL is not ready: the store refuses writes: the disk is full
    ");
    mood.be_well();
    assert_eq!(health(&format!("{}/", server.url)).await, "exit 0\n");
}

#[tokio::test]
async fn whatever_is_not_presenced_is_not_ready() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let nobody = format!("http://{}", listener.local_addr().expect("an address"));
    drop(listener);
    let server = TestServer::start().await;
    for url in [&nobody, "nonsense", &format!("{}/below", server.url)] {
        let said = health(url).await;
        assert!(said.starts_with("exit 1\npresenced: URL"), "{said}");
        assert_eq!(said.lines().count(), 2, "one line for the user: {said}");
    }
}
