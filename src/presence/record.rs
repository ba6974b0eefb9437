use std::{collections::BTreeSet, iter, time::Duration};

use smallvec::SmallVec;
use smol_str::SmolStr;

use super::{
    Audience, Audiences, Claim, Device, Expiry, Override, Rules, State, Status, TelephonePresence, Telephony,
    Text, Timestamp, Versions,
};
use crate::id::{DeviceId, NodeId};

/// Where sequences begin: 2020-01-01, in seconds since the Unix epoch.
const SEQUENCES_BEGIN: u64 = 1_577_836_800;

/// The highest number in a sequence: the highest that every client can read.
pub(super) const HIGHEST_SEQUENCE: u32 = i32::MAX as u32;

/// The longest lease: no dialect lets a claim hold for longer.
pub(super) const LONGEST_LEASE: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// Where the sequence of an audience stands, if it has one.
fn sequence_place(audience: Audience) -> Option<usize> {
    match audience {
        Audience::OwnExtension => Some(0),
        Audience::Account => Some(1),
        Audience::Own | Audience::Rooms => None,
    }
}

/// The number in a sequence that goes with a version, unless there were several in one second.
pub(super) fn usual_sequence(version: u64) -> u32 {
    let seconds = (version / 1_000_000).saturating_sub(SEQUENCES_BEGIN);
    u32::try_from(seconds).unwrap_or(HIGHEST_SEQUENCE).clamp(1, HIGHEST_SEQUENCE)
}

/// All that the core holds of one user. Its JSON form is that of exports.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// Of one device, mostly.
    pub(super) claims: SmallVec<[Claim; 1]>,
    pub(super) last_active: Option<Timestamp>,
    /// When state or status were last set, through whatever dialect.
    pub(super) last_update: Option<Timestamp>,
    pub(super) status: Option<Status>,
    /// What others see of the status while the user is invisible: what it was when that began.
    pub(super) status_left_behind: Option<Status>,
    pub(super) overridden: Override,
    pub(super) hidden: bool,
    /// None where it would be empty, which keeps most records small.
    pub(super) telephony: Option<Box<Telephony>>,
    pub(super) versions: Versions,
    /// Number the changes that [`Audience::OwnExtension`] and [`Audience::Account`] could see.
    pub(super) sequences: [u32; 2],
}

/// The answer: what a user's presence is at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Presence {
    pub state: State,
    /// When the user was last active, if ever.
    pub last_active: Option<Timestamp>,
    /// When state or status were last set, if ever. Renewals and connections are no updates.
    pub last_update: Option<Timestamp>,
    /// Online, and active within the active window.
    pub currently_active: bool,
    pub status: Option<Text>,
    /// When the status expires, if it does.
    pub status_expires: Option<Expiry>,
    /// The number of the last change that those who see this could see.
    pub version: u64,
}

/// A presence, without copies of what the record has.
#[derive(Clone, Copy)]
pub(super) struct Look<'a> {
    state: State,
    pub(super) last_active: Option<Timestamp>,
    last_update: Option<Timestamp>,
    currently_active: bool,
    status: Option<&'a Status>,
    version: u64,
}

/// What of a presence makes a difference to watchers: the times of activity and update alone do not, nor does it that a
/// lease goes on.
pub(super) type Shown<'a> = (State, bool, Option<&'a str>, Option<Timestamp>);

impl<'a> Look<'a> {
    pub(super) fn shown(self) -> Shown<'a> {
        let (text, expiry) = self.status.map(Status::set).unzip();
        (self.state, self.currently_active, text, expiry.flatten())
    }

    pub(super) fn text(self) -> Option<&'a str> {
        self.status.map(|status| &*status.text)
    }
}

impl From<Look<'_>> for Presence {
    fn from(look: Look<'_>) -> Self {
        Self {
            state: look.state,
            last_active: look.last_active,
            last_update: look.last_update,
            currently_active: look.currently_active,
            status: look.status.map(|status| status.text.clone()),
            status_expires: look.status.and_then(|status| status.expires),
            version: look.version,
        }
    }
}

