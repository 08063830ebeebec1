//! Approximate search: IVF-flat.
//!
//! k-means divides space into cells, and rows are kept cell by cell, as *lists*. A search looks only
//! at the lists whose centres are nearest to the query, `probes` of them; within these it is exact,
//! with canonical scores. With as many probes as lists it gives the exact answer, ties included.
//!
//! [`Ivf`] is an [`Engine`], so a store over it works as over any other. Assigning rows to lists is
//! itself a search with k = 1 among the centres, on the same device. [`Ivf::recall`] compares with
//! the exact answer of the same engine.
//!
//! Cells are those of Euclidean distance; for the cosine they are on the unit sphere, which comes to
//! the same. For the inner product rows are assigned by distance, and a query probes the centres
//! with the largest inner products.

mod index;
mod kmeans;
mod lists;
mod recall;

pub use index::{Ivf, Probes};
pub use kmeans::{Training, train, train_on};
pub use recall::{Recall, recall};

use crate::engine::{Config, Engine, Result};

/// Makes the engines of an index, all on one device or over the same shards.
pub type Make<'a> = &'a dyn Fn(Config) -> Result<Box<dyn Engine>>;
