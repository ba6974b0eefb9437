use std::sync::Arc;

use super::Parts;
use crate::{
    id::UserId,
    presence::Audiences,
    store::{Document, Node, Revision},
};

/// What the node is told once it is so.
#[derive(Debug)]
pub(super) enum News {
    Change { user: UserId, number: u64, audiences: Audiences },
    Documents { revision: Revision, documents: Vec<Document> },
}

impl News {
    pub(super) fn number(&self) -> u64 {
        match self {
            Self::Change { number, .. } => *number,
            Self::Documents { revision, .. } => revision.0,
        }
    }
}

impl Parts {
    /// The server on this store, unless it is gone.
    fn node(&self) -> Option<Arc<dyn Node>> {
        self.node.get()?.upgrade()
    }

    /// Tells the node what happened, or that it came to nothing.
    pub(super) fn report(&self, news: impl Iterator<Item = News>, happened: bool) {
        let node = self.node();
        let numbers: Vec<u64> = news
            .map(|news| {
                let number = news.number();
                match news {
                    News::Change { user, number, audiences } if happened => {
                        if let Some(node) = &node {
                            node.changed(&user, number, audiences);
                        }
                    }
                    News::Documents { revision, documents } => {
                        if let Some(node) = node.as_ref().filter(|_| happened) {
                            let documents: Vec<_> = documents.iter().map(Into::into).collect();
                            node.documents(revision, &documents);
                        }
                        // Only now, so that the next write builds on what the node has heard of.
                        self.log.lock().end(happened.then_some(revision));
                    }
                    News::Change { .. } => {}
                }
                number
            })
            .collect();
        if numbers.is_empty() {
            return;
        }
        let watermark = self.numbers.landed(numbers);
        if let Some(node) = &node {
            node.complete_up_to(watermark);
        }
    }
}
