use clap::{Args, Subcommand};
use serde_json::json;

use super::{
    admin::{Action, Report},
    words::words,
};
use crate::{
    api::{
        presenced::types::{self, UserProfile},
        telephony::{ExtensionStatus, ExtensionType},
    },
    client::{Client, Error},
};

#[derive(Debug, Subcommand)]
pub(super) enum User {
    /// Add a user, or replace what is known of one.
    Add(Add),
    /// Show a user.
    Show { user: String },
    /// List the users.
    List,
    /// Remove a user, with their tokens, memberships and presence.
    Remove { user: String },
}

#[derive(Debug, Args)]
pub(super) struct Add {
    /// The user's id, such as @alice:example.com.
    user: String,
    /// The number for dialects with numeric ids; the next free one if left out.
    #[arg(long)]
    number: Option<u64>,
    /// The name that people are shown.
    #[arg(long)]
    display_name: Option<String>,
    /// Where the user's picture is.
    #[arg(long)]
    avatar_url: Option<String>,
    /// The user's mail address.
    #[arg(long)]
    email: Option<String>,
    /// The telephone account.
    #[arg(long, requires = "extension_number")]
    account: Option<u64>,
    /// The short number in the telephone account.
    #[arg(long, requires = "account")]
    extension_number: Option<String>,
    /// What the extension is for [default: User].
    #[arg(long, requires = "account", value_name = "TYPE", ignore_case = true, value_parser = words(ExtensionType::ALL))]
    extension_type: Option<ExtensionType>,
    /// Whether the extension is in use [default: Enabled].
    #[arg(long, requires = "account", value_name = "STATUS", ignore_case = true, value_parser = words(ExtensionStatus::ALL))]
    extension_status: Option<ExtensionStatus>,
    /// The extension takes calls of a department.
    #[arg(long, requires = "account")]
    in_department: bool,
    /// The extension may not turn calls away.
    #[arg(long, requires = "account")]
    no_dnd: bool,
    /// The user may act for others of the account.
    #[arg(long, requires = "account")]
    account_admin: bool,
    /// The number of a department whose calls the user takes; may be repeated.
    #[arg(long = "department", requires = "account", value_name = "NUMBER")]
    departments: Vec<u64>,
}

impl Action for User {
    async fn call(self, client: &Client) -> Result<Report, Error> {
        match self {
            Self::Add(add) => {
                let (user, profile) = add.into_profile();
                Ok(one(&client.user(&user).put(&profile).await?))
            }
            Self::Show { user } => Ok(one(&client.user(&user).get().await?)),
            Self::List => {
                let users = client.users().all().await?;
                Ok(Report::table(&users, HEADER, users.iter().map(row)))
            }
            Self::Remove { user } => {
                client.user(&user).delete().await?;
                Ok(Report::sentence(&json!({ "removed": user }), format!("{user} is removed.")))
            }
        }
    }
}

impl Add {
    fn into_profile(self) -> (String, UserProfile) {
        let profile = UserProfile {
            number: self.number,
            display_name: self.display_name,
            avatar_url: self.avatar_url,
            email: self.email,
            account: self.account,
            extension_number: self.extension_number,
            extension_type: self.extension_type,
            extension_status: self.extension_status,
            in_department: self.in_department.then_some(true),
            has_dnd: self.no_dnd.then_some(false),
            account_admin: self.account_admin.then_some(true),
            departments: (!self.departments.is_empty()).then_some(self.departments),
        };
        (self.user, profile)
    }
}

const HEADER: [&str; 7] = ["USER", "NUMBER", "NAME", "ACCOUNT", "EXTENSION", "TYPE", "STATUS"];

fn one(user: &types::User) -> Report {
    Report::table(user, HEADER, [row(user)])
}

fn row(user: &types::User) -> [String; 7] {
    [
        user.user_id.clone(),
        user.number.to_string(),
        user.display_name.clone().unwrap_or_default(),
        user.account.map(|account| account.to_string()).unwrap_or_default(),
        user.extension_number.clone().unwrap_or_default(),
        user.extension_type.as_ref().map(ToString::to_string).unwrap_or_default(),
        user.extension_status.as_ref().map(ToString::to_string).unwrap_or_default(),
    ]
}
