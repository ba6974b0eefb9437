//! Whether somebody may be told what their filters are about.

use std::collections::BTreeMap;

use super::{
    filter::{Interests, Subscriber},
    registry::Subscription,
};
use crate::{
    api::ringcentral::error::RestFailure, app::App, directory::User, id::UserId, service::ReadError,
};

/// A filter that brings nothing, and why.
pub(in crate::api::ringcentral) struct Refused {
    pub(in crate::api::ringcentral) filter: String,
    /// The code of the refusal, and its text.
    pub(in crate::api::ringcentral) why: (&'static str, String),
}

/// Refuses filters about an extension that cannot be watched: there is none, or it is hidden. One of them
/// refuses all.
pub(in crate::api::ringcentral) async fn all(
    app: &App,
    viewer: &UserId,
    interests: &Interests,
    subscriber: Subscriber,
) -> Result<(), RestFailure> {
    let mut refusals = refusals(app, viewer, interests, subscriber).await?;
    refusals.pop_first().map_or(Ok(()), |(_, why)| Err(why))
}

/// The filters of a subscription that bring nothing at present.
pub(in crate::api::ringcentral) async fn refused(
    app: &App,
    subscription: &Subscription,
) -> Result<Vec<Refused>, RestFailure> {
    let (owner, subscriber) = (&subscription.owner, subscription.subscriber());
    let refusals = refusals(app, owner, &subscription.interests(), subscriber).await?;
    let refused = subscription.filters.iter().filter_map(|filter| {
        let named = Interests::parse(&[filter], subscriber).unwrap_or_default().named();
        let why = named.iter().find_map(|extension| refusals.get(extension))?.named();
        Some(Refused { filter: filter.clone(), why })
    });
    Ok(refused.collect())
}

/// What stands against watching the extensions that filters name one by one.
async fn refusals(
    app: &App,
    viewer: &UserId,
    interests: &Interests,
    subscriber: Subscriber,
) -> Result<BTreeMap<u64, RestFailure>, RestFailure> {
    let mut refusals = BTreeMap::new();
    let mut users: Vec<User> = Vec::new();
    for number in interests.named() {
        match app.directory.extension(subscriber.account, number) {
            None => drop(refusals.insert(number, RestFailure::subscribe_unknown_user())),
            Some(user) => users.push(user),
        }
    }
    let ids: Vec<&UserId> = users.iter().map(|user| &user.id).collect();
    let seen = app.service.extensions(viewer, &ids, app.service.now()).await?;
    for (user, seen) in users.iter().zip(seen) {
        match seen {
            Ok(seen) if seen.shown.is_none() => {
                refusals.insert(user.number, RestFailure::subscribe_hidden());
            }
            Err(ReadError::Store(error)) => return Err(error.into()),
            Ok(_) | Err(_) => {}
        }
    }
    Ok(refusals)
}
