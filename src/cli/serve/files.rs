//! How many files the process may have open, and how many of them connections may be.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::{cli::Failure, config::Config};

/// So many files are for the store, webhooks and the rest; of a small limit a quarter.
const RESERVE: usize = 256;

/// With fewer files there is no server.
const LEAST: usize = 128;

/// How many files the process may have open.
#[derive(Clone, Copy, Debug)]
pub(super) struct Files(usize);

impl Files {
    /// Raises the limit as far as the system lets it.
    pub(super) fn raise() -> Result<Self, Failure> {
        let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
        // Where it cannot be raised, what there is counts.
        let _as_it_was = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
        let limit = getrlimit(Resource::Nofile).current;
        let limit = limit.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX));
        if limit < LEAST {
            return Err(Failure::unusable(format!(
                "the process may have {limit} files open and needs at least {LEAST}; raise the limit, with \
                 `ulimit -n` or `LimitNOFILE=`"
            )));
        }
        Ok(Self(limit))
    }

    /// Lets no more connections in than there are files for, and keeps room in what is left for everything else.
    pub(super) fn bound(self, config: &mut Config) {
        let Self(files) = self;
        let most = files - RESERVE.min(files / 4);
        let configured = config.limits.connections;
        if configured > most {
            config.limits.connections = most;
            // Streams are never all connections, nor webhooks all of the reserve.
            config.limits.streams = config.limits.streams.min(most - most / 5);
            config.webhooks.concurrent = config.webhooks.concurrent.min((files - most) / 2);
            tracing::warn!(
                connections = most,
                configured,
                files,
                "fewer connections than configured: the process may have so many files open"
            );
        }
    }
}
