//! The file of a store: what goes in comes out, and damage is found and told.

#![allow(clippy::unwrap_used)]

mod common;

use std::fs;
use std::path::Path;

use common::Model;
use proptest::prelude::*;
use vector_store::file::{Damage, Error, Lock, Stored, save};

fn saved(model: &Model) -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.rwv");
    save(&path, model).unwrap();
    (folder, path)
}

fn damage(path: &Path) -> Damage {
    match Stored::open(path) {
        Err(Error::Damaged { damage, .. }) => damage,
        other => panic!("damage was expected: {other:?}"),
    }
}

#[test]
fn what_is_saved_is_loaded() {
    let models = [
        Model::new(0, 1, 0),
        Model::new(1, 3, 1),
        Model::new(64, 5, 2),
        Model::new(130, 17, 3).with_lists(9),
        // More than a block of checksums.
        Model::new(3000, 130, 4).with_lists(4),
    ];
    for model in models {
        let (_folder, path) = saved(&model);
        let stored = Stored::open(&path).unwrap();
        assert_eq!(Model::read(&stored), model);
        let live = model.ids.iter().flatten().count();
        assert_eq!(stored.live_rows(), live);
        assert_eq!(
            stored.file_length() as u64,
            fs::metadata(&path).unwrap().len()
        );
    }
}

#[test]
fn the_same_contents_are_the_same_bytes() {
    let model = Model::new(40, 6, 5).with_lists(3);
    let (_folder, path) = saved(&model);
    let bytes = fs::read(&path).unwrap();
    save(&path, &Model::read(&Stored::open(&path).unwrap())).unwrap();
    assert_eq!(fs::read(&path).unwrap(), bytes);
}

#[test]
fn an_old_mapping_outlives_the_file() {
    let (old, new) = (Model::new(20, 4, 1), Model::new(30, 4, 2));
    let (_folder, path) = saved(&old);
    let stored = Stored::open(&path).unwrap();
    save(&path, &new).unwrap();
    assert_eq!(Model::read(&stored), old);
    assert_eq!(Model::read(&Stored::open(&path).unwrap()), new);
}

/// Each byte of a file, changed in three ways.
#[test]
fn every_changed_byte_is_found() {
    let (_folder, path) = saved(&Model::new(10, 3, 6).with_lists(2));
    let bytes = fs::read(&path).unwrap();
    for place in 0..bytes.len() {
        for change in [0x01, 0x80, 0xff] {
            let mut changed = bytes.clone();
            changed[place] ^= change;
            fs::write(&path, &changed).unwrap();
            let error = Stored::open(&path).expect_err("a change went unnoticed");
            match error {
                Error::NotAStore { .. } => assert!(place < 8, "{place}"),
                Error::Version { .. } => assert!((8..12).contains(&place), "{place}"),
                Error::Damaged { damage, .. } => assert!(damage.offset as usize <= bytes.len()),
                other => panic!("{place}: {other}"),
            }
        }
    }
}

#[test]
fn every_cut_is_found() {
    let (_folder, path) = saved(&Model::new(10, 3, 7).with_lists(2));
    let bytes = fs::read(&path).unwrap();
    for length in 0..bytes.len() {
        fs::write(&path, &bytes[..length]).unwrap();
        assert!(Stored::open(&path).is_err(), "{length}");
    }
    let longer = [&bytes[..], &[0]].concat();
    fs::write(&path, longer).unwrap();
    assert!(damage(&path).to_string().contains("a file of bytes:"));
}

#[test]
fn damage_says_where() {
    let (_folder, path) = saved(&Model::new(5000, 100, 8));
    let mut bytes = fs::read(&path).unwrap();
    // In the second MiB of the rows, which begin behind the header and six rows of the table.
    let rows = (64 + 6 * 40usize).next_multiple_of(64);
    bytes[rows + (1 << 20) + 12_345] ^= 1;
    fs::write(&path, &bytes).unwrap();
    let damage = damage(&path);
    assert_eq!(
        (damage.section.as_str(), damage.offset),
        ("rows", rows as u64 + (1 << 20))
    );
    assert!(damage.expected.contains("CRC-32"), "{damage}");
    let text = Stored::open(&path).unwrap_err().to_string();
    assert!(
        text.contains("store.rwv is damaged: rows at byte"),
        "{text}"
    );
}

