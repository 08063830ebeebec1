//! `redwick vectors compact`: gives back the room of removed vectors.

use std::path::PathBuf;

use super::devices::DeviceArgs;
use super::lock::LockArgs;
use super::open::{Lists, load};
use crate::failure::Failure;

/// The command line.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The store's file.
    store: PathBuf,
    #[command(flatten)]
    lock: LockArgs,
    #[command(flatten)]
    device: DeviceArgs,
}

/// Writes the store anew without them.
pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let lock = args.lock.acquire(&args.store)?;
    let mut store = load(&args.store, &args.device.devices(), Lists::Kept(None))?;
    let before = store.rows();
    store.compact()?;
    store.save_under(&lock)?;
    eprintln!("{before} rows before, {} now", store.rows());
    Ok(())
}
