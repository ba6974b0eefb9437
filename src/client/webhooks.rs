//! Webhooks of presenced's own API.

use std::fmt::Display;

use super::{Client, Result, transport::segment};
use crate::api::presenced::types::{Webhook, WebhookAttempt, WebhookList, WebhookRequest};

/// What is about one webhook: [`Client::webhook`].
#[derive(Debug)]
pub struct WebhookCalls<'a> {
    client: &'a Client,
    /// Where the webhook is.
    path: String,
}

/// Webhooks, for admins and service tokens.
impl Client {
    /// The webhooks of the token; for an admin all of them.
    pub async fn webhooks(&self) -> Result<Vec<Webhook>> {
        let told: WebhookList = self.get("webhooks").answer().await?;
        Ok(told.webhooks)
    }

    /// Makes a webhook. Its secret is shown this once.
    pub async fn create_webhook(&self, request: &WebhookRequest) -> Result<Webhook> {
        self.post("webhooks").json(request).answer().await
    }

    /// What is about one webhook.
    pub fn webhook(&self, id: impl Display) -> WebhookCalls<'_> {
        WebhookCalls { client: self, path: format!("webhooks/{}", segment(&id.to_string())) }
    }
}

impl WebhookCalls<'_> {
    /// The webhook, and what was sent last.
    pub async fn get(&self) -> Result<Webhook> {
        self.client.get(&self.path).answer().await
    }

    /// Replaces the webhook, and enables it again.
    pub async fn put(&self, request: &WebhookRequest) -> Result<Webhook> {
        self.client.put(&self.path).json(request).answer().await
    }

    /// Ends the webhook.
    pub async fn delete(&self) -> Result<()> {
        self.client.delete(&self.path).done().await
    }

    /// Sends a test to the receiver; what it answered.
    pub async fn test(&self) -> Result<WebhookAttempt> {
        self.client.post(format!("{}/test", self.path)).answer().await
    }
}
