use std::collections::BTreeSet;

use parking_lot::Mutex;

/// Gives changes their numbers: microseconds since the Unix epoch, made unique and strictly increasing.
///
/// A number is in flight from the moment at which it is taken until its change was told to all whom it
/// concerns, or came to nothing. So there is always a watermark: all that has a number up to it was told.
#[derive(Debug, Default)]
pub struct Numbers(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    last: u64,
    in_flight: BTreeSet<u64>,
}

impl Numbers {
    /// Gives no number up to this one.
    pub fn start_after(&self, number: u64) {
        let mut state = self.0.lock();
        state.last = state.last.max(number);
    }

    /// Takes the next number: the time in microseconds, or one more than the last if that is later.
    pub fn take(&self, micros: u64) -> u64 {
        let mut state = self.0.lock();
        state.last = micros.max(state.last + 1);
        let number = state.last;
        state.in_flight.insert(number);
        number
    }

    /// Says that these numbers are not in flight any more. Returns the watermark.
    pub fn landed(&self, numbers: impl IntoIterator<Item = u64>) -> u64 {
        let mut state = self.0.lock();
        for number in numbers {
            state.in_flight.remove(&number);
        }
        state.watermark()
    }

    /// The watermark as of `micros`. It tells the time and not when something changed last: no later number
    /// is below it.
    pub fn watermark(&self, micros: u64) -> u64 {
        let mut state = self.0.lock();
        state.last = state.last.max(micros);
        state.watermark()
    }
}

impl State {
    fn watermark(&self) -> u64 {
        self.in_flight.first().map_or(self.last, |lowest| lowest - 1)
    }
}
