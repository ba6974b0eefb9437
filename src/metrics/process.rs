//! What the operating system says of this process, under the names that all exporters have for it.

use std::{fs, time::Duration};

use prometheus_client::{
    metrics::{counter::Counter, gauge::Gauge},
    registry::Registry,
};
use rustix::{
    process::{Resource, getrlimit},
    time::{ClockId, clock_gettime},
};

use super::Measure;

families! {
    /// What it uses.
    struct Families {
        /// Memory that is in use.
        resident_memory: Gauge = "process_resident_memory_bytes", Gauge::default();
        /// Files and sockets that are open.
        open_files: Gauge = "process_open_fds", Gauge::default();
        /// Files and sockets that may be open.
        most_files: Gauge = "process_max_fds", Gauge::default();
        /// Processor time that was used, in user and kernel mode.
        processor: Counter<f64, std::sync::atomic::AtomicU64> = "process_cpu_seconds", Counter::default();
        /// When the server started, in seconds since the Unix epoch.
        started: Measure = "process_start_time_seconds", Measure::default();
    }
}

/// The figures of this process.
pub(super) struct Process {
    families: Families,
    pub(super) registry: Registry,
}

impl Process {
    /// A process that started then, in microseconds.
    pub(super) fn started_at(micros: u64) -> Self {
        let (families, mut registry) = (Families::new(), Registry::default());
        families.register_in(&mut registry);
        families.started.set(Duration::from_micros(micros).as_secs_f64());
        Self { families, registry }
    }

    /// Looks again, where the system says something.
    pub(super) fn look(&self) {
        let Families { resident_memory, open_files, most_files, processor, .. } = &self.families;
        resident_memory.set(resident_bytes().unwrap_or_default());
        open_files.set(files_open().unwrap_or_default());
        let most = getrlimit(Resource::Nofile).current.and_then(|most| i64::try_from(most).ok());
        most_files.set(most.unwrap_or(i64::MAX));
        let used = clock_gettime(ClockId::ProcessCPUTime);
        let used = Duration::try_from(used).unwrap_or_default().as_secs_f64();
        processor.inner().store(used.to_bits(), std::sync::atomic::Ordering::Relaxed);
    }
}

// Source of both: proc(5).
fn resident_bytes() -> Option<i64> {
    let pages = fs::read_to_string("/proc/self/statm").ok()?;
    let resident: i64 = pages.split(' ').nth(1)?.parse().ok()?;
    Some(resident * i64::try_from(rustix::param::page_size()).ok()?)
}

fn files_open() -> Option<i64> {
    i64::try_from(fs::read_dir("/proc/self/fd").ok()?.count()).ok()
}
