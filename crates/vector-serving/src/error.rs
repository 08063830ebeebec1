//! The one error type that is an HTTP response.

use axum::extract::rejection::{JsonRejection, PathRejection};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use redwick_serving::http::{RequestError, error_response};
use vector_store::Error as StoreError;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ApiError {
    /// No route can make anything of it.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// Too many requests wait already.
    #[error("{waiting} requests are waiting already: try again later")]
    QueueFull {
        /// How many.
        waiting: usize,
    },
    /// More results than one request may ask for.
    #[error(
        "{queries} queries with the best {k} of {vectors} vectors each are more than the {most} \
         results that one request may have; ask for fewer or in parts"
    )]
    TooManyResults {
        /// How many queries.
        queries: usize,
        /// How many results each wants.
        k: usize,
        /// How many vectors there are.
        vectors: usize,
        /// How many results are allowed.
        most: usize,
    },
    /// A search that had not ended when the server had to.
    #[error("the search was called off: the server is shutting down")]
    Cancelled,
    /// A path that names nothing.
    #[error("{0}")]
    Path(String),
    /// A change of a store that is served for reading.
    #[error("this store is served for reading only: nothing changes it")]
    ReadOnly,
    /// The server is about to end, or its thread has ended.
    #[error("the server is shutting down: it takes no new requests")]
    ShuttingDown,
    /// The store is in memory alone.
    #[error("this store has no file to be saved to")]
    NoFile,
    /// A change was made but not saved.
    #[error(
        "the change is made and searches see it: do not send it again. It could not be saved, and is \
         lost if the server ends before POST /v1/save succeeds: {0}"
    )]
    NotSaved(StoreError),
    /// The store refused or failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl ApiError {
    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Request(error) => error.status(),
            Self::QueueFull { .. } | Self::ShuttingDown | Self::Cancelled => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Self::TooManyResults { .. } | Self::Path(_) => StatusCode::BAD_REQUEST,
            Self::ReadOnly => StatusCode::FORBIDDEN,
            Self::NoFile => StatusCode::CONFLICT,
            Self::NotSaved(_) => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Store(error) => store_status(error),
        }
    }

    /// A short name for programs, stable across releases.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Request(error) => error.code(),
            Self::QueueFull { .. } => "queue_full",
            Self::ShuttingDown => "shutting_down",
            Self::TooManyResults { .. } => "too_many_results",
            Self::Cancelled => "cancelled",
            Self::Path(_) => "bad_path",
            Self::ReadOnly => "read_only",
            Self::NoFile => "no_file",
            Self::NotSaved(_) => "not_saved",
            Self::Store(error) => store_code(error),
        }
    }
}

fn store_status(error: &StoreError) -> StatusCode {
    match error {
        StoreError::NoId { .. } => StatusCode::NOT_FOUND,
        StoreError::Duplicate { .. } => StatusCode::CONFLICT,
        StoreError::Length { .. }
        | StoreError::NotFinite { .. }
        | StoreError::Id { .. }
        | StoreError::Count { .. } => StatusCode::BAD_REQUEST,
        StoreError::OutOfMemory(_) | StoreError::TooManyRows { .. } => {
            StatusCode::INSUFFICIENT_STORAGE
        }
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

fn store_code(error: &StoreError) -> &'static str {
    match error {
        StoreError::NoId { .. } => "no_id",
        StoreError::Duplicate { .. } => "duplicate_id",
        StoreError::Length { .. } => "bad_dimension",
        StoreError::NotFinite { .. } => "not_finite",
        StoreError::Id { .. } => "bad_id",
        StoreError::Count { .. } => "bad_count",
        StoreError::OutOfMemory(_) => "out_of_memory",
        StoreError::TooManyRows { .. } => "too_many_rows",
        StoreError::File(_) => "file",
        _ => "device",
    }
}

impl From<JsonRejection> for ApiError {
    fn from(rejection: JsonRejection) -> Self {
        RequestError::from(rejection).into()
    }
}

impl From<PathRejection> for ApiError {
    fn from(rejection: PathRejection) -> Self {
        Self::Path(rejection.body_text())
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        error_response(self.status(), self.code(), &self)
    }
}
