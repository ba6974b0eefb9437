use clap::{Args, Subcommand};
use serde_json::json;

use super::{
    admin::{Action, Report},
    token::{date, names},
    words::words,
};
use crate::{
    api::presenced::types::{self, AppTokenRequest, Scope},
    client::{Client, Error},
};

#[derive(Debug, Subcommand)]
pub(super) enum AppToken {
    /// Make a service token for an application's backend and print it: it is not shown again.
    Create(Create),
    /// List the tokens of apps.
    List,
    /// Revoke a token.
    Revoke { token_id: String },
}

#[derive(Debug, Args)]
pub(super) struct Create {
    /// What the app is called.
    name: String,
    /// What the token may be used for.
    #[arg(long, value_parser = words(Scope::ALL), value_delimiter = ',', default_value = "read")]
    scope: Vec<Scope>,
    /// When the token stops working; never if left out.
    #[arg(long, value_name = "SECONDS")]
    expires_in: Option<u64>,
}

impl Action for AppToken {
    async fn call(self, client: &Client) -> Result<Report, Error> {
        match self {
            Self::Create(Create { name, scope, expires_in }) => {
                let request = AppTokenRequest { name, scopes: scope, expires_in_seconds: expires_in };
                let issued = client.create_app_token(&request).await?;
                Ok(Report::sentence(&issued, issued.token.clone()))
            }
            Self::List => {
                let tokens = client.app_tokens().await?;
                let header = ["TOKEN ID", "APP", "SCOPES", "EXPIRES"];
                Ok(Report::table(&tokens, header, tokens.iter().map(row)))
            }
            Self::Revoke { token_id } => {
                client.revoke_app_token(&token_id).await?;
                let sentence = format!("{token_id} is revoked.");
                Ok(Report::sentence(&json!({ "revoked": token_id }), sentence))
            }
        }
    }
}

fn row(token: &types::AppToken) -> [String; 4] {
    let expires = token.expires_at.map_or_else(|| "never".to_owned(), date);
    [token.token_id.clone(), token.name.clone(), names(&token.scopes), expires]
}
