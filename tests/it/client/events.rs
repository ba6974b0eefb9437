//! What is pushed, as a newer server may have it: every event, frame and webhook of the AsyncAPI document is read.

use presenced::api::{
    Dialect,
    presenced::types::{
        PresenceList, PresenceSnapshot, ServerFrame, StreamEnd, TokenExpiring, UserPresence, UsersGone,
        WebhookEvent, WebhookTest,
    },
};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

/// What a newer server may say by a schema: all that may be there, each word another, and in each object one thing more.
fn newer(schema: &Value, document: &Value) -> Value {
    if let Some(reference) = schema["$ref"].as_str() {
        let path = reference.strip_prefix('#').expect("a reference within the document");
        return newer(document.pointer(path).expect("a schema"), document);
    }
    for several in ["allOf", "oneOf", "anyOf"] {
        if let Some(first) = schema[several].get(0) {
            // Of words that are listed one by one each is a constant.
            let is_word = several == "oneOf" && first["const"].is_string();
            return if is_word { json!("unheard-of") } else { newer(first, document) };
        }
    }
    match schema["type"].as_str() {
        _ if schema["enum"].is_array() => json!("unheard-of"),
        _ if !schema["const"].is_null() => schema["const"].clone(),
        Some("object") => {
            let members = schema["properties"].as_object().into_iter().flatten();
            let members = members.map(|(name, member)| (name.clone(), newer(member, document)));
            Value::Object(members.chain([("news".to_owned(), json!({"of": [1]}))]).collect::<Map<_, _>>())
        }
        Some("array") => json!([newer(&schema["items"], document)]),
        Some("string") => json!("text"),
        Some("integer" | "number") => json!(7),
        Some("boolean") => json!(true),
        kind => panic!("{kind:?}: {schema}"),
    }
}

fn read<T: DeserializeOwned>(value: Value) -> serde_json::Result<()> {
    serde_json::from_value::<T>(value).map(drop)
}

#[test]
fn every_event_of_a_newer_server_is_understood() {
    let (_, events) = Dialect::companion_named("presenced-events").expect("a known document");
    let document = &(events.document)();
    let mut count = 0;
    for (channel, told) in document["channels"].as_object().expect("channels") {
        for (key, message) in told["messages"].as_object().expect("messages") {
            // What clients ask for is the client's own to say.
            if key.starts_with("ask-") {
                continue;
            }
            let value = newer(&message["payload"], document);
            let read = match (channel.as_str(), key.as_str()) {
                ("changes", "snapshot") => read::<PresenceSnapshot>(value),
                ("changes", "presence") => read::<UserPresence>(value),
                ("changes", "gone") => read::<UsersGone>(value),
                ("changes", "presence-list") => read::<PresenceList>(value),
                ("changes", "expiring") => read::<TokenExpiring>(value),
                ("changes", "end") => read::<StreamEnd>(value),
                ("webhook", "presence") => read::<WebhookEvent>(value),
                ("webhook", "test") => read::<WebhookTest>(value),
                ("socket", name) => {
                    assert!(ServerFrame::TYPES.contains(&name), "{name}");
                    read::<ServerFrame>(value)
                }
                other => panic!("the client knows no {other:?}"),
            };
            read.unwrap_or_else(|error| panic!("{channel} {key}: {error}"));
            count += 1;
        }
    }
    assert_eq!(count, 8 + ServerFrame::TYPES.len());
}
