//! What the embedded store needs of whatever keeps its bytes.

/// Keeps keys and values, sorted by key.
pub trait Engine: Send + Sync + 'static {
    /// Writes all or nothing. What was written is durable when this returns.
    fn commit(&self, batch: &[Write]) -> Result<(), EngineError>;

    /// Whether a write would be taken now; if not, why.
    fn health(&self) -> Result<(), EngineError> {
        Ok(())
    }

    /// Is called within a second of the last batch, and at the end.
    fn rest(&self) {}

    /// Shows every pair whose key begins with `prefix`, in the order of the keys, until the visitor says
    /// no.
    fn scan(&self, prefix: &[u8], visit: &mut ScanVisit<'_>) -> Result<(), EngineError>;
}

/// Looks at a key and its value, and says whether to go on.
pub type ScanVisit<'a> = dyn FnMut(&[u8], &[u8]) -> bool + 'a;

/// One pair to be set or removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Write {
    pub key: Vec<u8>,
    /// None removes the pair.
    pub value: Option<Vec<u8>>,
}

/// Why an engine did not do what it was asked; for operators.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EngineError {
    /// Nothing was written. The same may work later.
    #[error("{0}")]
    Refused(String),
    /// Whether it was written is unknown, and the engine can no longer be trusted with a write: what a
    /// failed fsync left behind shows only when the data is opened anew.
    #[error("{0}; restart the server to open the data anew")]
    Broken(String),
}
