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
use std::path::Path;

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

    /// Vectors without ids.
    fn plain(rows: Vec<f32>, dimension: usize) -> Self {
        let count = rows.len().checked_div(dimension).unwrap_or(0);
        Self {
            rows,
            dimension,
            ids: vec![None; count],
            metadata: vec![HashMap::new(); count],
        }
    }
}

/// A file of vectors.
pub struct Reader {
    format: Box<dyn Format>,
    dimension: Option<usize>,
    length: u64,
    done: u64,
}

/// What the formats differ in.
trait Format: Send {
    /// The next vectors, `count` at most, none at the end, and the bytes that they took.
    fn next(&mut self, count: usize) -> Result<(Batch, u64), Error>;
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
            format,
            dimension: None,
            length,
            done: 0,
        })
    }

    /// The next vectors, `count` at most; none at the end.
    ///
    /// # Errors
    /// [`Error::Io`], or [`Error::Format`] with the place of what is wrong.
    pub fn next(&mut self, count: usize) -> Result<Batch, Error> {
        let (batch, bytes) = self.format.next(count.max(1))?;
        self.done += bytes;
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
        }
    }

    /// Bytes of the file that were read, and all of them.
    pub fn progress(&self) -> (u64, u64) {
        (self.done.min(self.length), self.length)
    }
}

const ENDINGS: [&str; 5] = ["npy", "fvecs", "bvecs", "jsonl", "ndjson"];

/// A file being read, with its name and place for messages.
struct Source {
    path: std::path::PathBuf,
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

/// One id a line, as `--ids` takes them.
///
/// # Errors
/// [`Error::Io`], also where the file is no UTF-8.
pub fn ids(path: &Path) -> Result<Vec<String>, Error> {
    let file = File::open(path).map_err(Error::io("opening", path))?;
    let lines = BufReader::new(file).lines();
    let ids: std::io::Result<_> = lines.collect();
    ids.map_err(Error::io("reading", path))
}
