//! Those who wait for the writer.

use tokio::{runtime::Handle, sync::oneshot};

use crate::store::StoreError;

/// What became of a write.
type Outcome = Result<(), StoreError>;

/// Completes once a write is durable, or has failed.
pub(super) struct Done(oneshot::Receiver<Outcome>);

/// Who waits for a write, and on which runtime.
#[derive(Debug)]
pub(super) struct Waiter {
    told: oneshot::Sender<Outcome>,
    runtime: Option<Handle>,
}

impl Done {
    /// What is to be awaited, and whoever awaits it on this runtime.
    pub(super) fn awaited() -> (Waiter, Self) {
        let (told, done) = oneshot::channel();
        (Waiter { told, runtime: Handle::try_current().ok() }, Self(done))
    }

    pub(super) async fn wait(self) -> Outcome {
        self.0.await.unwrap_or_else(|_| Err(StoreError::Refused("the writer has ended".to_owned())))
    }
}

/// Tells all who wait. To wake someone from outside of their runtime takes a call of the kernel, so those who share one
/// are told inside of it, and it is woken once.
pub(super) fn tell(waiters: impl Iterator<Item = Waiter>, outcome: &Outcome) {
    let mut crowds: Vec<(Handle, Vec<oneshot::Sender<Outcome>>)> = Vec::new();
    for Waiter { told, runtime } in waiters {
        let Some(runtime) = runtime else {
            send(told, outcome.clone());
            continue;
        };
        match crowds.iter_mut().find(|(other, _)| other.id() == runtime.id()) {
            Some((_, crowd)) => crowd.push(told),
            None => crowds.push((runtime, vec![told])),
        }
    }
    for (runtime, crowd) in crowds {
        let outcome = outcome.clone();
        runtime.spawn(async move { crowd.into_iter().for_each(|told| send(told, outcome.clone())) });
    }
}

fn send(told: oneshot::Sender<Outcome>, outcome: Outcome) {
    // The caller may be gone.
    let _gone = told.send(outcome);
}
