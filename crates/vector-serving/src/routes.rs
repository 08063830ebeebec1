//! The routes: a file each.

mod health;
mod search;
mod store;
mod vectors;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::response::Json;
use axum::routing::get;
use redwick_serving::http::with_fallbacks;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::document::ErrorBody;
use crate::service::Service;

/// What the document says besides the routes.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Redwick vector store",
        description = "Exact vector search. Errors are {\"error\": {\"code\", \"message\"}}. Other routes \
                   answer 404, and other methods of these 405.",
    ),
    components(schemas(ErrorBody))
)]
struct Document;

fn routes() -> OpenApiRouter<Service> {
    OpenApiRouter::with_openapi(Document::openapi())
        .routes(routes!(health::health))
        .routes(routes!(store::stats))
        .routes(routes!(store::save))
        .routes(routes!(store::compact))
        .routes(routes!(vectors::add))
        .routes(routes!(vectors::get))
        .routes(routes!(vectors::remove))
        .routes(routes!(search::search))
}

/// The OpenAPI document of all routes, as `GET /openapi.json` gives it.
pub fn openapi() -> utoipa::openapi::OpenApi {
    routes().into_openapi()
}

/// All routes over a service.
pub fn router(service: Service) -> Router {
    let (router, document) = routes().split_for_parts();
    let router = router.route("/openapi.json", get(|| async move { Json(document) }));
    let router = router.route("/v1/vectors/remove", get(vectors::get_remove));
    with_fallbacks(router, "/openapi.json says what there is")
        .layer(DefaultBodyLimit::max(service.largest_body()))
        .with_state(service)
}
