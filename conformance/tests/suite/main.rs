//! The table on Candle's CPU backend and on emulated GPUs, or on devices that the environment names,
//! and what devices do beside ops.
//!
//! Each trial is called `device::family::op`. The table's own dtypes are checked on one target as
//! `coverage::family::op`. A run of everything also checks that each kernel was launched on each
//! target, and with `REDWICK_CONFORMANCE_PAGE` set to `write` or `check` it writes
//! docs/CONFORMANCE.md, or checks that it is as it would be written. `REDWICK_TEST_SHARD=1/3` takes every
//! third trial.

mod device;
mod errors;
mod record;
mod repeat;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use candle_core::Device;
use libtest_mimic::{Arguments, Failed, Trial};
use record::Record;
use redwick_conformance::coverage::{Coverage, cells};
use redwick_conformance::cut::{Extent, SHARD_VARIABLE, shard};
use redwick_conformance::op::{DTYPES, Op};
use redwick_conformance::page::Line;
use redwick_conformance::{
    FAMILIES, RELATED, by_name, emulated, not_emulated, tested, tests_emulated,
};

/// What a device does beside ops, by name.
type Check = (&'static str, fn(&Device));

/// Where the table's dtypes are checked: typed errors are the same on every target.
fn coverage_target() -> &'static str {
    let usual = tested().iter().find(|target| **target == "gfx942");
    usual
        .or_else(|| tested().first())
        .copied()
        .unwrap_or("gfx942")
}

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let record = Arc::new(Record::default());
    let (trials, sharded) = match part(trials(&record)) {
        Ok(part) => part,
        Err(why) => {
            eprintln!("{why}");
            return ExitCode::FAILURE;
        }
    };
    let conclusion = libtest_mimic::run(&arguments, trials);
    if arguments.list {
        return ExitCode::SUCCESS;
    }
    record.summary();
    let whole = conclusion.num_filtered_out == 0 && arguments.filter.is_none() && !sharded;
    let complete = !whole || record.judge_launches();
    let page = !whole || !tests_emulated() || conclusion.has_failed() || record.page();
    if conclusion.has_failed() || !complete || !page {
        return ExitCode::from(101);
    }
    ExitCode::SUCCESS
}

/// The trials that the environment asks for, and whether they are only a part of all.
fn part(trials: Vec<Trial>) -> Result<(Vec<Trial>, bool), String> {
    let Ok(text) = std::env::var(SHARD_VARIABLE) else {
        return Ok((trials, false));
    };
    let (number, count) = shard(&text)?;
    println!(
        "left out: all trials but part {text} of the suite, and whether they launch each kernel"
    );
    let trials = trials.into_iter().skip(number).step_by(count);
    Ok((trials.collect(), true))
}

fn trials(record: &Arc<Record>) -> Vec<Trial> {
    let extent = Extent::from_env();
    let mut trials = table("cpu", || Ok(Device::Cpu), extent, record);
    for &target in tested() {
        let open = move || redwick_conformance::device(target).map_err(Failed::from);
        let mut of_target = table(target, open, extent, record);
        of_target.extend(repeated(target));
        for checks in [device::CHECKS, errors::CHECKS] {
            of_target.extend(checks.iter().map(|check| beside(target, *check)));
        }
        let missing = not_emulated().any(|other| other == target);
        let of_target = of_target.into_iter();
        trials.extend(of_target.map(|trial| trial.with_ignored_flag(missing)));
    }
    trials.extend(coverage(record));
    if !tests_emulated() {
        return trials;
    }
    for &target in RELATED {
        let open = move || emulated(target).map_err(Failed::from);
        let of_target = table(target, open, Extent::Cut, record).into_iter();
        trials.extend(of_target.map(|trial| trial.with_ignored_flag(true)));
    }
    let pairs = device::BETWEEN.iter().chain(errors::BETWEEN);
    trials.extend(pairs.map(|&(name, check)| {
        Trial::test(format!("devices::{name}"), move || {
            check();
            Ok(())
        })
    }));
    trials
}

/// All ops of the table by family.
fn rows() -> impl Iterator<Item = (&'static str, &'static str, Vec<&'static Op>)> {
    FAMILIES.iter().flat_map(|(family, rows)| {
        let named = by_name(rows).into_iter();
        named.map(|(name, rows)| (*family, name, rows))
    })
}

/// The table on a device.
fn table(
    device: &'static str,
    open: impl Fn() -> Result<Device, Failed> + Send + Copy + 'static,
    extent: Extent,
    record: &Arc<Record>,
) -> Vec<Trial> {
    let trial = |(family, name, rows): (&str, &'static str, Vec<&'static Op>)| {
        let record = Arc::clone(record);
        let trial = format!("{device}::{family}::{}", word(name));
        Trial::test(trial.clone(), move || {
            let opened = open()?;
            let start = Instant::now();
            let outcomes = rows.iter().map(|row| row.check(&opened, extent));
            let outcomes: Vec<_> = outcomes.collect();
            record.cases(device, &outcomes);
            record.took(trial, start.elapsed());
            let faults: Vec<_> = outcomes.into_iter().flat_map(|o| o.faults).collect();
            match faults.len() {
                0 => Ok(()),
                count => Err(format!("{count} faults\n{}", faults.join("\n")).into()),
            }
        })
    };
    rows().map(trial).collect()
}

/// Each op gives the same bits again.
fn repeated(target: &'static str) -> Vec<Trial> {
    let trial = |(family, name, rows): (&str, &'static str, Vec<&'static Op>)| {
        Trial::test(
            format!("{target}::again::{family}::{}", word(name)),
            move || {
                let rows = rows.iter().filter(|row| row.repeatable);
                rows.copied().try_for_each(|row| repeat::check(row, target))
            },
        )
    };
    rows().map(trial).collect()
}

fn beside(target: &'static str, (name, check): Check) -> Trial {
    Trial::test(format!("{target}::device::{name}"), move || {
        check(&redwick_conformance::device(target)?);
        Ok(())
    })
}

/// Each dtype that a row leaves out is an error that says so.
fn coverage(record: &Arc<Record>) -> Vec<Trial> {
    let trial = |(family, name, rows): (&'static str, &'static str, Vec<&'static Op>)| {
        let record = Arc::clone(record);
        Trial::test(format!("coverage::{family}::{}", word(name)), move || {
            let cells = cells(&rows, &redwick_conformance::device(coverage_target())?);
            let wrong: Vec<_> = DTYPES.iter().zip(&cells).filter_map(wrong).collect();
            record.line(Line {
                family,
                op: name,
                cells,
            });
            match wrong.is_empty() {
                true => Ok(()),
                false => Err(wrong.join("; ").into()),
            }
        })
    };
    rows().map(trial).collect()
}

fn wrong((dtype, cell): (&candle_core::DType, &Coverage)) -> Option<String> {
    match cell {
        Coverage::Untested => Some(format!("{dtype:?} works, and no row of the table tests it")),
        Coverage::Broken => Some(format!("{dtype:?} fails without saying so")),
        _ => None,
    }
}

/// A name without spaces, so that a shell takes it as it is.
fn word(name: &str) -> String {
    name.replace(' ', "_")
}
