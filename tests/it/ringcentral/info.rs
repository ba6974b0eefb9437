//! Who is who: the account and its extensions, from the directory.

use reqwest::Method;
use serde_json::{Value, json};

use super::{become_extension, codes, get, read, refused, token_with};
use crate::support::{ALICE, CAROL, TestServer};

const ACCOUNT: &str = "/restapi/v1.0/account/~";
const LIST: &str = "/restapi/v1.0/account/~/extension";

fn extension(id: &str) -> String {
    format!("{LIST}/{id}")
}

/// The ids of a page.
fn ids(page: &Value) -> Vec<i64> {
    let records = page["records"].as_array().expect("records");
    records.iter().map(|record| record["id"].as_i64().expect("an id")).collect()
}

#[tokio::test]
async fn the_version_is_told_without_a_token() {
    let server = TestServer::start().await;
    let answer = server.call(Method::GET, "/restapi/v1.0").send().await;
    assert_eq!(answer.status, 200);
    let version = json!({"uri": format!("{}/restapi/v1.0", server.url), "versionString": env!("CARGO_PKG_VERSION"),
        "uriString": "v1.0"});
    assert_eq!(answer.json(), version);
}

#[tokio::test]
async fn the_account() {
    let server = TestServer::start().await;
    let own = read(&server, "demo-alice", ACCOUNT).await;
    assert_eq!(own, json!({"uri": format!("{}/restapi/v1.0/account/1", server.url), "id": 1}));
    assert_eq!(read(&server, "demo-alice", "/restapi/v1.0/account/1").await, own);
    let other = get(&server, "demo-alice", "/restapi/v1.0/account/2").send().await;
    assert_eq!(codes(&other), refused(404, "CMN-102", "CMN-102"));
}

