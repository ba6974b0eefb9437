//! `/presenced/v1/users`: the directory of users, for admins.

use std::collections::BTreeSet;

use axum::{Json, body::Body, extract::State, http::StatusCode};

use super::{
    error::{BadRequest, ListError, ProblemRefusal, UserError},
    extract::{AccessError, Ids, JsonError, Paging, read_json_within},
    stub::{
        AuthenticateError, Known,
        directory::{Directory, PutUser},
    },
    types::{User, UserIdText, UserPage, UserProfile},
};
use crate::{
    api::{refusal::refusals, stub::Stub},
    directory::{self, DirectoryError, Extension, HIGHEST_NUMBER, Profile},
};

/// How many departments a user may take calls of.
const MOST_DEPARTMENTS: usize = 100;

refusals! {
    /// Why a user was not put into the directory. Nothing was changed.
    pub enum PutUserError: ProblemRefusal, from AuthenticateError, AccessError, JsonError, DirectoryError {
        /// The id or the body is not valid. Nothing was changed.
        BadRequest => ProblemRefusal::invalid("account and extensionNumber need each other"),
        Unauthorized,
        /// The caller is not an admin.
        Forbidden => ProblemRefusal::forbidden(AccessError::NotAdmin),
        /// The number, or the extension number, belongs to another user. Nothing was changed.
        Conflict => ProblemRefusal::conflict("the number 1 belongs to @alice:example.com"),
        TooLarge,
        Unavailable,
    }
}

impl UserProfile {
    pub(super) fn into_profile(self) -> Result<Profile, BadRequest> {
        if self.number.is_some_and(|number| !(1..=HIGHEST_NUMBER).contains(&number)) {
            return Err(ProblemRefusal::invalid(format!("number: has to be from 1 to {HIGHEST_NUMBER}")));
        }
        if self.email.as_ref().is_some_and(|email| !is_address(email)) {
            return Err(ProblemRefusal::invalid("email: has to be a mail address of at most 254 bytes"));
        }
        let extension = self.extension()?;
        Ok(Profile {
            number: self.number,
            display_name: self.display_name,
            avatar_url: self.avatar_url,
            email: self.email,
            extension,
        })
    }

    /// The place in a telephone account, if one is named.
    fn extension(&self) -> Result<Option<Extension>, BadRequest> {
        match (self.account, &self.extension_number) {
            (None, None) if self.says_more() => {
                Err(ProblemRefusal::invalid("what is said of an extension needs account and extensionNumber"))
            }
            (None, None) => Ok(None),
            (Some(account @ 1..=HIGHEST_NUMBER), Some(number)) if !number.is_empty() => Ok(Some(Extension {
                kind: self.extension_type.map(Into::into).unwrap_or_default(),
                status: self.extension_status.map(Into::into).unwrap_or_default(),
                in_department: self.in_department.unwrap_or_default(),
                has_dnd: self.has_dnd.unwrap_or(true),
                is_admin: self.account_admin.unwrap_or_default(),
                departments: self.departments()?,
                ..Extension::new(account, number)
            })),
            (Some(_), Some(_)) => {
                Err(ProblemRefusal::invalid("account: has to be positive, with an extensionNumber"))
            }
            _ => Err(ProblemRefusal::invalid("account and extensionNumber need each other")),
        }
    }

    fn departments(&self) -> Result<BTreeSet<u64>, BadRequest> {
        let departments = self.departments.as_deref().unwrap_or_default();
        let are_numbers = departments.iter().all(|number| (1..=HIGHEST_NUMBER).contains(number));
        if departments.len() > MOST_DEPARTMENTS || !are_numbers {
            let message = format!("departments: has to be up to {MOST_DEPARTMENTS} numbers of departments");
            return Err(ProblemRefusal::invalid(message));
        }
        Ok(departments.iter().copied().collect())
    }

    /// Whether more is said of an extension than where it is.
    fn says_more(&self) -> bool {
        self.extension_type.is_some()
            || self.extension_status.is_some()
            || self.in_department.is_some()
            || self.has_dnd.is_some()
            || self.account_admin.is_some()
            || self.departments.is_some()
    }
}

/// Whether a text may be a mail address. Only mail servers know more.
fn is_address(text: &str) -> bool {
    let has_ends = text.split_once('@').is_some_and(|(name, host)| !name.is_empty() && !host.is_empty());
    has_ends
        && text.len() <= 254
        && !text.contains(|character: char| character.is_control() || character == ' ')
}

