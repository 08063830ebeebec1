//! `redwick vectors stats`: what a store holds.

use std::path::PathBuf;

use vector_store::file::Stored;

use super::devices::{Devices, PlacementArgs};
use super::open::{Lists, place, stored};
use super::print::put;
use super::table::table;
use crate::failure::Failure;

/// The command line.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The store's file.
    store: PathBuf,
    /// As JSON.
    #[arg(long)]
    json: bool,
    /// Also put it on this device, and say how much memory it takes there.
    #[arg(long, value_name = "DEVICE")]
    device: Option<Devices>,
    #[command(flatten)]
    placement: PlacementArgs,
}

/// Checks all of the file, and prints what it holds.
pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let stored = stored(&args.store)?;
    let mut rows = facts(&stored);
    if let Some(devices) = &args.device {
        let devices = devices.clone().with(args.placement);
        let store = place(&stored, &devices, Lists::Kept(None))?;
        let memory = store.memory();
        rows.push(("device_bytes", memory.used.to_string()));
        rows.push(("device_total", memory.total.to_string()));
        rows.push(("device_free", memory.free.to_string()));
        if let Some(limit) = memory.limit {
            rows.push(("device_limit", limit.to_string()));
        }
        rows.push(("host_bytes", memory.host.to_string()));
    }
    let lines = rows.iter().map(|(name, fact)| [*name, fact]);
    let text = match args.json {
        true => format!("{}\n", json(&rows)),
        false => table(&["", ""], lines, &[1]),
    };
    put(&text)?;
    Ok(())
}

fn facts(stored: &Stored) -> Vec<(&'static str, String)> {
    let description = stored.description();
    let live = stored.live_rows();
    let mut facts = vec![
        ("vectors", live.to_string()),
        ("removed", (description.rows - live).to_string()),
        ("dimension", description.dimension.to_string()),
        ("metric", description.metric.to_string()),
        ("dtype", description.dtype.to_string()),
        ("file_bytes", stored.file_length().to_string()),
    ];
    if let Some(lists) = stored.lists() {
        let count = lists.centres.len() / description.dimension;
        facts.push(("lists", count.to_string()));
    }
    facts
}

/// Numbers as numbers, names as strings.
fn json(rows: &[(&str, String)]) -> serde_json::Value {
    let value = |fact: &String| match fact.parse::<u64>() {
        Ok(number) => number.into(),
        Err(_) => fact.as_str().into(),
    };
    let entries = rows
        .iter()
        .map(|(name, fact)| ((*name).to_owned(), value(fact)));
    serde_json::Value::Object(entries.collect())
}
