//! To whom a change of a record is news.

use super::{Audience, Audiences, CallSettings, Override, Presence, Record, Rules, Timestamp};
use crate::presence::{Call, Text};

/// What a telephone account sees of an extension, or the user themselves.
#[derive(PartialEq)]
struct ExtensionLook {
    is_hidden: bool,
    settings: CallSettings,
    /// None where it is hidden.
    shown: Option<(Override, Option<Text>, Vec<Call>)>,
}

impl Record {
    /// Who sees a difference between `before` and this record, which it became at `now`.
    ///
    /// That is every audience that sees another presence than the one that it was last told of, so that a transition
    /// that was not told yet is news too; or another than a moment ago, since a watcher may have
    /// looked since then.
    pub fn news_since(&self, before: &Self, now: Timestamp, rules: &Rules) -> Audiences {
        let is_news = |audience: &Audience| match audience {
            Audience::Own => self.looks_new(before, *audience, now, rules, Self::own_look),
            Audience::Rooms => self.looks_new(before, *audience, now, rules, Self::others_look),
            Audience::OwnExtension | Audience::Account => {
                (self.has_extension_news(before))
                    && self.looks_like_another_extension(before, *audience, now, rules)
            }
        };
        Audience::ALL.into_iter().filter(is_news).collect()
    }

    fn looks_new(
        &self,
        before: &Self,
        audience: Audience,
        now: Timestamp,
        rules: &Rules,
        look: fn(&Self, Timestamp, &Rules) -> Option<Presence>,
    ) -> bool {
        let shows = look(self, now, rules);
        let told = Timestamp::from_micros(before.versions().of(audience));
        let shown = [told, now].map(|moment| look(before, moment, rules));
        let differs = |shown: &Option<Presence>| match (shown, &shows) {
            (Some(shown), Some(shows)) => !shown.looks_like(shows),
            (shown, shows) => shown.is_some() != shows.is_some(),
        };
        // A user who was active after a long time was seen to be so.
        let last_active = |look: &Option<Presence>| look.as_ref().and_then(|presence| presence.last_active);
        let is_back = last_active(&shows) > last_active(&shown[0]).map(|at| at + rules.active_window)
            && shows.is_some();
        shown.iter().any(differs) || is_back
    }

    /// What others see of the user's presence; none if the user is hidden.
    fn others_look(&self, now: Timestamp, rules: &Rules) -> Option<Presence> {
        (!self.is_hidden()).then(|| self.look_of_others(now, rules))
    }

    fn own_look(&self, now: Timestamp, rules: &Rules) -> Option<Presence> {
        Some(self.look_of_oneself(now, rules))
    }

    /// Whether anything is there that an extension is made of; most users have nothing of it.
    fn has_extension_news(&self, before: &Self) -> bool {
        let is_plain = |record: &Self| record.telephony.is_none() && record.status.is_none();
        !(is_plain(self)
            && is_plain(before)
            && self.overridden == before.overridden
            && self.hidden == before.hidden
            && self.status_left_behind == before.status_left_behind)
    }

    fn looks_like_another_extension(
        &self,
        before: &Self,
        audience: Audience,
        now: Timestamp,
        rules: &Rules,
    ) -> bool {
        let shows = self.extension_look(audience, now, rules);
        let told = Timestamp::from_micros(before.versions().of(audience));
        [told, now].into_iter().any(|moment| before.extension_look(audience, moment, rules) != shows)
    }

    fn extension_look(&self, audience: Audience, now: Timestamp, rules: &Rules) -> ExtensionLook {
        let is_own = audience == Audience::OwnExtension;
        let telephone = self.telephone_at(now);
        let shown = (is_own || !self.hidden).then(|| {
            let presence =
                if is_own { self.look_of_oneself(now, rules) } else { self.look_of_others(now, rules) };
            (telephone.overridden, presence.status, telephone.calls)
        });
        ExtensionLook { is_hidden: self.hidden, settings: telephone.settings, shown }
    }
}
