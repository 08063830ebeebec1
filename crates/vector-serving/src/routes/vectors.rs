//! Single vectors: `POST /v1/vectors`, `GET /v1/vectors/{id}`, `POST /v1/vectors/remove`.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use vector_store::Error as StoreError;
use vector_store::store::Metadata;

use crate::bodies::{Added, Remove, Removed, Upload, VectorBody};
use crate::document::{BodyErrors, ChangeErrors, ErrorBody, StoreErrors};
use crate::error::ApiError;
use crate::parsed::Parsed;
use crate::service::{Served, Service};

/// Add vectors, all or none.
#[utoipa::path(post, path = "/v1/vectors", request_body = Upload, responses(
    (status = 200, body = Added),
    (status = 400, body = ErrorBody, description = "A vector of another length, or of numbers that \
     are not finite; a body that is none."),
    (status = 409, body = ErrorBody, description = "An id that is there already, or twice in the \
     request."),
    (status = 507, body = ErrorBody, description = "The device has no room for them."),
    BodyErrors, ChangeErrors, StoreErrors,
))]
pub(super) async fn add(
    State(service): State<Service>,
    Parsed(upload): Parsed<Upload>,
) -> Result<Json<Added>, ApiError> {
    service
        .with(|served| add_to(served, upload))
        .await
        .map(Json)
}

fn add_to(served: &mut Served, upload: Upload) -> Result<Added, ApiError> {
    served.writable()?;
    let expected = served.store.dimension();
    let (mut ids, mut rows, mut metadata) = (Vec::new(), Vec::new(), Vec::<Metadata>::new());
    for vector in upload.vectors {
        fits(&vector.vector, expected, || {
            format!("vector `{}`", vector.id)
        })?;
        rows.extend(vector.vector);
        ids.push(vector.id);
        metadata.push(vector.metadata);
    }
    let replaced = match upload.upsert {
        true => served.store.upsert(&ids, &rows, &metadata)?.replaced,
        false => {
            served.store.add(&ids, &rows, &metadata)?;
            0
        }
    };
    Ok(Added {
        added: ids.len(),
        replaced,
        saved: saved(served, ids.len())?,
    })
}

/// Whether the file holds what is served, after so many vectors came or went.
fn saved(served: &mut Served, changes: usize) -> Result<bool, ApiError> {
    match changes {
        0 => Ok(!served.unsaved),
        _ => served.changed(),
    }
}

/// A vector of another length must not be taken for parts of two.
pub(super) fn fits(
    vector: &[f32],
    expected: usize,
    what: impl FnOnce() -> String,
) -> Result<(), ApiError> {
    if vector.len() == expected {
        return Ok(());
    }
    Err(ApiError::Store(StoreError::Length {
        what: what(),
        expected,
        found: vector.len(),
    }))
}

/// One vector, as it was added.
#[utoipa::path(get, path = "/v1/vectors/{id}", params(("id" = String, Path)), responses(
    (status = 200, body = VectorBody),
    (status = 400, body = ErrorBody, description = "A path that is no UTF-8."),
    (status = 404, body = ErrorBody, description = "No vector has this id."),
    StoreErrors,
))]
pub(super) async fn get(
    State(service): State<Service>,
    id: Result<Path<String>, PathRejection>,
) -> Result<Json<VectorBody>, ApiError> {
    let Path(id) = id?;
    vector(service, id).await
}

/// The vector with the id `remove`, whose path is also the route that removes.
pub(super) async fn get_remove(
    State(service): State<Service>,
) -> Result<Json<VectorBody>, ApiError> {
    vector(service, "remove".to_owned()).await
}

async fn vector(service: Service, id: String) -> Result<Json<VectorBody>, ApiError> {
    let vector = service.with(|served| {
        let Some(entry) = served.store.entry(&id) else {
            return Err(StoreError::NoId { id }.into());
        };
        let metadata = entry.metadata.cloned().unwrap_or_default();
        let vector = served.store.vector(entry.row)?;
        Ok(Json(VectorBody {
            id,
            vector,
            metadata,
        }))
    });
    vector.await
}

/// Remove vectors, all or none.
#[utoipa::path(post, path = "/v1/vectors/remove", request_body = Remove, responses(
    (status = 200, body = Removed),
    (status = 400, body = ErrorBody, description = "A body that is none."),
    (status = 404, body = ErrorBody, description = "An id that is not there; then nothing is removed."),
    BodyErrors, ChangeErrors, StoreErrors,
))]
pub(super) async fn remove(
    State(service): State<Service>,
    Parsed(Remove { ids }): Parsed<Remove>,
) -> Result<Json<Removed>, ApiError> {
    let removed = service.with(move |served| {
        served.writable()?;
        let removed = served.store.remove(&ids)?;
        let saved = saved(served, removed)?;
        Ok(Json(Removed { removed, saved }))
    });
    removed.await
}
