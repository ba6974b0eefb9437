use clap::Subcommand;
use serde_json::json;

use super::{
    admin::{Action, Report},
    token::date,
};
use crate::{
    api::presenced::types,
    client::{Client, Error},
};

#[derive(Debug, Subcommand)]
pub(super) enum Subscription {
    /// List the subscriptions.
    List,
    /// End a subscription: nothing more is sent.
    End { subscription_id: String },
}

impl Action for Subscription {
    async fn call(self, client: &Client) -> Result<Report, Error> {
        match self {
            Self::List => {
                let subscriptions = client.subscriptions().all().await?;
                let header = ["SUBSCRIPTION ID", "USER", "DEVICE", "RECEIVER", "STATE", "EXPIRES"];
                Ok(Report::table(&subscriptions, header, subscriptions.iter().map(row)))
            }
            Self::End { subscription_id } => {
                client.end_subscription(&subscription_id).await?;
                let sentence = format!("{subscription_id} has ended.");
                Ok(Report::sentence(&json!({ "ended": subscription_id }), sentence))
            }
        }
    }
}

fn row(subscription: &types::Subscription) -> [String; 6] {
    [
        subscription.subscription_id.clone(),
        subscription.user_id.clone(),
        subscription.device_id.clone(),
        subscription.receiver.clone().unwrap_or_else(|| "a socket".to_owned()),
        subscription.state.to_string(),
        date(subscription.expires_at),
    ]
}
