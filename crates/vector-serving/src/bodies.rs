//! What goes over the wire.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vector_store::store::Condition;

use crate::scores::{self, Score};

/// A vector with its id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VectorBody {
    /// 1 to 1024 bytes, unique in the store.
    pub id: String,
    /// As many finite numbers as the store's dimension.
    pub vector: Vec<f32>,
    /// Strings by key, for filters.
    #[serde(default, skip_serializing_if = "HashMap::is_empty")]
    pub metadata: HashMap<String, String>,
}

/// Vectors to add. Either all are added or none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Upload {
    /// The vectors, in the order of insertion.
    pub vectors: Vec<VectorBody>,
    /// Whether a vector may take the place of one with its id; without it that is an error.
    #[serde(default)]
    pub upsert: bool,
}

/// What was added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Added {
    /// How many vectors were added.
    pub added: usize,
    /// How many of them took the place of another.
    pub replaced: usize,
    /// Whether the file holds them.
    pub saved: bool,
}

/// Ids to remove. Either all are removed or none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Remove {
    /// The ids; each must be there.
    pub ids: Vec<String>,
}

/// What was removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Removed {
    /// How many vectors were removed.
    pub removed: usize,
    /// Whether the file is without them.
    pub saved: bool,
}

/// What may be found.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FilterBody {
    /// A condition on metadata.
    #[serde(rename = "where", default, skip_serializing_if = "Option::is_none")]
    pub condition: Option<Condition>,
    /// Only these ids; each must be there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ids: Option<Vec<String>>,
}

/// Queries.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SearchRequest {
    /// Vectors of the store's dimension.
    pub queries: Vec<Vec<f32>>,
    /// How many results each query wants. A request may ask for so many results in all as the server
    /// allows (`--most-results`).
    #[serde(default = "ten")]
    pub k: usize,
    /// What may be found; everything without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<FilterBody>,
}

fn ten() -> usize {
    10
}

/// The answer to one query: the best first, and of equal scores what was inserted first.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema)]
pub struct SearchResult {
    /// The ids.
    pub ids: Vec<String>,
    /// Squared distance, inner product or cosine. One too large for 32 bits is `"inf"` or `"-inf"`.
    #[schema(value_type = Vec<Score>)]
    #[serde(with = "scores")]
    pub scores: Vec<f32>,
    /// The places in the order of insertion, by which answers of several servers are merged.
    pub rows: Vec<usize>,
}

/// The answers, one for each query.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SearchResponse {
    /// In the order of the queries.
    pub results: Vec<SearchResult>,
}

/// What compaction left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Compacted {
    /// How many rows there were, removed ones included.
    pub rows_before: usize,
    /// How many there are.
    pub rows: usize,
    /// Whether the file is compacted.
    pub saved: bool,
}

/// What was saved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Saved {
    /// How many vectors the file holds.
    pub vectors: usize,
}

/// What is served.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Stats {
    /// Vectors.
    pub vectors: usize,
    /// Places of vectors, removed ones included.
    pub rows: usize,
    /// Numbers in a vector.
    pub dimension: usize,
    /// `l2`, `ip` or `cosine`.
    pub metric: String,
    /// What is scanned: `f32`, `f16`, `bf16` or `int8`.
    pub dtype: String,
    /// The device's name.
    pub device: String,
    /// Bytes that the store holds on the device.
    pub device_bytes: usize,
    /// What the device has, in bytes.
    pub device_total: usize,
    /// What of it is free for anybody.
    pub device_free: usize,
    /// What the store may hold there, where a limit was set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device_limit: Option<usize>,
    /// Bytes that the store holds on the host besides.
    pub host_bytes: usize,
    /// Whether there are changes that the file does not hold.
    pub unsaved: bool,
    /// Queries that were answered since the start.
    pub queries: u64,
    /// Searches of the store that answered them: fewer, where requests were batched.
    pub batches: u64,
}