impl Presence {
    fn shown(&self) -> Shown<'_> {
        (self.state, self.currently_active, self.status.as_deref(), self.status_expiry_set())
    }

    /// Whether a watcher would see a difference.
    pub fn looks_like(&self, other: &Self) -> bool {
        self.shown() == other.shown()
    }

    /// When the status expires, if that was set with it.
    pub fn status_expiry_set(&self) -> Option<Timestamp> {
        self.status_expires.and_then(Expiry::if_set)
    }
}

/// Whose eyes a record is read with.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Eyes {
    Others,
    Own,
}

impl Record {
    /// The presence that others see at `now`.
    pub fn at(&self, now: Timestamp, rules: &Rules) -> Presence {
        self.look(now, rules, Eyes::Others).into()
    }

    /// The presence that the user sees of themselves at `now`: invisible does not hide it.
    pub fn own_at(&self, now: Timestamp, rules: &Rules) -> Presence {
        self.look(now, rules, Eyes::Own).into()
    }

    /// What the user's extension is at `now`, for viewers who may see it.
    pub fn telephone_at(&self, now: Timestamp) -> TelephonePresence {
        let telephony = self.telephony.as_deref();
        TelephonePresence {
            overridden: self.overridden,
            settings: telephony.map(|telephony| telephony.settings).unwrap_or_default(),
            calls: telephony.into_iter().flat_map(|telephony| telephony.live(now)).cloned().collect(),
        }
    }

    /// The first moment after `now` at which a leg of a call ends without an input.
    pub fn next_call_end(&self, now: Timestamp) -> Option<Timestamp> {
        self.telephony.as_ref()?.next_end(now)
    }

    pub(super) fn telephony_mut(&mut self) -> &mut Telephony {
        self.telephony.get_or_insert_default()
    }

    pub(super) fn tidy_telephony(&mut self, now: Timestamp) {
        if let Some(telephony) = &mut self.telephony {
            telephony.forget_ended(now);
            if telephony.is_empty() {
                self.telephony = None;
            }
        }
    }

    /// Whether the user is hidden from others.
    pub fn is_hidden(&self) -> bool {
        self.hidden
    }

    /// What the user set by hand.
    pub fn overridden(&self) -> Override {
        self.overridden
    }

    /// The numbers of the last changes, by who could see them: microseconds since the Unix epoch, made
    /// monotonic.
    pub fn versions(&self) -> Versions {
        self.versions
    }

    /// The number of the last change that any watcher could see; 0 if there was none.
    pub fn version(&self) -> u64 {
        self.versions.highest()
    }

    /// Another number of the last change that an audience of the extension could see, for those to whom a
    /// version is too large: the seconds since 2020 at least, so that it goes up even where a change was
    /// lost with the process. 0 for the other audiences.
    pub fn sequence(&self, audience: Audience) -> u32 {
        sequence_place(audience).map_or(0, |place| self.sequences[place])
    }

    /// Numbers a change made at `micros` since the Unix epoch for those who can see it. Returns its number,
    /// which is above all before.
    pub fn number_change(&mut self, micros: u64, audiences: Audiences) -> u64 {
        let version = micros.max(self.version() + 1);
        for audience in audiences.iter() {
            self.versions.0[audience as usize] = version;
            if let Some(place) = sequence_place(audience) {
                let next = usual_sequence(version).max(self.sequences[place].saturating_add(1));
                self.sequences[place] = next.min(HIGHEST_SEQUENCE);
            }
        }
        version
    }

    /// The nodes that hold connections of the user's devices.
    pub fn nodes(&self) -> BTreeSet<NodeId> {
        self.claims.iter().flat_map(|claim| claim.connections.iter().map(|(node, _)| *node)).collect()
    }

    /// Whether others see something else than the user.
    pub fn is_invisible(&self) -> bool {
        matches!(self.overridden, Override::Invisible { .. })
    }

