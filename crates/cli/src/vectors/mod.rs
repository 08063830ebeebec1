//! `redwick vectors`: stores of vectors in files, searched on any device.
//!
//! Each command is a file. What they share: `devices` (which devices, and an engine over them),
//! `names` (what vectors of a file are
//! called), `lock` (waiting for another process), `open` (from a file to a store, with progress), `print` and
//! `table`.

mod add;
mod bench;
mod bytes;
mod compact;
mod create;
mod devices;
mod index;
mod lock;
mod names;
mod open;
mod print;
mod remove;
mod search;
mod serve;
mod stats;
mod table;

use clap::Subcommand;

use crate::failure::Failure;

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make an empty store.
    Create(create::Args),
    /// Add vectors from a file: .npy, .fvecs, .bvecs, .jsonl or .ndjson.
    Add(add::Args),
    /// Find the best vectors for each query of a file.
    Search(search::Args),
    /// Remove vectors by id.
    Remove(remove::Args),
    /// Give back the room of removed vectors.
    Compact(compact::Args),
    /// Divide the store into lists, for searches that look at some of them (IVF).
    Index(index::Args),
    /// Show what a store holds.
    Stats(stats::Args),
    /// Measure searches.
    Bench(bench::Args),
    /// Answer requests over HTTP; GET /openapi.json describes them.
    Serve(serve::Args),
}

/// Runs a command.
pub fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Create(args) => create::run(&args),
        Command::Add(args) => add::run(&args),
        Command::Search(args) => search::run(&args),
        Command::Remove(args) => remove::run(&args),
        Command::Compact(args) => compact::run(&args),
        Command::Index(args) => index::run(&args),
        Command::Stats(args) => stats::run(&args),
        Command::Bench(args) => bench::run(&args),
        Command::Serve(args) => serve::run(args),
    }
}
