//! The AsyncAPI document of what is pushed: the events of streams and the frames of sockets, from their types.
//! Source: <https://www.asyncapi.com/docs/reference/specification/v3.0.0>

use schemars::{JsonSchema, SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};

use super::types::{
    PresenceList, PresenceSnapshot, SayActivity, SayPresence, ServerFrame, StreamEnd, TokenExpiring, Unwatch,
    UseToken, UserPresence, UsersGone, Watch, WebhookEvent, WebhookTest,
};

/// Marks what may be `null` and there at once.
const MAY_BE_NULL: &str = "x-null";

/// Messages of a channel by their names there.
type Messages = Map<String, Value>;

/// The document.
pub(super) fn document() -> Value {
    let mut types = Types::new(false);
    let events = events(&mut types);
    let told = types.frames();
    let hooks = [("presence", types.schema::<WebhookEvent>()), ("test", types.schema::<WebhookTest>())];
    let hooks: Messages =
        hooks.into_iter().map(|(name, payload)| (name.to_owned(), message(name, payload))).collect();
    let mut sent = Types::new(true);
    let asked = asked(&mut sent);
    let mut schemas = types.finish();
    schemas.append(&mut sent.finish());
    let frames: Messages = told.clone().into_iter().chain(asked.clone()).collect();
    json!({
        "asyncapi": "3.0.0",
        "info": {
            "title": "presenced events",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "What presenced pushes: the events of the stream of changes, and the frames of the socket in \
                both directions. Times are in milliseconds since the Unix epoch.",
            "contact": {"name": "the presenced developers"},
            "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
        },
        "defaultContentType": "application/json",
        "servers": {
            "streams": {"host": "127.0.0.1:8008", "protocol": "http", "description": "The default address."},
            "receivers": {"host": "{host}", "protocol": "https", "description": "Whoever a webhook is for.",
                "variables": {"host": {"description": "What its address says."}}},
            "sockets": {"host": "127.0.0.1:8008", "protocol": "ws", "description": "The default address."},
        },
        "channels": {
            "changes": {
                "address": "/presenced/v1/changes",
                "title": "The stream of changes",
                "description": "Server-Sent Events. A message is the data of an event, whose name is that of the \
                    message.",
                "servers": [{"$ref": "#/servers/streams"}],
                "messages": events.clone(),
            },
            "webhook": {
                "address": null,
                "title": "Webhooks",
                "description": "Requests by the Standard Webhooks specification, to the address that a webhook has. Their \
                    `type` is the name of the message.",
                "servers": [{"$ref": "#/servers/receivers"}],
                "messages": hooks.clone(),
            },
            "socket": {
                "address": "/presenced/v1/socket",
                "title": "The socket",
                "description": "Text frames of a WebSocket, whose `type` is the name of the message.",
                "servers": [{"$ref": "#/servers/sockets"}],
                "messages": frames,
            },
        },
        "operations": {
            "callWebhook": operation("send", "webhook", "Tell a webhook.", &hooks),
            "tellChanges": operation("send", "changes", "Tell presence as it changes.", &events),
            "tellOnSocket": operation("send", "socket", "Tell what a client watches, and what came of its frames.", &told),
            "askOnSocket": operation("receive", "socket", "Be asked to tell and to set presence.", &asked),
        },
        "components": {"schemas": schemas},
    })
}

fn operation(action: &str, channel: &str, summary: &str, messages: &Messages) -> Value {
    let messages =
        messages.keys().map(|name| json!({"$ref": format!("#/channels/{channel}/messages/{name}")}));
    json!({
        "action": action,
        "channel": {"$ref": format!("#/channels/{channel}")},
        "summary": summary,
        "messages": messages.collect::<Vec<_>>(),
    })
}

fn message(name: &str, payload: Value) -> Value {
    json!({"name": name, "payload": payload})
}

/// The events of the stream.
fn events(types: &mut Types) -> Messages {
    let events = [
        ("snapshot", types.schema::<PresenceSnapshot>()),
        ("presence", types.schema::<UserPresence>()),
        ("gone", types.schema::<UsersGone>()),
        ("presence-list", types.schema::<PresenceList>()),
        ("expiring", types.schema::<TokenExpiring>()),
        ("end", types.schema::<StreamEnd>()),
    ];
    events.into_iter().map(|(name, payload)| (name.to_owned(), message(name, payload))).collect()
}