    /// The first moment after `now` at which the presence turns without an input, to others or to oneself.
    pub fn next_change(&self, now: Timestamp, rules: &Rules) -> Option<Timestamp> {
        let to_others = self.turns_after(now, rules, Eyes::Others);
        let to_oneself = self.is_invisible().then(|| self.turns_after(now, rules, Eyes::Own)).flatten();
        to_others.into_iter().chain(to_oneself).chain(self.next_call_end(now)).min()
    }

    /// Whether the same was set in both records: what devices say that still holds, status, override,
    /// hidden or not, calls. When it was set or a lease will end makes no difference.
    pub fn is_set_like(&self, other: &Self, now: Timestamp) -> bool {
        type Said<'a> = (&'a DeviceId, State, Option<&'a SmolStr>, Option<Duration>);
        fn said(record: &Record, now: Timestamp) -> impl Iterator<Item = Said<'_>> {
            let live = record.claims.iter().filter(move |claim| claim.is_live(now));
            live.map(|claim| (&claim.device, claim.state, claim.label.as_ref(), claim.lease))
        }
        fn statuses(record: &Record) -> [Option<(&str, Option<Timestamp>)>; 2] {
            [&record.status, &record.status_left_behind].map(|status| status.as_ref().map(Status::set))
        }
        statuses(self) == statuses(other)
            && self.overridden == other.overridden
            && self.hidden == other.hidden
            && said(self, now).eq(said(other, now))
            && self.telephone_at(now) == other.telephone_at(now)
    }

    /// What each of the user's devices says at `now`.
    pub fn devices(&self, now: Timestamp, rules: &Rules) -> Vec<Device> {
        let live = self.claims.iter().filter(|claim| claim.is_live(now));
        live.map(|claim| claim.look(now, rules)).collect()
    }

    /// Carries the record over a restart. A user who was there at `stopped` has until the end of the grace
    /// to be heard of again; connections ended with the process that held them. Says whether that changed
    /// anything.
    pub fn resume(&mut self, stopped: Timestamp, now: Timestamp, rules: &Rules) -> bool {
        let mut changed = self.settle(now, rules);
        let (grace, stopped) = (now + rules.connection_grace, stopped.min(now));
        for claim in self.claims.iter_mut().filter(|claim| claim.is_live(stopped)) {
            changed |= claim.is_connected() || claim.until < grace;
            claim.connections.clear();
            claim.until = claim.until.max(grace);
        }
        changed
    }

    /// Takes back what a clock said that was ahead: nothing has happened after `now`, and no claim holds for
    /// longer from then on than it might have held from the moment at which it was made. Says whether that
    /// changed anything.
    pub fn settle(&mut self, now: Timestamp, rules: &Rules) -> bool {
        let mut changed = false;
        let mut bound = |moment: &mut Timestamp, highest: Timestamp| {
            changed |= *moment > highest;
            *moment = highest.min(*moment);
        };
        for claim in &mut self.claims {
            let ahead = claim.last_active.millis_since(now);
            let longest = rules.lease.max(rules.busy_lease).max(rules.connection_grace).max(rules.idle_after);
            let longest = longest.max(claim.lease.unwrap_or_default());
            for moment in [&mut claim.until, &mut claim.leased_until] {
                let back = Timestamp::from_millis(moment.as_millis().saturating_sub(ahead));
                bound(moment, back);
            }
            bound(&mut claim.last_active, now);
            bound(&mut claim.leased_until, now + LONGEST_LEASE);
            bound(&mut claim.until, claim.leased_until.max(now + longest));
        }
        let since = match &mut self.overridden {
            Override::Invisible { since } => Some(since),
            Override::None | Override::Busy => None,
        };
        for moment in [self.last_active.as_mut(), self.last_update.as_mut(), since].into_iter().flatten() {
            bound(moment, now);
        }
        for leg in self.telephony.iter_mut().flat_map(|telephony| &mut telephony.legs) {
            if let Some(started) = &mut leg.call.started {
                bound(started, now);
            }
            bound(&mut leg.until, now + rules.call_lease.max(rules.ended_call));
        }
        changed
    }

    /// The state that others see at `now`, and the first later moment at which that is another one without an
    /// input.
    pub fn state_at(&self, now: Timestamp, rules: &Rules) -> (State, Option<Timestamp>) {
        match self.overridden {
            Override::Invisible { .. } => (State::Offline, None),
            Override::Busy => (State::Busy, None),
            Override::None => {
                let state = self.merged(now, rules);
                let boundaries = self.claims.iter().flat_map(|claim| claim.boundaries(rules));
                let turns = boundaries.filter(|&at| at > now && self.merged(at, rules) != state);
                (state, turns.min())
            }
        }
    }

    /// The states that the live claims come to.
    pub fn claim_states(&self, now: Timestamp, rules: &Rules) -> SmallVec<[State; 1]> {
        let live = self.claims.iter().filter(|claim| claim.is_live(now));
        live.map(|claim| claim.state_at(now, rules)).collect()
    }

    /// The highest state of the live claims.
    pub(super) fn merged(&self, now: Timestamp, rules: &Rules) -> State {
        self.claims.iter().map(|claim| claim.state_at(now, rules)).max().unwrap_or_default()
    }

    /// The first moment after `now` at which the presence looks otherwise, to these eyes.
    fn turns_after(&self, now: Timestamp, rules: &Rules, eyes: Eyes) -> Option<Timestamp> {
        let shows = |moment| self.look(moment, rules, eyes).shown();
        let after = |moment| self.boundary_after(moment, rules);
        let mut boundaries = iter::successors(after(now), |moment| after(*moment));
        let shown = shows(now);
        boundaries.find(|moment| shows(*moment) != shown)
    }

    /// Whether the user is there, to themselves at least.
    pub fn is_present(&self, now: Timestamp, rules: &Rules) -> bool {
        self.overridden == Override::Busy || self.merged(now, rules) != State::Offline
    }

    /// The presence at `now` to these eyes.
    pub(super) fn look(&self, now: Timestamp, rules: &Rules, eyes: Eyes) -> Look<'_> {
        let invisible_since = match (self.overridden, eyes) {
            (Override::Invisible { since }, Eyes::Others) => Some(since),
            _ => None,
        };
        let state = match self.overridden {
            _ if invisible_since.is_some() => State::Offline,
            Override::Busy => State::Busy,
            _ => self.merged(now, rules),
        };
        // A user who turned invisible looks like one who left at that moment.
        let seen = |at: Timestamp| invisible_since.map_or(at, |since| at.min(since));
        let last_active = self.last_active.map(seen);
        let status = self
            .status_for(invisible_since.is_some())
            .filter(|status| status.expires.is_none_or(|expires| now < expires.at()));
        Look {
            state,
            last_active,
            last_update: self.last_update.map(seen),
            currently_active: state == State::Online
                && last_active.is_some_and(|at| now < at + rules.active_window),
            status,
            version: self.versions.of(match eyes {
                Eyes::Others => Audience::Rooms,
                Eyes::Own => Audience::Own,
            }),
        }
    }

    fn status_for(&self, is_invisible: bool) -> Option<&Status> {
        if is_invisible { self.status_left_behind.as_ref() } else { self.status.as_ref() }
    }

    /// The first moment after `now` at which anything that [`look`](Self::look) reads may turn.
    fn boundary_after(&self, now: Timestamp, rules: &Rules) -> Option<Timestamp> {
        let window = self.last_active.map(|at| at + rules.active_window);
        let statuses = [&self.status, &self.status_left_behind].into_iter().flatten();
        let expiries = statuses.filter_map(|status| Some(status.expires?.at()));
        self.claims
            .iter()
            .flat_map(|claim| claim.boundaries(rules))
            .chain(window)
            .chain(expiries)
            .filter(|&moment| moment > now)
            .min()
    }
}
