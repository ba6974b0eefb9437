//! The page on which a user says whether an application may act for them. It needs no script: everything on it is a
//! form, and so works with a keyboard alone.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
};

use crate::api::pages::escape;

const STYLE: &str = include_str!("page.css");

const FORM: &str = "<form method=\"post\" action=\"?\">\n";

const DENY: &str = "<button class=\"deny\" name=\"deny\" value=\"1\" formnovalidate>Cancel</button>\n";

/// A user to choose.
pub(super) struct Choice {
    /// What the form sends for them.
    pub(super) value: String,
    pub(super) name: String,
    pub(super) extension: String,
}

/// What a page asks.
pub(super) enum Question {
    /// Who of these it is; whether there are more, who have to be named.
    Who { choices: Vec<Choice>, more: bool },
    /// For a token of the user's.
    Token,
}

/// The page that asks, which sends `fields` along with the answer. `wrong` says what was wrong with the one before.
pub(super) fn ask(app: &str, question: &Question, fields: &[(&str, &str)], wrong: Option<&str>) -> Response {
    let hidden: String = fields
        .iter()
        .map(|(name, value)| {
            format!("<input type=\"hidden\" name=\"{}\" value=\"{}\">\n", escape(name), escape(value))
        })
        .collect();
    let wrong = wrong.map(|wrong| format!("<p role=\"alert\" id=\"wrong\">{}</p>\n", escape(wrong)));
    let is_wrong = if wrong.is_some() { " aria-describedby=\"wrong\" aria-invalid=\"true\"" } else { "" };
    let answer = match question {
        Question::Who { choices, more } => {
            let buttons: String = choices.iter().map(Choice::button).collect();
            let other = format!(
                "<label for=\"login_hint\">Somebody else</label>\n<input id=\"login_hint\" name=\"login_hint\" \
                 autocomplete=\"username\" autocapitalize=\"none\" spellcheck=\"false\" \
                 placeholder=\"extension number, user name or user id\"{is_wrong}>\n\
                 <button>Log in</button>\n"
            );
            // A form of its own: Enter presses the first button of a form.
            let others = if *more { format!("</form>\n{FORM}{hidden}{other}") } else { String::new() };
            format!("<p>Who are you?</p>\n{buttons}{others}")
        }
        Question::Token => format!(
            "<label for=\"token\">Your access token</label>\n<input id=\"token\" name=\"token\" type=\"password\" \
             autocomplete=\"current-password\" required autofocus{is_wrong}>\n<button>Allow</button>\n"
        ),
    };
    let body = format!(
        "<h1>Log in to <span class=\"app\">{}</span></h1>\n<p>It will read presence and set yours.</p>\n{}\
         {FORM}{hidden}{answer}{DENY}</form>\n",
        escape(app),
        wrong.unwrap_or_default(),
    );
    let status = if is_wrong.is_empty() { StatusCode::OK } else { StatusCode::BAD_REQUEST };
    page(status, &body)
}

/// The page of a request that leads nowhere: there is no address that the user could be sent back to safely.
pub(super) fn refuse(why: &str) -> Response {
    let body = format!("<h1>This login does not work</h1>\n<p role=\"alert\">{}</p>\n", escape(why));
    page(StatusCode::BAD_REQUEST, &body)
}

impl Choice {
    fn button(&self) -> String {
        format!(
            "<button name=\"user\" value=\"{}\">{} <span class=\"extension\">extension {}</span></button>\n",
            escape(&self.value),
            escape(&self.name),
            escape(&self.extension)
        )
    }
}

fn page(status: StatusCode, body: &str) -> Response {
    let html = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>Log in</title>\n\
         <style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n{body}</main>\n</body>\n</html>\n"
    );
    let mut response = (status, Html(html)).into_response();
    let headers = response.headers_mut();
    for (name, value) in [
        // Where a form may lead is not said, since browsers count the way back to the application too.
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
        ),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}
