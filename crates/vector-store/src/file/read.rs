//! From a file to a store.

use std::collections::HashMap;
use std::fs::File;
use std::path::{Path, PathBuf};

use memmap2::Mmap;

use super::Description;
use super::checksum;
use super::error::{Damage, Error};
use super::layout::{Entry, HEADER, Layout, MAGIC, VERSION, u32_at};
use super::map::map;
use super::sections::Section;
use super::write::Lists;

// Rows are used where they lie in the file.
const _: () = assert!(cfg!(target_endian = "little"), "the file is little-endian");

/// A file in memory whose every byte was checked.
#[derive(Debug)]
pub struct Stored {
    path: PathBuf,
    map: Mmap,
    layout: Layout,
}

impl Stored {
    /// Maps a file and checks all of it.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::NotAStore`] and [`Error::Version`] say what is there instead,
    /// [`Error::Damaged`] where the damage is.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let file = File::open(path).map_err(Error::io("opening", path))?;
        let length = file.metadata().map_err(Error::io("opening", path))?.len();
        if length == 0 {
            return Err(not_a_store(path, &[]));
        }
        let map = map(&file).map_err(Error::io("mapping", path))?;
        check_kind(path, &map)?;
        let layout = Layout::from_bytes(&map).map_err(Error::damaged(path))?;
        let stored = Self {
            path: path.to_owned(),
            map,
            layout,
        };
        stored.check().map_err(Error::damaged(path))?;
        Ok(stored)
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its size and kind.
    pub fn description(&self) -> Description {
        self.layout.description
    }

    /// The number of rows that are live.
    pub fn live_rows(&self) -> usize {
        self.layout.live
    }

    /// Bytes of the file.
    pub fn file_length(&self) -> usize {
        self.layout.file_length
    }

    /// All rows, where they lie in the file.
    pub fn rows(&self) -> &[f32] {
        bytemuck::cast_slice(self.bytes(Section::Rows))
    }

    /// Whether a row is not removed.
    pub fn is_live(&self, row: usize) -> bool {
        let word = self.live_words().get(row / 64);
        word.is_some_and(|word| word >> (row % 64) & 1 == 1)
    }

    /// A bit for each row, in words of 64: 1 where it is not removed.
    pub fn live_words(&self) -> &[u64] {
        bytemuck::cast_slice(self.bytes(Section::Live))
    }

    /// A row's id; empty where the row is removed.
    pub fn id(&self, row: usize) -> &str {
        let text = self.text(Section::IdPositions, Section::Ids, row);
        std::str::from_utf8(text).unwrap_or_default()
    }

    /// A row's metadata.
    pub fn metadata(&self, row: usize) -> HashMap<String, String> {
        let text = self.text(Section::MetadataPositions, Section::Metadata, row);
        parse_metadata(text).unwrap_or_default()
    }

    /// The lists of an IVF index, if the file has them.
    pub fn lists(&self) -> Option<Lists<'_>> {
        self.layout.entry(Section::Lists)?;
        Some(Lists {
            centres: bytemuck::cast_slice(self.bytes(Section::Centres)),
            list_of_row: bytemuck::cast_slice(self.bytes(Section::Lists)),
        })
    }

    fn bytes(&self, section: Section) -> &[u8] {
        let entry = self.layout.entry(section);
        entry.map_or(&[], |entry| {
            &self.map[entry.offset..entry.offset + entry.length]
        })
    }

    fn text(&self, positions: Section, texts: Section, row: usize) -> &[u8] {
        let positions: &[u64] = bytemuck::cast_slice(self.bytes(positions));
        match (positions.get(row), positions.get(row + 1)) {
            (Some(begin), Some(end)) => &self.bytes(texts)[*begin as usize..*end as usize],
            _ => &[],
        }
    }
}

/// What is checked when a file is opened; the layout has been.
impl Stored {
    fn check(&self) -> Result<(), Damage> {
        for entry in &self.layout.entries {
            self.check_sums(entry)?;
        }
        self.check_lengths()?;
        self.check_live()?;
        self.check_positions(Section::IdPositions, Section::Ids)?;
        self.check_positions(Section::MetadataPositions, Section::Metadata)?;
        self.check_texts()?;
        self.check_lists()
    }

    fn check_sums(&self, entry: &Entry) -> Result<(), Damage> {
        let sums = &self.map[entry.sums..entry.sums + checksum::size(entry.length)];
        let (expected, found) = (entry.sum_of_sums, crc32fast::hash(sums));
        let name = entry.section.name();
        if expected != found {
            let expected = format!("CRC-32 {expected:08x} of the checksums of {name}");
            let found = format!("{found:08x}");
            return Err(Damage::new("checksums", entry.sums, expected, found));
        }
        checksum::check(name, entry.offset, self.bytes(entry.section), sums)
    }

