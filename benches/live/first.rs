//! First pictures of a user who sees everybody of a large server, of whom few are online.

use std::time::Duration;

use presenced::{clock::SystemClock, store::Store as _};

use crate::{
    Options,
    client::Client,
    data,
    figures::Figure,
    now,
    server::{ADMIN_TOKEN, Server},
    since,
};

/// One in so many is online.
const ONLINE_EVERY: usize = 100;

const SYNC: &str = "/_matrix/client/v3/sync?set_presence=offline";
const STREAM: &str = "/presenced/v1/changes";
const USER: &str = "/presenced/v1/users/@user0000:localhost";

const KIB_PER_MIB: f64 = 1_024.0;

/// How much memory first pictures take above that of a server at rest, and how long.
pub(crate) async fn measure(options: &Options) -> Result<[Figure; 4], String> {
    let users = options.users as usize;
    let folder = data::Folder::new(options.data.as_deref())?;
    {
        let clock = SystemClock::start();
        let store = data::store(data::engine(folder.path()));
        let _alone = data::Deaf::open(&store, &clock).await;
        data::fill(&store, users, ONLINE_EVERY, &clock).await?;
        store.close().await.map_err(|error| error.to_string())?;
    }
    let server = Server::start_patiently(folder.path()).await;
    let mut client = Client::connect(server.address, 0).await;
    let body = r#"{"deviceId":"BENCH","scopes":["read","write"]}"#;
    let made = client.call("POST", &format!("{USER}/tokens"), ADMIN_TOKEN, body).await;
    let token = made.split(r#""token":""#).nth(1).and_then(|rest| rest.split('"').next());
    let token = token.expect("a token").to_owned();
    // Allocators take a little for the first requests of all.
    client.call("GET", USER.trim_end_matches('/'), ADMIN_TOKEN, "").await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let before = server.begin_peak_kib();
    let start = now();
    let answer = client.call("GET", SYNC, &token, "").await;
    let sync_seconds = since(start) / 1e3;
    let bytes = f64::from(u32::try_from(answer.len()).expect("an answer of less than 4 GiB"));
    let sync_mebibytes = (server.peak_kib() - before) / KIB_PER_MIB - bytes / KIB_PER_MIB / KIB_PER_MIB;
    drop(answer);
    tokio::time::sleep(Duration::from_secs(1)).await;
    let before = server.begin_peak_kib();
    let start = now();
    client.send("GET", STREAM, &token, "").await;
    for _ in 0..users.div_ceil(ONLINE_EVERY) {
        client.event().await;
    }
    let stream_seconds = since(start) / 1e3;
    let stream_mebibytes = (server.peak_kib() - before) / KIB_PER_MIB;
    let what = |how: &str| format!("first picture of {users} users, 1 % online, by {how}");
    Ok([
        Figure::new(what("/sync: memory above the answer"), sync_mebibytes.max(0.0), "MiB").at_most(16.0),
        Figure::new(what("/sync"), sync_seconds, "s"),
        Figure::new(what("stream: memory"), stream_mebibytes.max(0.0), "MiB").at_most(16.0),
        Figure::new(what("stream"), stream_seconds, "s"),
    ])
}
