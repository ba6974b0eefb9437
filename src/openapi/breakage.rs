//! What it means to those who use an older document that there is a newer one: what breaks their stubs and calls, and
//! what does not.

mod schema;

use std::{
    collections::{BTreeSet, HashSet},
    fmt,
};

use serde_json::{Map, Value};

use super::differences;

/// A difference between two documents, by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// Whether something that went well with the older document may not with the newer one.
    pub is_breaking: bool,
    /// The operation or schema.
    pub place: String,
    pub what: String,
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let weight = if self.is_breaking { "breaking" } else { "compatible" };
        write!(f, "{weight}: {}: {}", self.place, self.what)
    }
}

/// Who sends what is compared: that is who has to keep to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Sender {
    Client,
    Server,
}

impl Sender {
    fn other(self) -> Self {
        match self {
            Self::Client => Self::Server,
            Self::Server => Self::Client,
        }
    }
}

/// How `newer` differs from `older`, each cause once. There is none if, and only if, they are equal but for the order
/// of members.
pub fn breakage(older: &Value, newer: &Value) -> Vec<Cause> {
    let mut comparison = Comparison { older, newer, causes: Vec::new(), seen: HashSet::new() };
    comparison.documents();
    let mut causes = comparison.causes;
    let (texts, others): (Vec<_>, Vec<_>) =
        differences(older, newer).into_iter().partition(|line| is_about_text(line));
    if let (true, Some(line)) = (causes.is_empty(), others.first()) {
        let what = format!("it differs in what has no name here: {line}");
        causes.push(Cause { is_breaking: true, place: "the document".to_owned(), what });
    }
    if !texts.is_empty() {
        let what = format!("texts and examples differ in {} places", texts.len());
        causes.push(Cause { is_breaking: false, place: "the document".to_owned(), what });
    }
    causes
}

/// What only people read.
const TEXTS: [&str; 8] =
    ["info", "tags", "description", "summary", "example", "examples", "externalDocs", "deprecated"];

/// Whether a line of [`differences`] is about what only people read. (A property may be called like that.)
fn is_about_text(line: &str) -> bool {
    let pointer = line.split_once(" /").map_or("", |(_, rest)| rest.split(": ").next().unwrap_or_default());
    let names: Vec<&str> = pointer.split('/').collect();
    let is_text = |index: usize| {
        let is_property = index > 0 && names[index - 1] == "properties";
        let is_top_level_only = matches!(names[index], "info" | "tags");
        TEXTS.contains(&names[index]) && !is_property && (index == 0 || !is_top_level_only)
    };
    (0..names.len()).any(is_text)
}

struct Comparison<'a> {
    older: &'a Value,
    newer: &'a Value,
    causes: Vec<Cause>,
    /// The schemas that have been compared, by name.
    seen: HashSet<(&'a str, Sender)>,
}

/// The members of an object under their names; none if it is none.
fn members(value: Option<&Value>) -> impl Iterator<Item = (&String, &Value)> {
    value.and_then(Value::as_object).into_iter().flatten()
}

fn is_true(value: &Value, name: &str) -> bool {
    value.get(name) == Some(&Value::Bool(true))
}

/// Without what only people read.
fn bare(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let kept = members.iter().filter(|(name, _)| !TEXTS.contains(&name.as_str()));
            Value::Object(kept.map(|(name, member)| (name.clone(), bare(member))).collect::<Map<_, _>>())
        }
        Value::Array(items) => items.iter().map(bare).collect(),
        plain => plain.clone(),
    }
}

impl<'a> Comparison<'a> {
    fn say(&mut self, is_breaking: bool, place: &str, what: impl Into<String>) {
        let cause = Cause { is_breaking, place: place.to_owned(), what: what.into() };
        if !self.causes.contains(&cause) {
            self.causes.push(cause);
        }
    }

    fn documents(&mut self) {
        let (older, newer) = (self.older, self.newer);
        let servers = |document: &Value| document.get("servers").map(bare);
        if servers(older) != servers(newer) {
            self.say(true, "the document", "its servers are others");
        }
        self.security_schemes();
        self.schemas();
        self.items("paths", Sender::Client);
        self.items("webhooks", Sender::Server);
    }

