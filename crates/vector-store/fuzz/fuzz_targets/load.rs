//! Whatever bytes a file has, loading it gives contents or an error.
//!
//! Bytes are loaded twice: as they are, and with right checksums put on top, without which hardly any
//! would get past them. What is loaded is read to the end, and made into a store.
//!
//! ```sh
//! cargo install cargo-fuzz
//! cd crates/vector-store/fuzz
//! cargo run --release --bin seeds corpus/load      # small stores to begin with
//! cargo +nightly fuzz run load -- -max_total_time=600 -max_len=8192
//! ```

#![no_main]

use std::io::Write;
use std::path::Path;

use libfuzzer_sys::fuzz_target;
use vector_store::file::Stored;
use vector_store::store::{Search, Store};

/// Bytes under one checksum of a section.
const BLOCK: usize = 1 << 20;

/// More rows than that are not made into a store: there is nothing new in them.
const ROWS: usize = 1 << 12;

fuzz_target!(|bytes: &[u8]| {
    load(bytes);
    load(&sealed(bytes.to_vec()));
});

fn load(bytes: &[u8]) {
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    file.write_all(bytes).expect("room for it");
    let stored = match Stored::open(file.path()) {
        Ok(stored) => stored,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            return;
        }
    };
    let description = stored.description();
    let rows = description.rows.min(ROWS);
    assert_eq!(
        stored.rows().len(),
        description.rows * description.dimension
    );
    for row in 0..rows {
        std::hint::black_box((stored.id(row), stored.metadata(row), stored.is_live(row)));
    }
    std::hint::black_box(stored.lists());
    if description.rows <= ROWS {
        search(file.path());
    }
}

/// Loads the store, and searches it where it has a vector to search for.
fn search(path: &Path) {
    let Ok(store) = Store::load(path, "cpu") else {
        return;
    };
    let query = vec![1.0; store.config().dimension];
    let found = store.search(&Search::new(&query, 3)).expect("a search");
    assert!(found[0].len() <= 3);
}

/// The bytes with the checksums that the format asks for, where they have a header and sections: see
/// the documentation of `vector_store::file`.
fn sealed(mut bytes: Vec<u8>) -> Vec<u8> {
    let Some(sections) = number(&bytes, 12, 4) else {
        return bytes;
    };
    let table = 64 + sections.min(8) * 40;
    if bytes.len() < table {
        return bytes;
    }
    for row in (64..table).step_by(40) {
        let at = |field| number(&bytes, row + field, 8);
        let (Some(begin), Some(length), Some(sums)) = (at(8), at(16), at(24)) else {
            continue;
        };
        let Some(section) = begin
            .checked_add(length)
            .and_then(|end| bytes.get(begin..end))
        else {
            continue;
        };
        let checksums: Vec<u8> = section
            .chunks(BLOCK)
            .flat_map(|block| crc32fast::hash(block).to_le_bytes())
            .collect();
        let Some(to) = sums
            .checked_add(checksums.len())
            .and_then(|end| bytes.get_mut(sums..end))
        else {
            continue;
        };
        to.copy_from_slice(&checksums);
        let whole = crc32fast::hash(&checksums).to_le_bytes();
        bytes[row + 32..row + 36].copy_from_slice(&whole);
    }
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&bytes[..60]);
    hasher.update(&bytes[64..table]);
    bytes[60..64].copy_from_slice(&hasher.finalize().to_le_bytes());
    bytes
}

/// A little-endian number.
fn number(bytes: &[u8], at: usize, length: usize) -> Option<usize> {
    let mut number = [0; 8];
    number[..length].copy_from_slice(bytes.get(at..at + length)?);
    usize::try_from(u64::from_le_bytes(number)).ok()
}
