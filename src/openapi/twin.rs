//! The same document in OpenAPI 3.0, for tools that read no later version. All that 3.0 can say is kept; what it
//! cannot say is an error, never passed through.

use serde_json::{Map, Value, json};

/// What OpenAPI 3.0 cannot say.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{pointer}: {why}")]
pub struct Unsayable {
    /// Where it stands, as the JSON pointer in a URL fragment.
    pub pointer: String,
    pub why: String,
}

type Said<T> = Result<T, Unsayable>;

/// The version that twins say they are of.
const VERSION: &str = "3.0.3";

/// Where an identifier of a licence stands for its text.
const LICENSES: &str = "https://spdx.org/licenses";

/// The keywords of a schema that mean the same in both versions, besides those that hold schemas.
const SHARED: [&str; 23] = [
    "title",
    "description",
    "default",
    "example",
    "enum",
    "format",
    "nullable",
    "required",
    "deprecated",
    "readOnly",
    "writeOnly",
    "discriminator",
    "externalDocs",
    "xml",
    "multipleOf",
    "maximum",
    "minimum",
    "maxLength",
    "minLength",
    "pattern",
    "maxItems",
    "minItems",
    "uniqueItems",
];

/// Turns a document of OpenAPI 3.1 into one of 3.0.
pub fn to_v3_0(document: &Value) -> Said<Value> {
    let mut twin = document.clone();
    twin["openapi"] = VERSION.into();
    license(&mut twin["info"]);
    let whole = Place("#".to_owned());
    whole.lacks(&twin, &["webhooks", "jsonSchemaDialect"])?;
    whole.lacks(&twin["info"], &["summary"])?;
    if let Some(components) = twin.get_mut("components") {
        let at = whole.below("components");
        at.lacks(components, &["pathItems"])?;
        at.each(components, "schemas", schema)?;
        at.each(components, "parameters", parameter)?;
        at.each(components, "headers", parameter)?;
        at.each(components, "requestBodies", body)?;
        at.each(components, "responses", body)?;
    }
    whole.each(&mut twin, "paths", path_item)?;
    let schemas = twin["components"]["schemas"].clone();
    type_nullable(&mut twin, &schemas);
    Ok(twin)
}

/// In 3.0 `nullable` counts only beside a `type`: where a reference is nullable, what it refers to tells the type.
fn type_nullable(value: &mut Value, schemas: &Value) {
    match value {
        Value::Object(members) => {
            let is_untyped = members.get("nullable") == Some(&true.into()) && !members.contains_key("type");
            if let Some(name) = is_untyped.then(|| type_of(members, schemas)).flatten() {
                members.insert("type".to_owned(), name.into());
            }
            members.values_mut().for_each(|member| type_nullable(member, schemas));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| type_nullable(item, schemas)),
        _ => {}
    }
}

/// The one type that values of this schema have, as far as it and what it refers to tell.
fn type_of(schema: &Map<String, Value>, schemas: &Value) -> Option<String> {
    if let Some(Value::String(name)) = schema.get("type") {
        return Some(name.clone());
    }
    if let Some(Value::String(reference)) = schema.get("$ref") {
        let name = reference.strip_prefix("#/components/schemas/")?;
        return type_of(schemas.get(name)?.as_object()?, schemas);
    }
    let listed = |name| schema.get(name).and_then(Value::as_array).into_iter().flatten();
    let told = |part: &Value| type_of(part.as_object()?, schemas);
    let mut alternatives = listed("oneOf").chain(listed("anyOf")).map(told);
    listed("allOf").find_map(told).or_else(|| {
        let first = alternatives.next()??;
        alternatives.all(|other| other.as_ref() == Some(&first)).then_some(first)
    })
}

/// A place in the document, as a JSON pointer.
struct Place(String);

impl Place {
    fn below(&self, name: &str) -> Self {
        Self(format!("{}/{}", self.0, name.replace('~', "~0").replace('/', "~1")))
    }

