use std::collections::VecDeque;

use crate::directory::Move;

/// How many moves are remembered. A client that resumes from further back is shown all users.
const REMEMBERED: usize = 16_384;

/// The latest moves, in the order of the numbers.
#[derive(Debug, Default)]
pub(super) struct Moves {
    moves: VecDeque<(u64, Move)>,
    complete_after: u64,
}

impl Moves {
    pub(super) fn begin_after(&mut self, number: u64) {
        self.complete_after = number;
    }

    pub(super) fn extend(&mut self, number: u64, moves: Vec<Move>) {
        for latest in moves {
            if self.moves.len() == REMEMBERED
                && let Some((forgotten, _)) = self.moves.pop_front()
            {
                self.complete_after = self.complete_after.max(forgotten);
            }
            self.moves.push_back((number, latest));
        }
    }

    /// The moves after `since` and up to `until`, if all of these are remembered.
    pub(super) fn between(&self, since: u64, until: u64) -> Option<impl Iterator<Item = &Move>> {
        let wanted = move |(number, _): &&(u64, Move)| (since + 1..=until).contains(number);
        (since >= self.complete_after).then(|| self.moves.iter().filter(wanted).map(|(_, one)| one))
    }
}
