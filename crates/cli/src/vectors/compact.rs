//! `redwick vectors compact`: gives back the room of removed vectors.

use std::path::PathBuf;

use vector_store::file::Lock;

use super::devices::DeviceArgs;
use super::open::{Lists, load};
use crate::failure::Failure;

/// The command line.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The store's file.
    store: PathBuf,
    #[command(flatten)]
    device: DeviceArgs,
}

/// Writes the store anew without them.
pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let lock = Lock::acquire(&args.store).map_err(vector_store::Error::from)?;
    let mut store = load(&args.store, &args.device.devices(), Lists::Kept(None))?;
    let before = store.rows();
    store.compact()?;
    store.save_under(&lock)?;
    eprintln!("{before} rows before, {} now", store.rows());
    Ok(())
}