    fn unsayable<T>(&self, why: impl Into<String>) -> Said<T> {
        Err(Unsayable { pointer: self.0.clone(), why: why.into() })
    }

    /// Refuses members that only 3.1 has.
    fn lacks(&self, value: &Value, names: &[&str]) -> Said<()> {
        match names.iter().find(|name| value.get(**name).is_some()) {
            Some(name) => self.unsayable(format!("OpenAPI 3.0 has no `{name}`")),
            None => Ok(()),
        }
    }

    /// Turns every item of the list, or every member of the object, that `value` has under that name.
    fn each(&self, value: &mut Value, name: &str, turn: fn(&Self, &mut Value) -> Said<()>) -> Said<()> {
        let at = self.below(name);
        match value.get_mut(name) {
            Some(Value::Object(members)) => {
                members.iter_mut().try_for_each(|(name, member)| turn(&at.below(name), member))
            }
            Some(Value::Array(items)) => {
                let mut items = items.iter_mut().enumerate();
                items.try_for_each(|(index, item)| turn(&at.below(&index.to_string()), item))
            }
            _ => Ok(()),
        }
    }

    /// Turns what `value` has under that name.
    fn one(&self, value: &mut Value, name: &str, turn: fn(&Self, &mut Value) -> Said<()>) -> Said<()> {
        value.get_mut(name).map_or(Ok(()), |member| turn(&self.below(name), member))
    }
}

/// A licence is named by its address, where 3.1 may name it by its identifier.
fn license(info: &mut Value) {
    let Some(license) = info.get_mut("license").and_then(Value::as_object_mut) else { return };
    if let Some(Value::String(identifier)) = license.shift_remove("identifier") {
        license.entry("url").or_insert_with(|| format!("{LICENSES}/{identifier}.html").into());
    }
}

fn path_item(at: &Place, item: &mut Value) -> Said<()> {
    at.each(item, "parameters", parameter)?;
    ["get", "put", "post", "delete", "options", "head", "patch", "trace"]
        .into_iter()
        .try_for_each(|method| at.one(item, method, operation))
}

fn operation(at: &Place, operation: &mut Value) -> Said<()> {
    at.each(operation, "parameters", parameter)?;
    at.one(operation, "requestBody", body)?;
    at.each(operation, "responses", body)?;
    at.each(operation, "callbacks", |at, callback| {
        let mut members = callback.as_object_mut().into_iter().flatten();
        members.try_for_each(|(name, item)| path_item(&at.below(name), item))
    })
}

/// A parameter or header.
fn parameter(at: &Place, parameter: &mut Value) -> Said<()> {
    plain_reference(at, parameter)?;
    at.one(parameter, "schema", schema)?;
    at.each(parameter, "content", media)
}

/// The body of a request or response.
fn body(at: &Place, body: &mut Value) -> Said<()> {
    plain_reference(at, body)?;
    at.each(body, "headers", parameter)?;
    at.each(body, "content", media)
}

fn media(at: &Place, media: &mut Value) -> Said<()> {
    at.lacks(media, &["itemSchema"])?;
    at.one(media, "schema", schema)?;
    at.each(media, "encoding", |at, encoding| at.each(encoding, "headers", parameter))
}

/// Outside of schemas nothing may stand beside a reference.
fn plain_reference(at: &Place, value: &Value) -> Said<()> {
    let has_siblings =
        value.as_object().is_some_and(|members| members.contains_key("$ref") && members.len() > 1);
    if has_siblings { at.unsayable("something stands beside a reference") } else { Ok(()) }
}

fn schema(at: &Place, schema: &mut Value) -> Said<()> {
    let Value::Object(members) = std::mem::take(schema) else {
        return at.unsayable("a schema that is no object");
    };
    let mut turned = Map::new();
    let is_bare = members.len() == 1;
    for (name, member) in members {
        match name.as_str() {
            "$ref" if is_bare => put(at, &mut turned, "$ref", member)?,
            "$ref" => put(at, &mut turned, "allOf", json!([{ "$ref": member }]))?,
            keyword => self::keyword(at, &mut turned, keyword, member)?,
        }
    }
    *schema = turned.into();
    Ok(())
}

