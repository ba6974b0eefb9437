//! Answers on demand: in the demo a header `Prefer` asks for any answer that the document has, so that a client's
//! author sees how it takes a refusal that is hard to come by.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    body::Body,
    extract::{MatchedPath, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, header},
    middleware::{self, Next},
    response::Response,
};
use serde_json::{Map, Value};

use super::{
    Dialect,
    documents::{self, Lazy},
};
use crate::app::App;

const PREFER: HeaderName = HeaderName::from_static("prefer");
const APPLIED: HeaderName = HeaderName::from_static("preference-applied");

/// The longest delay that may be asked for, in seconds.
const LONGEST_DELAY: u64 = 30;

/// The one status that is no answer by itself.
const SWITCHING: &str = "101";

/// Marks an answer to a header `Prefer`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OnDemand {
    /// It is the one that was asked for.
    Given,
    /// There is none such.
    Refused,
}

struct Faults {
    app: App,
    document: Lazy<Value>,
    /// The paths below which its operations are served.
    bases: &'static [&'static str],
    unanswerable: fn(String) -> Response,
}

/// Lets a dialect's routes answer on demand, if this is a demo.
pub(super) fn on_demand(app: &App, dialect: &'static Dialect, routes: Router) -> Router {
    if !app.config.demo {
        return routes;
    }
    let document = documents::served(app, dialect);
    let unanswerable = dialect.refusals.unanswerable;
    let faults = Arc::new(Faults { app: app.clone(), document, bases: dialect.bases, unanswerable });
    routes.layer(middleware::from_fn_with_state(faults, answer))
}

async fn answer(State(faults): State<Arc<Faults>>, request: Request, next: Next) -> Response {
    if !request.headers().contains_key(PREFER) {
        return next.run(request).await;
    }
    let answered = Preferred::of(request.headers())
        .and_then(|preferred| Ok((faults.answer(&request, &preferred)?, preferred)));
    let (answer, preferred) = match answered {
        Ok(answered) => answered,
        Err(why) => {
            let mut refusal = (faults.unanswerable)(why);
            refusal.extensions_mut().insert(OnDemand::Refused);
            return refusal;
        }
    };
    if let Some(delay) = preferred.delay {
        faults.app.alarms.until(faults.app.clock.now() + delay).await;
    }
    match answer {
        Some(answer) => answer,
        None => next.run(request).await,
    }
}

/// What a request prefers.
#[derive(Debug, Default)]
struct Preferred {
    code: Option<String>,
    example: Option<String>,
    delay: Option<Duration>,
}

impl Preferred {
    /// Reads what is meant for the demo; other preferences (RFC 7240) are none of its business.
    fn of(headers: &HeaderMap) -> Result<Self, String> {
        let mut preferred = Self::default();
        let lines = headers.get_all(PREFER).iter().filter_map(|line| line.to_str().ok());
        for preference in lines.flat_map(|line| line.split(',')) {
            let preference = preference.split(';').next().unwrap_or_default();
            let Some((name, value)) = preference.split_once('=') else { continue };
            let value = value.trim().trim_matches('"');
            match name.trim().to_ascii_lowercase().as_str() {
                "code" => preferred.code = Some(value.to_owned()),
                "example" => preferred.example = Some(value.to_owned()),
                "delay" => preferred.delay = Some(delay(value)?),
                _ => {}
            }
        }
        Ok(preferred)
    }
}

fn delay(value: &str) -> Result<Duration, String> {
    let seconds = value.parse().ok().filter(|seconds| *seconds <= LONGEST_DELAY);
    let seconds =
        seconds.ok_or_else(|| format!("Prefer: delay={value}: has to be from 0 to {LONGEST_DELAY}"))?;
    Ok(Duration::from_secs(seconds))
}

impl Faults {
    /// The answer that is asked for, if one is, and if the request is for an operation.
    fn answer(&self, request: &Request, preferred: &Preferred) -> Result<Option<Response>, String> {
        if preferred.code.is_none() && preferred.example.is_none() {
            return Ok(None);
        }
        let Some(operation) = self.operation(request) else { return Ok(None) };
        let (status, documented) = chosen(operation, preferred)?;
        let (media_type, body) = self.body(documented, preferred, request.headers())?;
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = status.parse().map_err(|_| format!("{status} is no status"))?;
        let headers = documented["headers"].as_object().into_iter().flatten().filter_map(|(name, header)| {
            let header = self.resolved(header);
            let value = header.get("example").cloned().or_else(|| self.sample(&header["schema"]))?;
            Some((HeaderName::try_from(name).ok()?, HeaderValue::try_from(plain(&value)).ok()?))
        });
        response.headers_mut().extend(headers);
        if let Some(media_type) = media_type.and_then(|name| HeaderValue::try_from(name).ok()) {
            response.headers_mut().insert(header::CONTENT_TYPE, media_type);
        }
        let applied = HeaderValue::try_from(format!("code={status}")).map_err(|error| error.to_string())?;
        response.headers_mut().insert(APPLIED, applied);
        response.extensions_mut().insert(OnDemand::Given);
        Ok(Some(response))
    }

