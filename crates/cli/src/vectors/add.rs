//! `redwick vectors add`: vectors from a file.

use std::path::{Path, PathBuf};

use indicatif::ProgressBar;
use vector_store::Store;
use vector_store::file::Lock;
use vector_store::input::{self, Batch, Reader};

use super::devices::DeviceArgs;
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
    /// else the vectors are numbered on from what is there, from 0 in an empty store.
    #[arg(long, value_name = "FILE")]
    ids: Option<PathBuf>,
    /// Let a vector take the place of one with its id.
    #[arg(long)]
    upsert: bool,
    #[command(flatten)]
    device: DeviceArgs,
}

/// Adds all of them, or changes nothing.
pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let mut reader = Reader::open(&args.file)?;
    let ids = args.ids.as_deref().map(input::ids).transpose()?;
    let lock = Lock::acquire(&args.store).map_err(vector_store::Error::from)?;
    let mut store = load(&args.store, &args.device.devices(), Lists::Kept(None))?;
    let before = store.len();
    let bar = bar("adding {bar:30} {bytes}/{total_bytes}", reader.progress().1);
    let mut names = Names::new(&store, ids);
    let added = add(&mut store, &mut reader, &mut names, args.upsert, &bar)?;
    names.check_end(args.ids.as_deref(), added)?;
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
        let ids = names.of(&batch)?;
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
    let (expected, found) = (store.dimension(), batch.dimension);
    if expected == found || batch.is_empty() {
        return Ok(());
    }
    let what = "each vector of the file".to_owned();
    Err(vector_store::Error::Length {
        what,
        expected,
        found,
    }
    .into())
}

/// What the vectors are called.
struct Names {
    given: Option<std::vec::IntoIter<String>>,
    next: u64,
}

impl Names {
    fn new(store: &Store, given: Option<Vec<String>>) -> Self {
        let numbers = store
            .entries()
            .filter_map(|entry| entry.id.parse::<u64>().ok());
        Self {
            next: numbers.max().map_or(0, |number| number.saturating_add(1)),
            given: given.map(Vec::into_iter),
        }
    }

    fn of(&mut self, batch: &Batch) -> Result<Vec<String>, Failure> {
        batch
            .ids
            .iter()
            .map(|id| self.name(id.as_deref()))
            .collect()
    }

    fn name(&mut self, in_file: Option<&str>) -> Result<String, Failure> {
        if let Some(given) = &mut self.given {
            let too_few =
                || Failure::Usage("--ids has fewer lines than there are vectors".to_owned());
            return given.next().ok_or_else(too_few);
        }
        Ok(in_file.map_or_else(|| self.number(), str::to_owned))
    }

    fn number(&mut self) -> String {
        let number = self.next;
        self.next = number.saturating_add(1);
        number.to_string()
    }

    fn check_end(&mut self, path: Option<&Path>, vectors: usize) -> Result<(), Failure> {
        let left = self.given.as_ref().map_or(0, ExactSizeIterator::len);
        let (Some(path), 1..) = (path, left) else {
            return Ok(());
        };
        let (path, lines) = (path.display(), left + vectors);
        Err(Failure::Usage(format!(
            "{path} has {lines} ids for {vectors} vectors"
        )))
    }
}
