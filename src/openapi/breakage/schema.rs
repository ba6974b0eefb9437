use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Comparison, Sender, TEXTS, bare, is_true, members};

/// Keywords that allow less the larger their number is, and those that allow more.
const LEAST: [&str; 5] = ["minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"];
const MOST: [&str; 5] = ["maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"];

/// Keywords that allow less where they stand, one way or another.
const RULES: [&str; 5] = ["pattern", "multipleOf", "uniqueItems", "propertyNames", "not"];

/// Keywords that are compared in ways of their own.
const OWN: [&str; 13] = [
    "$ref",
    "type",
    "nullable",
    "enum",
    "const",
    "format",
    "properties",
    "required",
    "additionalProperties",
    "items",
    "allOf",
    "oneOf",
    "anyOf",
];

impl<'a> Comparison<'a> {
    /// Says that less, or more, may be sent than before. That breaks those who have to keep to the one, or who count
    /// on the other.
    fn allowed(&mut self, is_less: bool, place: &str, sender: Sender, what: String) {
        self.say(is_less == (sender == Sender::Client), place, what);
    }

    /// Compares what is sent by `sender`.
    pub(super) fn schema(&mut self, place: &str, sender: Sender, was: &'a Value, now: &'a Value) {
        let (was_named, now_named) = (named(was), named(now));
        // What stands beside a reference is compared too.
        if was_named.is_some() == now_named.is_some() {
            self.keywords(place, sender, was, now);
        }
        if was_named != now_named {
            let told = |name: Option<&'a str>| name.unwrap_or("a schema without a name");
            return self.say(true, place, format!("{} is {} now", told(was_named), told(now_named)));
        }
        if let Some(name) = was_named.filter(|name| self.seen.insert((*name, sender))) {
            let target = |document: &'a Value| &document["components"]["schemas"][name];
            let place = match sender {
                Sender::Client => format!("schema {name} of requests"),
                Sender::Server => format!("schema {name} of answers"),
            };
            self.schema(&place, sender, target(self.older), target(self.newer));
        }
    }

    fn keywords(&mut self, place: &str, sender: Sender, was: &'a Value, now: &'a Value) {
        if was.is_null() && now.is_null() {
            return;
        }
        self.types(place, sender, was, now);
        self.values(place, sender, was, now);
        self.bounds(place, sender, was, now);
        self.properties(place, sender, was, now);
        self.part(place, sender, "items", "the items", was, now);
        self.part(place, sender, "additionalProperties", "further properties", was, now);
        for name in ["allOf", "oneOf", "anyOf"] {
            self.alternatives(place, sender, name, was, now);
        }
        self.others(place, sender, was, now);
    }

    fn types(&mut self, place: &str, sender: Sender, was: &Value, now: &Value) {
        let (was, now) = (types(was), types(now));
        if was == now {
            return;
        }
        let listed = |types: &BTreeSet<String>| types.iter().cloned().collect::<Vec<_>>().join(" or ");
        let what = format!("the type was {} and is {}", listed(&was), listed(&now));
        let any = |types: &BTreeSet<String>| types.contains("anything");
        let (is_less, is_more) = (any(&was) || now.is_subset(&was), any(&now) || was.is_subset(&now));
        match (is_less, is_more) {
            (true, false) => self.allowed(true, place, sender, what),
            (false, true) => self.allowed(false, place, sender, what),
            _ => self.say(true, place, what),
        }
    }

    fn values(&mut self, place: &str, sender: Sender, was: &Value, now: &Value) {
        match (values(was), values(now)) {
            (Some(was), Some(now)) => {
                for gone in was.difference(&now) {
                    self.allowed(true, place, sender, format!("the value {gone} is gone"));
                }
                for new in now.difference(&was) {
                    self.allowed(false, place, sender, format!("the value {new} is new"));
                }
            }
            (None, Some(_)) => self.allowed(true, place, sender, "the values are listed now".to_owned()),
            (Some(_), None) => self.allowed(false, place, sender, "it may have any value now".to_owned()),
            (None, None) => {}
        }
    }

    fn bounds(&mut self, place: &str, sender: Sender, was: &Value, now: &Value) {
        let both = |name: &str| (was.get(name).cloned(), now.get(name).cloned());
        for name in LEAST.into_iter().chain(MOST) {
            self.bound(place, sender, name, both(name), |was, now| match now {
                Value::Bool(is_exclusive) => *is_exclusive,
                now => (now.as_f64() > was.as_f64()) == LEAST.contains(&name),
            });
        }
        for name in RULES {
            let (was, now) = both(name);
            if was.is_some() && now.is_some() && was != now {
                self.say(true, place, format!("`{name}` is another"));
            } else {
                self.bound(place, sender, name, (was, now), |_, _| true);
            }
        }
        match both("format") {
            (Some(was), Some(now))
                if was != now && (was != "int32" || now != "int64") && (was != "int64" || now != "int32") =>
            {
                self.say(true, place, format!("the format was {was} and is {now}"));
            }
            formats => self.bound(place, sender, "format", formats, |_, now| now == "int32"),
        }
    }