/// What clients send on a socket. The server has some of these types too, so they have longer names.
fn asked(types: &mut Types) -> Messages {
    let frames = [
        ("token", types.schema::<UseToken>(), "UseToken"),
        ("watch", types.schema::<Watch>(), "Watch"),
        ("unwatch", types.schema::<Unwatch>(), "Unwatch"),
        ("presence", types.schema::<SayPresence>(), "SayPresence"),
        ("activity", types.schema::<SayActivity>(), "SayActivity"),
    ];
    for (name, _, schema) in &frames {
        types.mark(schema, name);
    }
    let named = |(name, payload, _): (&str, Value, &str)| (format!("ask-{name}"), message(name, payload));
    frames.into_iter().map(named).collect()
}

/// The schemas of types.
struct Types {
    generator: SchemaGenerator,
    /// Frames that have more than their type: what says which one they are.
    marked: Vec<(String, String)>,
    /// Schemas that are parts of another one.
    parts: Map<String, Value>,
}

impl Types {
    /// Schemas of what clients send, or of what they are sent.
    fn new(is_sent: bool) -> Self {
        let settings = SchemaSettings::draft07().with(|settings| {
            settings.definitions_path = "/components/schemas".into();
        });
        let settings = if is_sent { settings.for_deserialize() } else { settings.for_serialize() };
        Self { generator: settings.into_generator(), marked: Vec::new(), parts: Map::new() }
    }

    fn schema<T: JsonSchema>(&mut self) -> Value {
        self.generator.subschema_for::<T>().to_value()
    }

    /// Notes that a frame says by its `type` which one it is, and may have an `id`.
    fn mark(&mut self, schema: &str, kind: &str) {
        self.marked.push((schema.to_owned(), kind.to_owned()));
    }

    /// What the server sends on a socket: a message for each variant of its type.
    fn frames(&mut self) -> Messages {
        let all = self.generator.root_schema_for::<ServerFrame>().to_value();
        let variants = all["oneOf"].as_array().expect("an enum with members").clone();
        let named = variants.into_iter().map(|variant| {
            let name = variant["properties"]["type"]["const"].as_str().expect("a type").to_owned();
            let schema = format!("{}{}Frame", name[..1].to_uppercase(), &name[1..]);
            let payload = json!({"$ref": format!("#/components/schemas/{schema}")});
            self.parts.insert(schema, variant);
            (name.clone(), message(&name, payload))
        });
        named.collect()
    }

    /// All schemas, closed.
    fn finish(mut self) -> Map<String, Value> {
        let mut schemas = self.generator.take_definitions(true);
        schemas.remove("ServerFrame");
        schemas.append(&mut self.parts);
        for (schema, kind) in &self.marked {
            let schema =
                schemas.get_mut(schema).and_then(Value::as_object_mut).expect("a schema of that name");
            let members = schema.entry("properties").or_insert_with(|| json!({}));
            members["type"] = json!({"const": kind, "type": "string"});
            members["id"] =
                json!({"type": "string", "description": "Comes back with the answer, if it is there."});
            let required = schema.entry("required").or_insert_with(|| json!([]));
            required.as_array_mut().expect("a list").insert(0, json!("type"));
        }
        schemas.values_mut().for_each(tidy);
        schemas
    }
}

/// Closes objects. What is left out is not there as `null`, and numbers have the formats that OpenAPI knows.
fn tidy(schema: &mut Value) {
    match schema {
        Value::Array(all) => all.iter_mut().for_each(tidy),
        Value::Object(members) => {
            if members.contains_key("properties") {
                members.insert("additionalProperties".to_owned(), json!(false));
            }
            if members.remove(MAY_BE_NULL).is_none() {
                without_null(members);
            }
            match members.get("format").and_then(Value::as_str) {
                Some("uint64" | "uint") => drop(members.insert("format".to_owned(), json!("int64"))),
                Some("uint16") => drop(members.insert("format".to_owned(), json!("int32"))),
                _ => {}
            }
            members.values_mut().for_each(tidy);
        }
        _ => {}
    }
}

fn without_null(members: &mut Map<String, Value>) {
    if let Some(Value::Array(types)) = members.get_mut("type") {
        types.retain(|one| *one != "null");
        if let [only] = &types[..] {
            members["type"] = only.clone();
        }
    }
    if let Some(Value::Array(any)) = members.get_mut("anyOf") {
        any.retain(|one| one["type"] != "null");
        if let [only] = &any[..] {
            let only = only.clone();
            members.remove("anyOf");
            members.extend(only.as_object().cloned().unwrap_or_default());
        }
    }
}
