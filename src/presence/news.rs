//! To whom a change of a record is news.

use super::{
    Audience, Audiences, Call, CallSettings, Override, Record, Rules, Timestamp,
    record::{Eyes, Look},
};

/// What a telephone account sees of an extension, or the user themselves.
#[derive(PartialEq)]
struct ExtensionLook<'a> {
    is_hidden: bool,
    settings: CallSettings,
    /// None where it is hidden.
    shown: Option<(Override, Option<&'a str>, Vec<Call>)>,
}

impl Record {
    /// Who sees a difference between `before` and this record, which it became at `now`.
    ///
    /// That is every audience that sees another presence than the one that it was last told of, so that a transition
    /// that was not told yet is news too; or another than a moment ago, since a watcher may have
    /// looked since then.
    pub fn news_since(&self, before: &Self, now: Timestamp, rules: &Rules) -> Audiences {
        let is_news = |audience: &Audience| match audience {
            Audience::Own | Audience::Rooms => self.looks_new(before, *audience, now, rules),
            Audience::OwnExtension | Audience::Account => {
                (self.has_extension_news(before))
                    && self.looks_like_another_extension(before, *audience, now, rules)
            }
        };
        Audience::ALL.into_iter().filter(is_news).collect()
    }

    fn looks_new(&self, before: &Self, audience: Audience, now: Timestamp, rules: &Rules) -> bool {
        let shows = self.seen_by(audience, now, rules);
        let told = Timestamp::from_micros(before.versions().of(audience));
        let [shown_when_told, shown_just_now] =
            [told, now].map(|moment| before.seen_by(audience, moment, rules));
        let differs = |shown: Option<Look<'_>>| shown.map(Look::shown) != shows.map(Look::shown);
        // A user who was active after a long time was seen to be so.
        let last_active = |look: Option<Look<'_>>| look.and_then(|look| look.last_active);
        let is_back = last_active(shows) > last_active(shown_when_told).map(|at| at + rules.active_window)
            && shows.is_some();
        differs(shown_when_told) || differs(shown_just_now) || is_back
    }

    /// What an audience sees of the user's presence; none if the user is hidden from them.
    fn seen_by(&self, audience: Audience, now: Timestamp, rules: &Rules) -> Option<Look<'_>> {
        match audience {
            Audience::Own | Audience::OwnExtension => Some(self.look(now, rules, Eyes::Own)),
            Audience::Rooms | Audience::Account => {
                (!self.is_hidden()).then(|| self.look(now, rules, Eyes::Others))
            }
        }
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

    fn extension_look(&self, audience: Audience, now: Timestamp, rules: &Rules) -> ExtensionLook<'_> {
        let telephone = self.telephone_at(now);
        let shown = self.seen_by(audience, now, rules);
        let shown = shown.map(|look| (telephone.overridden, look.text(), telephone.calls));
        ExtensionLook { is_hidden: self.hidden, settings: telephone.settings, shown }
    }
}
