//! The server itself: whose tokens it takes, who is told, whether it is well, and all that it keeps.

use std::{fmt::Display, time::Duration};

use reqwest::{Method, Response};

use super::{Client, Error, List, Result, dialect::ROOT, transport::segment};
use crate::api::presenced::types::{
    AdminToken, Advance, AppToken, AppTokenList, AppTokenRequest, Health, IssuedAppToken, SubscriptionPage,
    Ticket, Whoami,
};

/// Tokens.
impl Client {
    /// Whose token the client has, what for, and until when.
    pub async fn whoami(&self) -> Result<Whoami> {
        self.get("whoami").answer().await
    }

    /// A secret that stands for the token once, for a stream or a socket whose address is all that can be said.
    pub async fn create_ticket(&self) -> Result<Ticket> {
        self.post("tickets").answer().await
    }

    /// The service tokens, which belong to no user.
    pub async fn app_tokens(&self) -> Result<Vec<AppToken>> {
        let told: AppTokenList = self.get("app-tokens").answer().await?;
        Ok(told.tokens)
    }

    /// Makes a service token.
    pub async fn create_app_token(&self, request: &AppTokenRequest) -> Result<IssuedAppToken> {
        self.post("app-tokens").json(request).answer().await
    }

    /// Revokes a service token.
    pub async fn revoke_app_token(&self, token_id: impl Display) -> Result<()> {
        self.delete(format!("app-tokens/{}", segment(&token_id.to_string()))).done().await
    }

    /// Puts another admin token in the place of the one that the client has, which opens nothing from then on.
    pub async fn rotate_admin_token(&self) -> Result<AdminToken> {
        self.post("admin-token").answer().await
    }
}

/// Who is told.
impl Client {
    /// The subscriptions to changes, whatever dialect they were made in.
    pub fn subscriptions(&self) -> List<'_, SubscriptionPage> {
        List::new(self, "subscriptions".to_owned())
    }

    /// Ends a subscription.
    pub async fn end_subscription(&self, subscription_id: impl Display) -> Result<()> {
        self.delete(format!("subscriptions/{}", segment(&subscription_id.to_string()))).done().await
    }
}

/// The server.
impl Client {
    /// Whether the server is there.
    pub async fn health(&self) -> Result<Health> {
        self.call(&ROOT, Method::GET, "healthz").answer().await
    }

    /// Whether the server takes all requests; the error says why not.
    pub async fn ready(&self) -> Result<Health> {
        self.call(&ROOT, Method::GET, "readyz").answer().await
    }

    /// Everything that the server keeps, as JSON Lines; the last one has the kind `end`.
    pub async fn export(&self) -> Result<Export> {
        let response = self.get("export").begun().await?;
        Ok(Export { response, server: self.url().to_owned() })
    }

    /// Lets a demo's time pass, in whole seconds.
    pub async fn advance_demo(&self, by: Duration) -> Result<()> {
        self.post("demo/advance").json(&Advance { seconds: by.as_secs() }).done().await
    }

    /// Makes a demo what it was at its start.
    pub async fn reset_demo(&self) -> Result<()> {
        self.post("demo/reset").done().await
    }
}

/// An export, which may be large.
#[derive(Debug)]
pub struct Export {
    response: Response,
    server: String,
}

impl Export {
    /// The next part of it; none at its end.
    pub async fn chunk(&mut self) -> Result<Option<impl AsRef<[u8]> + Send + use<>>> {
        self.response.chunk().await.map_err(|error| Error::unanswered(&self.server, error))
    }
}
