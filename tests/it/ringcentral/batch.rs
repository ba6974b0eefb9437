//! Several extensions in a call, in both forms.

use serde_json::{Value, json};

use super::{codes, get, leg, presence_path, refused, report_call};
use crate::support::{ALICE, Answer, TestServer};

const JSON_FORM: &str = "application/vnd.ringcentral.multipart+json";

async fn batch(server: &TestServer, ids: &str) -> Answer {
    get(server, "demo-alice", presence_path(ids)).header("accept", "application/json").send().await
}

async fn json_batch(server: &TestServer, ids: &str) -> Vec<Value> {
    let accept = format!("application/json, {JSON_FORM}; q=0.9");
    let answer = get(server, "demo-alice", presence_path(ids)).header("accept", accept).send().await;
    assert_eq!((answer.status.as_u16(), answer.header("content-type")), (207, JSON_FORM));
    answer.json().as_array().expect("an array").clone()
}

/// The bodies of the parts, taken apart as @ringcentral/sdk does it.
fn parts(answer: &Answer) -> Vec<Value> {
    assert_eq!(answer.status, 207);
    let (kind, boundary) = answer.header("content-type").split_once("; boundary=").expect("a boundary");
    assert_eq!(kind, "multipart/mixed");
    assert!(
        boundary.starts_with("Boundary")
            && boundary.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    );
    let text =
        answer.text.strip_prefix(&format!("--{boundary}\r\n")).expect("nothing stands before the first part");
    let text = text.strip_suffix(&format!("\r\n--{boundary}--\r\n")).expect("an end");
    let delimiter = format!("\r\n--{boundary}\r\n");
    let bodies = text.split(&delimiter).map(|part| {
        let (head, body) = part.split_once("\r\n\r\n").expect("a head and a body");
        assert_eq!(head, "Content-Type: application/json");
        serde_json::from_str(body).expect("JSON")
    });
    bodies.collect()
}

#[tokio::test]
async fn a_summary_and_a_part_for_each() {
    let server = TestServer::start().await;
    let answer = batch(&server, "~,9999,2").await;
    let parts = parts(&answer);
    assert_eq!(parts.len(), 4);
    let summary = parts[0]["response"].as_array().expect("an array");
    let item = |id: &str, status: u16, text: &str| {
        let href = format!("{}/restapi/v1.0/account/1/extension/{id}/presence", server.url);
        json!({"href": href, "status": status, "responseDescription": text})
    };
    assert_eq!(summary, &[item("1", 200, "OK"), item("9999", 404, "Not Found"), item("2", 200, "OK")]);
    assert_eq!((&parts[1]["extension"]["id"], &parts[3]["extension"]["id"]), (&json!(1), &json!(2)));
    insta::assert_snapshot!(parts[2], @r#"{"errorCode":"CMN-102","message":"Resource for parameter [extensionId] is not found","errors":[{"errorCode":"CMN-102","message":"Resource for parameter [extensionId] is not found","parameterName":"extensionId"}],"parameterName":"extensionId"}"#);
    assert_eq!(answer.header("content-type"), "multipart/mixed; boundary=Boundary_4_1767603600000");
}

#[tokio::test]
async fn the_form_that_is_all_json() {
    let server = TestServer::start().await;
    let items = json_batch(&server, "1,9999,abc").await;
    let shown: Vec<Value> = items
        .iter()
        .map(|item| json!([item["resourceId"], item["status"], item["body"]["errorCode"]]))
        .collect();
    assert_eq!(
        shown,
        [json!(["1", 200, null]), json!(["9999", 404, "CMN-102"]), json!(["abc", 404, "CMN-102"])]
    );
    assert_eq!(items[0]["body"]["presenceStatus"], "Available");
}

#[tokio::test]
async fn each_is_answered_once_in_the_order_given() {
    let server = TestServer::start().await;
    let ids = |items: Vec<Value>| -> Vec<String> {
        items.iter().map(|item| item["resourceId"].as_str().expect("text").to_owned()).collect()
    };
    assert_eq!(ids(json_batch(&server, "3,~,1,2,3,9,9").await), ["3", "1", "2", "9"]);
    assert_eq!(ids(json_batch(&server, "2%2C1").await), ["2", "1"]);
    assert_eq!(ids(json_batch(&server, "2,").await), ["2"], "a comma makes it a list");
    let nothing = batch(&server, ",").await;
    assert_eq!(codes(&nothing), refused(404, "CMN-102", "CMN-102"));
}

#[tokio::test]
async fn thirty_ids_and_not_one_more() {
    let server = TestServer::start().await;
    let list = |length: usize| (1..=length).map(|id| id.to_string()).collect::<Vec<_>>().join(",");
    assert_eq!(parts(&batch(&server, &list(30)).await).len(), 31);
    insta::assert_snapshot!(batch(&server, &list(31)).await.line(), @r#"400 {"errorCode":"InvalidMultipartRequest","message":"Extension Presence Info multipart request is limited to 30 extensions","errors":[{"errorCode":"CMN-106","message":"Extension Presence Info multipart request is limited to 30 extensions"}]}"#);
    let same = vec!["1"; 31].join(",");
    assert_eq!(batch(&server, &same).await.status, 400, "they are counted as they are written");
}

#[tokio::test]
async fn details_of_everybody() {
    let server = TestServer::start().await;
    report_call(&server, ALICE, "c1", leg("OnHold")).await;
    let path = presence_path("1,2") + "?detailedTelephonyState=true&totalActiveCalls=true";
    let answer = get(&server, "demo-bob", path).send().await;
    let parts = parts(&answer);
    assert_eq!((&parts[1]["activeCalls"][0]["id"], &parts[1]["totalActiveCalls"]), (&json!("c1"), &json!(1)));
    assert_eq!((parts[2].get("activeCalls"), &parts[2]["totalActiveCalls"]), (None, &json!(0)));
}

#[tokio::test]
async fn what_is_wrong_with_the_call_is_no_batch() {
    let server = TestServer::start().await;
    let without = server.call(reqwest::Method::GET, presence_path("1,2")).send().await;
    assert_eq!(codes(&without), refused(401, "AGW-401", "AGW-401"));
    let path = presence_path("1,2") + "?sipData=x";
    assert_eq!(get(&server, "demo-alice", path).send().await.status, 400);
    let call = get(&server, "demo-alice", presence_path("1,2"));
    let odd = call.header("content-type", "multipart/mixed;boundary=Boundary_1_1").send().await;
    assert_eq!(parts(&odd).len(), 3, "a content type of the request means nothing");
}
