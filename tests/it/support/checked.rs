//! Backends of others behind a stub, over real HTTP: each exchange is held against the stub's document.

use std::{future::IntoFuture as _, sync::Arc};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{MatchedPath, Request, State},
    http::HeaderValue,
    middleware::{self, Next},
    response::Response,
};
use presenced::{
    api::Dialect,
    openapi::{
        conformance::{Contract, Exchange},
        to_value,
    },
};
use tokio::net::TcpListener;
use utoipa::openapi::OpenApi;

use super::Site;

/// What routes are held against: a document, and the paths below which its operations are served.
struct Check {
    contract: Contract,
    bases: &'static [&'static str],
}

impl Site {
    /// Serves routes that keep a dialect's contract, as their document says.
    pub(crate) async fn serve(routes: Router, document: OpenApi, dialect: &Dialect) -> Self {
        let check = Check { contract: Contract::of(to_value(&document)), bases: dialect.bases };
        let routes = routes.layer(middleware::from_fn_with_state(Arc::new(check), hold));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        tokio::spawn(axum::serve(listener, routes).into_future());
        Self::at(url)
    }
}

/// Says on an answer what is not as documented, as our own servers do.
async fn hold(State(check): State<Arc<Check>>, request: Request, next: Next) -> Response {
    let (head, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.expect("a whole body");
    let asked = Request::from_parts(head.clone(), Body::from(body.clone()));
    let (mut answer, said) = next.run(asked).await.into_parts();
    let said = to_bytes(said, usize::MAX).await.expect("a whole answer");
    let route = head.extensions.get::<MatchedPath>().map(MatchedPath::as_str).unwrap_or_default();
    let mut paths = check.bases.iter().filter_map(|base| route.strip_prefix(base));
    let operation = paths.find_map(|path| check.contract.operation(&head.method, path, route));
    let exchange = Exchange {
        method: &head.method,
        uri: &head.uri,
        headers: &head.headers,
        body: Some(&body),
        status: answer.status,
        answer_headers: &answer.headers,
        answer: Some(&said),
        is_on_demand: false,
    };
    for violation in check.contract.check(operation, &exchange) {
        let line = HeaderValue::try_from(violation.to_string()).expect("visible characters");
        answer.headers.append("contract-violation", line);
    }
    Response::from_parts(answer, Body::from(said))
}
