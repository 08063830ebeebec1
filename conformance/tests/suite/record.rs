//! What a run has seen.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use redwick_conformance::page::{Launches, Line, never_launched, page};
use redwick_conformance::{FAMILIES, Outcome, device, not_emulated, tested};
use redwick_conformance::{cut::ALL_VARIABLE, page::excuse};

/// What to do with the page: `write` or `check`.
const PAGE_VARIABLE: &str = "REDWICK_CONFORMANCE_PAGE";

/// What a run has seen.
#[derive(Default)]
pub(crate) struct Record(Mutex<Seen>);

#[derive(Default)]
struct Seen {
    /// For each device, the cases tried and those there are.
    cases: BTreeMap<&'static str, (usize, usize)>,
    lines: Vec<Line>,
    /// How long each op took on each device.
    times: Vec<(Duration, String)>,
}

/// How many of the slowest trials are told.
const SLOWEST: usize = 12;

impl Record {
    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes what came of an op's rows.
    pub(crate) fn cases(&self, device: &'static str, outcomes: &[Outcome]) {
        let mut seen = self.seen();
        let (tried, all) = seen.cases.entry(device).or_default();
        *tried += outcomes.iter().map(|outcome| outcome.tried).sum::<usize>();
        *all += outcomes.iter().map(|outcome| outcome.all).sum::<usize>();
    }

    /// Notes how long a trial took.
    pub(crate) fn took(&self, trial: String, time: Duration) {
        self.seen().times.push((time, trial));
    }

    /// Notes an op's line of the page.
    pub(crate) fn line(&self, line: Line) {
        self.seen().lines.push(line);
    }

    /// Says how much of the table was run.
    pub(crate) fn summary(&self) {
        for (device, (tried, all)) in &self.seen().cases {
            let hint = match tried < all && tested().contains(device) {
                true => format!(" ({ALL_VARIABLE}=1 runs all)"),
                false => String::new(),
            };
            println!("cases on {device}: {tried} of {all}{hint}");
        }
        self.slowest();
        for target in not_emulated() {
            println!("left out: {target}, which the emulator does not run");
        }
    }

    /// Says which trials took longest: where there is time to be saved.
    fn slowest(&self) {
        let mut seen = self.seen();
        let times = &mut seen.times;
        times.sort_by(|a, b| b.cmp(a));
        let slowest = times.iter().take(SLOWEST);
        let slowest = slowest.map(|(time, trial)| format!("{:.1} s {trial}", time.as_secs_f64()));
        println!("slowest: {}", slowest.collect::<Vec<_>>().join(", "));
    }

    /// Whether each kernel was launched on each target, or is excused. Says which were not.
    pub(crate) fn judge_launches(&self) -> bool {
        let mut complete = true;
        for (target, counts) in launches() {
            let idle = never_launched(&counts);
            let idle: Vec<_> = idle
                .iter()
                .filter(|symbol| excuse(symbol).is_none())
                .collect();
            if !idle.is_empty() {
                println!("no case launches on {target}: {idle:?}; give the op a row");
                complete = false;
            }
        }
        complete
    }

    /// Writes or checks the page, if asked to; whether it is as it should be.
    pub(crate) fn page(&self) -> bool {
        let mode = std::env::var(PAGE_VARIABLE).unwrap_or_default();
        let path = PathBuf::from(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../docs/CONFORMANCE.md"
        ));
        let new = page(&self.lines(), &launches());
        match mode.as_str() {
            "write" => std::fs::write(&path, new).is_ok(),
            "check" => {
                let fresh = std::fs::read_to_string(&path).is_ok_and(|old| old == new);
                if !fresh {
                    println!("docs/CONFORMANCE.md is stale: run `cargo xtask conformance`");
                }
                fresh
            }
            _ => true,
        }
    }

    /// The lines in the order of the table: trials end in any order.
    fn lines(&self) -> Vec<Line> {
        let mut lines = self.seen().lines.clone();
        let place = |line: &Line| {
            let family = FAMILIES.iter().position(|(name, _)| *name == line.family);
            let rows = family.map_or(&[][..], |at| FAMILIES[at].1);
            (family, rows.iter().position(|row| row.name == line.op))
        };
        lines.sort_by_key(place);
        lines
    }
}

/// What was launched on each device.
fn launches() -> Launches {
    let mut launches = Launches::new();
    for &target in tested() {
        let Ok(device) = device(target) else {
            continue;
        };
        let Ok(rocm) = device.as_rocm_device() else {
            continue;
        };
        let counts = rocm.context().launches();
        let counts = counts.map(|(kernel, count)| (kernel.symbol, count));
        launches.insert(target, counts.collect());
    }
    launches
}
