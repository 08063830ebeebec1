//! `redwick vectors remove`: vectors by id.

use std::path::PathBuf;

use vector_store::input;

use super::devices::DeviceArgs;
use super::lock::LockArgs;
use super::open::{Lists, load};
use crate::failure::Failure;

/// The command line.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The store's file.
    store: PathBuf,
    /// The ids.
    #[arg(required_unless_present = "ids_file")]
    ids: Vec<String>,
    /// A file with an id on each line.
    #[arg(long = "ids", value_name = "FILE")]
    ids_file: Option<PathBuf>,
    #[command(flatten)]
    lock: LockArgs,
    #[command(flatten)]
    device: DeviceArgs,
}

/// Removes all of them, or changes nothing.
pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let mut ids = args.ids.clone();
    if let Some(path) = &args.ids_file {
        ids.extend(input::ids(path)?);
    }
    let lock = args.lock.acquire(&args.store)?;
    let mut store = load(&args.store, &args.device.devices(), Lists::Kept(None))?;
    let removed = store.remove(&ids)?;
    store.save_under(&lock)?;
    eprintln!("removed {removed} vectors; {} are left", store.len());
    Ok(())
}
