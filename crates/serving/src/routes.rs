//! The routes: a file each.
//!
//! Other protocols (job routes, chat completions) are more files and more rows here.

mod health;
mod inference;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{Method, Uri};
use axum::routing::{get, post};

use crate::error::ApiError;
use crate::queue::Queue;

/// The longest prompt takes 128 KiB, or six times that where each character is escaped.
const LARGEST_BODY: usize = 1 << 20;

/// All routes over a queue.
pub fn router(queue: Queue) -> Router {
    Router::new()
        .route("/health", get(health::health))
        .route("/v1/inference", post(inference::inference))
        .fallback(no_route)
        .method_not_allowed_fallback(wrong_method)
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .with_state(queue)
}

async fn no_route(uri: Uri) -> ApiError {
    ApiError::NoRoute {
        path: uri.path().to_owned(),
    }
}

async fn wrong_method(method: Method, uri: Uri) -> ApiError {
    ApiError::Method {
        path: uri.path().to_owned(),
        method: method.to_string(),
    }
}
