//! `redwick vectors add`: vectors from a file.

use std::path::PathBuf;

use indicatif::ProgressBar;
use vector_store::Store;
use vector_store::input::{self, Batch, Reader};

use super::devices::DeviceArgs;
use super::lock::LockArgs;
use super::names::Names;
use super::open::{Lists, bar, load};
use crate::failure::Failure;

/// Vectors that are read and added at a time.
const BATCH: usize = 8192;

/// The command line.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The store's file.
    store: PathBuf,
    /// The file of vectors.
    file: PathBuf,
    /// A file with an id on each line. Without it the ids are those of the file, if it has any, and
    /// else the vectors are numbered on from what is there, from 0 in an empty store. Each id comes once.
    #[arg(long, value_name = "FILE")]
    ids: Option<PathBuf>,
    /// Let a vector take the place of one with its id.
    #[arg(long)]
    upsert: bool,
    #[command(flatten)]
    lock: LockArgs,
    #[command(flatten)]
    device: DeviceArgs,
}

/// Adds all of them, or changes nothing.
pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let mut reader = Reader::open(&args.file)?;
    let ids = args.ids.as_deref().map(input::ids).transpose()?;
    let lock = args.lock.acquire(&args.store)?;
    let mut store = load(&args.store, &args.device.devices(), Lists::Kept(None))?;
    check_length(&store, reader.dimension())?;
    let before = store.len();
    let bar = bar("adding {bar:30} {bytes}/{total_bytes}", reader.progress().1);
    let given = args.ids.as_deref().zip(ids);
    let mut names = Names::new(&store, &args.file, given, args.upsert);
    let added = add(&mut store, &mut reader, &mut names, args.upsert, &bar)?;
    names.check_end(added)?;
    bar.finish_and_clear();
    store.save_under(&lock)?;
    let replaced = before + added - store.len();
    eprintln!(
        "added {added} vectors, of which {replaced} replaced another; {} in all",
        store.len()
    );
    Ok(())
}

fn add(
    store: &mut Store,
    reader: &mut Reader,
    names: &mut Names,
    upsert: bool,
    bar: &ProgressBar,
) -> Result<usize, Failure> {
    let mut added = 0;
    loop {
        let batch = reader.next(BATCH)?;
        if batch.is_empty() {
            return Ok(added);
        }
        check_dimension(store, &batch)?;
        let ids = names.of(store, &batch)?;
        if upsert {
            store.upsert(&ids, &batch.rows, &batch.metadata)?;
        } else {
            store.add(&ids, &batch.rows, &batch.metadata)?;
        }
        added += batch.len();
        bar.set_position(reader.progress().0);
    }
}

/// Vectors of another length must not be taken for parts of others.
pub(super) fn check_dimension(store: &Store, batch: &Batch) -> Result<(), Failure> {
    check_length(store, (!batch.is_empty()).then_some(batch.dimension))
}

/// The same for all vectors of a file, where it says how long they are.
pub(super) fn check_length(store: &Store, found: Option<usize>) -> Result<(), Failure> {
    let expected = store.dimension();
    let Some(found) = found.filter(|found| *found != expected) else {
        return Ok(());
    };
    let what = "each vector of the file".to_owned();
    Err(vector_store::Error::Length {
        what,
        expected,
        found,
    }
    .into())
}
