//! What the check of exchanges finds, and what it lets pass.

use presenced::openapi::conformance::{Contract, Exchange};
use reqwest::{
    Method, StatusCode,
    header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue},
};
use serde_json::{Value, json};

use crate::support::{ALICE, TestServer, status_path};

/// One operation that is sent an `Update` and answers with a `Thing`, and one that streams.
fn document() -> Value {
    let content = |name: &str| {
        let schema = json!({"$ref": format!("#/components/schemas/{name}")});
        json!({"application/json": {"schema": schema}})
    };
    let wait = json!({"X-More": {"schema": {}}, "Retry-After": {"required": true, "schema": {"type": "integer", "format": "int32", "minimum": 1}}});
    json!({
        "paths": {
            "/things/{id}": {"put": {
                "operationId": "putThing",
                "parameters": [
                    {"name": "id", "in": "path", "required": true, "schema": {"type": "string", "pattern": "^@"}},
                    {"name": "limit", "in": "query", "schema": {"type": "integer", "maximum": 9}},
                    {"name": "ids", "in": "query", "explode": false, "schema": {"type": "array", "maxItems": 2}},
                    {"name": "if-new", "in": "header", "schema": {"type": "boolean"}},
                ],
                "requestBody": {"required": true, "content": {
                    "application/json": content("Update")["application/json"],
                    "application/x-www-form-urlencoded": content("Update")["application/json"],
                }},
                "responses": {
                    "200": {"content": content("Thing")},
                    "204": {},
                    "503": {"headers": wait, "content": content("Error")},
                },
            }},
            "/stream": {"get": {"operationId": "stream", "responses": {
                "200": {"content": {"text/event-stream": {"schema": {"type": "string"}, "x-events": {
                    "thing": content("Thing")["application/json"]["schema"],
                }}}},
            }}},
        },
        "components": {"schemas": {
            "Update": {"type": "object", "required": ["count"], "properties": {
                "count": {"type": "integer", "format": "int32"},
            }},
            "Thing": {"allOf": [{"$ref": "#/components/schemas/Named"}, {"type": "object", "properties": {
                "at": {"type": "string", "format": "date-time"},
                "parts": {"type": "array", "items": {"$ref": "#/components/schemas/Named"}},
                "any": {},
            }}]},
            "Named": {"type": "object", "required": ["name"], "properties": {
                "name": {"type": "string"},
                "number": {"type": "integer", "format": "int64"},
            }},
            "Error": {"type": "object", "properties": {"why": {"type": "string"}}},
        }},
    })
}

/// An exchange as it is documented, which a test changes in one place.
struct Sample {
    method: Method,
    uri: String,
    path: &'static str,
    kind: &'static str,
    body: String,
    status: u16,
    headers: HeaderMap,
    answer: String,
}

impl Sample {
    fn good() -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
        Self {
            method: Method::PUT,
            uri: "/v1/things/%40a?limit=9&ids=a,b&other=1".to_owned(),
            path: "/things/{id}",
            kind: "application/json",
            body: json!({"count": 1, "more": 1}).to_string(),
            status: 200,
            headers,
            answer: json!({"name": "a", "parts": [{"name": "b"}], "any": {"x": 1}}).to_string(),
        }
    }

    /// What is found in it, a line each.
    fn found(&self) -> String {
        let contract = Contract::of(document());
        let template = format!("/v1{}", self.path);
        let operation = contract.operation(&self.method, self.path, &template);
        let mut headers = HeaderMap::new();
        if !self.kind.is_empty() {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(self.kind));
        }
        headers.insert("if-new", HeaderValue::from_static("true"));
        let violations = contract.check(
            operation,
            &Exchange {
                method: &self.method,
                uri: &self.uri.parse().expect("a URI"),
                headers: &headers,
                body: Some(self.body.as_bytes()),
                status: StatusCode::from_u16(self.status).expect("a status"),
                answer_headers: &self.headers,
                answer: Some(self.answer.as_bytes()),
                is_on_demand: false,
            },
        );
        violations.iter().map(|it| format!("  {it}\n")).collect()
    }
}

/// A sample that was changed.
fn changed(change: impl FnOnce(&mut Sample)) -> Sample {
    let mut sample = Sample::good();
    change(&mut sample);
    sample
}

