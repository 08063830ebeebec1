//! `redwick vectors index`: lists for searches that look at some of them.

use std::path::PathBuf;

use vector_store::file::{Lock, Stored};
use vector_store::ivf::{Ivf, Training, train};
use vector_store::{Engine, Store};

use super::devices::DeviceArgs;
use crate::failure::Failure;

/// The command line.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The store's file.
    store: PathBuf,
    /// How many lists; about the square root of the number of vectors without it.
    #[arg(long)]
    lists: Option<usize>,
    /// Vectors that each list is trained with.
    #[arg(long, default_value_t = 128)]
    sample: usize,
    /// The same seed gives the same lists.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    #[command(flatten)]
    device: DeviceArgs,
}

/// Trains the lists on the device and saves them with the store.
pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let lock = Lock::acquire(&args.store).map_err(vector_store::Error::from)?;
    let stored = Stored::open(&args.store).map_err(vector_store::Error::from)?;
    let rows = stored.description().rows;
    let training = Training {
        lists: args.lists.unwrap_or_else(|| rows.isqrt().max(1)),
        sample: args.sample,
        seed: args.seed,
        ..Training::new(1)
    };
    let devices = args.device.devices().resolve();
    let make = |config| devices.engine(config);
    let centres = train(&stored.config(), &make, stored.rows(), &training)?;
    let mut index = Ivf::new(stored.config(), &make, centres, 1)?;
    index.append(stored.rows())?;
    let mut sizes = index.list_sizes();
    sizes.sort_unstable();
    Store::restore(&stored, Box::new(index))?.save_under(&lock)?;
    let (least, middle, most) = (sizes[0], sizes[sizes.len() / 2], sizes[sizes.len() - 1]);
    eprintln!(
        "{} lists of {least} to {most} vectors, the middle one of {middle}",
        training.lists
    );
    Ok(())
}
