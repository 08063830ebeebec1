//! `POST /v1/search`.

use axum::extract::State;
use axum::response::Response;
use vector_store::Error as StoreError;

use super::vectors::fits;
use crate::bodies::{SearchRequest, SearchResponse};
use crate::document::{BodyErrors, ErrorBody, StoreErrors};
use crate::error::ApiError;
use crate::parsed::{Parsed, answer};
use crate::service::Service;

/// About how many bytes of JSON a result takes.
const RESULT: usize = 40;

/// The best vectors for each query.
#[utoipa::path(post, path = "/v1/search", request_body = SearchRequest, responses(
    (status = 200, body = SearchResponse),
    (status = 400, body = ErrorBody, description = "A query of another length, or of numbers that are \
     not finite; more results than one request may have; a body that is none."),
    (status = 404, body = ErrorBody, description = "An id of the filter that is not there."),
    (status = 507, body = ErrorBody, description = "The device has no room to search."),
    BodyErrors, StoreErrors,
))]
pub(super) async fn search(
    State(service): State<Service>,
    Parsed(request): Parsed<SearchRequest>,
) -> Result<Response, ApiError> {
    let count = request.queries.len();
    for (number, query) in request.queries.iter().enumerate() {
        fits(query, service.dimension(), || format!("query {number}"))?;
        finite(query, number)?;
    }
    let queries = request.queries.concat();
    let results = service
        .search(queries, count, request.k, request.filter)
        .await?;
    let found: usize = results.iter().map(|result| result.rows.len()).sum();
    answer(found * RESULT, SearchResponse { results }).await
}

/// The store counts queries of a batch; here they are those of the request.
fn finite(query: &[f32], number: usize) -> Result<(), ApiError> {
    let Some(index) = query.iter().position(|x| !x.is_finite()) else {
        return Ok(());
    };
    Err(ApiError::Store(StoreError::NotFinite {
        what: format!("query {number}"),
        index,
        value: query[index],
    }))
}
