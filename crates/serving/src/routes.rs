//! The routes: a file each.
//!
//! Other protocols (job routes, chat completions) are more files and more rows here.

mod health;
mod inference;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};

use crate::http::with_fallbacks;
use crate::queue::Queue;

/// The longest prompt takes 128 KiB, or six times that where each character is escaped.
const LARGEST_BODY: usize = 1 << 20;

/// What there is, for whoever asks for something else.
const HINT: &str = "there are POST /v1/inference and GET /health";

/// All routes over a queue.
pub fn router(queue: Queue) -> Router {
    let routes = Router::new()
        .route("/health", get(health::health))
        .route("/v1/inference", post(inference::inference));
    with_fallbacks(routes, HINT)
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .with_state(queue)
}