    fn security_schemes(&mut self) {
        let schemes = |document: &'a Value| document.pointer("/components/securitySchemes");
        let (older, newer) = (schemes(self.older), schemes(self.newer));
        for (name, scheme) in members(older) {
            let place = format!("security scheme {name}");
            match newer.and_then(|all| all.get(name)) {
                None => self.say(true, &place, "it is gone"),
                Some(now) if bare(now) != bare(scheme) => self.say(true, &place, "it is another"),
                Some(_) => {}
            }
        }
        for (name, _) in members(newer).filter(|(name, _)| older.is_none_or(|all| all.get(*name).is_none())) {
            self.say(false, &format!("security scheme {name}"), "it is new");
        }
    }

    /// Which schemas there are by name.
    fn schemas(&mut self) {
        let schemas = |document: &'a Value| document.pointer("/components/schemas");
        let (older, newer) = (schemas(self.older), schemas(self.newer));
        let lacks = |all: Option<&Value>, name: &str| all.is_none_or(|all| all.get(name).is_none());
        for (name, _) in members(older).filter(|(name, _)| lacks(newer, name)) {
            self.say(true, &format!("schema {name}"), "it is gone");
        }
        for (name, _) in members(newer).filter(|(name, _)| lacks(older, name)) {
            self.say(false, &format!("schema {name}"), "it is new");
        }
    }