/// The same with another answer.
fn answered(status: u16, header: Option<(&'static str, &'static str)>, answer: &str) -> Sample {
    changed(|it| {
        (it.status, it.answer) = (status, answer.to_owned());
        if let Some((name, value)) = header {
            it.headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
    })
}

#[test]
fn each_deviation_by_name() {
    let json = |value: Value| changed(|it| it.answer = value.to_string());
    let asked = |kind: &'static str, body: &str| changed(|it| (it.kind, it.body) = (kind, body.to_owned()));
    let form = "application/x-www-form-urlencoded";
    let wait = |text: &'static str| Some(("retry-after", text));
    let cases = [
        ("as documented", Sample::good()),
        ("no type is declared", asked("", r#"{"count": 1}"#)),
        ("another type", asked("text/plain", r#"{"count": 1}"#)),
        ("no JSON", asked("application/json", "{")),
        ("no body", asked("application/json", "")),
        ("a member is missing", asked("application/json", "{}")),
        ("a text for a number", asked("application/json", r#"{"count": "1"}"#)),
        ("a number that is too large", asked("application/json", r#"{"count": 3000000000}"#)),
        ("a form", asked(form, "count=1")),
        ("a form with a text", asked(form, "count=one")),
        (
            "a bad request that was refused",
            changed(|it| {
                (it.status, it.body, it.answer) = (503, String::new(), "{}".to_owned());
                it.headers.insert("retry-after", HeaderValue::from_static("5"));
            }),
        ),
        ("an id", changed(|it| it.uri = "/v1/things/a".to_owned())),
        ("a limit", changed(|it| it.uri = "/v1/things/@a?limit=10".to_owned())),
        ("a limit that is no number", changed(|it| it.uri = "/v1/things/@a?limit=ten".to_owned())),
        ("a list", changed(|it| it.uri = "/v1/things/@a?ids=a,b,c".to_owned())),
        ("the status", answered(201, None, "{}")),
        ("the status of what is refused", answered(404, None, "{}")),
        ("no body is documented", answered(204, None, "{}")),
        ("a header is missing", answered(503, None, r#"{"why": "x"}"#)),
        ("a header is wrong", answered(503, wait("soon"), r#"{"why": "x"}"#)),
        ("a header is too small", answered(503, wait("0"), r#"{"why": "x"}"#)),
        ("a header more", answered(200, wait("1"), r#"{"name": "x"}"#)),
        ("the type", answered(200, Some(("content-type", "text/html")), r#"{"name": "x"}"#)),
        ("no JSON answered", answered(200, None, "x")),
        ("a member is missing in the answer", json(json!({}))),
        ("a member more", json(json!({"name": "a", "secret": "s"}))),
        ("a member more inside", json(json!({"name": "a", "parts": [{"name": "b", "secret": "s"}]}))),
        ("no moment", json(json!({"name": "a", "at": "yesterday"}))),
        ("no int64", json(json!({"name": "a", "number": u64::MAX}))),
        (
            "no operation, refused",
            changed(|it| {
                (it.path, it.status, it.answer) = ("/nothing", 503, "{}".to_owned());
            }),
        ),
        ("no operation, done", changed(|it| it.path = "/nothing")),
        ("another method", changed(|it| (it.method, it.status) = (Method::POST, 503))),
        ("a preflight", changed(|it| (it.method, it.status) = (Method::OPTIONS, 204))),
    ];
    let lines: String =
        cases.into_iter().map(|(name, sample)| format!("{name}:\n{}", sample.found())).collect();
    crate::support::snapshots().bind(|| insta::assert_snapshot!("openapi-conformance", lines));
}

#[test]
fn events_of_a_stream() {
    let contract = Contract::of(document());
    let operation = |path| contract.operation(&Method::GET, path, path);
    let found = |data: &str| {
        let stream = operation("/stream").expect("it is documented");
        contract
            .check_event(stream, &format!("event: thing\ndata: {data}"))
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
    };
    assert_eq!(found(r#"{"name": "a"}"#), [""; 0]);
    assert_eq!(found("{}"), ["answer: the event: \"name\" is a required property"]);
    assert_eq!(found("x").len(), 1);
    let other =
        contract.check_event(operation("/stream").expect("it is documented"), "event: other\ndata: {}");
    assert_eq!(other[0].to_string(), "answer: the event other is not documented");
    assert_eq!(contract.check_event(operation("/stream").expect("it is documented"), ": a comment"), []);
    assert_eq!(contract.documented(), 4);
    assert!(operation("/nothing").is_none());
}

/// A server that looks says on the answer, in its figures and in its log what was not as documented.
#[tokio::test]
async fn a_client_is_told() {
    let server = TestServer::start().await;
    let put = |kind: &'static str| {
        let call =
            server.call(Method::PUT, status_path(ALICE)).token("demo-alice").header("content-type", kind);
        call.body(r#"{"presence": "online"}"#)
    };
    let good = put("application/json").send().await;
    assert_eq!((good.status.as_u16(), good.header("contract-violation")), (200, ""));
    let told = put("text/plain").leniently().send().await;
    insta::assert_snapshot!(told.header("contract-violation"), @"request: the media type text/plain is not documented");
    let mut exposed = told.headers.get_all("access-control-expose-headers").iter();
    assert!(exposed.any(|line| line == "Contract-Violation, Preference-Applied"));
    let figures = server.figures();
    let line = "presenced_contract_violations_total{dialect=\"matrix\",operation=\"setPresence\",part=\"request\"} 1";
    assert!(figures.contains(line), "{figures}");
    // What was refused was no part of the contract.
    let refused = put("text/plain").body("{").send().await;
    assert_eq!(refused.status, 400);
}

/// Who does not ask for it pays nothing, and is told nothing; nor is a client of a server that is no demo.
#[tokio::test]
async fn elsewhere_clients_are_told_nothing() {
    for (demo, check) in [(true, false), (false, true), (false, false)] {
        let server =
            TestServer::start_with(|config| (config.demo, config.check_contract) = (demo, check)).await;
        let call = server.call(Method::PUT, status_path(ALICE)).token("demo-alice");
        let answer = call.header("content-type", "text/plain").body(r#"{"presence": "online"}"#).send().await;
        assert_eq!((answer.status.as_u16(), answer.header("contract-violation")), (200, ""));
        assert!(
            !answer
                .headers
                .get_all("access-control-expose-headers")
                .iter()
                .any(|it| it == "Contract-Violation")
        );
        let figures = server.figures();
        assert_eq!(figures.contains("presenced_contract_violations_total{"), check);
    }
}
