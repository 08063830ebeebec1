//! Files of vectors: npy, fvecs, bvecs and JSON lines, read piece by piece.
//!
//! The file's ending says which it is:
//!
//! - `.npy`: [NumPy's format](https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html),
//!   one vector (one axis) or many (two axes, C order), of floats of 16, 32 or 64 bits or integers;
//! - `.fvecs`, `.bvecs`: [each vector](http://corpus-texmex.irisa.fr/) as its length in 32 bits and
//!   its numbers, f32 or u8;
//! - `.jsonl`, `.ndjson`: a line for each vector, an array of numbers or an object with `vector` and,
//!   where wanted, `id` (a string or an integer) and `metadata` (an object of strings).
//!
//! What is no f32 is rounded to the nearest.

mod error;
mod jsonl;
mod npy;
mod vecs;

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

pub use error::Error;

/// Some vectors of a file.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Batch {
    /// The vectors, one after the other.
    pub rows: Vec<f32>,
    /// Numbers in a vector; 0 where there is none.
    pub dimension: usize,
    /// Their ids, as far as the file has any: as many as vectors.
    pub ids: Vec<Option<String>>,
    /// Their metadata: as many as vectors.
    pub metadata: Vec<HashMap<String, String>>,
    /// How many vectors of the file came before these.
    pub first: usize,
    /// Their lines, from 1 on, in files that have lines: as many as vectors, else none.
    pub lines: Vec<usize>,
}

impl Batch {
    /// How many vectors there are.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// Where a vector of these is in the file, in words.
    pub fn place(&self, index: usize) -> String {
        match self.lines.get(index) {
            Some(line) => format!("line {line}"),
            None => format!("vector {}", self.first + index),
        }
    }

    /// What is wrong with the first number that is not finite, and where.
    fn fault(&self) -> Option<(String, String)> {
        let index = self.rows.iter().position(|number| !number.is_finite())?;
        let (vector, place) = (index / self.dimension.max(1), index % self.dimension.max(1));
        let number = self.rows[index];
        Some((
            self.place(vector),
            format!("number {place} is {number}; vectors hold finite numbers"),
        ))
    }

    /// Vectors without ids.
    fn plain(rows: Vec<f32>, dimension: usize) -> Self {
        let count = rows.len().checked_div(dimension).unwrap_or(0);
        Self {
            rows,
            dimension,
            ids: vec![None; count],
            metadata: vec![HashMap::new(); count],
            ..Self::default()
        }
    }
}

/// A file of vectors.
pub struct Reader {
    format: Box<dyn Format>,
    path: PathBuf,
    dimension: Option<usize>,
    vectors: usize,
    length: u64,
    done: u64,
}

/// What the formats differ in.
trait Format: Send {
    /// The next vectors, `count` at most, none at the end, and the bytes that they took.
    fn next(&mut self, count: usize) -> Result<(Batch, u64), Error>;

    /// How many numbers each vector has, where the file says so before the first.
    fn dimension(&self) -> Option<usize> {
        None
    }
}

