//! A file in memory.

use std::fs::File;
use std::io;

use memmap2::Mmap;

/// Maps a whole file for reading.
///
/// A file of a store is never written again once it has its name: saving makes another and gives it
/// the name, and the mapping keeps the old one. What else truncates a mapped file in place ends the
/// process with a bus error, as it does everywhere.
pub(super) fn map(file: &File) -> io::Result<Mmap> {
    // SAFETY: nothing of ours writes to the file, as said above; the bytes are only ever read as
    // numbers, of which every pattern is valid, or as text, which is checked.
    let map = unsafe { Mmap::map(file) }?;
    #[cfg(unix)]
    map.advise(memmap2::Advice::Sequential)?;
    Ok(map)
}
