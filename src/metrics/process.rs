//! What the operating system says of this process.

use std::fs;

/// What it uses at present.
#[derive(Clone, Copy, Debug)]
pub(super) struct Process {
    pub(super) resident_bytes: i64,
    pub(super) open_files: i64,
}

impl Process {
    /// Nothing, where the system does not say.
    pub(super) fn look() -> Option<Self> {
        // Source: proc(5).
        let pages = fs::read_to_string("/proc/self/statm").ok()?;
        let resident: i64 = pages.split(' ').nth(1)?.parse().ok()?;
        let page = i64::try_from(rustix::param::page_size()).ok()?;
        let open = fs::read_dir("/proc/self/fd").ok()?.count();
        Some(Self { resident_bytes: resident * page, open_files: i64::try_from(open).ok()? })
    }
}
