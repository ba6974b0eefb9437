//! Brings data of earlier formats to the present one.
//!
//! | format | since it |
//! |---|---|
//! | 1 | |
//! | 2 | the users' directory entries lie by partition, so that several partitions are read at a time |

use std::mem;

use super::{
    engine::{Engine, EngineError, Write},
    key,
};
use crate::store::{Kind, parse_id};

/// The layout of the data that this version writes, and the newest that it reads.
pub(super) const FORMAT: u32 = 2;

/// What the keys of users' directory entries began with in format 1.
const USERS_OF_1: &[u8] = b"du";

/// How many pairs are moved at once.
const BATCH: usize = 2_000;

/// Brings data of format `found` to the present one. If it ends in the middle, it can be done again.
pub(super) fn upgrade(engine: &dyn Engine, found: u32) -> Result<(), EngineError> {
    if found < 2 {
        move_users(engine)?;
    }
    engine.commit(&[present()])
}

/// The note of the present format.
pub(super) fn present() -> Write {
    Write { key: key::FORMAT.to_vec(), value: Some(FORMAT.to_be_bytes().to_vec()) }
}

fn move_users(engine: &dyn Engine) -> Result<(), EngineError> {
    let (mut batch, mut result) = (Vec::new(), Ok(()));
    let mut take = |old: &[u8], value: &[u8]| {
        let id = parse_id(&old[USERS_OF_1.len()..]).map_err(|error| EngineError::Broken(error.to_string()));
        result = id.and_then(|id| {
            batch.push(Write { key: key::document(Kind::User, id), value: Some(value.to_vec()) });
            batch.push(Write { key: old.to_vec(), value: None });
            if batch.len() < BATCH { Ok(()) } else { engine.commit(&mem::take(&mut batch)) }
        });
        result.is_ok()
    };
    engine.scan(USERS_OF_1, &mut take)?;
    result?;
    engine.commit(&batch)
}
