//! How many files the process may have open, and how many of them connections may be.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::{cli::Failure, config::Config};

/// So many files are for the store, webhooks and the rest; of a small limit a quarter.
const RESERVE: usize = 256;

/// Webhooks take as many files for deliveries as for questions, and as many for connections that are kept; the store and the
/// rest have what is left.
const WEBHOOK_PARTS: usize = 8;

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

    /// Lets no more connections in than there are files for, and no more webhooks out than the rest has room for. Says
    /// so.
    pub(super) fn bound(self, config: &mut Config) {
        let (connections, webhooks) = (config.limits.connections, config.webhooks.concurrent);
        self.fit(config);
        let (Self(files), most) = (self, &*config);
        if most.limits.connections < connections {
            tracing::warn!(
                connections = most.limits.connections,
                configured = connections,
                files,
                "fewer connections than configured: the process may have so many files open"
            );
        }
        if most.webhooks.concurrent < webhooks {
            tracing::warn!(
                webhooks = most.webhooks.concurrent,
                configured = webhooks,
                files,
                "fewer webhooks at a time than configured: the process may have so many files open"
            );
        }
    }

    /// The same without a word.
    pub(super) fn fit(self, config: &mut Config) {
        let Self(files) = self;
        let most = files - RESERVE.min(files / 4);
        if config.limits.connections > most {
            config.limits.connections = most;
            // Streams are never all connections.
            config.limits.streams = config.limits.streams.min(most - most / 5);
        }
        let most = (files - config.limits.connections) / WEBHOOK_PARTS;
        config.webhooks.concurrent = config.webhooks.concurrent.min(most);
    }
}
