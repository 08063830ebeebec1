//! Which rows a search may find.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::bitset::Bitset;

/// What is known of a vector beside its numbers.
pub type Metadata = HashMap<String, String>;

/// Rows of one store, as a bitset that a device keeps between searches. Vectors that are added later
/// are not among them; once the store has been compacted or cleared it is refused.
#[derive(Debug, Clone)]
pub struct Filter {
    pub(super) bits: Bitset,
    pub(super) stamp: u64,
}

impl Filter {
    /// The rows.
    pub fn rows(&self) -> &Bitset {
        &self.bits
    }
}

/// A condition on metadata; in JSON an object with one of these keys.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum Condition {
    /// The value of a key is this.
    Equals {
        /// The key.
        key: String,
        /// The value.
        value: String,
    },
    /// The value of a key is one of these.
    In {
        /// The key.
        key: String,
        /// The values.
        values: Vec<String>,
    },
    /// There is a value.
    Has {
        /// The key.
        key: String,
    },
    /// The value of a key is a number between two, both included.
    Between {
        /// The key.
        key: String,
        /// The least number; none for no lower limit.
        #[serde(default)]
        min: Option<f64>,
        /// The greatest number; none for no upper limit.
        #[serde(default)]
        max: Option<f64>,
    },
    /// All of them hold. Of none, that is true.
    #[cfg_attr(feature = "openapi", schema(no_recursion))]
    All(Vec<Condition>),
    /// At least one holds. Of none, that is false.
    #[cfg_attr(feature = "openapi", schema(no_recursion))]
    Any(Vec<Condition>),
    /// It does not hold.
    #[cfg_attr(feature = "openapi", schema(no_recursion))]
    Not(Box<Condition>),
}

impl Condition {
    /// Whether it holds for this metadata.
    pub fn holds(&self, metadata: &Metadata) -> bool {
        match self {
            Self::Equals { key, value } => metadata.get(key) == Some(value),
            Self::In { key, values } => metadata
                .get(key)
                .is_some_and(|value| values.contains(value)),
            Self::Has { key } => metadata.contains_key(key),
            Self::Between { key, min, max } => {
                let number = metadata
                    .get(key)
                    .and_then(|value| value.parse::<f64>().ok());
                number.is_some_and(|number| {
                    min.is_none_or(|min| number >= min) && max.is_none_or(|max| number <= max)
                })
            }
            Self::All(conditions) => conditions.iter().all(|condition| condition.holds(metadata)),
            Self::Any(conditions) => conditions.iter().any(|condition| condition.holds(metadata)),
            Self::Not(condition) => !condition.holds(metadata),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_are_read_and_hold() {
        let metadata = Metadata::from([
            ("colour".to_owned(), "red".to_owned()),
            ("price".to_owned(), "12.5".to_owned()),
        ]);
        let table = [
            (r#"{"equals": {"key": "colour", "value": "red"}}"#, true),
            (
                r#"{"in": {"key": "colour", "values": ["blue", "red"]}}"#,
                true,
            ),
            (r#"{"in": {"key": "size", "values": ["1"]}}"#, false),
            (r#"{"has": {"key": "size"}}"#, false),
            (r#"{"between": {"key": "price", "min": 12.5}}"#, true),
            (r#"{"between": {"key": "price", "max": 12}}"#, false),
            (r#"{"between": {"key": "colour"}}"#, false),
            (
                r#"{"all": [{"has": {"key": "price"}}, {"not": {"has": {"key": "size"}}}]}"#,
                true,
            ),
            (r#"{"any": []}"#, false),
            (r#"{"all": []}"#, true),
        ];
        for (text, holds) in table {
            let condition: Condition = serde_json::from_str(text).unwrap();
            assert_eq!(condition.holds(&metadata), holds, "{text}");
        }
        assert!(serde_json::from_str::<Condition>(r#"{"like": {"key": "a"}}"#).is_err());
    }
}
