//! A dialect from outside of this crate, with a document, Swagger UI, the frame, and refusals in a form of its own.

mod section;

use axum::{
    Json,
    extract::{Path, State},
    http::{StatusCode, request::Parts},
    response::{IntoResponse, Response},
};
use presenced::{
    api::{
        Dialect, Mounted, Refusals,
        refusal::{self, Cause, Refusal},
    },
    app::App,
    auth::{Accepts, AuthError},
    id::UserId,
    openapi, presence, refusals,
    service::{ReadError, Viewer},
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
    ..Dialect::new("morse", "Morse", document, Refusals::of::<Sign>(), mount)
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

/// What is said of presence, and what is said when something is refused.
#[derive(Clone, Debug, Serialize, ToSchema)]
struct Sign {
    #[schema(example = "---")]
    sign: &'static str,
}

impl Refusal for Sign {
    fn respond(self, status: StatusCode) -> Response {
        (status, Json(self)).into_response()
    }

    fn schema(_: StatusCode) -> &'static str {
        "Sign"
    }

    fn usual(status: StatusCode) -> (&'static str, Self) {
        match status {
            StatusCode::UNAUTHORIZED => ("There is no token, or it is not valid.", Self { sign: "-." }),
            StatusCode::NOT_FOUND => ("There is nothing of that name.", Self { sign: "-.--" }),
            StatusCode::METHOD_NOT_ALLOWED => ("This is not done.", Self { sign: "--" }),
            StatusCode::PAYLOAD_TOO_LARGE => ("The body is too large.", Self { sign: ".-.." }),
            _ => ("The server cannot say.", Self { sign: "..-" }),
        }
    }
}

refusals! {
    /// Why a user's presence is not told.
    enum ReadFailure: Sign, from AuthError, ReadError {
        Unauthorized,
        NotFound,
        TooLarge,
        Unavailable,
    }
}

impl Cause<Sign, ReadFailure> for AuthError {
    fn refuse(self) -> ReadFailure {
        refusal::Unauthorized::usual().into()
    }
}

impl Cause<Sign, ReadFailure> for ReadError {
    fn refuse(self) -> ReadFailure {
        match self {
            Self::Store(error) => Sign::unavailable(&error).into(),
            _ => Sign::no_path().into(),
        }
    }
}

/// Read a user's presence.
#[utoipa::path(
    get, path = "/morse/users/{name}", operation_id = "readMorse", tag = "Presence", security(),
    params(("name" = String, Path, description = "The user's name.", example = "alice")),
    responses((status = 200, description = "Dashes for present, dots for away.", body = Sign), ReadFailure),
)]
async fn read(
    State(app): State<App>,
    Path(name): Path<String>,
    parts: Parts,
) -> Result<Json<Sign>, ReadFailure> {
    let caller = app.auth.identify(&parts, Accepts::default()).await?.caller()?;
    let user: UserId = format!("@{name}:example.com").parse().map_err(|_| Sign::no_path())?;
    let seen = app.service.get(Viewer::User(&caller.user), &user, app.service.now()).await?;
    Ok(Json(Sign { sign: if seen.state == presence::State::Offline { "..." } else { "---" } }))
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
        ask(Method::GET, "/morse/users/alice", "demo-bob").await,
        ask(Method::GET, "/morse/users/carol", "demo-bob").await,
        ask(Method::GET, "/morse/users/alice", "nobody").await,
        ask(Method::DELETE, "/morse/users/alice", "demo-bob").await,
        ask(Method::GET, "//morse/users/alice", "demo-bob").await,
    ];
    insta::assert_snapshot!(answers.join("\n"), @r#"
    200 {"sign":"---"}
    404 {"sign":"-.--"}
    401 {"sign":"-."}
    405 {"sign":"--"}
    404 {"sign":"-.--"}
    "#);
    let page = server.call(Method::GET, "/swagger-ui/swagger-initializer.js").send_undocumented().await;
    assert!(page.text.contains("morse.json"), "{}", page.text);
    let document = server.call(Method::GET, "/openapi/morse.json").send_undocumented().await.json();
    let responses = document.pointer("/paths/~1morse~1users~1{name}/get/responses").expect("responses");
    let statuses: Vec<&String> = responses.as_object().into_iter().flat_map(|all| all.keys()).collect();
    assert_eq!(statuses, ["200", "401", "404", "413", "503"]);
}
