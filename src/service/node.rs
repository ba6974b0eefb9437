//! What the store tells this server: documents go to the directory, changes to the feed.

use super::Service;
use crate::{
    changes::Topic,
    directory::Move,
    id::UserId,
    presence::{Audience, Audiences, Record, Timestamp},
    store::{DocumentRef, Node, Outlook, Progress, Resumed, Revision},
};

impl Node for Service {
    fn loaded(&self, revision: Revision, documents: &[DocumentRef<'_>]) {
        self.directory.load(revision, documents);
    }

    fn documents(&self, revision: Revision, documents: &[DocumentRef<'_>]) {
        let moves = self.directory.follow(revision, documents);
        let mut topics: Vec<Topic> = moves.iter().flat_map(|one| self.topics_of_move(one)).collect();
        for one in &moves {
            if let Move::Join { room, user } | Move::Leave { room, user } = one {
                self.tallies.note(room, user);
            }
        }
        topics.sort_unstable();
        topics.dedup();
        self.changes.moved(revision.0, moves, topics);
    }

    fn progress(&self, progress: Progress) {
        (self.tell)(progress);
    }

    fn resume(&self, record: &mut Record, stopped: Timestamp) -> Resumed {
        let now = self.clock.now();
        let changed = record.resume(stopped, now, &self.rules);
        Resumed { changed, outlook: Outlook::of(record, now, &self.rules) }
    }

    fn changed(&self, user: &UserId, version: u64, audiences: Audiences) {
        if audiences.contains(Audience::Rooms) {
            self.note_in_tallies(user);
        }
        self.changes.changed(user, version, audiences);
    }

    fn complete_up_to(&self, version: u64) {
        self.changes.release(version, |user, audiences| self.topics_about(user, audiences));
    }
}

impl Service {
    /// Under which topics these audiences watch a user.
    fn topics_about(&self, user: &UserId, audiences: Audiences) -> Vec<Topic> {
        // Admins see hidden users too, who change for no other watcher.
        let rooms = self.directory.rooms_of(user).into_iter().map(Topic::Room);
        let mut topics: Vec<Topic> = rooms.chain([Topic::Server, Topic::User(user.clone())]).collect();
        if audiences.contains(Audience::Account) || audiences.contains(Audience::OwnExtension) {
            topics.extend(self.directory.account_of(user).map(Topic::Account));
            topics.push(Topic::Extension(user.clone()));
        }
        topics
    }

    /// Who may see another user after a move.
    fn topics_of_move(&self, moved: &Move) -> Vec<Topic> {
        let user = |user: &UserId| Topic::User(user.clone());
        match moved {
            Move::Join { room, user: moved } | Move::Leave { room, user: moved } => {
                vec![Topic::Room(room.clone()), user(moved)]
            }
            Move::List { observer, observed, .. } => vec![user(observer), user(observed)],
            Move::Profile { user: changed, account, .. } | Move::Removal { user: changed, account } => {
                let accounts = self.directory.account_of(changed).into_iter().chain(*account);
                let extension = Topic::Extension(changed.clone());
                // Those who see all users see them no more.
                let server = matches!(moved, Move::Removal { .. }).then_some(Topic::Server);
                accounts.map(Topic::Account).chain([user(changed), extension]).chain(server).collect()
            }
        }
    }
}
