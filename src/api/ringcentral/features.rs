//! `GET /account/{accountId}/extension/{extensionId}/features`: what an extension's user may do, which applications
//! look at before they show or ask anything. Source: RingCentral's API reference, "Features".

use axum::{
    Json,
    extract::{RawQuery, State},
};

use super::{
    error::{CallerError, RestRefusal},
    extract::{Asker, PathIds},
    permission::Permission,
    query::Query,
    rate::Light,
    types::{FeatureInfo, FeatureList},
};
use crate::{api::refusal::refusals, app::App};

/// Every feature, and what it takes.
const FEATURES: [(&str, Permission); 7] = [
    ("ReadPresenceStatus", Permission::ReadPresence),
    ("EditPresenceStatus", Permission::EditPresence),
    ("EditPresenceSettings", Permission::EditPresence),
    ("DND", Permission::EditPresence),
    ("ReadExtensionInfo", Permission::ReadAccounts),
    ("ReadExtensions", Permission::ReadAccounts),
    ("ReadCompanyInfo", Permission::ReadAccounts),
];

refusals! {
    /// Why an extension's features are not told.
    pub(super) enum FeaturesError: RestRefusal, from CallerError {
        BadRequest => RestRefusal::invalid("availableOnly"),
        Unauthorized,
        /// The extension is not the caller's.
        Forbidden => RestRefusal::another_extension(),
        NotFound,
        TooLarge,
        TooManyRequests,
        Unavailable,
    }
}

/// Read what an extension's user may do.
///
/// It depends on what the caller's application may do, too.
#[utoipa::path(
    get,
    path = "/restapi/v1.0/account/{accountId}/extension/{extensionId}/features",
    operation_id = "readUserFeatures",
    params(
        ("accountId" = String, Path, description = "The account's id; `~` is the caller's.", example = "~"),
        ("extensionId" = String, Path, description = "The caller's own id, or `~`.", example = "~"),
        ("featureId" = Option<Vec<String>>, Query, description = "These features alone.",
            example = json!(["ReadPresenceStatus"])),
        ("availableOnly" = Option<bool>, Query, description = "Whether to leave out what may not be done.",
            example = false),
    ),
    security(("bearer" = [])),
    tag = "Account",
    responses(
        (status = 200, description = "The features.", body = FeatureList, examples(("ok" = (value =
            json!({"records": [{"id": "ReadPresenceStatus", "available": true},
                {"id": "EditPresenceStatus", "available": true}]}))))),
        FeaturesError,
    ),
)]
pub(super) async fn read_user_features(
    State(app): State<App>,
    asker: Asker<Light>,
    ids: PathIds,
    RawQuery(query): RawQuery,
) -> Result<Json<FeatureList>, FeaturesError> {
    let caller = asker.caller()?;
    caller.account(&ids)?;
    caller.own(&caller.find(&app, &ids.extension)?)?;
    let query = Query::of(query.as_deref());
    let available_only = query.flag("availableOnly")?;
    let is_wanted =
        |id: &str| query.all("featureId").next().is_none() || query.all("featureId").any(|it| it == id);
    let features = FEATURES.into_iter().filter(|(id, _)| is_wanted(id)).map(|(id, permission)| {
        let is_there = id != "DND" || caller.extension.has_dnd;
        FeatureInfo { id, available: is_there && caller.has(permission) }
    });
    let records = features.filter(|feature| feature.available || !available_only).collect();
    Ok(Json(FeatureList { records }))
}
