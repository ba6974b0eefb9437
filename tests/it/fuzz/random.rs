//! Requests that somebody could send, and some that nobody should: each is made from a seed and its number, and from
//! names that were heard in answers before.

use std::fmt;

use fastrand::Rng;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value, json};

use super::operations::{Operation, Parameter, text};

/// A request as it is sent.
#[derive(Clone, Debug)]
pub(super) struct Request {
    pub(super) method: String,
    /// With its query.
    pub(super) target: String,
    pub(super) headers: Vec<(&'static str, Vec<u8>)>,
    pub(super) body: Vec<u8>,
    /// Whether the answer may not end.
    pub(super) streams: bool,
    /// Whether a refusal is asked for, be it the server's own fault.
    pub(super) prefers: bool,
    /// Whether it goes over a socket, where it can.
    pub(super) on_socket: bool,
}

/// As a command of the shell.
impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "curl -i -X {}", self.method)?;
        for (name, value) in &self.headers {
            write!(f, " -H $'{name}: {}'", value.escape_ascii())?;
        }
        let body = &self.body[..self.body.len().min(4_000)];
        if !body.is_empty() {
            write!(f, " --data-binary $'{}'", body.escape_ascii())?;
        }
        write!(f, " $'http://127.0.0.1:8008{}'", self.target.escape_default())?;
        if self.on_socket { write!(f, "    # over a socket") } else { Ok(()) }
    }
}

/// Who calls.
const TOKENS: [&str; 8] = [
    "demo-alice",
    "demo-alice",
    "demo-alice-2",
    "demo-bob",
    "demo-bob-2",
    "demo-carol",
    "demo-admin",
    "nonsense",
];

/// Names of what is there, and of what is not.
const NAMES: [&str; 20] = [
    "@alice:example.com",
    "@bob:example.com",
    "@carol:example.com",
    "@dave:example.com",
    "@BOB",
    "@:example.com",
    "@alice",
    "!lobby:example.com",
    "!other:example.com",
    "me",
    "~",
    "1",
    "2",
    "101",
    "1,2",
    "DEMO",
    "c1",
    "e30",
    "online",
    "x",
];

/// Texts that are seldom thought of.
const ODD: [&str; 16] = [
    "",
    " ",
    "\0",
    "\u{feff}",
    "ÄÖÜ 𝕏 \u{202e}",
    "..",
    "../../etc/passwd",
    "%2e%2e%2f",
    "%ff",
    "%",
    "*",
    "null",
    "true",
    "' or 1=1 --",
    "<script>",
    "a\r\nx: y",
];

/// Where numbers end.
const NUMBERS: [&str; 16] = [
    "0",
    "-1",
    "1.5",
    "1e308",
    "1e999",
    "-0",
    "2147483647",
    "2147483648",
    "4294967296",
    "9007199254740993",
    "9223372036854775807",
    "9223372036854775808",
    "18446744073709551615",
    "18446744073709551616",
    "01",
    "+1",
];

/// Of a larger body the server does not wait for the end, and a client that still sends may not see the answer.
const MOST_BYTES: usize = 1_000_000;

/// Pages beside the documents' operations.
const PAGES: [&str; 12] = [
    "/",
    "/openapi",
    "/openapi/",
    "/openapi/matrix.json",
    "/openapi/presenced-3.0.yaml",
    "/swagger-ui/",
    "/swagger-ui/swagger-initializer.js",
    "/llms.txt",
    "/metrics",
    "/live",
    "/sdk/presenced.js",
    "/nowhere",
];

/// The paths of operations that are there over sockets too, but for the one that opens them.
const ON_SOCKETS: &str = "/restapi/v1.0/";

/// The requests of one number.
pub(super) struct Requests<'a> {
    rng: Rng,
    operations: &'a [Operation],
}

impl<'a> Requests<'a> {
    pub(super) fn new(seed: u64, number: u64, operations: &'a [Operation]) -> Self {
        // Far apart, so that neighbours have nothing in common.
        let rng = Rng::with_seed(
            seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ number.wrapping_mul(0xd1b5_4a32_d192_ed03),
        );
        Self { rng, operations }
    }

    /// The request, which may have names that were heard.
    pub(super) fn next(mut self, heard: &[String]) -> Request {
        if self.one_in(50) {
            return self.page();
        }
        let operation = &self.operations[self.rng.usize(..self.operations.len())];
        let mut headers = self.headers(operation);
        let body = self.body(operation, heard, &mut headers);
        let prefers = self.prefer(operation, &mut headers);
        let method = if self.one_in(30) {
            self.one_of(&["GET", "PUT", "POST", "DELETE", "HEAD", "PATCH", "OPTIONS", "TRACE"])
        } else {
            &operation.method
        };
        Request {
            method: method.to_owned(),
            target: self.target(operation, heard, &mut headers),
            headers,
            body,
            streams: operation.streams,
            prefers,
            on_socket: operation.path.starts_with(ON_SOCKETS)
                && !operation.path.ends_with("/ws")
                && self.one_in(3),
        }
    }

