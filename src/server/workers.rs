//! Threads that serve connections, each with a runtime of its own: no connection's work moves to another thread, so
//! that what it waits for wakes the thread that goes on with it.

use std::{io, num::NonZero, sync::Arc, thread};

use tokio::{runtime, sync::oneshot};

/// The threads. Without any, connections are served where they are accepted.
#[derive(Debug, Default)]
pub(super) struct Workers(Vec<Worker>);

/// A thread with its runtime, which ends when this is dropped.
#[derive(Debug)]
struct Worker {
    runtime: runtime::Handle,
    load: Load,
    _end: oneshot::Sender<()>,
}

/// A connection's part in what its worker has to do. Dropping it makes the worker's load smaller.
#[derive(Clone, Debug, Default)]
pub(super) struct Load(Arc<()>);

impl Workers {
    /// Starts so many threads.
    pub(super) fn start(threads: NonZero<usize>) -> io::Result<Self> {
        (0..threads.get()).map(|_| Worker::start()).collect::<io::Result<_>>().map(Self)
    }

    /// The one with the fewest connections: those that only wait, as long polls and streams do, pile up on none.
    pub(super) fn pick(&self) -> Option<(&runtime::Handle, Load)> {
        let idlest = self.0.iter().min_by_key(|worker| worker.load.size())?;
        Some((&idlest.runtime, idlest.load.clone()))
    }
}

impl Worker {
    fn start() -> io::Result<Self> {
        let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
        let handle = runtime.handle().clone();
        let (end, ended) = oneshot::channel();
        thread::Builder::new().name("connections".to_owned()).spawn(move || {
            // It ends by being dropped.
            let _dropped = runtime.block_on(ended);
            runtime.shutdown_background();
        })?;
        Ok(Self { runtime: handle, load: Load::default(), _end: end })
    }
}

impl Load {
    fn size(&self) -> usize {
        Arc::strong_count(&self.0)
    }
}
