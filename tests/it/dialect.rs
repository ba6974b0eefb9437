//! A dialect from outside of this crate: one file, and one call of the server's builder. It has a document, Swagger
//! UI, what every exchange has, and refusals in a form of its own.

use axum::{
    Json,
    extract::{Path, State},
    http::{StatusCode, request::Parts},
    response::{IntoResponse, Response},
};
use presenced::{
    api::{
        Dialect, Mounted, Refusals,
        refusal::{self, Cause, Refusal, Refused},
    },
    app::App,
    auth::{Accepts, AuthError},
    id::UserId,
    openapi, presence, refusals,
    service::{ReadError, Viewer},
    store::StoreError,
};
use reqwest::Method;
use serde::Serialize;
use serde_json::json;
use utoipa::{ToSchema, openapi::OpenApi};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::support::{ALICE, TestServer};

/// The dialect: a word for each state, and a word for each refusal.
static MORSE: Dialect = Dialect {
    prefixes: &["/morse/"],
    ..Dialect::new("morse", "Morse", document, Refusals::of::<Key>(), mount)
};

fn mount(app: &App) -> Mounted {
    let (routes, _) = operations().split_for_parts();
    MORSE.framed(app, MORSE.closed(routes)).into()
}

fn document() -> OpenApi {
    let (_, document) = operations().split_for_parts();
    openapi::finished(document, &[("Presence", "Who is there.")])
}

fn operations() -> OpenApiRouter<App> {
    let mut document = openapi::base("Morse", "Presence in dots and dashes.");
    openapi::add_schema::<Sign>(&mut document);
    OpenApiRouter::with_openapi(document).routes(routes!(read))
}

/// What is said.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({"sign": "---"}))]
struct Sign {
    #[schema(example = "---")]
    sign: String,
}

/// A refusal: a sign too.
#[derive(Clone, Debug)]
struct Key(&'static str);

impl Refusal for Key {
    fn respond(self, status: StatusCode) -> Response {
        (status, Json(Sign { sign: self.0.to_owned() })).into_response()
    }

    fn schema(_: StatusCode) -> &'static str {
        "Sign"
    }

    fn too_large(_: usize) -> refusal::TooLarge<Self> {
        Refused(Self(".-.."))
    }

    fn incomplete() -> refusal::BadRequest<Self> {
        Refused(Self("-..."))
    }

    fn unanswerable(_: String) -> refusal::BadRequest<Self> {
        Refused(Self("-..."))
    }

    fn no_path() -> refusal::NotFound<Self> {
        Refused(Self("-.--"))
    }

    fn no_method() -> refusal::MethodNotAllowed<Self> {
        Refused(Self("--"))
    }

    fn internal() -> refusal::InternalError<Self> {
        Refused(Self(".."))
    }

    fn unavailable(_: &StoreError) -> refusal::Unavailable<Self> {
        Refused(Self("..-"))
    }

    fn usual(status: StatusCode) -> (&'static str, Self) {
        match status {
            StatusCode::UNAUTHORIZED => ("There is no token, or it is not valid.", Self("-.")),
            StatusCode::NOT_FOUND => ("There is nobody of that name.", Self("-.--")),
            StatusCode::PAYLOAD_TOO_LARGE => ("The body is too large.", Self(".-..")),
            _ => ("The server cannot say.", Self("..-")),
        }
    }
}

refusals! {
    /// Why a user's presence is not told.
    enum ReadFailure: Key, from AuthError, ReadError {
        Unauthorized,
        NotFound,
        TooLarge,
        Unavailable,
    }
}

impl Cause<Key, ReadFailure> for AuthError {
    fn refuse(self) -> ReadFailure {
        refusal::Unauthorized::from(Refused(Key("-."))).into()
    }
}

impl Cause<Key, ReadFailure> for ReadError {
    fn refuse(self) -> ReadFailure {
        match self {
            Self::Store(error) => Key::unavailable(&error).into(),
            _ => Key::no_path().into(),
        }
    }
}

/// Read a user's presence.
#[utoipa::path(
    get, path = "/morse/{name}", operation_id = "readMorse", tag = "Presence", security(),
    params(("name" = String, Path, description = "The user's name.", example = "alice")),
    responses((status = 200, description = "Dashes for who is there, dots for who is not.", body = Sign), ReadFailure),
)]
async fn read(
    State(app): State<App>,
    Path(name): Path<String>,
    parts: Parts,
) -> Result<Json<Sign>, ReadFailure> {
    let caller = app.auth.identify(&parts, Accepts::default()).await?.caller()?;
    let user: UserId = format!("@{name}:example.com").parse().map_err(|_| Key::no_path())?;
    let seen = app.service.get(Viewer::User(&caller.user), &user, app.service.now()).await?;
    let sign = if seen.state == presence::State::Offline { "..." } else { "---" };
    Ok(Json(Sign { sign: sign.to_owned() }))
}

#[tokio::test]
async fn a_dialect_from_outside() {
    let server = TestServer::start_speaking(&MORSE).await;
    let ask = async |method: Method, path: &str, token: &str| {
        let answer = server.call(method, path).token(token).send_undocumented().await;
        assert_eq!(answer.header("cache-control"), "no-cache, no-store, must-revalidate");
        assert_eq!(answer.header("access-control-allow-origin"), "*");
        answer.line()
    };
    server.set_presence("demo-alice", ALICE, json!({"presence": "online"})).await;
    let answers = [
        ask(Method::GET, "/morse/alice", "demo-bob").await,
        ask(Method::GET, "/morse/bob", "demo-bob").await,
        ask(Method::GET, "/morse/carol", "demo-bob").await,
        ask(Method::GET, "/morse/alice", "nobody").await,
        ask(Method::GET, "/morse/a/b", "demo-bob").await,
        ask(Method::DELETE, "/morse/alice", "demo-bob").await,
        ask(Method::GET, "//morse/alice", "demo-bob").await,
    ];
    insta::assert_snapshot!(answers.join("\n"), @r#"
    200 {"sign":"---"}
    200 {"sign":"..."}
    404 {"sign":"-.--"}
    401 {"sign":"-."}
    404 {"sign":"-.--"}
    405 {"sign":"--"}
    404 {"sign":"-.--"}
    "#);

    let page = server.call(Method::GET, "/swagger-ui/swagger-initializer.js").send_undocumented().await;
    assert!(page.text.contains("morse.json"), "{}", page.text);
    let document = server.call(Method::GET, "/openapi/morse.json").send_undocumented().await.json();
    let statuses = document["paths"]["/morse/{name}"]["get"]["responses"].as_object().expect("responses");
    assert_eq!(statuses.keys().collect::<Vec<_>>(), ["200", "401", "404", "413", "503"]);
}
