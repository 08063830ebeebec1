//! The store as a whole: `GET /v1/stats`, `POST /v1/save`, `POST /v1/compact`.

use axum::Json;
use axum::extract::State;

use crate::bodies::{Compacted, Saved, Stats};
use crate::document::{ChangeErrors, ErrorBody, StoreErrors};
use crate::error::ApiError;
use crate::service::{Served, Service};

/// What is served, and how much of it.
#[utoipa::path(get, path = "/v1/stats", responses((status = 200, body = Stats), StoreErrors))]
pub(super) async fn stats(State(service): State<Service>) -> Result<Json<Stats>, ApiError> {
    service.with(|served| Ok(Json(stats_of(served)))).await
}

fn stats_of(served: &Served) -> Stats {
    let store = &served.store;
    let (config, memory) = (store.config(), store.memory());
    Stats {
        vectors: store.len(),
        rows: store.rows(),
        dimension: config.dimension,
        metric: config.metric.to_string(),
        dtype: config.dtype.to_string(),
        device: store.info().name,
        device_bytes: memory.used,
        device_total: memory.total,
        device_free: memory.free,
        device_limit: memory.limit,
        host_bytes: memory.host,
        unsaved: served.unsaved,
        queries: served.queries,
        batches: served.batches,
    }
}

/// Save the store to its file. The file is replaced in one step.
#[utoipa::path(post, path = "/v1/save", responses(
    (status = 200, body = Saved),
    (status = 409, body = ErrorBody, description = "The store has no file."),
    ChangeErrors, StoreErrors,
))]
pub(super) async fn save(State(service): State<Service>) -> Result<Json<Saved>, ApiError> {
    let saved = service.with(|served| {
        served.save()?;
        Ok(Json(Saved {
            vectors: served.store.len(),
        }))
    });
    saved.await
}

/// Give back the room of removed vectors.
#[utoipa::path(post, path = "/v1/compact", responses(
    (status = 200, body = Compacted),
    (status = 507, body = ErrorBody, description = "The device has no room to compact."),
    ChangeErrors, StoreErrors,
))]
pub(super) async fn compact(State(service): State<Service>) -> Result<Json<Compacted>, ApiError> {
    let compacted = service.with(|served| {
        served.writable()?;
        let rows_before = served.store.rows();
        served.store.compact()?;
        let rows = served.store.rows();
        let saved = match rows == rows_before {
            true => !served.unsaved,
            false => served.changed()?,
        };
        Ok(Json(Compacted {
            rows_before,
            rows,
            saved,
        }))
    });
    compacted.await
}
