//! Everybody in an account, in pages.

use std::sync::atomic::Ordering;

use presenced::directory::{Extension, Profile};
use reqwest::Method;
use serde_json::{Value, json};

use super::{ACCOUNT, codes, get, leg, read, refused, report_call};
use crate::support::{ALICE, FaultyStore, START, TestServer};

async fn page(server: &TestServer, query: &str) -> Value {
    read(server, "demo-alice", format!("{ACCOUNT}{query}")).await
}

fn ids(page: &Value) -> Vec<u64> {
    let records = page["records"].as_array().expect("records");
    records.iter().map(|record| record["extension"]["id"].as_u64().expect("an id")).collect()
}

#[tokio::test]
async fn the_first_page_of_two() {
    let server = TestServer::start().await;
    report_call(&server, ALICE, "c1", leg("CallConnected")).await;
    let first = page(&server, "?detailedTelephonyState=true&sipData=true&page=1&perPage=2").await;
    assert_eq!(ids(&first), [1, 2]);
    assert_eq!(first["records"][0]["activeCalls"][0]["id"], "c1");
    assert_eq!(first["records"][1].get("activeCalls"), None);
    let text = json!({"uri": first["uri"], "paging": first["paging"], "navigation": first["navigation"]});
    insta::assert_snapshot!(format!("{text:#}").replace(&server.url, "…"), @r#"
    {
      "uri": "…/restapi/v1.0/account/1/presence?page=1&perPage=2",
      "paging": {
        "page": 1,
        "perPage": 2,
        "pageStart": 0,
        "pageEnd": 1,
        "totalPages": 2,
        "totalElements": 3
      },
      "navigation": {
        "firstPage": {
          "uri": "…/restapi/v1.0/account/1/presence?detailedTelephonyState=true&sipData=true&page=1&perPage=2"
        },
        "nextPage": {
          "uri": "…/restapi/v1.0/account/1/presence?detailedTelephonyState=true&sipData=true&page=2&perPage=2"
        },
        "lastPage": {
          "uri": "…/restapi/v1.0/account/1/presence?detailedTelephonyState=true&sipData=true&page=2&perPage=2"
        }
      }
    }
    "#);
}

#[tokio::test]
async fn the_last_page() {
    let server = TestServer::start().await;
    let last = page(&server, "?page=2&perPage=2").await;
    assert_eq!(ids(&last), [3]);
    let paging = json!({"page": 2, "perPage": 2, "pageStart": 2, "pageEnd": 2, "totalPages": 2,
        "totalElements": 3});
    assert_eq!(last["paging"], paging);
    let navigation = last["navigation"].as_object().expect("an object");
    assert_eq!(navigation.keys().collect::<Vec<_>>(), ["firstPage", "previousPage", "lastPage"]);
}

#[tokio::test]
async fn defaults_and_bounds() {
    let server = TestServer::start().await.lenient();
    for (query, per_page) in [
        ("", 100),
        ("?perPage=1000", 1_000),
        ("?perPage=1001", 1_000),
        ("?perPage=99999999999999999999", 1_000),
    ] {
        let page = page(&server, query).await;
        assert_eq!(page["paging"]["perPage"], per_page, "{query}");
        assert_eq!(page["paging"]["totalPages"], 1, "{query}");
        assert_eq!(ids(&page), [1, 2, 3]);
    }
}

#[tokio::test]
async fn pages_with_nothing_on_them() {
    let server = TestServer::start().await.lenient();
    let past = page(&server, "?page=9&perPage=2").await;
    assert_eq!(past["records"], json!([]));
    assert_eq!(past["paging"], json!({"perPage": 2, "totalPages": 2, "totalElements": 3}));
    let none = page(&server, "?perPage=0").await;
    assert_eq!(none["records"], json!([]));
    assert_eq!(none["paging"], json!({"perPage": 0, "totalElements": 3}));
    assert_eq!(none["navigation"], json!({}));
    let beyond = page(&server, "?page=99999999999999999999&perPage=1000").await;
    assert_eq!(beyond["records"], json!([]));
}

#[tokio::test]
async fn pages_that_make_no_sense() {
    let server = TestServer::start().await;
    for (name, value) in [
        ("page", "0"),
        ("page", "-1"),
        ("page", "x"),
        ("page", ""),
        ("page", "1.5"),
        ("perPage", "-1"),
        ("perPage", "x"),
    ] {
        let answer = get(&server, "demo-alice", format!("{ACCOUNT}?{name}={value}")).send().await;
        assert_eq!(codes(&answer), refused(400, "InvalidParameter", "CMN-101"), "{name}={value}");
        assert_eq!(answer.json()["parameterName"], name);
    }
}

#[tokio::test]
async fn an_account_is_for_those_in_it() {
    let server = TestServer::start().await;
    let elsewhere = json!({"account": 2, "extensionNumber": "101"});
    server.admin(Method::PUT, "/users/@carol:example.com", Some(elsewhere)).await;
    assert_eq!(ids(&page(&server, "").await), [1, 2]);
    assert_eq!(ids(&read(&server, "demo-carol", ACCOUNT).await), [3]);
    for account in ["2", "01", "x", "9999"] {
        let path = format!("/restapi/v1.0/account/{account}/presence");
        let answer = get(&server, "demo-alice", path).send().await;
        assert_eq!(codes(&answer), refused(404, "CMN-102", "CMN-102"), "{account}");
        assert_eq!(answer.json()["parameterName"], "accountId");
    }
}

#[tokio::test]
async fn nobody_puts_an_account() {
    let server = TestServer::start().await;
    let put = server.call(Method::PUT, ACCOUNT).token("demo-alice").json(&json!({})).send().await;
    assert_eq!(codes(&put), refused(405, "CMN-202", "CMN-202"));
    assert_eq!(put.header("allow"), "GET,HEAD");
}

#[tokio::test]
async fn the_order_follows_the_ids() {
    let server = TestServer::start().await;
    for (name, number) in [("zoe", 40), ("dave", 41), ("abe", 20)] {
        let profile = json!({"number": number, "account": 1, "extensionNumber": format!("x{number}")});
        server.admin(Method::PUT, &format!("/users/@{name}:example.com"), Some(profile)).await;
    }
    assert_eq!(ids(&page(&server, "").await), [1, 2, 3, 20, 40, 41]);
    let moved = json!({"number": 10, "account": 1, "extensionNumber": "x10"});
    server.admin(Method::PUT, "/users/@zoe:example.com", Some(moved)).await;
    server.admin(Method::DELETE, "/users/@abe:example.com", None).await;
    assert_eq!(ids(&page(&server, "").await), [1, 2, 3, 10, 41]);
}

#[tokio::test]
async fn a_page_of_a_large_account_reads_its_own_records_alone() {
    let store = FaultyStore::default();
    let reads = store.reads.clone();
    let server = TestServer::start_on(Box::new(store), |_| {}).await;
    for number in 4..=10_000 {
        let extension = Some(Extension::new(1, format!("x{number}")));
        let profile = Profile { number: Some(number), extension, ..Profile::default() };
        let id = format!("@u{number}:example.com").parse().expect("a user id");
        server.app.directory.put_user(&id, profile, START).await.expect("a number that is free");
    }
    for (number, size) in [(1, 100), (100, 100), (10, 1_000), (5_000, 2), (10_000, 1), (10_001, 1)] {
        reads.store(0, Ordering::SeqCst);
        let page = page(&server, &format!("?page={number}&perPage={size}")).await;
        let first = (number - 1) * size + 1;
        let expected: Vec<u64> = (first..first + size).filter(|&id| id <= 10_000).collect();
        assert_eq!(ids(&page), expected, "page {number} of {size}");
        assert_eq!(page["paging"]["totalElements"], 10_000);
        assert_eq!(reads.load(Ordering::SeqCst), expected.len(), "page {number} of {size}");
    }
}
