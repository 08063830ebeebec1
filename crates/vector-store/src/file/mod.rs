//! The file that a store is saved to: checksummed, memory-mapped on load, replaced in one step.
//!
//! # Layout, version 1
//!
//! Numbers are little-endian. Sections follow one another in the order of the table below; each
//! begins at the next multiple of 64 bytes, and what lies between two is zero. Nothing else is in
//! the file, so each of its bytes is covered by a checksum or known to be zero.
//!
//! | bytes | contents |
//! |---|---|
//! | 0..8 | `89 52 57 56 45 43 0D 0A` (`\x89RWVEC\r\n`, which a transfer as text breaks) |
//! | 8..12 | version: 1 |
//! | 12..16 | number of sections |
//! | 16..24 | length of the file |
//! | 24..32 | dimension |
//! | 32..40 | rows, removed ones included |
//! | 40..48 | rows that are not removed |
//! | 48..52 | metric: 0 squared distance, 1 inner product, 2 cosine |
//! | 52..56 | storage type of the scan: 0 f32, 1 f16, 2 bf16, 3 int8 |
//! | 56..60 | zero |
//! | 60..64 | CRC-32 of bytes 0..60 and of the table of sections |
//! | 64.. | the table of sections, 40 bytes each |
//! | then | the sections |
//! | then | the checksums of the sections, in their order: a CRC-32 of each MiB |
//!
//! A row of the table of sections: the name in 8 bytes, filled up with zeros; where the section
//! begins and its length in bytes; where its checksums begin (u64 each); the CRC-32 of its checksums
//! (u32); zero (u32).
//!
//! | section | contents |
//! |---|---|
//! | `rows` | every row in order of insertion, `dimension` numbers of type f32 each, as they were given |
//! | `live` | a bit for each row in words of 64 bits: 1 where it is not removed |
//! | `id-pos` | `rows + 1` numbers of type u64: where in `ids` each row's id begins, and the end |
//! | `ids` | the ids in UTF-8; those of removed rows are empty |
//! | `meta-pos` | the same for `meta` |
//! | `meta` | each row's metadata as a JSON object of strings; empty where there is none |
//! | `centres` | optional, only with `lists`: the centres of the lists of an IVF index, f32 |
//! | `lists` | optional: the number of each row's list, u32 |
//!
//! # Replacing a file
//!
//! [`save`] writes a temporary file in the same folder, flushes it to the disk, renames it over the
//! old file and flushes the folder. A process that is killed, or a machine that loses power, leaves
//! the old file or the new one. One process at a time writes: [`Lock`] holds a lock file beside the
//! store, which the system releases with the process that holds it.

use crate::engine::{Dtype, Metric};

mod atomic;
mod checksum;
mod error;
mod layout;
mod map;
mod read;
mod sections;
mod write;

pub use atomic::Lock;
pub use error::{Damage, Error};
pub use layout::VERSION;
pub use read::Stored;
pub use write::{Contents, Lists, save};

/// What a file holds, besides its sections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Description {
    /// Numbers in a row.
    pub dimension: usize,
    /// Rows, removed ones included.
    pub rows: usize,
    /// What is compared.
    pub metric: Metric,
    /// In what the engine scans.
    pub dtype: Dtype,
}
