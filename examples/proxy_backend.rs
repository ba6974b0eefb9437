//! Matrix presence in front of another server: what is asked here is asked there, through the client, with the caller's
//! own token. `cargo run --example proxy_backend http://127.0.0.1:8008`, with a demo there.

use std::{env, io, sync::Arc};

use async_trait::async_trait;
use axum::Router;
use presenced::client::{Client, Error, Told};
use presenced::stub::{Credentials, Limits, Refusable, matrix::*};
use utoipa_swagger_ui::SwaggerUi;

/// The server behind this one.
struct Behind(Client);

impl Behind {
    /// As the caller.
    fn of(&self, credentials: &Credentials) -> Client {
        self.0.clone().token(&credentials.token)
    }
}

/// What the other server refused, as far as the contract has it here; else that it cannot be asked.
fn passed_on<E: Refusable<MatrixRefusal> + From<Unavailable>>(error: Error) -> E {
    let refused = error.refusal().and_then(|refusal| match &refusal.told {
        Told::Matrix(said) => {
            E::with_status(refusal.status, MatrixRefusal::passed_on(said.clone(), refusal.retry_after))
        }
        _ => None,
    });
    refused.unwrap_or_else(|| {
        MatrixRefusal::new("M_UNKNOWN", "The server behind this one did not answer").into()
    })
}

#[async_trait]
impl Presence for Behind {
    async fn authenticate(&self, credentials: &Credentials) -> Result<Identity, AuthenticateError> {
        if credentials.on_behalf_of.is_some() {
            return Err(MatrixRefusal::forbidden("Application services have to ask the server itself").into());
        }
        let whoami = self.of(credentials).matrix().whoami().await.map_err(passed_on::<AuthenticateError>)?;
        if whoami.is_guest {
            return Err(MatrixRefusal::guest().into());
        }
        let device = whoami.device_id.unwrap_or_else(|| "PROXY".parse().expect("a device id"));
        let user = whoami.user_id.parse().map_err(|_| MatrixRefusal::no_such_token())?;
        Ok(Identity::new(user, device))
    }

    async fn get_presence(&self, caller: &Caller, user: &str) -> Result<PresenceStatus, GetPresenceError> {
        self.of(&caller.credentials).matrix().presence(user).await.map_err(passed_on)
    }

    async fn set_presence(
        &self,
        caller: &Caller,
        user: &str,
        update: Unread<PresenceUpdate>,
    ) -> Result<(), SetPresenceError> {
        if user != caller.user.as_str() {
            return Err(MatrixRefusal::forbidden("You can only set your own presence").into());
        }
        let update = update.read().await?;
        self.of(&caller.credentials).matrix().set_presence(user, update).await.map_err(passed_on)
    }
}

/// All routes, in front of the server at `url`.
pub(crate) fn app(url: &str) -> Router {
    let swagger_ui = SwaggerUi::new("/swagger-ui").url("/openapi.json", document());
    routes(Arc::new(Behind(Client::new(url))), Limits::default()).merge(swagger_ui)
}

#[tokio::main]
async fn main() -> io::Result<()> {
    let url = env::args().nth(1).unwrap_or_else(|| "http://127.0.0.1:8008".to_owned());
    axum::serve(tokio::net::TcpListener::bind("127.0.0.1:8009").await?, app(&url)).await
}