    fn check_lengths(&self) -> Result<(), Damage> {
        let Description {
            dimension, rows, ..
        } = self.layout.description;
        let positions = rows.checked_add(1).and_then(|count| count.checked_mul(8));
        let expected = [
            (
                Section::Rows,
                rows.checked_mul(dimension)
                    .and_then(|numbers| numbers.checked_mul(4)),
            ),
            (Section::Live, rows.div_ceil(64).checked_mul(8)),
            (Section::IdPositions, positions),
            (Section::MetadataPositions, positions),
            (Section::Lists, rows.checked_mul(4)),
            (Section::Centres, self.whole_centres(dimension)),
        ];
        for (section, length) in expected {
            let Some(entry) = self.layout.entry(section) else {
                continue;
            };
            if length != Some(entry.length) {
                let expected = format!("{length:?} bytes for {rows} rows of {dimension} numbers");
                return Err(Damage::new(
                    section.name(),
                    entry.offset,
                    expected,
                    entry.length,
                ));
            }
        }
        Ok(())
    }

    /// The length of as many whole centres as there are.
    fn whole_centres(&self, dimension: usize) -> Option<usize> {
        let bytes = dimension.checked_mul(4)?;
        Some(self.bytes(Section::Centres).len() / bytes * bytes)
    }

    fn check_live(&self) -> Result<(), Damage> {
        let (words, rows) = (self.live_words(), self.layout.description.rows);
        let offset = self.offset(Section::Live);
        let live = words.iter().map(|word| u64::from(word.count_ones())).sum();
        let expected = self.layout.live as u64;
        Damage::unless_equal("live", offset, "rows that are live:", expected, live)?;
        let beyond = match (words.last(), rows % 64) {
            (Some(word), used @ 1..) => word >> used,
            _ => 0,
        };
        Damage::unless_equal("live", offset, "bits past the last row:", 0, beyond)
    }

    fn check_positions(&self, positions: Section, texts: Section) -> Result<(), Damage> {
        let (name, offset) = (positions.name(), self.offset(positions));
        let length = self.bytes(texts).len() as u64;
        let positions: &[u64] = bytemuck::cast_slice(self.bytes(positions));
        let (first, last) = (positions.first().copied(), positions.last().copied());
        Damage::unless_equal(name, offset, "first position", 0, first.unwrap_or(1))?;
        let at = offset + (positions.len() - 1) * 8;
        Damage::unless_equal(name, at, "last position", length, last.unwrap_or(0))?;
        match positions.windows(2).position(|pair| pair[0] > pair[1]) {
            None => Ok(()),
            Some(row) => {
                let expected = format!("a position of at least {}", positions[row]);
                let found = positions[row + 1];
                Err(Damage::new(name, offset + (row + 1) * 8, expected, found))
            }
        }
    }

    fn check_texts(&self) -> Result<(), Damage> {
        for row in 0..self.layout.description.rows {
            let id = self.text(Section::IdPositions, Section::Ids, row);
            if let Err(error) = std::str::from_utf8(id) {
                let found = format!("{error} in the id of row {row}");
                return Err(Damage::new(
                    "ids",
                    self.offset(Section::Ids),
                    "UTF-8",
                    found,
                ));
            }
            let metadata = self.text(Section::MetadataPositions, Section::Metadata, row);
            if let Err(error) = parse_metadata(metadata) {
                let found = format!("{error} in the metadata of row {row}");
                let offset = self.offset(Section::Metadata);
                return Err(Damage::new(
                    "meta",
                    offset,
                    "a JSON object of strings",
                    found,
                ));
            }
        }
        Ok(())
    }

    fn check_lists(&self) -> Result<(), Damage> {
        let Some(lists) = self.lists() else {
            return Ok(());
        };
        let count = lists.centres.len() / self.layout.description.dimension.max(1);
        match lists
            .list_of_row
            .iter()
            .position(|list| *list as usize >= count)
        {
            None => Ok(()),
            Some(row) => {
                let at = self.offset(Section::Lists) + row * 4;
                let expected = format!("the number of one of {count} lists");
                Err(Damage::new("lists", at, expected, lists.list_of_row[row]))
            }
        }
    }

    fn offset(&self, section: Section) -> usize {
        self.layout.entry(section).map_or(0, |entry| entry.offset)
    }
}

/// Whether it is a store's file of a version that is read here.
fn check_kind(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let magic = &bytes[..bytes.len().min(MAGIC.len())];
    if *magic != MAGIC[..magic.len()] {
        return Err(not_a_store(path, magic));
    }
    if bytes.len() < HEADER {
        let damage = Damage::new(
            "header",
            bytes.len(),
            format_args!("{HEADER} bytes"),
            "the end",
        );
        return Err(Error::damaged(path)(damage));
    }
    match u32_at(bytes, 8) {
        VERSION => Ok(()),
        found => Err(Error::Version {
            path: path.to_owned(),
            found,
        }),
    }
}

fn not_a_store(path: &Path, found: &[u8]) -> Error {
    Error::NotAStore {
        path: path.to_owned(),
        found: found.to_vec(),
    }
}

fn parse_metadata(text: &[u8]) -> serde_json::Result<HashMap<String, String>> {
    if text.is_empty() {
        return Ok(HashMap::new());
    }
    serde_json::from_slice(text)
}
