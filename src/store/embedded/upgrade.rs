//! Brings data of earlier formats to the present one.
//!
//! | format | since it |
//! |---|---|
//! | 1 | |
//! | 2 | the users' directory entries lie by partition, so that several partitions are read at a time |
//! | 3 | each member of a room is a document; the documents have a revision; records have form 2, and are brought to it when they change |

use std::mem;

use serde::Deserialize;

use super::{
    engine::{Engine, EngineError, Write},
    key,
};
use crate::{
    id::{RoomId, UserId},
    store::{Document, Kind, member_id, parse_id},
};

/// The layout of the data that this version writes, and the newest that it reads.
pub(super) const FORMAT: u32 = 3;

/// What the keys of users' directory entries began with in format 1.
const USERS_OF_1: &[u8] = b"du";

/// What the keys of rooms began with up to format 2.
const ROOMS_OF_2: &[u8] = b"dr";

/// A room as it was kept up to format 2.
#[derive(Deserialize)]
struct Room {
    members: Vec<UserId>,
}

/// How many pairs are moved at once.
const BATCH: usize = 2_000;

/// Brings data of format `found` to the present one. If it ends in the middle, it can be done again. Where it cannot be
/// done, nothing is changed.
pub(super) fn upgrade(engine: &dyn Engine, found: u32) -> Result<(), EngineError> {
    rewrite(engine, found, &|_| Ok(()))?;
    rewrite(engine, found, &|batch| engine.commit(batch))?;
    engine.commit(&[present()])
}

/// Hands what has to be written to `commit`.
fn rewrite(engine: &dyn Engine, found: u32, commit: &Commit<'_>) -> Result<(), EngineError> {
    if found < 2 {
        replace(engine, commit, USERS_OF_1, |id, value| {
            Ok(vec![Write { key: key::document(Kind::User, id), value: Some(value.to_vec()) }])
        })?;
    }
    if found < 3 {
        replace(engine, commit, ROOMS_OF_2, |id, value| {
            let members = members_of(id, value).map_err(EngineError::Broken)?;
            Ok(members.into_iter().map(Write::from).collect())
        })?;
    }
    Ok(())
}

type Commit<'a> = dyn Fn(&[Write]) -> Result<(), EngineError> + 'a;

/// The note of the present format.
pub(super) fn present() -> Write {
    Write { key: key::FORMAT.to_vec(), value: Some(FORMAT.to_be_bytes().to_vec()) }
}

/// The members of a room that was kept as one document.
pub(super) fn members_of(room: &str, value: &[u8]) -> Result<Vec<Document>, String> {
    let id: RoomId = room.parse().map_err(|error| format!("{room:?}: {error}"))?;
    let Room { members } = serde_json::from_slice(value).map_err(|error| format!("{room}: {error}"))?;
    let member = |user: &UserId| Document::put(Kind::Member, member_id(&id, user), &serde_json::json!({}));
    Ok(members.iter().map(member).collect())
}

/// Puts what `make` makes of each pair whose key begins so into its place.
fn replace(
    engine: &dyn Engine,
    commit: &Commit<'_>,
    prefix: &[u8],
    make: impl Fn(&str, &[u8]) -> Result<Vec<Write>, EngineError>,
) -> Result<(), EngineError> {
    let (mut batch, mut result) = (Vec::new(), Ok(()));
    let mut take = |old: &[u8], value: &[u8]| {
        let id = parse_id(&old[prefix.len()..]).map_err(|error| EngineError::Broken(error.to_string()));
        result = id.and_then(|id| make(id, value)).and_then(|made| {
            batch.extend(made);
            batch.push(Write { key: old.to_vec(), value: None });
            if batch.len() < BATCH { Ok(()) } else { commit(&mem::take(&mut batch)) }
        });
        result.is_ok()
    };
    engine.scan(prefix, &mut take)?;
    result?;
    commit(&batch)
}