#[tokio::test]
async fn an_extension() {
    let server = TestServer::start().await;
    let own = read(&server, "demo-alice", extension("~")).await;
    insta::assert_snapshot!(own.to_string().replace(&server.url, ""), @r#"{"uri":"/restapi/v1.0/account/1/extension/1","id":1,"extensionNumber":"101","account":{"uri":"/restapi/v1.0/account/1","id":"1"},"name":"Alice","type":"User","status":"Enabled","contact":{"firstName":"Alice"},"permissions":{"admin":{"enabled":false}}}"#);
    assert_eq!(read(&server, "demo-bob", extension("1")).await, own);
    for id in ["99", "x", "01", "1,2", "-1"] {
        let answer = get(&server, "demo-alice", extension(id)).send().await;
        assert_eq!(codes(&answer), refused(404, "CMN-102", "CMN-102"), "{id}");
    }
}

/// The first name ends at the first space; what is not known is left out.
#[tokio::test]
async fn names() {
    let server = TestServer::start().await;
    for (name, contact) in [
        (json!("Carol Ann Jones"), json!({"firstName": "Carol", "lastName": "Ann Jones"})),
        (json!("  Carol   Jones "), json!({"firstName": "Carol", "lastName": "Jones"})),
        (json!("Carol"), json!({"firstName": "Carol"})),
        (json!(" "), Value::Null),
        (Value::Null, Value::Null),
    ] {
        let mut profile = json!({"account": 1, "extensionNumber": "103", "extensionType": "Limited",
            "extensionStatus": "Frozen"});
        if !name.is_null() {
            profile["displayName"] = name.clone();
        }
        become_extension(&server, CAROL, profile).await;
        let seen = read(&server, "demo-alice", extension("3")).await;
        assert_eq!((&seen["name"], &seen["contact"]), (&name, &contact), "{name}");
        assert_eq!((&seen["type"], &seen["status"]), (&json!("Limited"), &json!("Frozen")));
    }
}

#[tokio::test]
async fn addresses_admins_and_departments() {
    let server = TestServer::start().await;
    let queue = json!({"account": 1, "extensionNumber": "900", "extensionType": "Department", "displayName": "Sales"});
    become_extension(&server, "@queue:example.com", queue).await;
    let profile = json!({"account": 1, "extensionNumber": "103", "email": "carol@example.com", "accountAdmin": true,
        "departments": [4, 77]});
    become_extension(&server, CAROL, profile).await;
    let seen = read(&server, "demo-alice", extension("3")).await.to_string().replace(&server.url, "");
    // Departments that are not there are none.
    insta::assert_snapshot!(seen, @r#"{"uri":"/restapi/v1.0/account/1/extension/3","id":3,"extensionNumber":"103","account":{"uri":"/restapi/v1.0/account/1","id":"1"},"type":"User","status":"Enabled","contact":{"email":"carol@example.com"},"permissions":{"admin":{"enabled":true}},"departments":[{"uri":"/restapi/v1.0/account/1/extension/4","id":"4","extensionNumber":"900"}]}"#);
}

#[tokio::test]
async fn the_list_is_in_pages() {
    let server = TestServer::start().await;
    let whole = read(&server, "demo-alice", LIST).await;
    assert_eq!(ids(&whole), [1, 2, 3]);
    assert_eq!(whole["records"][0], read(&server, "demo-alice", extension("1")).await);
    let with_slash = get(&server, "demo-alice", format!("{LIST}/")).send_undocumented().await;
    assert_eq!(with_slash.json(), whole, "a slash at the end");
    let second = read(&server, "demo-alice", format!("{LIST}?perPage=2&page=2&status=Enabled")).await;
    assert_eq!(ids(&second), [3]);
    let rest =
        json!([second["uri"], second["paging"], second["navigation"]]).to_string().replace(&server.url, "");
    insta::assert_snapshot!(rest, @r#"["/restapi/v1.0/account/1/extension?page=2&perPage=2",{"page":2,"perPage":2,"pageStart":2,"pageEnd":2,"totalPages":2,"totalElements":3},{"firstPage":{"uri":"/restapi/v1.0/account/1/extension?status=Enabled&page=1&perPage=2"},"previousPage":{"uri":"/restapi/v1.0/account/1/extension?status=Enabled&page=1&perPage=2"},"lastPage":{"uri":"/restapi/v1.0/account/1/extension?status=Enabled&page=2&perPage=2"}}]"#);
    let past = read(&server, "demo-alice", format!("{LIST}?page=9")).await;
    assert_eq!((ids(&past).len(), &past["paging"]["totalElements"]), (0, &json!(3)));
    let large = read(&server, "demo-alice", format!("{LIST}?perPage=5000")).await;
    assert_eq!(large["paging"]["perPage"], 1_000, "a page that is too large is the largest");
}

#[tokio::test]
async fn parts_of_the_list() {
    let server = TestServer::start().await;
    let queue = json!({"account": 1, "extensionNumber": "900", "extensionType": "Department"});
    become_extension(&server, "@queue:example.com", queue).await;
    let gone = json!({"account": 1, "extensionNumber": "103", "extensionStatus": "Disabled"});
    become_extension(&server, CAROL, gone).await;
    become_extension(&server, "@elsewhere:example.com", json!({"account": 2, "extensionNumber": "101"}))
        .await;
    for (query, expected) in [
        ("type=User", &[1, 2, 3][..]),
        ("type=Department", &[4]),
        ("type=User&type=Department", &[1, 2, 3, 4]),
        ("type=Bot", &[]),
        ("status=Disabled", &[3]),
        ("status=Enabled&status=Disabled", &[1, 2, 3, 4]),
        ("type=User&status=Enabled", &[1, 2]),
        ("extensionNumber=101", &[1]),
        ("extensionNumber=777", &[]),
        ("unknown=parameter", &[1, 2, 3, 4]),
    ] {
        assert_eq!(ids(&read(&server, "demo-alice", format!("{LIST}?{query}")).await), expected, "{query}");
    }
    for query in ["type=user", "type=", "status=Away", "type=User&type=Nobody", "page=0", "perPage=-1"] {
        let answer = get(&server, "demo-alice", format!("{LIST}?{query}")).send().await;
        assert_eq!(codes(&answer), refused(400, "InvalidParameter", "CMN-101"), "{query}");
    }
}

#[tokio::test]
async fn who_may_read() {
    let server = TestServer::start().await;
    let writer = token_with(&server, &["write"]).await;
    for path in [ACCOUNT.to_owned(), LIST.to_owned(), extension("~")] {
        let refusal = get(&server, &writer, path.clone()).send().await;
        assert_eq!(codes(&refusal), refused(403, "InsufficientPermissions", "CMN-401"), "{path}");
        assert_eq!(refusal.json()["permissionName"], "ReadAccounts", "{path}");
        assert_eq!(server.call(Method::GET, path.clone()).send().await.status, 401, "{path}");
    }
    let reader = token_with(&server, &["read"]).await;
    assert_eq!(read(&server, &reader, extension("~")).await["name"], "Alice");
    assert_eq!(server.admin(Method::DELETE, &format!("/users/{ALICE}"), None).await.status, 204);
    assert_eq!(ids(&read(&server, "demo-bob", LIST).await), [2, 3]);
}
