//! What ran, and the table of it.

use std::collections::BTreeMap;
use std::time::Duration;

use comfy_table::{Table, presets};

use super::output::{Event, Outcome, target};

/// Tests of a suite on one target.
#[derive(Default)]
struct Counts {
    passed: usize,
    failed: usize,
    ignored: usize,
    /// Cases of a table: tried, and all.
    cases: Option<(usize, usize)>,
}

/// A test program.
struct Suite {
    name: String,
    /// By target; empty where a test is about none.
    targets: BTreeMap<String, Counts>,
    seconds: f64,
}

/// What ran.
#[derive(Default)]
pub(crate) struct Report {
    suites: Vec<Suite>,
    left_out: Vec<String>,
}

impl Report {
    /// Notes an event; what to say of it.
    pub(crate) fn take(&mut self, event: Event<'_>) -> Option<String> {
        match event {
            Event::Suite(name) => {
                self.suites.push(Suite::new(name));
                None
            }
            Event::LeftOut(what) => {
                self.leave_out(what.to_owned());
                None
            }
            event => self.suites.last_mut()?.take(event),
        }
    }

    /// Notes a task that ran as one test.
    pub(crate) fn add_task(&mut self, name: &str, passed: bool, time: Duration) {
        let mut suite = Suite::new(name.to_owned());
        let outcome = if passed {
            Outcome::Passed
        } else {
            Outcome::Failed
        };
        suite.take(Event::Test { name, outcome });
        suite.seconds = time.as_secs_f64();
        self.suites.push(suite);
    }

    /// Notes something that did not run.
    pub(crate) fn leave_out(&mut self, what: String) {
        if !self.left_out.contains(&what) {
            self.left_out.push(what);
        }
    }

    /// Prints the table, and what was left out.
    pub(crate) fn print(&self, all: bool) {
        let mut table = Table::new();
        table.load_style(presets::ASCII_MARKDOWN);
        table.set_header([
            "what", "target", "passed", "failed", "ignored", "cases", "time",
        ]);
        for suite in &self.suites {
            for (number, (target, counts)) in suite.targets.iter().enumerate() {
                // The time is that of the whole suite: on its first line.
                let time = match number {
                    0 => format!("{:.1} s", suite.seconds),
                    _ => String::new(),
                };
                table.add_row(counts.row(&suite.name, target, time));
            }
        }
        println!("\n{table}");
        let seconds: f64 = self.suites.iter().map(|suite| suite.seconds).sum();
        let count = |part: fn(&Counts) -> usize| -> usize {
            let counts = self.suites.iter().flat_map(|suite| suite.targets.values());
            counts.map(part).sum()
        };
        let [passed, failed] = [count(|c| c.passed), count(|c| c.failed)];
        println!("\n{passed} passed, {failed} failed, {seconds:.0} s in tests");
        self.print_left_out(all);
    }

    fn print_left_out(&self, all: bool) {
        for suite in &self.suites {
            for (target, counts) in &suite.targets {
                if let Some(what) = counts.missing() {
                    println!("left out: {what} of {} {target}", suite.name);
                }
            }
        }
        for what in &self.left_out {
            println!("left out: {what}");
        }
        if !all {
            println!("`cargo xtask test --all` runs everything");
        }
    }
}

impl Suite {
    fn new(name: String) -> Self {
        Self {
            name,
            targets: BTreeMap::new(),
            seconds: 0.0,
        }
    }

    fn take(&mut self, event: Event<'_>) -> Option<String> {
        match event {
            Event::Test { name, outcome } => {
                let target = target(name).unwrap_or_default().to_owned();
                let counts = self.targets.entry(target).or_default();
                match outcome {
                    Outcome::Passed => counts.passed += 1,
                    Outcome::Failed => counts.failed += 1,
                    Outcome::Ignored => counts.ignored += 1,
                }
                (outcome == Outcome::Failed).then(|| format!("FAILED {}: {name}", self.name))
            }
            Event::Cases { device, tried, all } => {
                let target = target(device).unwrap_or_default().to_owned();
                self.targets.entry(target).or_default().cases = Some((tried, all));
                None
            }
            Event::End { seconds } => {
                self.seconds = seconds;
                let tests: usize = self.targets.values().map(|c| c.passed + c.failed).sum();
                (tests > 0).then(|| format!("{}: {tests} tests, {seconds:.1} s", self.name))
            }
            _ => None,
        }
    }
}

impl Counts {
    fn row(&self, suite: &str, target: &str, time: String) -> [String; 7] {
        let cases = self.cases.map(|(tried, all)| format!("{tried} of {all}"));
        [
            suite.to_owned(),
            target.to_owned(),
            self.passed.to_string(),
            self.failed.to_string(),
            self.ignored.to_string(),
            cases.unwrap_or_default(),
            time,
        ]
    }

    /// What did not run, if anything.
    fn missing(&self) -> Option<String> {
        match (self.ignored, self.cases) {
            (0, Some((tried, all))) if tried < all => Some(format!("{} cases", all - tried)),
            (0, _) => None,
            (ignored, _) => Some(format!("{ignored} tests")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::output::event;
    use super::*;

    fn report(lines: &[&str]) -> Report {
        let mut report = Report::default();
        for line in lines {
            report.take(event(line));
        }
        report
    }

    #[test]
    fn tests_are_counted_by_target() {
        let report = report(&[
            "Running tests/suite/main.rs (target/debug/deps/suite-01)",
            "test gfx942::a ... ok",
            "test gfx942::b ... FAILED",
            "test gfx1100::a ... ignored, slow",
            "test c ... ok",
            "cases on gfx942: 40 of 100 (all)",
            "left out: a model",
            "left out: a model",
            "test result: FAILED. finished in 2.5s",
        ]);
        let [suite] = report.suites.as_slice() else {
            panic!("one suite");
        };
        let counts = |target: &str| {
            let counts = &suite.targets[target];
            (counts.passed, counts.failed, counts.ignored)
        };
        assert_eq!(suite.name, "tests/suite");
        assert_eq!(counts("gfx942"), (1, 1, 0));
        assert_eq!(counts("gfx1100"), (0, 0, 1));
        assert_eq!(counts(""), (1, 0, 0));
        assert_eq!(
            suite.targets["gfx942"].missing(),
            Some("60 cases".to_owned())
        );
        assert_eq!(
            suite.targets["gfx1100"].missing(),
            Some("1 tests".to_owned())
        );
        assert_eq!(report.left_out, ["a model"]);
        assert!((suite.seconds - 2.5).abs() < 1e-9);
    }

    #[test]
    fn a_failure_is_told_at_once() {
        let mut report = report(&["Running tests/x.rs (target/debug/deps/x-01)"]);
        let told = report.take(event("test gfx942::b ... FAILED"));
        assert_eq!(told.as_deref(), Some("FAILED tests/x: gfx942::b"));
    }
}
