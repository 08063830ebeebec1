//! Scores in JSON, which has no infinities: `"inf"` and `"-inf"` stand for them.

use serde::de::Error;
use serde::ser::SerializeSeq;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::ToSchema;

/// A score as JSON has it.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum Score {
    /// A finite score.
    Number(f32),
    /// `inf` or `-inf`: a score too large for 32 bits.
    Name(String),
}

/// Writes scores; to be used with `#[serde(with = …)]`.
///
/// # Errors
/// The serializer's own.
pub fn serialize<S: Serializer>(scores: &[f32], to: S) -> Result<S::Ok, S::Error> {
    let mut sequence = to.serialize_seq(Some(scores.len()))?;
    for &score in scores {
        match score.is_finite() {
            true => sequence.serialize_element(&score)?,
            // As Rust writes them: `inf`, `-inf`.
            false => sequence.serialize_element(&score.to_string())?,
        }
    }
    sequence.end()
}

/// Reads scores; to be used with `#[serde(with = …)]`.
///
/// # Errors
/// For what is neither a number nor the name of an infinity.
pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<f32>, D::Error> {
    let scores = Vec::<Score>::deserialize(from)?;
    let number = |score| match score {
        Score::Number(number) => Ok(number),
        Score::Name(name) if name == "inf" => Ok(f32::INFINITY),
        Score::Name(name) if name == "-inf" => Ok(f32::NEG_INFINITY),
        Score::Name(name) => Err(D::Error::custom(format!("`{name}` is no score"))),
    };
    scores.into_iter().map(number).collect()
}