    fn one_in(&mut self, count: u32) -> bool {
        self.rng.u32(..count) == 0
    }

    fn one_of<'t>(&mut self, of: &[&'t str]) -> &'t str {
        of[self.rng.usize(..of.len())]
    }

    /// A page, or what is beside one.
    fn page(&mut self) -> Request {
        let mut target = self.one_of(&PAGES).to_owned();
        if self.one_in(3) {
            target += &format!("/{}", encoded(self.one_of(&ODD)));
        }
        let headers = vec![("accept", b"text/html".to_vec()), ("if-none-match", b"\"x\"".to_vec())];
        let method = self.one_of(&["GET", "GET", "HEAD", "POST", "OPTIONS"]).to_owned();
        let on_socket = false;
        Request { method, target, headers, body: Vec::new(), streams: false, prefers: false, on_socket }
    }

    fn target(
        &mut self,
        operation: &Operation,
        heard: &[String],
        headers: &mut Vec<(&'static str, Vec<u8>)>,
    ) -> String {
        let (mut path, mut query) = (operation.path.clone(), Vec::new());
        for parameter in &operation.parameters {
            let value = self.value(parameter, heard);
            match parameter.place.as_str() {
                "path" => path = path.replace(&format!("{{{}}}", parameter.name), &self.raw_at_times(&value)),
                "query" if self.one_in(2) => {
                    query.push(format!("{}={}", parameter.name, self.raw_at_times(&value)))
                }
                "header" if self.one_in(2) => headers.push(("last-event-id", value.into_bytes())),
                _ => {}
            }
        }
        if self.one_in(20) {
            let (name, value) = (self.one_of(&NAMES), self.odd());
            query.push(format!("{}={}", encoded(name), encoded(&value)));
        }
        if self.one_in(40) {
            query.push(format!("access_token={}", self.one_of(&TOKENS)));
        }
        if self.one_in(60) {
            path = self.broken_path(path);
        }
        if query.is_empty() { path } else { format!("{path}?{}", query.join("&")) }
    }

    fn raw_at_times(&mut self, value: &str) -> String {
        let is_plain = value.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"<>\\^`{|}#?".contains(&byte));
        if is_plain && self.one_in(2) { value.to_owned() } else { encoded(value) }
    }

    fn broken_path(&mut self, path: String) -> String {
        match self.rng.u8(..4) {
            0 => path + "/",
            1 => format!("/{path}"),
            2 => path[..self.rng.usize(1..=path.len())].to_owned(),
            _ => path.replacen('/', "//", 2),
        }
    }

    fn value(&mut self, parameter: &Parameter, heard: &[String]) -> String {
        let given = match &parameter.sample {
            Value::Array(items) => items.iter().map(text).collect::<Vec<_>>().join(","),
            sample => text(sample),
        };
        match self.rng.u8(..20) {
            0..9 => given,
            9..14 => self.one_of(&NAMES).to_owned(),
            14..17 => self.heard(heard).unwrap_or(given),
            17 => self.one_of(&NUMBERS).to_owned(),
            _ => self.odd(),
        }
    }

    /// A name from an earlier answer.
    fn heard(&mut self, heard: &[String]) -> Option<String> {
        // As many numbers are drawn, whatever was heard.
        let place = self.rng.usize(..1 << 20);
        heard.get(place.checked_rem(heard.len())?).cloned()
    }

    fn odd(&mut self) -> String {
        match self.rng.u8(..8) {
            0 => "x".repeat(self.rng.usize(..3_000)),
            1 => (0..self.rng.usize(..12)).map(|_| self.rng.char(..)).collect(),
            2 => self.one_of(&NUMBERS).to_owned(),
            3 => format!("@{}:example.com", "u".repeat(self.rng.usize(..300))),
            _ => self.one_of(&ODD).to_owned(),
        }
    }

    fn headers(&mut self, operation: &Operation) -> Vec<(&'static str, Vec<u8>)> {
        let mut headers = Vec::new();
        let usual = if operation.dialect == "presenced" { "demo-admin" } else { "demo-alice" };
        let token = if self.one_in(2) { usual } else { self.one_of(&TOKENS) };
        match self.rng.u8(..30) {
            0 => {}
            1 => headers
                .push(("authorization", (0..self.rng.usize(..20)).map(|_| self.rng.u8(0x80..)).collect())),
            2 => headers.push(("authorization", b"Basic ZGVzazpzZWNyZXQ=".to_vec())),
            3 => headers.extend(
                [token, "demo-bob"].map(|token| ("authorization", format!("Bearer {token}").into_bytes())),
            ),
            _ => headers.push(("authorization", format!("Bearer {token}").into_bytes())),
        }
        for (name, values) in [
            (
                "accept",
                &["application/vnd.ringcentral.multipart+json", "text/html", "*/*;q=x", "image/png"][..],
            ),
            ("origin", &["https://app.example.com", "null", "\u{fc}"][..]),
            ("access-control-request-headers", &["authorization", "x\u{1}y"][..]),
            ("x-forwarded-for", &["1.2.3.4", "x, ,,"][..]),
            ("x-request-id", &["mine", "not mine"][..]),
            ("traceparent", &["00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "00-"][..]),
            ("if-none-match", &["*"][..]),
            ("accept-language", &["xx-XX-xx"][..]),
        ] {
            if self.one_in(15) {
                headers.push((name, self.one_of(values).as_bytes().to_vec()));
            }
        }
        headers
    }

    /// Asks for an answer that the document has.
    fn prefer(&mut self, operation: &Operation, headers: &mut Vec<(&'static str, Vec<u8>)>) -> bool {
        let place = self.rng.usize(..operation.statuses.len());
        let prefers = self.one_in(40);
        if prefers {
            headers.push(("prefer", format!("code={}", operation.statuses[place]).into_bytes()));
        }
        prefers
    }

    fn body(
        &mut self,
        operation: &Operation,
        heard: &[String],
        headers: &mut Vec<(&'static str, Vec<u8>)>,
    ) -> Vec<u8> {
        if operation.bodies.is_empty() {
            return if self.one_in(10) { b"{\"presence\":\"online\"}".to_vec() } else { Vec::new() };
        }
        let (media, sample) = &operation.bodies[self.rng.usize(..operation.bodies.len())];
        let media = if self.one_in(15) {
            self.one_of(&[
                "text/plain",
                "application/json; charset=utf-16",
                "multipart/form-data; boundary=x",
                "/",
                "application/x-www-form-urlencoded",
            ])
        } else {
            media
        };
        if !self.one_in(20) {
            headers.push(("content-type", media.as_bytes().to_vec()));
        }
        let mut body = sample.clone();
        for _ in 0..self.rng.usize(..4) {
            self.change(&mut body, heard);
        }
        let mut bytes = if media.contains("form") { form(&body) } else { body.to_string() }.into_bytes();
        if self.one_in(8) {
            self.damage(&mut bytes);
        }
        bytes.truncate(MOST_BYTES);
        bytes
    }

    /// Changes one place of a body.
    fn change(&mut self, body: &mut Value, heard: &[String]) {
        match body {
            Value::Object(members) if !members.is_empty() && !self.one_in(8) => {
                let name = members.keys().nth(self.rng.usize(..members.len())).cloned().unwrap_or_default();
                match self.rng.u8(..8) {
                    0 => drop(members.remove(&name)),
                    1 => drop(members.insert(self.odd(), json!(1))),
                    _ => self.change(&mut members[&name], heard),
                }
            }
            Value::Array(items) if !items.is_empty() && !self.one_in(8) => {
                let place = self.rng.usize(..items.len());
                match self.rng.u8(..8) {
                    0 => drop(items.remove(place)),
                    1 => items.resize(self.rng.usize(..1_200), items[place].clone()),
                    2 => items.push(items[place].clone()),
                    _ => self.change(&mut items[place], heard),
                }
            }
            value => *value = self.other(value, heard),
        }
    }

    fn other(&mut self, value: &Value, heard: &[String]) -> Value {
        let number = |text: &str| serde_json::from_str(text).unwrap_or(Value::Null);
        match self.rng.u8(..14) {
            0 => Value::Null,
            1 => json!(self.rng.bool()),
            2 => json!([value]),
            3 => json!({"x": value}),
            4 => (0..self.rng.usize(..200)).fold(value.clone(), |inner, _| json!([inner])),
            5 => json!([]),
            6 => Value::Object(Map::new()),
            7 | 8 => number(self.one_of(&NUMBERS)),
            9 => self.heard(heard).map_or(Value::Null, Value::from),
            10 => json!("y".repeat(self.rng.usize(..70_000))),
            11 | 12 => json!(self.one_of(&NAMES)),
            _ => json!(self.odd()),
        }
    }

    fn damage(&mut self, bytes: &mut Vec<u8>) {
        for _ in 0..=self.rng.usize(..3) {
            let Some(place) = self.rng.usize(..1 << 20).checked_rem(bytes.len()) else { return };
            match self.rng.u8(..4) {
                0 => bytes.truncate(place),
                1 => bytes.insert(place, self.rng.u8(..)),
                2 => bytes[place] ^= 1 << self.rng.u8(..8),
                _ => drop(bytes.drain(..place)),
            }
        }
    }
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

/// The members of an object as a form.
fn form(body: &Value) -> String {
    let members = body.as_object().into_iter().flatten();
    let pairs = members.map(|(name, value)| format!("{}={}", encoded(name), encoded(&text(value))));
    pairs.collect::<Vec<_>>().join("&")
}
