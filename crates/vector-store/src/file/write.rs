//! From a store to its file.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{BufWriter, Seek, SeekFrom, Write};
use std::path::Path;

use super::Description;
use super::atomic::Lock;
use super::checksum::Sums;
use super::error::Error;
use super::layout::{Entry, Layout, align, first_section};
use super::sections::Section;

/// Numbers of type f32 that are read from the store at a time: a MiB.
const PIECE: usize = 1 << 18;

/// What a store has to offer to be saved.
pub trait Contents {
    /// Its size and kind.
    fn description(&self) -> Description;

    /// Whether a row is there, and not removed.
    fn is_live(&self, row: usize) -> bool;

    /// Reads whole rows from `first` on, as they were added.
    ///
    /// # Errors
    /// Why they could not be read, as text.
    fn rows(&self, first: usize, out: &mut [f32]) -> Result<(), String>;

    /// The id of a row that is live.
    fn id(&self, row: usize) -> &str;

    /// The metadata of a row that is live, if it has any.
    fn metadata(&self, row: usize) -> Option<&HashMap<String, String>>;

    /// The lists of an IVF index, if there is one.
    fn lists(&self) -> Option<Lists<'_>> {
        None
    }
}

/// The lists of an IVF index.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Lists<'a> {
    /// The lists' centres, `dimension` numbers each.
    pub centres: &'a [f32],
    /// The number of each row's list.
    pub list_of_row: &'a [u32],
}

/// Replaces the file at `path` by these contents, or leaves it as it is: see the
/// [module](super).
///
/// # Errors
/// [`Error::Io`] where the system refuses, [`Error::Contents`] where the contents contradict
/// themselves or cannot be read.
pub fn save(path: &Path, contents: &dyn Contents) -> Result<(), Error> {
    Lock::acquire(path)?.save(contents)
}

impl Lock {
    /// As [`save`], under a lock that is already held.
    ///
    /// # Errors
    /// As [`save`].
    pub fn save(&self, contents: &dyn Contents) -> Result<(), Error> {
        self.replace(|file| Writer::new(self.path(), file, contents)?.write())
    }
}

/// A file on its way.
struct Writer<'a> {
    path: &'a Path,
    file: BufWriter<&'a mut File>,
    contents: &'a dyn Contents,
    description: Description,
    position: usize,
    entries: Vec<Entry>,
    sums: Vec<Vec<u8>>,
}

impl<'a> Writer<'a> {
    fn new(path: &'a Path, file: &'a mut File, contents: &'a dyn Contents) -> Result<Self, Error> {
        let description = contents.description();
        if let Some(lists) = contents.lists()
            && (lists.list_of_row.len() != description.rows
                || !lists
                    .centres
                    .len()
                    .is_multiple_of(description.dimension.max(1)))
        {
            let reason = format!(
                "lists of {} rows and centres of {} numbers, for {} rows of {} numbers",
                lists.list_of_row.len(),
                lists.centres.len(),
                description.rows,
                description.dimension
            );
            return Err(Error::Contents {
                path: path.to_owned(),
                reason,
            });
        }
        Ok(Self {
            path,
            file: BufWriter::with_capacity(1 << 20, file),
            contents,
            description,
            position: 0,
            entries: Vec::new(),
            sums: Vec::new(),
        })
    }

    fn write(mut self) -> Result<(), Error> {
        let lists = self.contents.lists();
        let sections = if lists.is_some() {
            Section::ALL.len()
        } else {
            Section::PLAIN
        };
        self.fill_to(first_section(sections))?;
        self.rows()?;
        let live = self.live()?;
        self.texts(Section::IdPositions, Section::Ids, |contents, row| {
            contents.id(row).as_bytes().to_vec()
        })?;
        self.texts(Section::MetadataPositions, Section::Metadata, metadata)?;
        if let Some(lists) = lists {
            self.section(Section::Centres, |out| {
                out.put(bytemuck::cast_slice(lists.centres))
            })?;
            self.section(Section::Lists, |out| {
                lists
                    .list_of_row
                    .iter()
                    .try_for_each(|list| out.put(&list.to_le_bytes()))
            })?;
        }
        self.finish(live)
    }

