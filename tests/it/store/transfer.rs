//! Imports of what no server wrote: refused with the line, or of no harm to whoever reads it.

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt as _;
use presenced::{
    demo,
    directory::Check,
    store::{Document, EmbeddedStore, embedded::transfer::Import},
};
use reqwest::Method;
use serde_json::{Value, json};

use super::{
    disk::over,
    engine::Scripted,
    samples::{export, sample},
};
use crate::support::{ALICE, START, TestServer, minutes, seconds};

/// Imports lines into memory.
pub(super) fn import(lines: &[String]) -> Result<Scripted, String> {
    let engine = Scripted::default();
    let mut check = Check::default();
    let mut import = Import::into(engine.clone(), |document: &Document| check.take(document));
    lines.iter().try_for_each(|line| import.take(line)).map_err(|error| error.to_string())?;
    import.finish().map_err(|error| error.to_string())?;
    Ok(engine)
}

/// Reads everything in every dialect, now and much later.
async fn read(engine: &Scripted) {
    let store = EmbeddedStore::over(Box::new(engine.clone()), 60).expect("it opens");
    let server = TestServer::start_again(Box::new(store), |_| {}).await;
    demo::furnish(&server.app.directory, START).await.ok();
    let years = |years: u64| seconds(years * 365 * 24 * 60 * 60);
    for pause in [seconds(0), minutes(20), years(1), years(40)] {
        server.advance(pause).await;
        for (path, token) in [
            ("/presenced/v1/users", "demo-admin"),
            ("/presenced/v1/export", "demo-admin"),
            ("/presenced/v1/users/@alice:example.com/tokens", "demo-admin"),
            ("/presenced/v1/users/@alice:example.com/presence", "demo-bob"),
            ("/_matrix/client/v3/sync?set_presence=offline", "demo-alice"),
            ("/_matrix/client/v3/presence/@bob:example.com/status", "demo-alice"),
            ("/v0/presence", "demo-bob"),
            ("/v0/users/1/presence", "demo-bob"),
            ("/restapi/v1.0/account/~/presence", "demo-bob"),
            (
                "/restapi/v1.0/account/~/extension/1/presence?detailedTelephonyState=true&sipData=true",
                "demo-bob",
            ),
            ("/restapi/v1.0/account/~/extension", "demo-alice"),
            ("/restapi/v1.0/subscription", "demo-alice"),
        ] {
            let answer = server.call(Method::GET, path).token(token).send_undocumented().await;
            assert!(answer.status.as_u16() < 500, "{path}: {} {}", answer.status, answer.text);
        }
        let body = json!({"presence": "online", "status_msg": pause.as_secs().to_string()});
        assert!(server.set_presence("demo-alice", ALICE, body).await.status.as_u16() < 500);
    }
    server.stop().await;
}

/// The places of all leaves of a value.
fn leaves(value: &Value, place: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            members.iter().for_each(|(name, value)| leaves(value, &format!("{place}/{name}"), found));
        }
        Value::Array(items) => {
            (0..)
                .zip(items)
                .for_each(|(index, value): (usize, _)| leaves(value, &format!("{place}/{index}"), found));
        }
        _ => found.push(place.to_owned()),
    }
}

/// What no server writes, in place of a leaf.
fn others(leaf: &Value) -> Vec<Value> {
    if !leaf.is_number() {
        return vec![json!(""), json!(u64::MAX), json!("\u{0}"), Value::Null];
    }
    // Around what 32 and 53 bits hold, and the end of the year 9999 in milliseconds and microseconds.
    let numbers = [0, u64::from(u32::MAX), 1 << 53, 253_402_300_799_999, 253_402_300_799_999_999];
    let beyond = [253_402_300_800_000, i64::MAX as u64, i64::MAX as u64 + 1, u64::MAX];
    numbers.into_iter().chain(beyond).map(Value::from).chain([json!(-1), json!(1.5), json!("1")]).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_stands_in_an_export_does_no_harm() {
    let text = export(&over(sample("format-3-whole").path()).expect("it opens"));
    let lines: Vec<String> = text.lines().map(str::to_owned).collect();
    read(&import(&lines).expect("it is an export")).await;
    let (mut refused, mut taken) = (0, 0);
    // Each round puts one kind of nonsense wherever it is taken, and reads the whole of it.
    for round in 0..12 {
        let mut changed = lines.clone();
        for index in 0..lines.len() {
            let line: Value = serde_json::from_str(&lines[index]).expect("JSON");
            let mut found = Vec::new();
            leaves(&line, "", &mut found);
            for place in found.iter().filter(|place| place.starts_with("/value")) {
                let Some(other) = others(line.pointer(place).expect("a leaf")).into_iter().nth(round) else {
                    continue;
                };
                let before = changed[index].clone();
                let mut line: Value = serde_json::from_str(&before).expect("JSON");
                *line.pointer_mut(place).expect("a leaf") = other.clone();
                changed[index] = line.to_string();
                match import(&changed) {
                    Ok(_) => taken += 1,
                    Err(why) => {
                        refused += 1;
                        assert!(why.starts_with("line "), "{place} = {other}: {why}");
                        changed[index] = before;
                    }
                }
            }
        }
        let read = AssertUnwindSafe(read(&import(&changed).expect("it was taken"))).catch_unwind().await;
        assert!(read.is_ok(), "{}", changed.join("\n"));
    }
    assert!(refused > 100 && taken > 100, "{refused} refused, {taken} taken");
}