    fn operation(&self, request: &Request) -> Option<&Value> {
        let route = request.extensions().get::<MatchedPath>()?.as_str();
        let method = match *request.method() {
            Method::HEAD => "get".to_owned(),
            ref method => method.as_str().to_lowercase(),
        };
        let mut paths = self.bases.iter().filter_map(|base| route.strip_prefix(base));
        paths.find_map(|path| self.document["paths"].get(path)?.get(&method))
    }

    /// The media type and the body of a documented answer.
    fn body<'a>(
        &self,
        documented: &'a Value,
        preferred: &Preferred,
        headers: &HeaderMap,
    ) -> Result<(Option<&'a str>, String), String> {
        let Some(content) = documented["content"].as_object() else { return Ok((None, String::new())) };
        let accepted =
            headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
        let media = content.iter().find(|(name, _)| accepted.contains(name.as_str()));
        let Some((name, media)) = media.or_else(|| content.iter().next()) else {
            return Ok((None, String::new()));
        };
        let example = example(media, preferred.example.as_deref())?;
        let value = example.cloned().or_else(|| self.sample(&media["schema"])).unwrap_or_default();
        let is_json = name.ends_with("json") && !name.ends_with("ndjson");
        let text = if is_json { value.to_string() } else { plain(&value) };
        Ok((Some(name), text))
    }

    /// What stands there, or where it refers to.
    fn resolved<'a>(&'a self, value: &'a Value) -> &'a Value {
        let reference =
            value.get("$ref").and_then(Value::as_str).and_then(|reference| reference.strip_prefix('#'));
        reference
            .and_then(|pointer| self.document.pointer(pointer))
            .map_or(value, |target| self.resolved(target))
    }

    /// A value that a schema allows, of its examples as far as it has some.
    fn sample(&self, schema: &Value) -> Option<Value> {
        let schema = self.resolved(schema);
        let stated =
            schema.get("example").or_else(|| schema.pointer("/examples/0")).or_else(|| schema.get("default"));
        if let Some(value) = stated.or_else(|| schema.pointer("/enum/0")) {
            return Some(value.clone());
        }
        if let Some(parts) = schema.get("allOf").and_then(Value::as_array) {
            let objects = parts.iter().filter_map(|part| self.sample(part)?.as_object().cloned());
            return Some(Value::Object(objects.flatten().collect()));
        }
        if let Some(first) = schema.pointer("/oneOf/0").or_else(|| schema.pointer("/anyOf/0")) {
            return self.sample(first);
        }
        match schema.get("type").and_then(Value::as_str)? {
            "object" => {
                let properties = schema["properties"].as_object().into_iter().flatten();
                let sampled =
                    properties.filter_map(|(name, property)| Some((name.clone(), self.sample(property)?)));
                Some(Value::Object(sampled.collect::<Map<_, _>>()))
            }
            "array" => Some(self.sample(&schema["items"]).into_iter().collect()),
            "integer" | "number" => Some(schema.get("minimum").cloned().unwrap_or_else(|| 1.into())),
            "boolean" => Some(true.into()),
            "string" => Some("string".into()),
            _ => None,
        }
    }
}

/// The documented answer that is asked for, and its status.
fn chosen<'a>(operation: &'a Value, preferred: &Preferred) -> Result<(&'a str, &'a Value), String> {
    let answers = || {
        let all = operation["responses"].as_object().into_iter().flatten();
        all.map(|(status, answer)| (status.as_str(), answer)).filter(|(status, _)| *status != SWITCHING)
    };
    let id = operation["operationId"].as_str().unwrap_or_default();
    if let Some(code) = &preferred.code {
        return answers().find(|(status, _)| status == code).ok_or_else(|| {
            let known: Vec<&str> = answers().map(|(status, _)| status).collect();
            format!("Prefer: code={code}: {id} has no such answer; it has: {}", known.join(", "))
        });
    }
    let name = preferred.example.as_deref().unwrap_or_default();
    answers().find(|(_, answer)| names(answer).any(|known| known == name)).ok_or_else(|| {
        let mut known: Vec<&str> = answers().flat_map(|(_, answer)| names(answer)).collect();
        known.dedup();
        format!("Prefer: example={name}: {id} has no such example; it has: {}", known.join(", "))
    })
}

/// The names of the examples that an answer has.
fn names(answer: &Value) -> impl Iterator<Item = &str> {
    let media = answer["content"].as_object().into_iter().flatten();
    media
        .flat_map(|(_, media)| media["examples"].as_object().into_iter().flatten())
        .map(|(name, _)| name.as_str())
}

/// The example of that name, or the one that stands for all.
fn example<'a>(media: &'a Value, name: Option<&str>) -> Result<Option<&'a Value>, String> {
    let named = media.get("examples").and_then(Value::as_object);
    if let Some(name) = name {
        let known =
            || named.into_iter().flatten().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", ");
        let found = named.and_then(|all| all.get(name));
        let found = found.ok_or_else(|| format!("Prefer: example={name}: it has: {}", known()))?;
        return Ok(found.get("value"));
    }
    let one = named.and_then(|all| all.get("ok").or_else(|| all.values().next()));
    Ok(one.and_then(|example| example.get("value")).or_else(|| media.get("example")))
}

/// A text as it is, anything else as JSON.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
