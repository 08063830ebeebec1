//! `POST /v1/search`.

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;

use super::vectors::fits;
use crate::bodies::{SearchRequest, SearchResponse};
use crate::error::ApiError;
use crate::service::Service;

/// The best vectors for each query.
#[utoipa::path(post, path = "/v1/search", request_body = SearchRequest, responses(
    (status = 200, body = SearchResponse),
    (status = 400, description = "A query of another length, or of numbers that are not finite."),
    (status = 404, description = "An id of the filter that is not there."),
    (status = 503, description = "Too many requests wait already."),
))]
pub(super) async fn search(
    State(service): State<Service>,
    body: Result<Json<SearchRequest>, JsonRejection>,
) -> Result<Json<SearchResponse>, ApiError> {
    let Json(request) = body?;
    let count = request.queries.len();
    // The store's thread compares them with its dimension; here, with each other.
    if let Some(first) = request.queries.first() {
        for (number, query) in request.queries.iter().enumerate() {
            fits(query, first.len(), || format!("query {number}"))?;
        }
    }
    let queries = request.queries.concat();
    let results = service
        .search(queries, count, request.k, request.filter)
        .await?;
    Ok(Json(SearchResponse { results }))
}