    fn bound(
        &mut self,
        place: &str,
        sender: Sender,
        name: &str,
        bounds: (Option<Value>, Option<Value>),
        is_less: impl Fn(&Value, &Value) -> bool,
    ) {
        match bounds {
            (Some(was), Some(now)) if was != now => {
                let what = format!("`{name}` was {was} and is {now}");
                self.allowed(is_less(&was, &now), place, sender, what);
            }
            (None, Some(now)) => self.allowed(true, place, sender, format!("`{name}` is {now} now")),
            (Some(was), None) => {
                self.allowed(false, place, sender, format!("`{name}` was {was} and is left out"));
            }
            _ => {}
        }
    }

    fn properties(&mut self, place: &str, sender: Sender, was: &'a Value, now: &'a Value) {
        let is_required = |schema: &Value, name: &str| {
            schema["required"].as_array().is_some_and(|names| names.iter().any(|required| required == name))
        };
        let (before, after) = (was.get("properties"), now.get("properties"));
        for (name, property) in members(before) {
            let Some(same) = after.and_then(|all| all.get(name)) else {
                self.say(true, place, format!("the property {name} is gone"));
                continue;
            };
            match (is_required(was, name), is_required(now, name)) {
                (false, true) => {
                    self.allowed(true, place, sender, format!("the property {name} is required now"));
                }
                (true, false) => {
                    self.allowed(
                        false,
                        place,
                        sender,
                        format!("the property {name} is not required any more"),
                    );
                }
                _ => {}
            }
            self.schema(&format!("{place}, {name}"), sender, property, same);
        }
        let is_closed = was.get("additionalProperties") == Some(&Value::Bool(false));
        for (name, _) in members(after).filter(|(name, _)| before.is_none_or(|all| all.get(*name).is_none()))
        {
            let is_needed = sender == Sender::Client && is_required(now, name);
            let is_refused = sender == Sender::Server && is_closed;
            let what = if is_needed { "is new, and required" } else { "is new" };
            self.say(is_needed || is_refused, place, format!("the property {name} {what}"));
        }
    }

    /// A schema that stands under a keyword; left out or true it allows anything.
    fn part(
        &mut self,
        place: &str,
        sender: Sender,
        keyword: &str,
        name: &str,
        was: &'a Value,
        now: &'a Value,
    ) {
        let stated = |schema: &'a Value| {
            schema.get(keyword).filter(|part| **part != Value::Bool(true) && **part != json!({}))
        };
        match (stated(was), stated(now)) {
            (Some(Value::Bool(_)), Some(Value::Bool(_))) | (None, None) => {}
            (Some(was), Some(now)) if was.is_object() && now.is_object() => {
                self.schema(&format!("{place}, {name}"), sender, was, now);
            }
            (None, Some(_)) => self.allowed(true, place, sender, format!("{name} are restricted now")),
            (Some(_), None) => self.allowed(false, place, sender, format!("{name} may be anything now")),
            (Some(_), Some(now)) => {
                let what = if now.is_boolean() { "are refused now" } else { "are allowed now" };
                self.allowed(now.is_boolean(), place, sender, format!("{name} {what}"));
            }
        }
    }

    /// Lists of schemas, in their order.
    fn alternatives(&mut self, place: &str, sender: Sender, keyword: &str, was: &'a Value, now: &'a Value) {
        let list = |schema: &'a Value| {
            schema.get(keyword).and_then(Value::as_array).map_or(&[] as &[_], Vec::as_slice)
        };
        let (was, now) = (list(was), list(now));
        for (index, (was, now)) in was.iter().zip(now).enumerate() {
            self.schema(&format!("{place}, {keyword} {}", index + 1), sender, was, now);
        }
        if was.len() != now.len() {
            let what = format!("`{keyword}` had {} schemas and has {}", was.len(), now.len());
            match keyword {
                "allOf" => self.say(true, place, what),
                _ if was.is_empty() || now.is_empty() => self.say(true, place, what),
                _ => self.allowed(now.len() < was.len(), place, sender, what),
            }
        }
    }

    /// What is left: a default that is another changes calls that leave it out, and of other keywords it is unknown.
    fn others(&mut self, place: &str, sender: Sender, was: &Value, now: &Value) {
        let names: BTreeSet<&String> =
            members(Some(was)).chain(members(Some(now))).map(|(name, _)| name).collect();
        for name in names {
            let is_told = OWN.contains(&name.as_str())
                || TEXTS.contains(&name.as_str())
                || LEAST.contains(&name.as_str())
                || MOST.contains(&name.as_str())
                || RULES.contains(&name.as_str());
            if is_told || was.get(name).map(bare) == now.get(name).map(bare) {
                continue;
            }
            let is_breaking = name != "default" || sender == Sender::Client;
            self.say(is_breaking, place, format!("`{name}` is another"));
        }
    }
}

/// The name of the component that a schema refers to.
fn named(schema: &Value) -> Option<&str> {
    schema.get("$ref")?.as_str()?.rsplit('/').next()
}

/// The types that a schema allows.
fn types(schema: &Value) -> BTreeSet<String> {
    let mut types: BTreeSet<String> = match &schema["type"] {
        Value::String(one) => BTreeSet::from([one.clone()]),
        Value::Array(several) => several.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => BTreeSet::from(["anything".to_owned()]),
    };
    if is_true(schema, "nullable") {
        types.insert("null".to_owned());
    }
    types
}

/// The values that a schema lists.
fn values(schema: &Value) -> Option<BTreeSet<String>> {
    let listed =
        schema.get("enum").and_then(Value::as_array).map(|all| all.iter().map(Value::to_string).collect());
    listed.or_else(|| Some(BTreeSet::from([schema.get("const")?.to_string()])))
}