/// Says in 3.0 what a keyword says in 3.1.
fn keyword(at: &Place, turned: &mut Map<String, Value>, name: &str, mut member: Value) -> Said<()> {
    match name {
        "type" => types(&at.below(name), turned, member),
        "oneOf" | "anyOf" | "allOf" => alternatives(&at.below(name), turned, name, member),
        "properties" => {
            let mut properties = member.as_object_mut().into_iter().flatten();
            properties.try_for_each(|(property, value)| schema(&at.below(name).below(property), value))?;
            put(at, turned, name, member)
        }
        "additionalProperties" if member.is_boolean() => put(at, turned, name, member),
        "items" | "not" | "additionalProperties" => {
            schema(&at.below(name), &mut member)?;
            put(at, turned, name, member)
        }
        "const" => put(at, turned, "enum", json!([member])),
        "exclusiveMinimum" | "exclusiveMaximum" if member.is_number() => {
            put(at, turned, if name == "exclusiveMinimum" { "minimum" } else { "maximum" }, member)?;
            put(at, turned, name, true.into())
        }
        "examples" => {
            let first =
                member.as_array_mut().filter(|examples| !examples.is_empty()).map(|all| all.swap_remove(0));
            first.map_or(Ok(()), |first| put(at, turned, "example", first))
        }
        // Names of properties are strings.
        "propertyNames" if member == json!({ "type": "string" }) => Ok(()),
        "maxProperties" | "minProperties" => put(at, turned, name, member),
        name if SHARED.contains(&name) || name.starts_with("x-") => put(at, turned, name, member),
        name => at.unsayable(format!("schemas of OpenAPI 3.0 have no `{name}`")),
    }
}

/// Says something once. What is already said in another way stays sayable if both can be true together.
fn put(at: &Place, turned: &mut Map<String, Value>, name: &str, value: Value) -> Said<()> {
    match turned.get_mut(name) {
        None => {
            turned.insert(name.to_owned(), value);
            Ok(())
        }
        Some(Value::Array(all)) if name == "allOf" => {
            all.extend(value.as_array().into_iter().flatten().cloned());
            Ok(())
        }
        Some(said) if *said == value => Ok(()),
        Some(_) => at.unsayable(format!("`{name}` would be said twice")),
    }
}

/// A list of a type and null is that type, nullable.
fn types(at: &Place, turned: &mut Map<String, Value>, types: Value) -> Said<()> {
    let all = if types.is_array() { types } else { json!([types]) };
    let (nulls, others): (Vec<Value>, Vec<Value>) =
        all.as_array().into_iter().flatten().cloned().partition(|name| *name == "null");
    let Ok([one]) = <[Value; 1]>::try_from(others) else {
        return at.unsayable("a schema of several types, or of null alone");
    };
    put(at, turned, "type", one)?;
    if nulls.is_empty() { Ok(()) } else { put(at, turned, "nullable", true.into()) }
}

/// Alternatives, one of which is null, are the others, nullable.
fn alternatives(at: &Place, turned: &mut Map<String, Value>, name: &str, member: Value) -> Said<()> {
    let Value::Array(all) = member else { return at.unsayable("no list of schemas") };
    let is_null = |schema: &Value| *schema == json!({ "type": "null" });
    let may_be_null = name != "allOf" && all.iter().any(is_null);
    let mut kept: Vec<Value> = all.into_iter().filter(|schema| !(may_be_null && is_null(schema))).collect();
    for (index, one) in kept.iter_mut().enumerate() {
        schema(&at.below(&index.to_string()), one)?;
    }
    let name = if may_be_null && kept.len() == 1 { "allOf" } else { name };
    put(at, turned, name, kept.into())?;
    if may_be_null { put(at, turned, "nullable", true.into()) } else { Ok(()) }
}
