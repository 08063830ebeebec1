//! What any of our HTTP servers answers in the same way: requests that are none of its own, and the form
//! of an error.

use axum::Json;
use axum::Router;
use axum::extract::rejection::JsonRejection;
use axum::http::{Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// A request that no route can make anything of.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// The body could not be read as what the route takes.
    #[error("the body is not what this route takes: {message}")]
    Body {
        /// 400, 413 or 415.
        status: StatusCode,
        /// What is wrong with it.
        message: String,
    },
    /// There is no such route.
    #[error("there is no {path} here; {hint}")]
    NoRoute {
        /// What was asked for.
        path: String,
        /// Where to look for what there is.
        hint: &'static str,
    },
    /// The route is there, for other methods.
    #[error("{path} does not take {method}; {hint}")]
    Method {
        /// What was asked for.
        path: String,
        /// How.
        method: String,
        /// Where to look for what there is.
        hint: &'static str,
    },
}

impl RequestError {
    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Body { status, .. } => *status,
            Self::NoRoute { .. } => StatusCode::NOT_FOUND,
            Self::Method { .. } => StatusCode::METHOD_NOT_ALLOWED,
        }
    }

    /// A short name for programs, stable across releases.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Body { .. } => "bad_body",
            Self::NoRoute { .. } => "not_found",
            Self::Method { .. } => "method_not_allowed",
        }
    }
}

impl From<JsonRejection> for RequestError {
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

impl IntoResponse for RequestError {
    fn into_response(self) -> Response {
        error_response(self.status(), self.code(), &self)
    }
}

/// `{"error": {"code": …, "message": …}}`, with a status.
pub fn error_response(status: StatusCode, code: &str, error: &impl std::error::Error) -> Response {
    let body = json!({"error": {"code": code, "message": error.to_string()}});
    (status, Json(body)).into_response()
}

/// Answers requests for other routes, and for other methods of these, with errors that end in a hint
/// on where to look.
pub fn with_fallbacks<S>(router: Router<S>, hint: &'static str) -> Router<S>
where
    S: Clone + Send + Sync + 'static,
{
    let no_route = move |uri: Uri| async move {
        RequestError::NoRoute {
            path: uri.path().to_owned(),
            hint,
        }
    };
    let wrong_method = move |method: Method, uri: Uri| async move {
        RequestError::Method {
            path: uri.path().to_owned(),
            method: method.to_string(),
            hint,
        }
    };
    router
        .fallback(no_route)
        .method_not_allowed_fallback(wrong_method)
}
