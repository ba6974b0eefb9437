//! `/restapi/oauth/authorize`: where an application sends a user's browser, and gets it back with a code.
//! Source: RFC 6749, section 4.1, and RFC 7636; RingCentral's developer guide, "Authorization code flow".

use std::convert::Infallible;

use axum::{
    body::Body,
    extract::{FromRequest, Request, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use url::Url;

use super::{
    app_of,
    codes::{self, Allowed},
    numbered,
    page::{self, Choice, Question},
    read_form,
};
use crate::{
    api::{
        body::BodyError,
        refusal::Refusal as _,
        ringcentral::{config::RingCentral, error::RestRefusal, info::OpenError, types::AuthorizationAnswer},
    },
    app::App,
    directory::{Holder, Scope, Scopes, User},
    id::DeviceId,
    presence::Timestamp,
    store::StoreError,
};

/// How many users the page of a server offers that lets its visitor log in as any user.
const OFFERED: usize = 20;

/// Schemes that lead to no application.
const NO_APPLICATION: [&str; 7] = ["about", "blob", "data", "file", "filesystem", "javascript", "vbscript"];

/// The parameters of the question, which go with the answer.
const CARRIED: [&str; 6] =
    ["response_type", "client_id", "redirect_uri", "state", "code_challenge", "code_challenge_method"];

/// What comes with a request, in the query or in a form.
pub(in crate::api::ringcentral) struct Fields(Vec<(String, String)>);

/// The same, if it arrived in full.
pub(in crate::api::ringcentral) struct Sent(Result<Fields, BodyError>);

impl FromRequest<App> for Sent {
    type Rejection = Infallible;

    async fn from_request(request: Request, app: &App) -> Result<Self, Infallible> {
        let (parts, body): (_, Body) = request.into_parts();
        Ok(Self(read_form(app, &parts, body).await.map(Fields)))
    }
}

impl Sent {
    /// What was sent; none if it did not arrive in full.
    fn fields(self) -> Result<Option<Fields>, OpenError> {
        match self.0 {
            Ok(fields) => Ok(Some(fields)),
            Err(BodyError::Incomplete) => Ok(None),
            Err(BodyError::TooLarge { limit }) => Err(RestRefusal::too_large(limit).into()),
        }
    }
}

impl Fields {
    fn get(&self, name: &str) -> Option<&str> {
        let field = self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        field.filter(|value| !value.is_empty())
    }
}

/// A question that can be asked: by an application that is known, with a way back to it.
struct Asked<'a> {
    fields: &'a Fields,
    app_id: DeviceId,
    back: Url,
    challenge: Option<[u8; 32]>,
}

/// Why there is nothing to ask.
enum Refused {
    /// There is no address to send the user back to. The user is told why.
    Here(&'static str),
    /// The application is told why.
    Back { to: Url, error: &'static str, why: &'static str },
}

impl<'a> Asked<'a> {
    fn new(app: &App, fields: &'a Fields) -> Result<Self, Refused> {
        let id = fields.get("client_id").unwrap_or_default();
        let known = app_of(app, id);
        let is_open = app.config.section::<RingCentral>().open_login;
        let app_id = id.parse().ok().filter(|_| known.is_some() || is_open);
        let app_id = app_id.ok_or(Refused::Here("The application is not known to this server."))?;
        let uri = fields.get("redirect_uri").unwrap_or_default();
        let is_named = known.is_some_and(|known| known.redirect_uris.iter().any(|named| named == uri));
        let back = Url::parse(uri).ok().filter(|back| is_named || (is_open && leads_back(back)));
        let back = back.ok_or(Refused::Here(
            "The application wants to have you sent back to an address that is not named for it.",
        ))?;
        let error = |error, why| Err(Refused::Back { to: back.clone(), error, why });
        if fields.get("response_type") != Some("code") {
            return error("unsupported_response_type", "response_type has to be code");
        }
        let challenge = fields.get("code_challenge");
        if challenge.is_some() && fields.get("code_challenge_method") != Some("S256") {
            return error("invalid_request", "code_challenge_method has to be S256");
        }
        let hash = challenge.and_then(codes::challenge);
        if challenge.is_some() && hash.is_none() {
            return error("invalid_request", "code_challenge has to be 43 characters of base64url");
        }
        let is_public = known.is_some_and(|known| known.secret.is_empty());
        if challenge.is_none() && is_public {
            return error("invalid_request", "code_challenge is needed from an application without a secret");
        }
        Ok(Self { fields, app_id, back, challenge: hash })
    }

    /// The page that asks the user, with what was wrong with the answer before.
    fn page(&self, app: &App, wrong: Option<&str>) -> Response {
        let carried = CARRIED.iter().filter_map(|name| Some((*name, self.fields.get(name)?)));
        let question = if app.config.section::<RingCentral>().open_login {
            let page = app.directory.users(None, OFFERED);
            Question::Who { choices: page.items.iter().filter_map(choice).collect(), more: page.more }
        } else {
            Question::Token
        };
        page::ask(self.app_id.as_str(), &question, &carried.collect::<Vec<_>>(), wrong)
    }

    /// Sends the user back with a code.
    async fn allow(self, app: &App, user: &User, token: Option<&Shown>) -> Result<Response, StoreError> {
        Ok(match codes::issue(app, &self.allowed(user, token)).await? {
            Some(code) => send_back(self.back, self.fields, &[("code", code.reveal())]),
            None => page::refuse("Too many are logging in at this moment. Try again in a minute."),
        })
    }

    fn allowed(&self, user: &User, token: Option<&Shown>) -> Allowed {
        Allowed {
            user: user.id.clone(),
            scopes: token
                .map_or_else(|| [Scope::Read, Scope::Write].into_iter().collect(), |token| token.scopes),
            end: token.and_then(|token| token.end),
            app_id: self.app_id.clone(),
            redirect_uri: codes::hash(self.fields.get("redirect_uri").unwrap_or_default()),
            challenge: self.challenge,
        }
    }
}

/// A token that a user showed.
struct Shown {
    user: User,
    scopes: Scopes,
    end: Option<Timestamp>,
}

impl Shown {
    /// The token, if it is one of a user with an extension.
    fn of(app: &App, token: &str) -> Option<Self> {
        let holder = app.auth.holder(token.as_bytes()).ok()?;
        let Holder::User { user, scopes, guest: false, .. } = holder else { return None };
        let user = app.directory.user(&user).filter(|user| user.extension.is_some())?;
        let end = app.directory.token(token.as_bytes())?.expires;
        Some(Self { user, scopes, end })
    }
}

/// Whether an address may be one of an application's.
fn leads_back(uri: &Url) -> bool {
    uri.fragment().is_none() && !NO_APPLICATION.contains(&uri.scheme())
}

fn choice(user: &User) -> Option<Choice> {
    let extension = user.extension.as_ref()?.number.clone();
    let name = user.display_name.clone().unwrap_or_else(|| user.id.localpart().to_owned());
    Some(Choice { value: user.number.to_string(), name, extension })
}

/// The user whom a hint names: by the extension's number, the user's name, or one of the ids.
fn hinted(app: &App, hint: &str) -> Option<User> {
    let by_id = || hint.parse().ok().and_then(|id| app.directory.user(&id));
    let by_extension = || app.directory.user_with_short_number(hint);
    let by_name = || app.directory.user_named(hint.trim_start_matches('@'), &app.config.server.name);
    let by_number = || numbered(app, hint);
    let user = by_id().or_else(by_extension).or_else(by_name).or_else(by_number);
    user.filter(|user| user.extension.is_some())
}

fn send_back(mut to: Url, fields: &Fields, parameters: &[(&str, &str)]) -> Response {
    to.query_pairs_mut()
        .extend_pairs(parameters)
        .extend_pairs(fields.get("state").map(|state| ("state", state)));
    let Ok(location) = HeaderValue::try_from(to.as_str()) else {
        return page::refuse("The application's address cannot be gone to.");
    };
    let headers =
        [(header::LOCATION, location), (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"))];
    (StatusCode::FOUND, headers).into_response()
}

fn cut_short() -> Response {
    page::refuse("The request did not arrive in full.")
}

fn refuse(fields: &Fields, refused: Refused) -> Response {
    match refused {
        Refused::Here(why) => page::refuse(why),
        Refused::Back { to, error, why } => {
            send_back(to, fields, &[("error", error), ("error_description", why)])
        }
    }
}

/// Let a user allow an application to act for them.
///
/// The application sends the user's browser here, with where to send it back to. The page asks for one of the user's
/// tokens; in the demo it offers the users, and `login_hint` chooses one at once. The code that the application gets
/// then works once, for 60 seconds. An application without a secret has to send a challenge. A request that a script
/// makes, as Swagger UI does, cannot be sent back to another site: try it in the browser's address bar.
#[utoipa::path(
    get,
    path = "/restapi/oauth/authorize",
    operation_id = "authorize",
    params(
        ("response_type" = String, Query, description = "Always `code`.", example = "code"),
        ("client_id" = String, Query, description = "The application.", example = "desk"),
        ("redirect_uri" = String, Query, description = "Where the user is sent back to: one of the application's \
            `redirect_uris`, as it is written there; in the demo any address.",
            example = "https://desk.example.com/back"),
        ("state" = Option<String>, Query, description = "What the application wants back.", example = "xyz"),
        ("code_challenge" = Option<String>, Query, description = "The SHA-256 of the verifier that will come with \
            the code, in base64url.", example = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
        ("code_challenge_method" = Option<String>, Query, description = "`S256`, if there is a challenge.",
            example = "S256"),
        ("login_hint" = Option<String>, Query, description = "Who it is, in the demo: an extension's number or id, a \
            user's name or id.", example = "101"),
    ),
    security(),
    tag = "OAuth",
    responses(
        (status = 200, description = "The page that asks.", body = String, content_type = "text/html",
            examples(("ok" = (value = json!("<!doctype html>"))))),
        (status = 302, description = "Back to the application: with `code`, or with `error` if the request was not \
            right; with `state` as it was sent.",
            headers(("Location" = String, description = "The application's address."))),
        (status = 400, description = "The application or its address is not known, or nobody is called so.",
            body = String, content_type = "text/html", examples(("badRequest" = (value = json!("<!doctype html>"))))),
        OpenError,
    ),
)]
pub(in crate::api::ringcentral) async fn authorize(
    State(app): State<App>,
    sent: Sent,
) -> Result<Response, OpenError> {
    match sent.fields()? {
        Some(fields) => Ok(ask(&app, &fields).await?),
        None => Ok(cut_short()),
    }
}

async fn ask(app: &App, fields: &Fields) -> Result<Response, StoreError> {
    let asked = match Asked::new(app, fields) {
        Ok(asked) => asked,
        Err(refused) => return Ok(refuse(fields, refused)),
    };
    match fields.get("login_hint").filter(|_| app.config.section::<RingCentral>().open_login) {
        Some(hint) => choose(app, asked, hinted(app, hint)).await,
        None => Ok(asked.page(app, None)),
    }
}

/// Answer the page.
///
/// What the page of `GET` sends: a token of the user's, with what the application asked for. Good or bad, the browser
/// is led back to the application, which is told in the query; without an application to lead back to, the page says
/// what is wrong.
#[utoipa::path(
    post,
    path = "/restapi/oauth/authorize",
    operation_id = "answerAuthorization",
    request_body(content = AuthorizationAnswer, content_type = "application/x-www-form-urlencoded",
        description = "The question and the answer."),
    security(),
    tag = "OAuth",
    responses(
        (status = 302, description = "Back to the application: with `code`, or with `error`.",
            headers(("Location" = String, description = "The application's address."))),
        (status = 400, description = "The page again, with what was wrong.", body = String,
            content_type = "text/html", examples(("badRequest" = (value = json!("<!doctype html>"))))),
        OpenError,
    ),
)]
pub(in crate::api::ringcentral) async fn answer_authorization(
    State(app): State<App>,
    sent: Sent,
) -> Result<Response, OpenError> {
    match sent.fields()? {
        Some(fields) => Ok(take_answer(&app, &fields).await?),
        None => Ok(cut_short()),
    }
}

async fn take_answer(app: &App, fields: &Fields) -> Result<Response, StoreError> {
    let asked = match Asked::new(app, fields) {
        Ok(asked) => asked,
        Err(refused) => return Ok(refuse(fields, refused)),
    };
    if fields.get("deny").is_some() {
        let why = "The user does not want it";
        return Ok(refuse(fields, Refused::Back { to: asked.back, error: "access_denied", why }));
    }
    if app.config.section::<RingCentral>().open_login {
        let chosen = fields.get("user").and_then(|number| numbered(app, number));
        let user = chosen.or_else(|| hinted(app, fields.get("login_hint")?));
        return choose(app, asked, user).await;
    }
    match fields.get("token").and_then(|token| Shown::of(app, token)) {
        Some(token) => asked.allow(app, &token.user, Some(&token)).await,
        None => Ok(asked.page(app, Some("This is no token of a user with an extension."))),
    }
}

/// Logs in the user who was chosen, where the login is open.
async fn choose(app: &App, asked: Asked<'_>, user: Option<User>) -> Result<Response, StoreError> {
    match user.filter(|user| user.extension.is_some()) {
        Some(user) => asked.allow(app, &user, None).await,
        None => Ok(asked.page(app, Some("Nobody with an extension is called so."))),
    }
}
