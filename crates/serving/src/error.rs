//! The one error type that is an HTTP response.

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::json;

use crate::engine::{EngineError, Fault};

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ApiError {
    /// The body could not be read as what the route takes.
    #[error("the body is not what this route takes: {message}")]
    Body {
        /// 400, 413 or 415.
        status: StatusCode,
        /// What is wrong with it.
        message: String,
    },
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
    /// There is no such route.
    #[error("there is no {path} here; POST /v1/inference and GET /health are")]
    NoRoute {
        /// What was asked for.
        path: String,
    },
    /// The route is there, for other methods.
    #[error("{path} does not take {method}")]
    Method {
        /// What was asked for.
        path: String,
        /// How.
        method: String,
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
            Self::Body { status, .. } => *status,
            Self::Field { .. } => StatusCode::BAD_REQUEST,
            Self::NoRoute { .. } => StatusCode::NOT_FOUND,
            Self::Method { .. } => StatusCode::METHOD_NOT_ALLOWED,
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
            Self::Body { .. } => "bad_body",
            Self::Field { .. } => "bad_parameter",
            Self::NoRoute { .. } => "not_found",
            Self::Method { .. } => "method_not_allowed",
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
        (self.status(), Json(json!({"error": self}))).into_response()
    }
}
