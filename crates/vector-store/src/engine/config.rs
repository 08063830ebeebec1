//! What an engine is made for.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::error::{Error, Result};
use crate::types::GpuDistanceMetric;

/// How vectors are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Metric {
    /// Squared Euclidean distance, smallest first.
    L2,
    /// Inner product, largest first.
    #[serde(rename = "ip")]
    InnerProduct,
    /// Cosine of the angle, largest first; 0 where either vector is zero.
    Cosine,
}

/// What the scan reads a vector as. Results are rescored with the numbers as they were given, so
/// this changes memory and speed, never an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Dtype {
    /// 32 bits: the numbers as they were given.
    F32,
    /// IEEE half precision, saturated.
    F16,
    /// The upper half of an f32, rounded to nearest even, saturated.
    Bf16,
    /// Signed 8-bit integers with a scale for each vector.
    Int8,
}

/// Where the numbers of vectors as they were given are kept, with which results are scored, where the
/// scan reads something else. In f32 the scan reads them themselves.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Originals {
    /// On the device: 4 bytes a number more there, and everything is computed there.
    #[default]
    Device,
    /// In the host's memory: the device holds what it scans, and the host scores what was chosen.
    Host,
}

/// What an engine is made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Config {
    /// Numbers in a vector; at least 1.
    pub dimension: usize,
    /// How vectors are compared.
    pub metric: Metric,
    /// What the scan reads.
    pub dtype: Dtype,
    /// Where the numbers as they were given are. The CPU's engine has but one place.
    #[serde(default)]
    pub originals: Originals,
    /// Bytes on the device that the engine may not pass; `None` for what the device has.
    pub memory_limit: Option<usize>,
}

impl Config {
    /// Vectors of `dimension` numbers in f32, without a limit on memory.
    pub fn new(dimension: usize, metric: Metric) -> Self {
        Self {
            dimension,
            metric,
            dtype: Dtype::F32,
            originals: Originals::Device,
            memory_limit: None,
        }
    }

    /// The same, scanned as `dtype`.
    #[must_use]
    pub fn dtype(self, dtype: Dtype) -> Self {
        Self { dtype, ..self }
    }

    /// The same, with the numbers as they were given kept there.
    #[must_use]
    pub fn originals(self, originals: Originals) -> Self {
        Self { originals, ..self }
    }

    /// The same, with a limit on memory in bytes.
    #[must_use]
    pub fn memory_limit(self, limit: Option<usize>) -> Self {
        Self {
            memory_limit: limit,
            ..self
        }
    }

    /// Itself, where an engine can be made for it.
    ///
    /// # Errors
    /// [`Error::Dimension`] for vectors of no numbers, or of more than [`MAX_DIMENSION`].
    pub fn checked(self) -> Result<Self> {
        match self.dimension {
            1..=MAX_DIMENSION => Ok(self),
            dimension => Err(Error::Dimension { dimension }),
        }
    }
}

/// Numbers in the longest vector. The bounds on rounding hold far beyond it.
pub const MAX_DIMENSION: usize = 1 << 16;

impl Dtype {
    /// Bytes of one number.
    pub fn size(self) -> usize {
        match self {
            Self::F32 => 4,
            Self::F16 | Self::Bf16 => 2,
            Self::Int8 => 1,
        }
    }
}

const METRICS: [(&str, Metric); 3] = [
    ("l2", Metric::L2),
    ("ip", Metric::InnerProduct),
    ("cosine", Metric::Cosine),
];

const DTYPES: [(&str, Dtype); 4] = [
    ("f32", Dtype::F32),
    ("f16", Dtype::F16),
    ("bf16", Dtype::Bf16),
    ("int8", Dtype::Int8),
];

const ORIGINALS: [(&str, Originals); 2] =
    [("device", Originals::Device), ("host", Originals::Host)];

impl FromStr for Originals {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        named(&ORIGINALS, "place for originals", text)
    }
}

impl fmt::Display for Originals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(name(&ORIGINALS, self))
    }
}

impl FromStr for Metric {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        named(&METRICS, "metric", text)
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(name(&METRICS, self))
    }
}

impl FromStr for Dtype {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        named(&DTYPES, "dtype", text)
    }
}

impl fmt::Display for Dtype {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(name(&DTYPES, self))
    }
}

fn named<T: Copy>(table: &[(&'static str, T)], what: &'static str, text: &str) -> Result<T> {
    let found = table.iter().find(|(name, _)| *name == text);
    found.map(|&(_, value)| value).ok_or_else(|| Error::Name {
        what,
        text: text.to_owned(),
        names: table.iter().map(|(name, _)| *name).collect(),
    })
}

fn name<T: PartialEq>(table: &[(&'static str, T)], value: &T) -> &'static str {
    let found = table.iter().find(|(_, other)| other == value);
    found.map_or("", |(name, _)| name)
}

impl From<GpuDistanceMetric> for Metric {
    fn from(metric: GpuDistanceMetric) -> Self {
        match metric {
            GpuDistanceMetric::Cosine => Self::Cosine,
            GpuDistanceMetric::Euclidean => Self::L2,
            GpuDistanceMetric::DotProduct => Self::InnerProduct,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_and_written() {
        for (name, metric) in METRICS {
            assert_eq!(name.parse::<Metric>().unwrap(), metric);
            assert_eq!(metric.to_string(), name);
        }
        for (name, dtype) in DTYPES {
            assert_eq!(name.parse::<Dtype>().unwrap(), dtype);
            assert_eq!(dtype.to_string(), name);
        }
        for (name, originals) in ORIGINALS {
            assert_eq!(name.parse::<Originals>().unwrap(), originals);
            assert_eq!(originals.to_string(), name);
        }
        let error = "f64".parse::<Dtype>().unwrap_err().to_string();
        assert!(error.contains("f64") && error.contains("bf16"), "{error}");
    }

    #[test]
    fn vectors_have_numbers() {
        assert!(Config::new(1, Metric::L2).checked().is_ok());
        assert!(Config::new(0, Metric::L2).checked().is_err());
        assert!(
            Config::new(MAX_DIMENSION + 1, Metric::L2)
                .checked()
                .is_err()
        );
    }
}