    fn rows(&mut self) -> Result<(), Error> {
        let Description {
            dimension, rows, ..
        } = self.description;
        let (contents, path) = (self.contents, self.path);
        let at_a_time = (PIECE / dimension.max(1)).clamp(1, rows.max(1));
        let mut piece = vec![0.0f32; at_a_time * dimension];
        self.section(Section::Rows, |out| {
            for first in (0..rows).step_by(at_a_time) {
                let piece = &mut piece[..at_a_time.min(rows - first) * dimension];
                contents
                    .rows(first, piece)
                    .map_err(|reason| Error::Contents {
                        path: path.to_owned(),
                        reason,
                    })?;
                out.put(bytemuck::cast_slice(piece))?;
            }
            Ok(())
        })
    }

    /// Gives the number of rows that are live.
    fn live(&mut self) -> Result<usize, Error> {
        let (contents, rows) = (self.contents, self.description.rows);
        let mut live = 0;
        self.section(Section::Live, |out| {
            for first in (0..rows).step_by(64) {
                let rows = first..rows.min(first + 64);
                let word = rows.fold(0u64, |word, row| {
                    word | u64::from(contents.is_live(row)) << (row - first)
                });
                live += word.count_ones() as usize;
                out.put(&word.to_le_bytes())?;
            }
            Ok(())
        })?;
        Ok(live)
    }

    /// A section of positions and one of what lies between them.
    fn texts(
        &mut self,
        positions: Section,
        texts: Section,
        text: impl Fn(&dyn Contents, usize) -> Vec<u8>,
    ) -> Result<(), Error> {
        let (contents, rows) = (self.contents, self.description.rows);
        let text = |row| {
            if contents.is_live(row) {
                text(contents, row)
            } else {
                Vec::new()
            }
        };
        self.section(positions, |out| {
            let mut position = 0u64;
            for row in 0..rows {
                out.put(&position.to_le_bytes())?;
                position += text(row).len() as u64;
            }
            out.put(&position.to_le_bytes())
        })?;
        self.section(texts, |out| {
            (0..rows).try_for_each(|row| out.put(&text(row)))
        })
    }

    /// A section: what `write` puts out, from the next aligned place on.
    fn section(
        &mut self,
        section: Section,
        write: impl FnOnce(&mut Out<'_, 'a>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let offset = align(self.position);
        self.fill_to(offset)?;
        let mut out = Out {
            path: self.path,
            file: &mut self.file,
            sums: Sums::default(),
        };
        write(&mut out)?;
        let (length, sums) = out.sums.finish();
        self.position = offset + length;
        self.entries.push(Entry {
            section,
            offset,
            length,
            sums: 0,
            sum_of_sums: crc32fast::hash(&sums),
        });
        self.sums.push(sums);
        Ok(())
    }

    fn fill_to(&mut self, offset: usize) -> Result<(), Error> {
        let zeros = vec![0; offset - self.position];
        self.put(&zeros)
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.position += bytes.len();
        self.file
            .write_all(bytes)
            .map_err(Error::io("writing", self.path))
    }

    /// The checksums, and then the header in front of all.
    fn finish(mut self, live: usize) -> Result<(), Error> {
        self.fill_to(align(self.position))?;
        for (number, sums) in std::mem::take(&mut self.sums).into_iter().enumerate() {
            self.entries[number].sums = self.position;
            self.put(&sums)?;
        }
        let layout = Layout {
            description: self.description,
            live,
            file_length: self.position,
            entries: std::mem::take(&mut self.entries),
        };
        let io = Error::io("writing", self.path);
        self.file.seek(SeekFrom::Start(0)).map_err(io)?;
        self.put(&layout.to_bytes())?;
        self.file.flush().map_err(Error::io("writing", self.path))
    }
}

/// A section on its way.
struct Out<'o, 'a> {
    path: &'a Path,
    file: &'o mut BufWriter<&'a mut File>,
    sums: Sums,
}

impl Out<'_, '_> {
    fn put(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.sums.update(bytes);
        self.file
            .write_all(bytes)
            .map_err(Error::io("writing", self.path))
    }
}

/// A JSON object with its keys in order, so that the same store gives the same file.
fn metadata(contents: &dyn Contents, row: usize) -> Vec<u8> {
    let Some(metadata) = contents
        .metadata(row)
        .filter(|metadata| !metadata.is_empty())
    else {
        return Vec::new();
    };
    let sorted: BTreeMap<_, _> = metadata.iter().collect();
    // Maps of strings have no form that JSON lacks.
    serde_json::to_vec(&sorted).unwrap_or_default()
}