impl From<directory::User> for User {
    fn from(user: directory::User) -> Self {
        let extension = user.extension.as_ref();
        Self {
            user_id: user.id.into(),
            number: user.number,
            display_name: user.display_name,
            avatar_url: user.avatar_url,
            email: user.email,
            account: extension.map(|at| at.account),
            extension_number: extension.map(|at| at.number.clone()),
            extension_type: extension.map(|at| at.kind.into()),
            extension_status: extension.map(|at| at.status.into()),
            in_department: extension.map(|at| at.in_department),
            has_dnd: extension.map(|at| at.has_dnd),
            account_admin: extension.and_then(|at| at.is_admin.then_some(true)),
            departments: extension
                .map(|at| at.departments.iter().copied().collect())
                .filter(|it: &Vec<_>| !it.is_empty()),
        }
    }
}

/// List the users.
///
/// In pages, each of which begins after the last id of the one before.
#[utoipa::path(
    get,
    path = "/presenced/v1/users",
    operation_id = "listUsers",
    params(
        ("after" = Option<String>, Query, description = "The last id of the page before.",
            example = "@a"),
        ("limit" = Option<i32>, Query, description = "How many to list, 1 to 1000; 100 if left out.",
            minimum = 1, maximum = 1000, example = 100),
    ),
    security(("bearer" = [])),
    tag = "Directory",
    responses(
        (status = 200, description = "The users after `after`, in the order of their ids.", body = UserPage,
            examples(("response" = (value = json!({"users": [{"userId": "@alice:example.com", "number": 1,
                "displayName": "Alice", "account": 1, "extensionNumber": "101"}], "more": false}))))),
        ListError,
    ),
)]
pub(super) async fn list_users(
    State(stub): State<Stub<dyn Directory>>,
    known: Known<dyn Directory>,
    paging: Paging,
) -> Result<Json<UserPage>, ListError> {
    let caller = known.admin()?;
    Ok(Json(stub.backend.list_users(&caller, &paging.page()?).await?))
}

/// Add a user, or replace what is known of one.
///
/// The body replaces all that was known, but for a number that it leaves out. The user's tokens, rooms and presence
/// stay.
#[utoipa::path(
    put,
    path = "/presenced/v1/users/{userId}",
    operation_id = "putUser",
    params(("userId" = inline(UserIdText), Path, description = "The user's id.", example = "@dave:example.com")),
    request_body(content = UserProfile, description = "What is known of the user; it replaces what was."),
    security(("bearer" = [])),
    tag = "Directory",
    responses(
        (status = 200, description = "The known user was changed.", body = User),
        (status = 201, description = "The user was added.", body = User),
        PutUserError,
    ),
)]
pub(super) async fn put_user(
    State(Stub { backend, limits }): State<Stub<dyn Directory>>,
    known: Known<dyn Directory>,
    ids: Ids,
    body: Body,
) -> Result<(StatusCode, Json<User>), PutUserError> {
    let caller = known.admin()?;
    let user = ids.user::<PutUserError>(&caller)?;
    let profile = read_json_within(limits, body).await?;
    Ok(match backend.put_user(&caller, &user, profile).await? {
        PutUser::Added(user) => (StatusCode::CREATED, Json(user)),
        PutUser::Changed(user) => (StatusCode::OK, Json(user)),
    })
}

/// Get what is known of a user.
///
/// What an admin said of the user; presence is not among it.
#[utoipa::path(
    get,
    path = "/presenced/v1/users/{userId}",
    operation_id = "getUser",
    params(("userId" = inline(UserIdText), Path, description = "The user's id.", example = "@alice:example.com")),
    security(("bearer" = [])),
    tag = "Directory",
    responses(
        (status = 200, description = "The user.", body = User),
        UserError,
    ),
)]
pub(super) async fn get_user(
    State(stub): State<Stub<dyn Directory>>,
    known: Known<dyn Directory>,
    ids: Ids,
) -> Result<Json<User>, UserError> {
    let caller = known.admin()?;
    let user = ids.user::<UserError>(&caller)?;
    Ok(Json(stub.backend.get_user(&caller, &user).await?))
}

/// Remove a user, with their tokens, memberships and presence.
///
/// Streams, sockets, requests that wait and subscriptions end at once. Whoever comes by that id later is somebody
/// else.
#[utoipa::path(
    delete,
    path = "/presenced/v1/users/{userId}",
    operation_id = "deleteUser",
    params(("userId" = inline(UserIdText), Path, description = "The user's id.", example = "@dave:example.com")),
    security(("bearer" = [])),
    tag = "Directory",
    responses(
        (status = 204, description = "The user is gone."),
        UserError,
    ),
)]
pub(super) async fn delete_user(
    State(stub): State<Stub<dyn Directory>>,
    known: Known<dyn Directory>,
    ids: Ids,
) -> Result<StatusCode, UserError> {
    let caller = known.admin()?;
    let user = ids.user::<UserError>(&caller)?;
    stub.backend.delete_user(&caller, &user).await?;
    Ok(StatusCode::NO_CONTENT)
}
