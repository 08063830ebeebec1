//! From a file to a store on devices.

use std::path::Path;

use indicatif::{ProgressBar, ProgressStyle};
use vector_store::Store;
use vector_store::file::Stored;
use vector_store::ivf::Ivf;

use super::devices::Devices;
use super::lock::check_is_no_folder;
use crate::failure::Failure;

/// How a store's index is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lists {
    /// Not: all vectors are searched.
    Unused,
    /// It is kept, and this many lists are looked at; all of them where there is no number.
    Kept(Option<usize>),
}

/// Opens a file and puts its vectors on devices.
pub(super) fn load(path: &Path, devices: &Devices, lists: Lists) -> Result<Store, Failure> {
    place(&stored(path)?, devices, lists)
}

/// Opens a store's file, and checks all of it.
pub(super) fn stored(path: &Path) -> Result<Stored, Failure> {
    check_is_no_folder(path)?;
    Ok(Stored::open(path).map_err(vector_store::Error::from)?)
}

/// Puts the vectors of a file on devices.
pub(super) fn place(stored: &Stored, devices: &Devices, lists: Lists) -> Result<Store, Failure> {
    let devices = devices.resolve();
    let make = |config| devices.engine(config);
    let store = match lists {
        Lists::Kept(probes) if stored.lists().is_some() => {
            let index = Ivf::restore(stored, &make, probes.unwrap_or(usize::MAX))?;
            let engine = index.map(Box::new).ok_or_else(|| no_index(stored.path()))?;
            Store::restore(stored, engine)?
        }
        Lists::Kept(Some(_)) => return Err(no_index(stored.path())),
        Lists::Kept(None) | Lists::Unused => exact(stored, &devices)?,
    };
    eprintln!("device: {devices} ({})", store.info().name);
    Ok(store)
}

fn exact(stored: &Stored, devices: &Devices) -> Result<Store, Failure> {
    let rows = stored.description().rows;
    let bar = bar(
        "loading {bar:30} {human_pos}/{human_len} vectors",
        rows as u64,
    );
    let engine = devices.engine(stored.config())?;
    let store = Store::restore_with(stored, engine, &mut |rows| bar.set_position(rows as u64))?;
    bar.finish_and_clear();
    Ok(store)
}

fn no_index(path: &Path) -> Failure {
    let path = path.display();
    Failure::Usage(format!(
        "{path} has no lists to look at some of; `redwick vectors index {path}` makes them"
    ))
}

/// A bar on stderr; indicatif hides it where that is no terminal.
pub(super) fn bar(template: &str, length: u64) -> ProgressBar {
    let bar = ProgressBar::new(length);
    match ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
