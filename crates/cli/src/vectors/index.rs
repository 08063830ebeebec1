//! `redwick vectors index`: lists for searches that look at some of them.

use std::path::PathBuf;

use vector_store::ivf::{Ivf, Training, train_on};
use vector_store::{Bitset, Engine, Store};

use super::devices::DeviceArgs;
use super::lock::LockArgs;
use super::open::stored;
use super::print::positive;
use crate::failure::Failure;

/// The command line.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The store's file.
    store: PathBuf,
    /// How many lists; about the square root of the number of vectors without it.
    #[arg(long, value_parser = positive)]
    lists: Option<usize>,
    /// Vectors that each list is trained with.
    #[arg(long, default_value_t = 128, value_parser = positive)]
    sample: usize,
    /// The same seed gives the same lists.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    #[command(flatten)]
    lock: LockArgs,
    #[command(flatten)]
    device: DeviceArgs,
}

/// Trains the lists on the device and saves them with the store.
pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let lock = args.lock.acquire(&args.store)?;
    let stored = stored(&args.store)?;
    let rows = stored.description().rows;
    let live = Bitset::from_words(stored.live_words().to_vec(), rows);
    let vectors = live.count();
    let training = Training {
        lists: args.lists.unwrap_or_else(|| vectors.isqrt().max(1)),
        sample: args.sample,
        seed: args.seed,
        ..Training::new(1)
    };
    if training.lists > vectors {
        return Err(Failure::Usage(format!(
            "{} lists for {vectors} vectors: each list needs one",
            training.lists
        )));
    }
    let devices = args.device.devices().resolve();
    let make = |config| devices.engine(config);
    let centres = train_on(&stored.config(), &make, stored.rows(), &live, &training)?;
    let mut index = Ivf::new(stored.config(), &make, centres, 1)?;
    index.append(stored.rows())?;
    let mut sizes = vec![0usize; training.lists];
    for row in live.iter() {
        sizes[index.list_of_row()[row] as usize] += 1;
    }
    sizes.sort_unstable();
    Store::restore(&stored, Box::new(index))?.save_under(&lock)?;
    let (least, middle, most) = (sizes[0], sizes[sizes.len() / 2], sizes[sizes.len() - 1]);
    eprintln!(
        "{} lists of {least} to {most} vectors, the middle one of {middle}",
        training.lists
    );
    Ok(())
}
