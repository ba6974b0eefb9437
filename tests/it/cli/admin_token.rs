//! `token rotate-admin` on a server that keeps its data: another admin token in the place of the one there was.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path};

use super::{
    reload::{Place, token_in, users},
    run,
    running::Running,
    shown,
};
use crate::support::secrets;

fn rotate(url: &str, file: &str) -> String {
    shown(&run(&["token", "rotate-admin", "--url", url, "--token-file", file]))
}

fn mode(file: &str) -> u32 {
    fs::metadata(file).expect("the token file").permissions().mode() & 0o777
}

async fn opens(running: &mut Running, place: &Place, former: &str, now: &str) {
    let url = running.url();
    assert_eq!((users(&url, former).await, users(&url, now).await), (401, 200));
    assert_eq!(token_in(&place.path("data/admin-token")), now);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_file_has_another_and_the_former_one_opens_nothing() {
    let place = Place::new("");
    let file = place.path("data/admin-token");
    let mut running = place.start(&[]);
    let url = running.url();
    let first = token_in(&file);
    let mut following = reqwest::Client::new()
        .get(format!("{url}/presenced/v1/changes"))
        .bearer_auth(&first)
        .send()
        .await
        .expect("a stream");
    assert_eq!(following.status(), 200);

    let rotated = rotate(&url, &file);
    let second = rotated.strip_prefix("exit 0\n").expect("it is done").trim().to_owned();
    secrets::note(&second);
    assert_ne!(first, second);
    assert_eq!((token_in(&file), mode(&file)), (second.clone(), 0o600));
    assert_eq!((users(&url, &first).await, users(&url, &second).await), (401, 200));
    while following.chunk().await.expect("an end").is_some() {}

    // With what is in the file it can be done again, and again over a reload and a restart.
    let rotated = rotate(&url, &file);
    let third = rotated.strip_prefix("exit 0\n").expect("it is done").trim().to_owned();
    secrets::note(&third);
    running.signal("HUP");
    running.line_with("the configuration was read again");
    assert_eq!((users(&url, &second).await, users(&url, &third).await), (401, 200));
    assert_eq!(running.end("TERM").0, Some(0));
    let mut running = place.start(&[]);
    opens(&mut running, &place, &second, &third).await;
    assert_eq!(running.end("TERM").0, Some(0));
}

/// A secret that somebody else keeps is theirs to change.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_of_the_operators_is_left_alone() {
    let place = Place::new("");
    let file = place.path("token");
    secrets::note("an-operators-own-token");
    fs::write(&file, "an-operators-own-token\n").expect("a file");
    let mut running = place.start(&[("PRESENCED_SERVER__ADMIN_TOKEN_FILE", &file)]);
    let url = running.url();
    insta::assert_snapshot!(rotate(&url, &file), @"
    exit 1
    presenced: `server.admin_token_file` names the file of the admin token: change that file, and send SIGHUP
    ");
    assert_eq!(token_in(&file), "an-operators-own-token");
    assert!(!Path::new(&place.path("data/admin-token")).exists());
    assert_eq!(users(&url, "an-operators-own-token").await, 200);
    assert_eq!(running.end("TERM").0, Some(0));
}

/// Where the file cannot be written, the token that there is stays.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_cannot_be_written_changes_nothing() {
    let place = Place::new("");
    let (data, file) = (place.path("data"), place.path("data/admin-token"));
    let mut running = place.start(&[]);
    let url = running.url();
    let token = token_in(&file);
    let kept = place.path("kept");
    fs::copy(&file, &kept).expect("a copy");
    // Whoever runs the tests may write everywhere, but not over a folder.
    fs::remove_file(&file).expect("a file");
    fs::create_dir(&file).expect("a folder");
    fs::write(format!("{file}/x"), "").expect("a file");
    let refused = rotate(&url, &kept);
    assert!(refused.starts_with("exit 1\npresenced: the admin token's file: "), "{refused}");
    assert!(!refused.contains(&token));
    assert_eq!(users(&url, &token).await, 200);
    let left: Vec<_> =
        fs::read_dir(&data).expect("a folder").map(|entry| entry.expect("one").file_name()).collect();
    assert_eq!(left.len(), 3, "{left:?}");
    assert_eq!(running.end("TERM").0, Some(0));
}
