//! Calls every presence operation of the four documents, and what an application signs its users in with, through the stubs that are generated from them, against a demo
//! whose address is the argument. Each succeeds, is refused as its document says, and is refused otherwise as the header
//! Prefer asks for.

mod matrix;
mod pnut;
mod presenced;
mod ringcentral;

use reqwest::header::HeaderMap;
use serde_json::Value;

pub const ALICE: &str = "@alice:example.com";
pub const BOB: &str = "@bob:example.com";
pub const CAROL: &str = "@carol:example.com";
pub const SALES: &str = "@sales:example.com";
pub const NOBODY: &str = "@nobody:example.com";
pub const LOBBY: &str = "!lobby:example.com";
pub const NO_ROOM: &str = "!nobody:example.com";

/// As an argument: the operation has none that could be wrong, but for the token.
pub const STRANGER: &str = "stranger";
/// As an argument: the answer is a stream, which these stubs do not read: it is refused alone.
pub const STREAM: &str = "";

/// A refusal: its status, its body, and whether the stubs have a type for it.
#[derive(Debug)]
pub struct Refusal {
    pub status: u16,
    pub body: Value,
    pub is_typed: bool,
}

/// None of these crates knows the error of another.
#[macro_export]
macro_rules! outcome {
    ($stubs:ident) => {
        fn outcome<T, E: std::fmt::Debug>(result: Result<T, $stubs::apis::Error<E>>) -> Result<(), $crate::Refusal> {
            match result {
                Ok(_) => Ok(()),
                Err($stubs::apis::Error::ResponseError(refused)) => Err($crate::Refusal {
                    status: refused.status.as_u16(),
                    body: serde_json::from_str(&refused.content).expect("JSON"),
                    is_typed: refused.entity.is_some_and(|entity| !format!("{entity:?}").starts_with("UnknownValue")),
                }),
                Err(error) => panic!("{error}"),
            }
        }
    };
}

/// A client that sends the header, if there is something to prefer.
pub fn client(prefer: Option<&str>) -> reqwest::Client {
    let headers = prefer.map(|wish| ("prefer".parse().expect("a name"), wish.parse().expect("a value")));
    let headers: HeaderMap = headers.into_iter().collect();
    reqwest::Client::builder().no_proxy().default_headers(headers).build().expect("a client")
}

/// The stubs of a document, whose configuration is `C`.
pub struct Dialect<C> {
    /// With a token and what is preferred.
    pub open: fn(&str, &str, Option<&str>) -> C,
    /// Whether a body is an error as the document has it.
    pub reads: fn(&Value, u16) -> bool,
    pub base: String,
}

impl<C> Dialect<C> {
    pub fn by(&self, token: &str) -> C {
        (self.open)(&self.base, token, None)
    }

    /// Tries an operation with an argument that is right and one that is refused; another status is asked for.
    pub async fn attempt(
        &self,
        name: &str,
        call: impl AsyncFn(C, &'static str) -> Result<(), Refusal>,
        [good, bad]: [&'static str; 2],
        [refused, preferred]: [u16; 2],
    ) {
        if good != STREAM {
            call(self.by("demo-alice"), good).await.unwrap_or_else(|refusal| panic!("{name}: {refusal:?}"));
        }
        let token = if bad == STRANGER { STRANGER } else { "demo-alice" };
        let preferring = (self.open)(&self.base, "demo-alice", Some(&format!("code={preferred}")));
        for (by, argument, status) in [(self.by(token), bad, refused), (preferring, good, preferred)] {
            let refusal = call(by, argument).await.expect_err(name);
            assert_eq!(refusal.status, status, "{name}: {refusal:?}");
            assert!(refusal.is_typed && (self.reads)(&refusal.body, status), "{name}: {refusal:?}");
        }
        println!("{name}: {refused}, {preferred}");
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let base = std::env::args().nth(1).expect("the demo's address");
    let base = base.trim_end_matches('/');
    presenced::prepare(base).await;
    matrix::attempt(base).await;
    pnut::attempt(base).await;
    ringcentral::attempt(base).await;
    presenced::attempt(base).await;
}
