//! Why a request to an engine or a store failed.

use super::config::MAX_DIMENSION;

/// A result whose error is an engine's or a store's.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a request to an engine or a store failed. What it was asked to change is as it was.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Vectors of a length that no engine takes.
    #[error("vectors of {dimension} numbers; a store takes 1 to {MAX_DIMENSION}")]
    Dimension {
        /// What was asked for.
        dimension: usize,
    },
    /// A vector that does not fit the store.
    #[error("{what} has {found} numbers, and vectors here have {expected}")]
    Length {
        /// Which vector.
        what: String,
        /// The store's dimension.
        expected: usize,
        /// What the vector has.
        found: usize,
    },
    /// A NaN or an infinity.
    #[error("number {index} of {what} is {value}; vectors hold finite numbers")]
    NotFinite {
        /// Which vector.
        what: String,
        /// The number's place in it.
        index: usize,
        /// The number.
        value: f32,
    },
    /// An id that is in the store already, or twice in one batch.
    #[error("the id `{id}` {place}; ids are unique (upsert replaces)")]
    Duplicate {
        /// The id.
        id: String,
        /// Where it was met before.
        place: &'static str,
    },
    /// An id that is not in the store.
    #[error("no vector has the id `{id}`")]
    NoId {
        /// The id.
        id: String,
    },
    /// An id that no vector can have.
    #[error("an id of {length} bytes; ids have 1 to {max}")]
    Id {
        /// Its length.
        length: usize,
        /// The greatest length.
        max: usize,
    },
    /// Two lists that should be as long as each other.
    #[error("{found} {what} for {expected} vectors")]
    Count {
        /// What there should be as many of.
        what: &'static str,
        /// How many there should be.
        expected: usize,
        /// How many there are.
        found: usize,
    },
    /// A row that is not there.
    #[error("row {row} of {rows}")]
    NoRow {
        /// The row.
        row: usize,
        /// How many there are.
        rows: usize,
    },
    /// More rows than a number of 32 bits counts.
    #[error(
        "{rows} rows, removed ones included; one engine holds {}: compact, or use shards",
        u32::MAX
    )]
    TooManyRows {
        /// How many there would be.
        rows: usize,
    },
    /// A filter that was made before rows were renumbered.
    #[error("the filter was made before the store was compacted or cleared; make it again")]
    StaleFilter,
    /// No memory.
    #[error(transparent)]
    OutOfMemory(#[from] Box<Shortage>),
    /// A text that names nothing known.
    #[error("no {what} is called `{text}`; there are {}", .names.join(", "))]
    Name {
        /// What it should name.
        what: &'static str,
        /// The text.
        text: String,
        /// What it could be.
        names: Vec<&'static str>,
    },
    /// The store's file.
    #[error(transparent)]
    File(Box<crate::file::Error>),
    /// The device refused.
    #[error(transparent)]
    Device(#[from] redwick_tensor_ops::Error),
    /// What the other variants do not say.
    #[error("{0}")]
    Other(String),
}

/// What there was too little of, in bytes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "no memory for {what}: {requested} bytes asked, {used} used by this store, {}; nothing was \
     changed. Remove and compact, store a smaller dtype, or add a device",
    self.room()
)]
pub struct Shortage {
    /// What the memory was for.
    pub what: String,
    /// What was asked.
    pub requested: usize,
    /// What the store holds already.
    pub used: usize,
    /// What is free on the device or the host, where that is known.
    pub free: Option<usize>,
    /// What the caller allowed.
    pub limit: Option<usize>,
}

impl Shortage {
    /// The caller's limit, where that is what stood in the way.
    pub fn broken_limit(&self) -> Option<usize> {
        let needed = self.used.saturating_add(self.requested);
        self.limit.filter(|&limit| needed > limit)
    }

    fn room(&self) -> String {
        match (self.broken_limit(), self.free) {
            (Some(limit), _) => format!("and its limit is {limit}"),
            (None, Some(free)) => format!("{free} free"),
            (None, None) => "and no more is to be had".to_owned(),
        }
    }
}

impl Error {
    /// Whether what was given is at fault: another request may succeed where this one failed.
    pub fn is_bad_input(&self) -> bool {
        match self {
            Self::File(error) => !matches!(**error, crate::file::Error::Io { .. }),
            Self::OutOfMemory(_) | Self::Device(_) | Self::Other(_) => false,
            _ => true,
        }
    }
}

impl From<crate::file::Error> for Error {
    fn from(error: crate::file::Error) -> Self {
        Self::File(Box::new(error))
    }
}

impl From<redwick_hip::Error> for Error {
    fn from(error: redwick_hip::Error) -> Self {
        Self::Device(error.into())
    }
}

impl From<redwick_kernels::Error> for Error {
    fn from(error: redwick_kernels::Error) -> Self {
        Self::Device(redwick_tensor_ops::Error::Kernels(error))
    }
}
