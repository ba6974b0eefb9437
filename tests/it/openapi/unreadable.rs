//! Paths and queries that are no text: every operation answers them as its document says, in its dialect's form.

use presenced::{api, openapi::to_value};
use reqwest::Method;
use serde_json::Value;

use super::lint::{base_path, operations};
use crate::support::TestServer;

/// Percent-encoded, and no UTF-8.
const NO_TEXT: &str = "%ff";

#[tokio::test]
async fn paths_that_are_no_text() {
    every_operation(|operation| operation.path(|_| NO_TEXT.to_owned())).await;
}

#[tokio::test]
async fn queries_that_are_no_text() {
    every_operation(|operation| {
        let named = operation.parameters("query").map(|parameter| text(&parameter["name"]));
        let query: String = named.map(|name| format!("{name}={NO_TEXT}&")).collect();
        let path = operation.path(|parameter| text(&parameter["example"]));
        format!("{path}?{query}{NO_TEXT}={NO_TEXT}")
    })
    .await;
}

/// Calls every operation that answers at once, each dialect's on a server of its own.
async fn every_operation(path: impl Fn(&Operation<'_>) -> String) {
    let mut wrong = Vec::new();
    for dialect in api::ALL {
        let server = TestServer::start().await;
        let token = if dialect.is_optional { "demo-alice" } else { "demo-admin" };
        let document = to_value(&(dialect.document)());
        for (template, method, value) in operations(&document) {
            let operation = Operation { document: &document, template, value };
            if operation.streams() {
                continue;
            }
            let method: Method = method.to_uppercase().parse().expect("a method");
            // What pnut's clients set by the way is passed over where it is of no use.
            let call = server.call(method, path(&operation)).token(token).leniently();
            let (answer, verdict) = call.send_judged().await;
            wrong.extend(verdict.err().map(|why| format!("{why}\n  {}", answer.line())));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

struct Operation<'a> {
    document: &'a Value,
    template: &'a str,
    value: &'a Value,
}

impl Operation<'_> {
    fn parameters(&self, place: &str) -> impl Iterator<Item = &Value> {
        let parameters = self.value["parameters"].as_array().into_iter().flatten();
        parameters.filter(move |parameter| parameter["in"] == place)
    }

    /// The path with these values of its parameters.
    fn path(&self, value: impl Fn(&Value) -> String) -> String {
        let base = base_path(self.document, self.value);
        self.parameters("path").fold(base + self.template, |path, parameter| {
            path.replace(&format!("{{{}}}", text(&parameter["name"])), &value(parameter))
        })
    }

    /// Whether the answer does not end.
    fn streams(&self) -> bool {
        self.value.pointer("/responses/200/content/text~1event-stream").is_some()
    }
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
