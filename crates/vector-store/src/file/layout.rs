//! The header and the table of sections, from and to bytes.

use super::Description;
use super::checksum;
use super::error::Damage;
use super::sections::Section;
use crate::engine::{Dtype, Metric};

/// The version of the format that is written, and the only one that is read.
pub const VERSION: u32 = 1;

pub(super) const MAGIC: [u8; 8] = *b"\x89RWVEC\r\n";
/// Bytes of the header, without the table of sections.
pub(super) const HEADER: usize = 64;
/// Where the header's own checksum is.
const HEADER_SUM: usize = 60;
/// Bytes of a row of the table of sections.
const ENTRY: usize = 40;
/// What each section's beginning is a multiple of: a line of a cache, and more than any vector
/// register needs.
const ALIGNMENT: usize = 64;

const METRICS: [Metric; 3] = [Metric::L2, Metric::InnerProduct, Metric::Cosine];
const DTYPES: [Dtype; 4] = [Dtype::F32, Dtype::F16, Dtype::Bf16, Dtype::Int8];

/// The header, and where each section is.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Layout {
    pub(super) description: Description,
    pub(super) live: usize,
    pub(super) file_length: usize,
    pub(super) entries: Vec<Entry>,
}

/// Where a section is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) section: Section,
    pub(super) offset: usize,
    pub(super) length: usize,
    pub(super) sums: usize,
    /// The CRC-32 of the section's checksums.
    pub(super) sum_of_sums: u32,
}

/// Where the first section of a file with so many begins.
pub(super) fn first_section(sections: usize) -> usize {
    align(HEADER + sections * ENTRY)
}

/// The next place where a section may begin.
pub(super) fn align(offset: usize) -> usize {
    offset.next_multiple_of(ALIGNMENT)
}

impl Layout {
    /// The header and the table of sections, with their checksum.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let description = self.description;
        let mut bytes = MAGIC.to_vec();
        bytes.extend(VERSION.to_le_bytes());
        bytes.extend((self.entries.len() as u32).to_le_bytes());
        for number in [
            self.file_length,
            description.dimension,
            description.rows,
            self.live,
        ] {
            bytes.extend((number as u64).to_le_bytes());
        }
        bytes.extend(code(&METRICS, description.metric).to_le_bytes());
        bytes.extend(code(&DTYPES, description.dtype).to_le_bytes());
        bytes.extend([0; HEADER - HEADER_SUM + 4]);
        for entry in &self.entries {
            bytes.extend(entry.to_bytes());
        }
        let sum = header_sum(&bytes).to_le_bytes();
        bytes[HEADER_SUM..HEADER].copy_from_slice(&sum);
        bytes
    }

    /// Reads the header and the table from the bytes of a whole file, whose magic number and version
    /// were checked, and checks that the sections fill the file.
    pub(super) fn from_bytes(bytes: &[u8]) -> Result<Self, Damage> {
        let header = bytes.get(..HEADER);
        let header = header.ok_or_else(|| short("header", HEADER, bytes.len()))?;
        let sections = u32_at(header, 12) as usize;
        if !(Section::PLAIN..=Section::ALL.len()).contains(&sections) || sections == 7 {
            return Err(Damage::new("header", 12, "6 or 8 sections", sections));
        }
        let table = HEADER..HEADER + sections * ENTRY;
        let whole = bytes.get(..table.end);
        let whole = whole.ok_or_else(|| short("table of sections", table.end, bytes.len()))?;
        check_header_sum(whole)?;
        let layout = Self {
            description: description(header)?,
            live: number("header", header, 40)?,
            file_length: number("header", header, 16)?,
            entries: entries(&whole[table])?,
        };
        layout.check(bytes)?;
        Ok(layout)
    }

    fn check(&self, bytes: &[u8]) -> Result<(), Damage> {
        let (expected, found) = (self.file_length as u64, bytes.len() as u64);
        Damage::unless_equal("header", 16, "a file of bytes:", expected, found)?;
        let end = self.check_places()?;
        Damage::unless_equal("header", 16, "sections that end at", expected, end as u64)?;
        self.check_padding(bytes)
    }

    /// Each section begins where the one before it ends, and their checksums after all of them;
    /// gives the end of the checksums.
    fn check_places(&self) -> Result<usize, Damage> {
        let mut next = Some(HEADER + self.entries.len() * ENTRY);
        for (number, entry) in self.entries.iter().enumerate() {
            let begin = next.and_then(|next| next.checked_next_multiple_of(ALIGNMENT));
            entry.expect_place(number, 8, begin, entry.offset)?;
            next = entry.offset.checked_add(entry.length);
        }
        next = next.and_then(|next| next.checked_next_multiple_of(ALIGNMENT));
        for (number, entry) in self.entries.iter().enumerate() {
            entry.expect_place(number, 24, next, entry.sums)?;
            next = entry.sums.checked_add(checksum::size(entry.length));
        }
        next.ok_or_else(|| Damage::new("table of sections", HEADER, "sections", "too long ones"))
    }

    fn check_padding(&self, bytes: &[u8]) -> Result<(), Damage> {
        let mut end = HEADER + self.entries.len() * ENTRY;
        let begins = self
            .entries
            .iter()
            .map(|entry| (entry.offset, entry.length));
        let sums = self.entries.first().map(|entry| (entry.sums, 0));
        for (begin, length) in begins.chain(sums) {
            let padding = bytes.get(end..begin).unwrap_or_default();
            if let Some(at) = padding.iter().position(|byte| *byte != 0) {
                return Err(Damage::new("padding", end + at, 0, padding[at]));
            }
            end = begin + length;
        }
        Ok(())
    }

    /// The section's place, if the file has it.
    pub(super) fn entry(&self, section: Section) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.section == section)
    }
}

