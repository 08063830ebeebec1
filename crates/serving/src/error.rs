//! The one error type that is an HTTP response.

use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::engine::{EngineError, Fault};
use crate::http::{RequestError, error_response};

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ApiError {
    /// No route can make anything of it.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// A field of the request is out of its range.
    #[error("{field} is {found}, but {expected}")]
    Field {
        /// The field.
        field: &'static str,
        /// What was found.
        found: String,
        /// What is allowed.
        expected: String,
    },
    /// Too many jobs wait already.
    #[error("{waiting} jobs are waiting already: try again later")]
    QueueFull {
        /// How many.
        waiting: usize,
    },
    /// The server is about to end.
    #[error("the server is shutting down: it takes no new jobs")]
    ShuttingDown,
    /// The engine refused or failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

impl ApiError {
    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Request(error) => error.status(),
            Self::Field { .. } => StatusCode::BAD_REQUEST,
            Self::QueueFull { .. } | Self::ShuttingDown => StatusCode::SERVICE_UNAVAILABLE,
            Self::Engine(error) => match error.fault {
                Fault::Request => StatusCode::BAD_REQUEST,
                Fault::Engine => StatusCode::INTERNAL_SERVER_ERROR,
            },
        }
    }

    /// A short name for programs, stable across releases.
    pub fn code(&self) -> &str {
        match self {
            Self::Request(error) => error.code(),
            Self::Field { .. } => "bad_parameter",
            Self::QueueFull { .. } => "queue_full",
            Self::ShuttingDown => "shutting_down",
            Self::Engine(error) => &error.code,
        }
    }
}

/// As clients see it: `{"code": …, "message": …}`.
impl Serialize for ApiError {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("code", self.code())?;
        map.serialize_entry("message", &self.to_string())?;
        map.end()
    }
}

impl From<JsonRejection> for ApiError {
    fn from(rejection: JsonRejection) -> Self {
        RequestError::from(rejection).into()
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        error_response(self.status(), self.code(), &self)
    }
}
