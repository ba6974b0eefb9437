use std::time::{Duration, UNIX_EPOCH};

use clap::{Args, Subcommand};
use serde_json::json;

use super::{
    admin::{Action, Report},
    words::words,
};
use crate::{
    api::{
        Open,
        presenced::types::{self, Scope, TokenRequest},
    },
    client::{Client, Error},
};

#[derive(Debug, Subcommand)]
pub(super) enum Token {
    /// Make a token for one of a user's devices and print it: it is not shown again.
    Create(Create),
    /// List a user's tokens.
    List { user: String },
    /// Revoke a token.
    Revoke { user: String, token_id: String },
    /// End all sessions of a user, whatever tokens they have.
    EndSessions { user: String },
    /// Make another admin token, put it into the server's data folder, and print it; the former one opens nothing more.
    RotateAdmin,
}

#[derive(Debug, Args)]
pub(super) struct Create {
    /// The user's id, such as @alice:example.com.
    user: String,
    /// The device that speaks with the token.
    #[arg(long)]
    device: String,
    /// What the token may be used for.
    #[arg(long, value_parser = words(Scope::ALL), value_delimiter = ',', default_values = ["read", "write"])]
    scope: Vec<Scope>,
    /// The holder is a guest.
    #[arg(long)]
    guest: bool,
    /// When the token stops working; never if left out.
    #[arg(long, value_name = "SECONDS")]
    expires_in: Option<u64>,
}

impl Action for Token {
    async fn call(self, client: &Client) -> Result<Report, Error> {
        match self {
            Self::Create(create) => {
                let (user, request) = create.into_request();
                let issued = client.user(&user).create_token(&request).await?;
                Ok(Report::sentence(&issued, issued.token.clone()))
            }
            Self::List { user } => {
                let tokens = client.user(&user).tokens().await?;
                let header = ["TOKEN ID", "DEVICE", "SCOPES", "EXPIRES"];
                Ok(Report::table(&tokens, header, tokens.iter().map(row)))
            }
            Self::EndSessions { user } => {
                client.user(&user).end_sessions().await?;
                let sentence = format!("{user} is signed out everywhere.");
                Ok(Report::sentence(&json!({ "signedOut": user }), sentence))
            }
            Self::RotateAdmin => {
                let made = client.rotate_admin_token().await?;
                Ok(Report::sentence(&made, made.token.clone()))
            }
            Self::Revoke { user, token_id } => {
                client.user(&user).revoke_token(&token_id).await?;
                let sentence = format!("{token_id} is revoked.");
                Ok(Report::sentence(&json!({ "revoked": token_id }), sentence))
            }
        }
    }
}

impl Create {
    fn into_request(self) -> (String, TokenRequest) {
        let request = TokenRequest {
            device_id: self.device,
            scopes: self.scope,
            guest: self.guest,
            expires_in_seconds: self.expires_in,
        };
        (self.user, request)
    }
}

fn row(token: &types::Token) -> [String; 4] {
    let guest = if token.guest { " (guest)" } else { "" };
    [
        token.token_id.clone(),
        token.device_id.clone(),
        names(&token.scopes) + guest,
        token.expires_at.map_or_else(|| "never".to_owned(), date),
    ]
}

/// The names of scopes, for people.
pub(super) fn names(scopes: &[Open<Scope>]) -> String {
    scopes.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

/// A moment in milliseconds since the Unix epoch, for people.
pub(super) fn date(millis: u64) -> String {
    let moment = UNIX_EPOCH.checked_add(Duration::from_millis(millis));
    moment.map_or_else(|| "never".to_owned(), |moment| humantime::format_rfc3339_seconds(moment).to_string())
}
