//! The one error type that is an HTTP response.

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;
use vector_store::Error as StoreError;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ApiError {
    /// The body could not be read as what the route takes.
    #[error("the body is not what this route takes: {message}")]
    Body {
        /// 400, 413 or 415.
        status: StatusCode,
        /// What is wrong with it.
        message: String,
    },
    /// There is no such route.
    #[error("there is no {path} here; /openapi.json says what is")]
    NoRoute {
        /// What was asked for.
        path: String,
    },
    /// The route is there, for other methods.
    #[error("{path} does not take {method}; /openapi.json says what does")]
    Method {
        /// What was asked for.
        path: String,
        /// How.
        method: String,
    },
    /// Too many requests wait already.
    #[error("{waiting} requests are waiting already: try again later")]
    QueueFull {
        /// How many.
        waiting: usize,
    },
    /// The server is about to end, or its thread has ended.
    #[error("the server is shutting down: it takes no new requests")]
    ShuttingDown,
    /// The store is in memory alone.
    #[error("this store has no file to be saved to")]
    NoFile,
    /// A change was made but not saved.
    #[error("the change is made, but could not be saved, and is lost if the server ends: {0}")]
    NotSaved(StoreError),
    /// The store refused or failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl ApiError {
    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Body { status, .. } => *status,
            Self::NoRoute { .. } => StatusCode::NOT_FOUND,
            Self::Method { .. } => StatusCode::METHOD_NOT_ALLOWED,
            Self::QueueFull { .. } | Self::ShuttingDown => StatusCode::SERVICE_UNAVAILABLE,
            Self::NoFile => StatusCode::CONFLICT,
            Self::NotSaved(_) => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Store(error) => store_status(error),
        }
    }

    /// A short name for programs, stable across releases.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Body { .. } => "bad_body",
            Self::NoRoute { .. } => "not_found",
            Self::Method { .. } => "method_not_allowed",
            Self::QueueFull { .. } => "queue_full",
            Self::ShuttingDown => "shutting_down",
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
        // A body of the right form with a wrong field is as bad a request as one of the wrong form.
        let status = match rejection.status() {
            StatusCode::UNPROCESSABLE_ENTITY => StatusCode::BAD_REQUEST,
            status => status,
        };
        Self::Body {
            status,
            message: rejection.body_text(),
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let body = json!({"error": {"code": self.code(), "message": self.to_string()}});
        (self.status(), Json(body)).into_response()
    }
}