impl Reader {
    /// Opens a file of vectors.
    ///
    /// # Errors
    /// [`Error::Ending`] for a file of another kind, [`Error::Io`], or [`Error::Format`] for one that
    /// does not begin as its kind does.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let ending = path.extension().unwrap_or_default().to_string_lossy();
        let ending = ending.to_lowercase();
        if !ENDINGS.contains(&ending.as_str()) {
            return Err(Error::Ending {
                path: path.to_owned(),
            });
        }
        let file = File::open(path).map_err(Error::io("opening", path))?;
        let length = file.metadata().map_err(Error::io("opening", path))?.len();
        let file = Source {
            path: path.to_owned(),
            file: BufReader::with_capacity(1 << 20, file),
            offset: 0,
        };
        let format: Box<dyn Format> = match ending.as_str() {
            "npy" => Box::new(npy::Npy::new(file)?),
            "fvecs" => Box::new(vecs::Vecs::new(file, vecs::Number::F32)),
            "bvecs" => Box::new(vecs::Vecs::new(file, vecs::Number::U8)),
            _ => Box::new(jsonl::Jsonl::new(file)),
        };
        Ok(Self {
            dimension: format.dimension(),
            format,
            path: path.to_owned(),
            vectors: 0,
            length,
            done: 0,
        })
    }

    /// The next vectors, `count` at most; none at the end.
    ///
    /// # Errors
    /// [`Error::Io`], or [`Error::Format`] with the place of what is wrong: a number that is not finite
    /// too.
    pub fn next(&mut self, count: usize) -> Result<Batch, Error> {
        let (mut batch, bytes) = self.format.next(count.max(1))?;
        self.done += bytes;
        batch.first = self.vectors;
        self.vectors += batch.len();
        if let Some((at, reason)) = batch.fault() {
            let path = self.path.clone();
            return Err(Error::Format { path, at, reason });
        }
        if !batch.is_empty() {
            self.dimension = Some(batch.dimension);
        }
        Ok(batch)
    }

    /// All vectors that are left.
    ///
    /// # Errors
    /// As [`Reader::next`].
    pub fn rest(&mut self) -> Result<Batch, Error> {
        let mut all = Batch::default();
        loop {
            let mut batch = self.next(4096)?;
            if batch.is_empty() {
                return Ok(all);
            }
            all.dimension = batch.dimension;
            all.rows.append(&mut batch.rows);
            all.ids.append(&mut batch.ids);
            all.metadata.append(&mut batch.metadata);
            all.lines.append(&mut batch.lines);
        }
    }

    /// How many numbers each vector has, as far as that is known: before the first vector is read, npy
    /// files say so.
    pub fn dimension(&self) -> Option<usize> {
        self.dimension
    }

    /// Bytes of the file that were read, and all of them.
    pub fn progress(&self) -> (u64, u64) {
        (self.done.min(self.length), self.length)
    }
}

const ENDINGS: [&str; 5] = ["npy", "fvecs", "bvecs", "jsonl", "ndjson"];

/// A file being read, with its name and place for messages.
struct Source {
    path: PathBuf,
    file: BufReader<File>,
    offset: u64,
}

impl Source {
    fn wrong(&self, reason: impl Into<String>) -> Error {
        Error::Format {
            path: self.path.clone(),
            at: format!("byte {}", self.offset),
            reason: reason.into(),
        }
    }

    fn is_at_end(&mut self) -> Result<bool, Error> {
        let buffer = self
            .file
            .fill_buf()
            .map_err(Error::io("reading", &self.path))?;
        Ok(buffer.is_empty())
    }

    /// Fills `out`; that the file ends before is an error.
    fn exact(&mut self, out: &mut [u8]) -> Result<(), Error> {
        use std::io::{ErrorKind, Read};
        match self.file.read_exact(out) {
            Ok(()) => {
                self.offset += out.len() as u64;
                Ok(())
            }
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => {
                Err(self.wrong(format!("the file ends within the next {} bytes", out.len())))
            }
            Err(error) => Err(Error::io("reading", &self.path)(error)),
        }
    }
}

/// What some editors put in front of text.
const BYTE_ORDER_MARK: char = '\u{feff}';

/// One id a line, as `--ids` takes them. Empty lines at the end are none.
///
/// # Errors
/// [`Error::Io`], also where the file is no UTF-8; [`Error::Format`] for an empty line before others.
pub fn ids(path: &Path) -> Result<Vec<String>, Error> {
    let text = std::fs::read_to_string(path).map_err(Error::io("reading", path))?;
    let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&text);
    let ids: Vec<String> = text
        .trim_end_matches(['\r', '\n'])
        .lines()
        .map(str::to_owned)
        .collect();
    match ids.iter().position(String::is_empty) {
        Some(line) => Err(Error::Format {
            path: path.to_owned(),
            at: format!("line {}", line + 1),
            reason: "an empty line where an id was expected".to_owned(),
        }),
        None => Ok(ids),
    }
}
