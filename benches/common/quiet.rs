//! Whether the machine did something else while a benchmark ran: figures of such a run mean little.

use std::{fs, process};

/// What others may take of all the machine's time.
const MOST: f64 = 0.05;

/// How often a run is repeated that was disturbed.
const REPEATED: usize = 2;

/// Runs a benchmark; again, if something else disturbed it. Says so.
pub(crate) fn undisturbed<T>(run: impl Fn() -> Result<T, String>) -> Result<T, String> {
    let mut repeated = 0;
    loop {
        let before = Used::now();
        let measured = run()?;
        let share = before.share_of_others(Used::now());
        if share <= MOST {
            return Ok(measured);
        }
        println!("disturbed: something else took {:.0} % of the machine's time", share * 100.0);
        if repeated == REPEATED {
            println!("these figures are of a disturbed run");
            return Ok(measured);
        }
        repeated += 1;
    }
}

/// Processor time that was used so far, in ticks.
struct Used {
    /// By all processes, and by other machines on this hardware.
    all: f64,
    /// By this process and the children that it waited for.
    own: f64,
    /// By the kernel's threads, which work for whoever has them do so.
    kernel: f64,
    idle: f64,
}

impl Used {
    fn now() -> Self {
        let text = fs::read_to_string("/proc/stat").expect("proc(5)");
        let line = text.lines().next().expect("a line of all processors");
        let ticks: Vec<f64> = line.split_whitespace().skip(1).filter_map(|tick| tick.parse().ok()).collect();
        let [user, nice, system, idle, waiting, _, _, stolen, ..] = ticks[..] else { panic!("proc(5)") };
        Self {
            all: user + nice + system + stolen,
            own: times(&process::id().to_string()).map_or(0.0, |times| times.iter().sum()),
            kernel: kernel_threads()
                .iter()
                .filter_map(|thread| times(thread))
                .map(|[user, system, ..]| user + system)
                .sum(),
            idle: idle + waiting,
        }
    }

    /// What part of the machine's time between the two moments others took.
    fn share_of_others(&self, later: Self) -> f64 {
        let passed = later.all + later.idle - self.all - self.idle;
        let ours = later.own + later.kernel - self.own - self.kernel;
        ((later.all - self.all - ours) / passed).max(0.0)
    }
}

/// The time of a process in user and kernel mode, and that of the children that it waited for.
fn times(process: &str) -> Option<[f64; 4]> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let (_, rest) = stat.rsplit_once(')')?;
    let mut ticks = rest.split_whitespace().skip(11).filter_map(|tick| tick.parse().ok());
    Some([ticks.next()?, ticks.next()?, ticks.next()?, ticks.next()?])
}

/// The kernel's threads: children of the second process.
fn kernel_threads() -> Vec<String> {
    let names = fs::read_dir("/proc").into_iter().flatten().flatten();
    let names = names.filter_map(|entry| entry.file_name().into_string().ok());
    let is_kernels = |process: &String| {
        let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
        stat.rsplit_once(')').and_then(|(_, rest)| rest.split_whitespace().nth(1)) == Some("2")
    };
    names.filter(is_kernels).collect()
}
