//! Indices out of range: the words in which kernels report them, and what each word stands for.
//!
//! A kernel only sets a word whose address it is given. So there is one for each op, dtype of indices
//! and bound that was launched; once those are taken, one for each op, and at last one for all.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use redwick_hip as hip;

use crate::context::{Block, address};
use crate::dtype::DType;
use crate::error::Result;

/// An index that a kernel met and that is out of range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct IndexFault {
    /// The op.
    pub op: &'static str,
    /// What the index had to be; nothing where so many different ones were given to ops before that
    /// they are no longer told apart.
    pub bound: Option<IndexBound>,
}

/// What an index had to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct IndexBound {
    /// The dtype of the indices.
    pub dtype: DType,
    /// The size of what they select from: a dimension, or the experts.
    pub below: usize,
    /// Where experts are selected for rows: the number of rows, which indices name, too.
    pub rows: Option<usize>,
}

impl IndexFault {
    /// Of indices into a dimension.
    pub(crate) fn of(op: &'static str, dtype: DType, below: usize) -> Self {
        let rows = None;
        Self {
            op,
            bound: Some(IndexBound { dtype, below, rows }),
        }
    }

    /// Of indices of experts, and of the rows that they are for.
    pub(crate) fn of_experts(op: &'static str, experts: usize, rows: usize) -> Self {
        let bound = IndexBound {
            dtype: DType::U32,
            below: experts,
            rows: Some(rows),
        };
        Self {
            op,
            bound: Some(bound),
        }
    }

    /// What stands for this one and more.
    fn wider(self) -> Self {
        Self {
            op: if self.bound.is_some() {
                self.op
            } else {
                SEVERAL
            },
            bound: None,
        }
    }
}

impl fmt::Display for IndexFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(IndexBound { dtype, below, rows }) = self.bound else {
            return write!(f, "{}: an index is out of range", self.op);
        };
        write!(f, "{}: an index of {dtype} is out of range: ", self.op)?;
        match rows {
            None => write!(f, "it has to be below {below}"),
            Some(rows) => write!(f, "an expert has to be below {below}, a row below {rows}"),
        }
    }
}

/// The faults that a text names before it counts the others.
const NAMED: usize = 3;

/// Faults as a text.
pub(crate) fn listed(faults: &[IndexFault]) -> String {
    let (named, others) = faults.split_at(faults.len().min(NAMED));
    let mut text: Vec<String> = named.iter().map(ToString::to_string).collect();
    if !others.is_empty() {
        text.push(format!("and {} more", others.len()));
    }
    text.join("; ")
}

/// The words of a context.
const WORDS: usize = 512;

/// Those of them for ops whose bounds are not told apart, and for all.
const SPARE: usize = 32;

/// What the last word stands for.
const SEVERAL: &str = "one of several ops";

pub(crate) const BYTES: usize = WORDS * WORD;

const WORD: usize = size_of::<u32>();

/// The words, on the device, and what they stand for.
pub(crate) struct Faults {
    words: Block,
    labels: Mutex<Labels>,
    /// Whether a kernel that may have set a word was launched since they were last read.
    possible: AtomicBool,
}

impl Faults {
    /// In memory of [`BYTES`].
    pub(crate) fn new(words: Block, stream: &hip::Stream) -> Result<Self> {
        if let Some(memory) = words.block() {
            stream.fill(memory, 0, BYTES, 0)?;
        }
        Ok(Self {
            words,
            labels: Mutex::default(),
            possible: AtomicBool::new(false),
        })
    }

    /// The address of the word for a fault.
    pub(crate) fn word(&self, fault: IndexFault) -> u64 {
        let place = self.labels().place(fault);
        address(&self.words) + (place * WORD) as u64
    }

    /// Notes, or forgets, that a word may be set; answers what was noted before.
    pub(crate) fn set_possible(&self, possible: bool) -> bool {
        self.possible.swap(possible, Ordering::Relaxed)
    }

    /// What was met since it was last asked for.
    pub(crate) fn take(&self, stream: &hip::Stream) -> Result<Vec<IndexFault>> {
        let used = self.labels().all.len();
        let mut words = vec![0; used * WORD];
        let (Some(memory), true) = (self.words.block(), used > 0) else {
            return Ok(Vec::new());
        };
        stream.download(&mut words, memory, 0)?;
        let is_set = |place: &usize| words[place * WORD..][..WORD] != [0; WORD];
        let set: Vec<usize> = (0..used).filter(is_set).collect();
        for place in &set {
            stream.fill(memory, place * WORD, WORD, 0)?;
        }
        let labels = self.labels();
        Ok(set.into_iter().map(|place| labels.all[place]).collect())
    }

    fn labels(&self) -> MutexGuard<'_, Labels> {
        self.labels.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What each word in use stands for. A word keeps its meaning, since graphs keep its address.
#[derive(Default)]
struct Labels {
    all: Vec<IndexFault>,
    places: HashMap<IndexFault, usize>,
}

impl Labels {
    fn place(&mut self, fault: IndexFault) -> usize {
        if let Some(place) = self.places.get(&fault) {
            return *place;
        }
        let room = match fault {
            IndexFault { bound: Some(_), .. } => WORDS - SPARE,
            IndexFault { op: SEVERAL, .. } => WORDS,
            _ => WORDS - 1,
        };
        let place = self.all.len();
        if place >= room {
            return self.place(fault.wider());
        }
        self.all.push(fault);
        self.places.insert(fault, place);
        place
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_that_are_alike_share_a_word() {
        let mut labels = Labels::default();
        let mut place = |op, dtype, below| labels.place(IndexFault::of(op, dtype, below));
        assert_eq!(place("gather", DType::U32, 7), 0);
        assert_eq!(place("gather", DType::U32, 8), 1);
        assert_eq!(place("gather", DType::I64, 8), 2);
        assert_eq!(place("scatter", DType::U32, 7), 3);
        assert_eq!(place("gather", DType::U32, 8), 1);
    }

    #[test]
    fn a_full_table_names_ops_and_then_none() {
        const NAMES: &str = "abcdefghijklmnopqrstuvwxyz012345";
        let mut labels = Labels::default();
        for below in 0..2 * WORDS {
            let place = labels.place(IndexFault::of("gather", DType::U32, below));
            assert_eq!(place, below.min(WORDS - SPARE));
        }
        let text = |labels: &Labels, place: usize| labels.all[place].to_string();
        assert_eq!(
            text(&labels, WORDS - SPARE),
            "gather: an index is out of range"
        );
        for op in (0..SPARE).map(|at| &NAMES[at..]) {
            let place = labels.place(IndexFault::of(op, DType::U8, 1));
            assert!(text(&labels, place).starts_with(op) || place == WORDS - 1);
        }
        assert_eq!(labels.all.len(), WORDS);
        let last = text(&labels, WORDS - 1);
        assert_eq!(last, "one of several ops: an index is out of range");
        assert_eq!(labels.place(IndexFault::of("gather", DType::U32, 3)), 3);
    }

    #[test]
    fn texts_say_what_an_index_had_to_be() {
        let faults: Vec<_> = (1..=5)
            .map(|below| IndexFault::of("gather", DType::I64, below))
            .collect();
        assert_eq!(
            listed(&faults[..1]),
            "gather: an index of i64 is out of range: it has to be below 1"
        );
        assert!(listed(&faults[..3]).ends_with("below 3"));
        assert!(listed(&faults).ends_with("below 3; and 2 more"));
        let experts = IndexFault::of_experts("moe", 8, 33).to_string();
        assert!(experts.ends_with("an expert has to be below 8, a row below 33"));
    }
}