#[test]
fn other_files_are_told_what_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("other");
    let text = |path: &Path| Stored::open(path).unwrap_err().to_string();
    assert!(text(&path).contains("opening"));
    fs::write(&path, "").unwrap();
    assert!(text(&path).contains("is no vector store"));
    fs::write(&path, "\u{93}NUMPY").unwrap();
    assert!(text(&path).contains("is no vector store"));
    let (_folder, path) = saved(&Model::new(2, 2, 0));
    let mut bytes = fs::read(&path).unwrap();
    bytes[8] = 2;
    fs::write(&path, bytes).unwrap();
    assert!(text(&path).contains("format version 2, and this program reads version 1"));
}

#[test]
fn one_process_writes_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let lock = Lock::acquire(&path).unwrap();
    assert!(Lock::try_acquire(&path).unwrap().is_none());
    lock.save(&Model::new(3, 2, 1)).unwrap();
    drop(lock);
    assert!(Lock::try_acquire(&path).unwrap().is_some());
    assert!(Stored::open(&path).is_ok());
}

#[cfg(unix)]
#[test]
fn a_link_stays_one_and_permissions_are_kept() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let (folder, path) = saved(&Model::new(3, 2, 1));
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    let link = folder.path().join("link");
    symlink(&path, &link).unwrap();
    save(&link, &Model::new(4, 2, 2)).unwrap();
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(Stored::open(&path).unwrap().description().rows, 4);
    assert_eq!(
        fs::metadata(&path).unwrap().permissions().mode() & 0o777,
        0o640
    );
}

#[test]
fn what_a_killed_writer_left_is_swept() {
    let (folder, path) = saved(&Model::new(3, 2, 1));
    let left = folder.path().join(".store.rwv.Ab12.writing");
    fs::write(&left, "half").unwrap();
    save(&path, &Model::new(3, 2, 2)).unwrap();
    assert!(!left.exists());
}

#[test]
fn contents_that_contradict_themselves_change_nothing() {
    let model = Model::new(9, 2, 1).with_lists(3);
    let (_folder, path) = saved(&model);
    let mut wrong = model.clone();
    wrong.lists.as_mut().unwrap().1.pop();
    let error = save(&path, &wrong).unwrap_err().to_string();
    assert!(error.contains("lists of 8 rows"), "{error}");
    assert_eq!(Model::read(&Stored::open(&path).unwrap()), model);
}

/// Puts right checksums on a header and table that were changed, so that what reads past them runs.
fn with_header_sum(mut bytes: Vec<u8>) -> Vec<u8> {
    let sections = u32::from_le_bytes(bytes[12..16].try_into().unwrap()) as usize;
    let end = (64 + sections.min(8) * 40).min(bytes.len());
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&bytes[..60]);
    hasher.update(&bytes[64..end]);
    bytes[60..64].copy_from_slice(&hasher.finalize().to_le_bytes());
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Whatever the bytes, loading gives contents or an error, and never panics.
    #[test]
    fn bytes_of_any_kind_are_contents_or_an_error(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in any::<Option<prop::sample::Index>>(),
        in_header: bool,
    ) {
        let (_folder, path) = saved(&Model::new(10, 3, 9).with_lists(2));
        let mut bytes = fs::read(&path).unwrap();
        let original = bytes.clone();
        for (place, value) in changes {
            let length = if in_header { 64 + 8 * 40 } else { bytes.len() };
            bytes[place.index(length)] = value;
        }
        if in_header {
            bytes = with_header_sum(bytes);
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        fs::write(&path, &bytes).unwrap();
        match Stored::open(&path) {
            // Only another metric, type or dimension can be right under right checksums.
            Ok(stored) => {
                let read = Model::read(&stored);
                prop_assert!(in_header || bytes == original);
                prop_assert_eq!(read.rows.len(), read.description.rows * read.description.dimension);
            }
            Err(error) => prop_assert!(error.to_string().contains("store.rwv")),
        }
    }
}
