//! Whether a subscriber may be told what their filters are about.

use std::collections::BTreeMap;

use super::filter::{EventFilters, Subscriber};
use crate::{
    api::ringcentral::error::{Forbidden, RestRefusal},
    app::App,
    directory::User,
    id::UserId,
    service::ReadError,
    store::StoreError,
};

/// A filter that brings nothing, and why.
pub(in crate::api::ringcentral) struct Refused {
    pub(in crate::api::ringcentral) filter: String,
    pub(in crate::api::ringcentral) why: RestRefusal,
}

/// What stands against filters about an extension that cannot be watched: there is none, or it is hidden. One of
/// them refuses all.
pub(in crate::api::ringcentral) async fn first(
    app: &App,
    viewer: &UserId,
    filters: &EventFilters,
    subscriber: Subscriber,
) -> Result<Option<Forbidden>, StoreError> {
    let mut refusals = refusals(app, viewer, filters, subscriber).await?;
    Ok(refusals.pop_first().map(|(_, why)| why))
}

/// The filters of a subscription that bring nothing at present.
pub(in crate::api::ringcentral) async fn refused(
    app: &App,
    viewer: &UserId,
    filters: &EventFilters,
    subscriber: Subscriber,
) -> Result<Vec<Refused>, StoreError> {
    let refusals = refusals(app, viewer, filters, subscriber).await?;
    let refused = filters.filters.iter().filter_map(|filter| {
        let why = refusals.get(&filter.extension?)?.0.clone();
        Some(Refused { filter: filter.text.clone(), why })
    });
    Ok(refused.collect())
}

/// What stands against watching the extensions that filters name one by one.
async fn refusals(
    app: &App,
    viewer: &UserId,
    filters: &EventFilters,
    subscriber: Subscriber,
) -> Result<BTreeMap<u64, Forbidden>, StoreError> {
    let mut refusals = BTreeMap::new();
    let mut users: Vec<User> = Vec::new();
    for number in filters.named() {
        match app.directory.extension(subscriber.account, number) {
            None => drop(refusals.insert(number, RestRefusal::subscribe_unknown_user())),
            Some(user) => users.push(user),
        }
    }
    let ids: Vec<&UserId> = users.iter().map(|user| &user.id).collect();
    let seen = app.service.extensions(viewer, &ids, app.service.now()).await?;
    for (user, seen) in users.iter().zip(seen) {
        match seen {
            Ok(seen) if seen.shown.is_none() => {
                refusals.insert(user.number, RestRefusal::subscribe_hidden());
            }
            Err(ReadError::Store(error)) => return Err(error),
            Ok(_) | Err(_) => {}
        }
    }
    Ok(refusals)
}