    /// Operations under their paths. `sender` is who sends their requests.
    fn items(&mut self, name: &str, sender: Sender) {
        let operations = |document: &'a Value| {
            members(document.get(name)).flat_map(|(path, item)| {
                let of_item =
                    members(Some(item)).filter(|(_, operation)| operation.get("responses").is_some());
                of_item
                    .map(move |(method, operation)| (format!("{} {path}", method.to_uppercase()), operation))
            })
        };
        let (older, newer): (Vec<_>, Vec<_>) =
            (operations(self.older).collect(), operations(self.newer).collect());
        for (place, was) in &older {
            match newer.iter().find(|(now, _)| now == place) {
                None => self.say(true, place, "the operation is gone"),
                Some((_, now)) => self.operation(place, was, now, sender),
            }
        }
        for (place, _) in newer.iter().filter(|(now, _)| older.iter().all(|(place, _)| place != now)) {
            self.say(false, place, "the operation is new");
        }
    }

    fn operation(&mut self, place: &str, was: &'a Value, now: &'a Value, sender: Sender) {
        if was["operationId"] != now["operationId"] {
            let what = format!("operationId was {} and is {}", was["operationId"], now["operationId"]);
            self.say(true, place, what);
        }
        if was["tags"] != now["tags"] {
            self.say(true, place, format!("the tags were {} and are {}", was["tags"], now["tags"]));
        }
        let servers = |operation: &Value| operation.get("servers").map(bare);
        if servers(was) != servers(now) {
            self.say(true, place, "its servers are others");
        }
        self.security(place, was, now);
        self.parameters(place, was, now, sender);
        self.request_body(place, was.get("requestBody"), now.get("requestBody"), sender);
        self.responses(place, &was["responses"], &now["responses"], sender.other());
    }

    /// Alternatives of which one has to be met, in any order.
    fn security(&mut self, place: &str, was: &Value, now: &Value) {
        let alternatives = |operation: &Value, document: &Value| -> BTreeSet<String> {
            let stated = operation.get("security").or_else(|| document.get("security"));
            let listed: BTreeSet<String> =
                stated.and_then(Value::as_array).into_iter().flatten().map(Value::to_string).collect();
            if listed.is_empty() { BTreeSet::from(["{}".to_owned()]) } else { listed }
        };
        let (was, now) = (alternatives(was, self.older), alternatives(now, self.newer));
        for gone in was.difference(&now) {
            self.say(!now.contains("{}"), place, format!("the security {gone} is not enough any more"));
        }
        for new in now.difference(&was) {
            self.say(false, place, format!("the security {new} is enough now"));
        }
    }

    fn parameters(&mut self, place: &str, was: &'a Value, now: &'a Value, sender: Sender) {
        let list = |operation: &'a Value| operation["parameters"].as_array().into_iter().flatten();
        let is_same = |a: &Value, b: &Value| a["name"] == b["name"] && a["in"] == b["in"];
        for parameter in list(was) {
            let name = format!("the {} parameter {}", text(&parameter["in"]), text(&parameter["name"]));
            let Some(same) = list(now).find(|other| is_same(parameter, other)) else {
                self.say(true, place, format!("{name} is gone"));
                continue;
            };
            match (is_true(parameter, "required"), is_true(same, "required")) {
                (false, true) => self.say(true, place, format!("{name} is required now")),
                (true, false) => self.say(false, place, format!("{name} is not required any more")),
                _ => {}
            }
            let place = format!("{place}, {name}");
            for manner in ["style", "explode", "allowReserved", "content"] {
                if parameter.get(manner) != same.get(manner) {
                    self.say(true, &place, format!("its `{manner}` is another"));
                }
            }
            self.schema(&place, sender, &parameter["schema"], &same["schema"]);
        }
        for parameter in list(now).filter(|parameter| !list(was).any(|other| is_same(parameter, other))) {
            let is_required = is_true(parameter, "required");
            let name = format!("the {} parameter {}", text(&parameter["in"]), text(&parameter["name"]));
            let what = if is_required { "is new, and required" } else { "is new" };
            self.say(is_required, place, format!("{name} {what}"));
        }
    }

    fn request_body(&mut self, place: &str, was: Option<&'a Value>, now: Option<&'a Value>, sender: Sender) {
        let is_required = |body: Option<&Value>| body.is_some_and(|body| is_true(body, "required"));
        match (is_required(was), is_required(now)) {
            (false, true) => self.say(true, place, "the request body is required now"),
            (true, false) => self.say(false, place, "the request body is not required any more"),
            _ => {}
        }
        match (was, now) {
            (Some(was), Some(now)) => self.content(place, "the request body", was, now, sender),
            (Some(_), None) => self.say(true, place, "the request body is gone"),
            (None, Some(_)) => self.say(false, place, "the request body is new"),
            (None, None) => {}
        }
    }

    fn responses(&mut self, place: &str, was: &'a Value, now: &'a Value, sender: Sender) {
        for (status, answer) in members(Some(was)) {
            let name = format!("the answer {status}");
            match now.get(status) {
                None => self.say(true, place, format!("{name} is gone")),
                Some(same) => {
                    self.content(place, &name, answer, same, sender);
                    self.headers(&format!("{place}, {name}"), &answer["headers"], &same["headers"], sender);
                }
            }
        }
        for (status, _) in members(Some(now)).filter(|(status, _)| was.get(status).is_none()) {
            // Callers expect one of the answers to a request that went well, and any to one that did not.
            let is_breaking = !status.starts_with(['4', '5']);
            self.say(is_breaking, place, format!("the answer {status} is new"));
        }
    }

    fn headers(&mut self, place: &str, was: &'a Value, now: &'a Value, sender: Sender) {
        for (name, header) in members(Some(was)) {
            match now.get(name) {
                None => self.say(true, place, format!("the header {name} is gone")),
                Some(same) => {
                    let (header, same) = (target(self.older, header), target(self.newer, same));
                    let place = format!("{place}, the header {name}");
                    match (is_true(header, "required"), is_true(same, "required")) {
                        (true, false) => self.say(true, &place, "it may be left out now"),
                        (false, true) => self.say(false, &place, "it is always there now"),
                        _ => {}
                    }
                    self.schema(&place, sender, &header["schema"], &same["schema"]);
                }
            }
        }
        for (name, _) in members(Some(now)).filter(|(name, _)| was.get(name).is_none()) {
            self.say(false, place, format!("the header {name} is new"));
        }
    }

    /// Bodies by their media types.
    fn content(&mut self, place: &str, name: &str, was: &'a Value, now: &'a Value, sender: Sender) {
        let (was, now) = (was.get("content"), now.get("content"));
        for (media_type, media) in members(was) {
            match now.and_then(|now| now.get(media_type)) {
                None => self.say(true, place, format!("{name} is no {media_type} any more")),
                Some(same) => {
                    let place = format!("{place}, {name}");
                    self.schema(&place, sender, &media["schema"], &same["schema"]);
                }
            }
        }
        for (media_type, _) in members(now).filter(|(new, _)| was.is_none_or(|was| was.get(*new).is_none())) {
            self.say(false, place, format!("{name} may be {media_type} now"));
        }
    }
}

/// What stands there, or where it refers to.
fn target<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    let reference =
        value.get("$ref").and_then(Value::as_str).and_then(|reference| reference.strip_prefix('#'));
    reference.and_then(|pointer| document.pointer(pointer)).unwrap_or(value)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
