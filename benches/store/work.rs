//! The measurements. Each is the whole work of one process.

use std::{
    fs,
    hint::black_box,
    path::Path,
    process,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use futures_util::future::join_all;
use presenced::{
    app::App,
    clock::{Clock, SystemClock},
    config::Config,
    id::UserId,
    presence::{Input, Record, Rules, State, Status, Timestamp},
    store::{Effect, EmbeddedStore, Keep, Outlook, PARTITIONS, Progress, Reading, Store as _},
};
use serde::{Deserialize, Serialize};
use tokio::runtime::Runtime;
use xxhash_rust::xxh3::xxh3_64;

use crate::{Options, data, machine};

#[derive(Clone, Copy, clap::ValueEnum)]
pub(super) enum Work {
    /// Fills the data folder.
    Fill,
    /// Opens it, as the server does before it is ready.
    Restart,
    /// Changes records of users all over the store, each acknowledged after its fsync.
    Change,
    /// Says of users all over the store that they are still there.
    Renew,
    /// Reads the presence of users all over the store.
    Read,
}

#[derive(Deserialize, Serialize)]
pub(super) struct Filled {
    pub(super) seconds: f64,
}

#[derive(Deserialize, Serialize)]
pub(super) struct Restarted {
    /// What fjall recovers.
    pub(super) engine_seconds: f64,
    pub(super) directory_seconds: f64,
    pub(super) records_seconds: f64,
    /// Resident, with the users' directory entries alone.
    pub(super) directory_mebibytes: f64,
    /// Resident, with the records as well.
    pub(super) mebibytes: f64,
    /// The most that was resident while all of them turned idle.
    pub(super) idle_mebibytes: f64,
}

#[derive(Deserialize, Serialize)]
pub(super) struct Worked {
    pub(super) per_second: f64,
    /// The processor time of one, with what the writer and the engine spend on it.
    pub(super) processor_micros: f64,
    /// Microseconds within which this share was done: 50 %, 99 %, 99.9 %, all.
    pub(super) latency: [f64; 4],
}

/// Does one measurement and prints its figures.
pub(super) fn run(work: Work, options: &Options) {
    let figures = match work {
        Work::Fill => serde_json::to_string(&fill(options)),
        Work::Restart => serde_json::to_string(&restart(options)),
        Work::Change | Work::Renew | Work::Read => serde_json::to_string(&repeat(work, options)),
    };
    println!("{}", figures.expect("figures have a JSON form"));
}

fn fill(options: &Options) -> Filled {
    let clock = SystemClock::start();
    let begun = now();
    let store = data::store(data::engine(folder(options)));
    let filling = async {
        let _alone = data::Deaf::open(&store, &clock).await;
        data::fill(&store, users(options), 1, &clock).await.unwrap_or_else(|why| panic!("{why}"));
        store.close().await.expect("the disk takes it");
    };
    runtime().block_on(filling);
    Filled { seconds: (now() - begun).as_secs_f64() }
}

/// The time, and later by as much as it is told.
#[derive(Debug)]
struct Ahead(SystemClock, AtomicU64);

impl Clock for Ahead {
    fn micros(&self) -> u64 {
        self.0.micros() + self.1.load(Ordering::SeqCst)
    }
}

fn restart(options: &Options) -> Restarted {
    let clock = Arc::new(Ahead(SystemClock::start(), AtomicU64::new(0)));
    let begun = now();
    let engine = data::engine(folder(options));
    let recovered = now();
    let store = data::store(engine);
    // When the directory was read, and what was in memory then.
    let read = Arc::new(Mutex::new((recovered, 0.0)));
    let tell = {
        let read = read.clone();
        move |progress: Progress| {
            if progress.of == Reading::Users && progress.partitions == PARTITIONS {
                *read.lock().expect("nobody panics here") = (now(), resident_mebibytes());
            }
        }
    };
    let opening = App::open_telling(Config::default(), Box::new(store), clock.clone(), Box::new(tell));
    let runtime = runtime();
    let app = runtime.block_on(opening).expect("the documents are whole");
    let (read, directory_mebibytes) = *read.lock().expect("nobody panics here");
    let mut restarted = Restarted {
        engine_seconds: (recovered - begun).as_secs_f64(),
        directory_seconds: (read - recovered).as_secs_f64(),
        records_seconds: (now() - read).as_secs_f64(),
        directory_mebibytes,
        mebibytes: resident_mebibytes(),
        idle_mebibytes: 0.0,
    };
    // The kernel begins to look for the peak anew. Source: proc(5), clear_refs.
    fs::write("/proc/self/clear_refs", "5").expect("the kernel takes it");
    let later = Duration::from_secs(Config::default().presence.idle_after_seconds + 1);
    clock.1.store(u64::try_from(later.as_micros()).expect("minutes"), Ordering::SeqCst);
    runtime.block_on(app.tick());
    restarted.idle_mebibytes = mebibytes_of("VmHWM:");
    drop(app);
    restarted
}

/// Has tasks do one thing over and over, to users all over the store, until the time is over.
fn repeat(work: Work, options: &Options) -> Worked {
    let tasks = match work {
        Work::Change => options.waiting.first().copied().unwrap_or(1),
        _ => thread::available_parallelism().map_or(1, usize::from),
    };
    let clock = SystemClock::start();
    let store = data::store(data::engine(folder(options)));
    let runtime = runtime();
    let _alone = runtime.block_on(data::Deaf::open(&store, &clock));
    let worker = Arc::new(Worker { work, store, clock, rules: Config::default().rules() });
    let used = || machine::processor_micros(process::id());
    let (begun, used_before) = (now(), used());
    let end = begun + Duration::from_secs(options.seconds);
    let users = users(options);
    let done = runtime.block_on(async {
        let tasks = (0..tasks).map(|task| {
            let worker = worker.clone();
            tokio::spawn(async move { worker.work_until(end, task as u64, users).await })
        });
        join_all(tasks.collect::<Vec<_>>()).await
    });
    let (seconds, used) = ((now() - begun).as_secs_f64(), used() - used_before);
    let mut micros: Vec<f64> = done.into_iter().flat_map(|task| task.expect("no task panics")).collect();
    micros.sort_by(f64::total_cmp);
    let count = u32::try_from(micros.len()).expect("a run is too short for that many");
    let within = |per_mille: usize| micros[(micros.len() - 1) * per_mille / 1_000];
    Worked {
        per_second: f64::from(count) / seconds,
        processor_micros: used / f64::from(count),
        latency: [500, 990, 999, 1_000].map(within),
    }
}

struct Worker {
    work: Work,
    store: EmbeddedStore,
    clock: SystemClock,
    rules: Rules,
}

impl Worker {
    /// Returns how long each took, in microseconds.
    async fn work_until(&self, end: Instant, task: u64, users: usize) -> Vec<f64> {
        let mut taken = Vec::new();
        for number in 0.. {
            let user = data::user(anywhere(task, number, users));
            let begun = now();
            if begun >= end {
                break;
            }
            self.act(&user, number).await;
            taken.push((now() - begun).as_secs_f64() * 1e6);
        }
        taken
    }

    async fn act(&self, user: &UserId, number: u64) {
        let micros = self.clock.micros();
        let now = Timestamp::from_micros(micros);
        let (input, keep) = match self.work {
            Work::Read => {
                let mut look = |_: usize, record: &Record| {
                    black_box(record.at(now, &self.rules));
                };
                return self.store.read(&[user], &mut look).await.expect("reading goes on");
            }
            Work::Renew => {
                let claim = Input::Claim { device: data::device(), state: State::Online };
                (claim, Keep::Lazily)
            }
            _ => {
                let status = format!("run {micros:016} change {number:010}");
                (Input::Status(Status::lasting(&status)), Keep::Acknowledged)
            }
        };
        let edit = |record: &mut Record| {
            let before = record.clone();
            record.apply(&input, now, &self.rules);
            let (audiences, outlook) =
                (record.news_since(&before, now, &self.rules), Outlook::of(record, now, &self.rules));
            Effect { micros, audiences, keep, outlook }
        };
        self.store.update(user, data::EVERYTHING, &edit).await.expect("the disk takes it");
    }
}

/// A number below `users`, by no rule that a cache could know.
fn anywhere(task: u64, number: u64, users: usize) -> usize {
    let hash = xxh3_64(&[task.to_le_bytes(), number.to_le_bytes()].concat());
    usize::try_from(hash % users as u64).expect("it is below a usize")
}

#[expect(clippy::disallowed_methods, reason = "this is what a measurement measures with")]
fn now() -> Instant {
    Instant::now()
}

fn runtime() -> Runtime {
    Runtime::new().expect("a runtime starts")
}

fn folder(options: &Options) -> &Path {
    options.data.as_deref().expect("a child is told its folder")
}

fn users(options: &Options) -> usize {
    usize::try_from(options.users).expect("users fit in memory")
}

/// What this process has in memory.
fn resident_mebibytes() -> f64 {
    mebibytes_of("VmRSS:")
}

/// A line of what the kernel says of this process's memory.
fn mebibytes_of(name: &str) -> f64 {
    let status = fs::read_to_string("/proc/self/status").expect("proc(5)");
    let line = status.lines().find_map(|line| line.strip_prefix(name)).expect("proc(5)");
    let kibibytes: f64 = line.trim().trim_end_matches(" kB").parse().expect("proc(5)");
    kibibytes / 1_024.0
}
