//! A vector store behind HTTP.
//!
//! ```text
//! routes/* ── Command ──> Service ── one thread ──> Store
//!     ^                                              │
//!     └────────────── JSON <── reply ────────────────┘
//! ```
//!
//! - a route (a file each in `routes/`) parses a body and shapes an answer;
//! - [`Service`] owns the store on a thread of its own. While it searches, requests wait; those that
//!   wait for the same filter are searched as one batch. What a search finds does not depend on that:
//!   the store's answers are the same for every size of batch;
//! - a search goes on in groups of queries; once [`Service::cancel`] was called the next group is not
//!   begun, and what waits is answered by an error;
//! - changes and searches take effect in the order in which they came.
//!
//! [`ApiError`] is the one error type that becomes an HTTP response. The OpenAPI document is made
//! from the routes themselves: see [`openapi`].

mod batch;
mod bodies;
mod document;
mod error;
mod filters;
mod pace;
mod parsed;
mod routes;
pub mod scores;
mod server;
mod service;

pub use bodies::{
    Added, Compacted, FilterBody, Remove, Removed, Saved, SearchRequest, SearchResponse,
    SearchResult, Stats, Upload, VectorBody,
};
pub use error::ApiError;
pub use routes::{openapi, router};
pub use server::{ServeOptions, serve};
pub use service::{LARGEST_BODY, MOST_RESULTS, Options, Service};