impl Entry {
    fn to_bytes(self) -> Vec<u8> {
        let mut bytes = self.section.tag().to_vec();
        for number in [self.offset, self.length, self.sums] {
            bytes.extend((number as u64).to_le_bytes());
        }
        bytes.extend(self.sum_of_sums.to_le_bytes());
        bytes.extend([0; 4]);
        bytes
    }

    fn from_bytes(number_in_table: usize, section: Section, bytes: &[u8]) -> Result<Self, Damage> {
        let place = |at| number("table of sections", bytes, at);
        let (tag, zero) = (&bytes[..8], u32_at(bytes, 36));
        let offset = HEADER + number_in_table * ENTRY;
        if *tag != section.tag() || zero != 0 {
            let found = format!("{:?} and {zero}", String::from_utf8_lossy(tag));
            let expected = format!("section {:?} and 0", section.name());
            return Err(Damage::new("table of sections", offset, expected, found));
        }
        Ok(Self {
            section,
            offset: place(8)?,
            length: place(16)?,
            sums: place(24)?,
            sum_of_sums: u32_at(bytes, 32),
        })
    }

    fn expect_place(
        &self,
        number: usize,
        field: usize,
        expected: Option<usize>,
        found: usize,
    ) -> Result<(), Damage> {
        if expected == Some(found) {
            return Ok(());
        }
        let expected = expected.map_or("a section before it that is shorter".to_owned(), |place| {
            format!("{} at {place}", self.section.name())
        });
        let at = HEADER + number * ENTRY + field;
        Err(Damage::new("table of sections", at, expected, found))
    }
}

fn entries(table: &[u8]) -> Result<Vec<Entry>, Damage> {
    let rows = table.chunks_exact(ENTRY).zip(Section::ALL).enumerate();
    rows.map(|(number, (bytes, section))| Entry::from_bytes(number, section, bytes))
        .collect()
}

fn description(header: &[u8]) -> Result<Description, Damage> {
    Damage::unless_equal("header", 56, "reserved:", 0, u64::from(u32_at(header, 56)))?;
    let dimension = number("header", header, 24)?;
    if dimension == 0 {
        return Err(Damage::new("header", 24, "a dimension of at least 1", 0));
    }
    Ok(Description {
        dimension,
        rows: number("header", header, 32)?,
        metric: decode(&METRICS, header, 48, "a metric, 0 to 2")?,
        dtype: decode(&DTYPES, header, 52, "a storage type, 0 to 3")?,
    })
}

fn header_sum(bytes: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&bytes[..HEADER_SUM]);
    hasher.update(&bytes[HEADER..]);
    hasher.finalize()
}

fn check_header_sum(bytes: &[u8]) -> Result<(), Damage> {
    let (expected, found) = (u32_at(bytes, HEADER_SUM), header_sum(bytes));
    if expected == found {
        return Ok(());
    }
    let expected = format!("CRC-32 {expected:08x} of header and table");
    Err(Damage::new(
        "header",
        HEADER_SUM,
        expected,
        format_args!("{found:08x}"),
    ))
}

fn code<T: PartialEq>(table: &[T], value: T) -> u32 {
    table
        .iter()
        .position(|entry| *entry == value)
        .unwrap_or(table.len()) as u32
}

fn decode<T: Copy>(table: &[T], bytes: &[u8], at: usize, expected: &str) -> Result<T, Damage> {
    let code = u32_at(bytes, at);
    let value = table.get(code as usize).copied();
    value.ok_or_else(|| Damage::new("header", at, expected, code))
}

fn short(section: &str, expected: usize, found: usize) -> Damage {
    Damage::new(
        section,
        found,
        format_args!("{expected} bytes"),
        format_args!("the file's end"),
    )
}

pub(super) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    let mut number = [0; 4];
    number.copy_from_slice(&bytes[at..at + 4]);
    u32::from_le_bytes(number)
}

/// A number that has to fit into this machine's address space.
fn number(section: &str, bytes: &[u8], at: usize) -> Result<usize, Damage> {
    let mut number = [0; 8];
    number.copy_from_slice(&bytes[at..at + 8]);
    let number = u64::from_le_bytes(number);
    usize::try_from(number)
        .map_err(|_| Damage::new(section, at, "a size of this machine's", number))
}
