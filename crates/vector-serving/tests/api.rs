//! The API as clients see it, in process.

#![allow(clippy::unwrap_used)]

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use redwick_vector_serving::{Options, SearchResponse, Service, router};
use serde_json::{Value, json};
use tower::ServiceExt;
use vector_store::file::{Lock, Stored};
use vector_store::{Config, Metric, Search, Store};

fn store(dimension: usize) -> Store {
    Store::open("cpu", Config::new(dimension, Metric::L2)).unwrap()
}

/// A server, and what ends it.
fn start(
    store: Store,
    options: Options,
) -> (
    Router,
    Service,
    std::thread::JoinHandle<Result<(), vector_store::Error>>,
) {
    let (service, thread) = Service::start(store, options).unwrap();
    (router(service.clone()), service, thread)
}

async fn call(
    router: &Router,
    method: &str,
    path: &str,
    body: Option<Value>,
) -> (StatusCode, Value) {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("content-type", "application/json");
    let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
    let response = router
        .clone()
        .oneshot(request.body(body).unwrap())
        .await
        .unwrap();
    let status = response.status();
    let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    (status, serde_json::from_slice(&bytes).unwrap())
}

async fn post(router: &Router, path: &str, body: Value) -> (StatusCode, Value) {
    call(router, "POST", path, Some(body)).await
}

async fn fails(router: &Router, path: &str, body: Value, status: u16, code: &str) {
    let (found, answer) = post(router, path, body).await;
    assert_eq!(
        (found.as_u16(), answer["error"]["code"].as_str()),
        (status, Some(code)),
        "{answer}"
    );
    assert!(!answer["error"]["message"].as_str().unwrap().is_empty());
}

#[tokio::test]
async fn vectors_are_added_found_and_removed() {
    let (router, _service, _thread) = start(store(2), Options::default());
    let upload = json!({"vectors": [
        {"id": "a", "vector": [0, 0], "metadata": {"colour": "red"}},
        {"id": "b", "vector": [3, 4]},
        {"id": "c", "vector": [3, -4], "metadata": {"colour": "red"}},
    ]});
    let (status, answer) = post(&router, "/v1/vectors", upload).await;
    assert_eq!(
        (status, answer),
        (
            StatusCode::OK,
            json!({"added": 3, "replaced": 0, "saved": false})
        )
    );
    let search = json!({"queries": [[0, 0], [3, 4]], "k": 3});
    let (_, answer) = post(&router, "/v1/search", search).await;
    assert_eq!(
        answer["results"][0],
        json!({"ids": ["a", "b", "c"], "scores": [0.0, 25.0, 25.0], "rows": [0, 1, 2]})
    );
    assert_eq!(answer["results"][1]["scores"], json!([0.0, 25.0, 64.0]));
    let red = json!({"where": {"equals": {"key": "colour", "value": "red"}}, "ids": ["b", "c"]});
    let (_, answer) = post(
        &router,
        "/v1/search",
        json!({"queries": [[0, 0]], "filter": red}),
    )
    .await;
    assert_eq!(answer["results"][0]["ids"], json!(["c"]));
    let (_, answer) = call(&router, "GET", "/v1/vectors/a", None).await;
    assert_eq!(
        answer,
        json!({"id": "a", "vector": [0.0, 0.0], "metadata": {"colour": "red"}})
    );
    let (_, answer) = post(&router, "/v1/vectors/remove", json!({"ids": ["a"]})).await;
    assert_eq!(answer["removed"], 1);
    let upsert = json!({"vectors": [{"id": "b", "vector": [9, 9]}], "upsert": true});
    assert_eq!(post(&router, "/v1/vectors", upsert).await.1["replaced"], 1);
    let (_, answer) = call(&router, "POST", "/v1/compact", None).await;
    assert_eq!(answer, json!({"rows_before": 4, "rows": 2, "saved": false}));
    let (_, stats) = call(&router, "GET", "/v1/stats", None).await;
    assert_eq!(
        (&stats["vectors"], &stats["dimension"], &stats["metric"]),
        (&json!(2), &json!(2), &json!("l2"))
    );
    assert_eq!(
        (&stats["queries"], &stats["unsaved"]),
        (&json!(3), &json!(true))
    );
}

/// Requests to a store of two dimensions that holds the vector `a`: where they go, what they say, and
/// how they are answered.
fn mistakes() -> [(&'static str, Value, u16, &'static str); 16] {
    let add = |vectors: Value| json!({"vectors": vectors});
    let one = |id: &str, vector: Value| json!({"id": id, "vector": vector});
    let (a, b) = (one("a", json!([1, 2])), one("b", json!([1, 2])));
    let long = add(json!([one("c", json!([1, 2, 3, 4]))]));
    let infinite = add(json!([one("c", json!([1, 1e39]))]));
    let nameless = add(json!([one("", json!([1, 2]))]));
    let search = |queries: Value| json!({"queries": queries});
    let stray = json!({"queries": [[1, 2]], "K": 3});
    let filtered = json!({"queries": [[1, 2]], "filter": {"ids": ["z"]}});
    let (vectors, remove, searches) = ("/v1/vectors", "/v1/vectors/remove", "/v1/search");
    [
        (vectors, add(json!([b, a])), 409, "duplicate_id"),
        (vectors, add(json!([b, b])), 409, "duplicate_id"),
        (vectors, long, 400, "bad_dimension"),
        (vectors, infinite, 400, "not_finite"),
        (vectors, nameless, 400, "bad_id"),
        (vectors, add(json!([{"id": "c"}])), 400, "bad_body"),
        (remove, json!({"ids": ["a", "z"]}), 404, "no_id"),
        (
            searches,
            search(json!([[1, 2, 3, 4]])),
            400,
            "bad_dimension",
        ),
        (searches, search(json!([[1, 2], [1]])), 400, "bad_dimension"),
        (
            searches,
            search(json!([[1, 2, 3], [1, 2]])),
            400,
            "bad_dimension",
        ),
        (searches, search(json!([[1, 1e39]])), 400, "not_finite"),
        (searches, stray, 400, "bad_body"),
        (searches, filtered, 404, "no_id"),
        ("/v1/save", json!({}), 409, "no_file"),
        ("/v1/nothing", json!({}), 404, "not_found"),
        ("/v1/stats", json!({}), 405, "method_not_allowed"),
    ]
}

#[tokio::test]
async fn mistakes_are_told_and_change_nothing() {
    let (router, service, thread) = start(store(2), Options::default());
    post(
        &router,
        "/v1/vectors",
        json!({"vectors": [{"id": "a", "vector": [1, 1]}]}),
    )
    .await;
    for (path, body, status, code) in mistakes() {
        fails(&router, path, body, status, code).await;
    }
    let (status, _) = call(&router, "GET", "/v1/vectors/z", None).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    let (_, stats) = call(&router, "GET", "/v1/stats", None).await;
    assert_eq!(stats["vectors"], 1);
    service.close();
    thread.join().unwrap().unwrap();
    fails(
        &router,
        "/v1/search",
        json!({"queries": [[1, 2]]}),
        503,
        "shutting_down",
    )
    .await;
}

#[tokio::test]
async fn changes_are_saved_each_on_request_or_at_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let vectors = |id: &str| json!({"vectors": [{"id": id, "vector": [1, 2]}]});
    let live = || Stored::open(&path).unwrap().live_rows();
    let options = |each| Options {
        file: Some(Lock::acquire(&path).unwrap()),
        save_each_change: each,
        ..Options::default()
    };
    let (router, service, thread) = start(store(2), options(true));
    assert_eq!(
        post(&router, "/v1/vectors", vectors("a")).await.1["saved"],
        true
    );
    assert_eq!(live(), 1);
    service.close();
    thread.join().unwrap().unwrap();

    let (router, service, thread) = start(Store::load(&path, "cpu").unwrap(), options(false));
    assert_eq!(
        post(&router, "/v1/vectors", vectors("b")).await.1["saved"],
        false
    );
    assert_eq!(live(), 1);
    assert_eq!(
        call(&router, "POST", "/v1/save", None).await.1,
        json!({"vectors": 2})
    );
    assert_eq!(live(), 2);
    post(&router, "/v1/vectors", vectors("c")).await;
    service.close();
    thread.join().unwrap().unwrap();
    assert_eq!(live(), 3);
}

#[tokio::test]
async fn the_document_has_every_route() {
    let (router, _service, _thread) = start(store(2), Options::default());
    let (status, document) = call(&router, "GET", "/openapi.json", None).await;
    assert_eq!(status, StatusCode::OK);
    assert!(
        document["openapi"].as_str().unwrap().starts_with("3."),
        "{document}"
    );
    let paths = document["paths"].as_object().unwrap();
    let expected = [
        "/health",
        "/v1/compact",
        "/v1/save",
        "/v1/search",
        "/v1/stats",
        "/v1/vectors",
        "/v1/vectors/remove",
        "/v1/vectors/{id}",
    ];
    assert_eq!(paths.keys().collect::<Vec<_>>(), expected);
    for (path, operations) in paths {
        for method in operations.as_object().unwrap().keys() {
            let (_, answer) = call(&router, &method.to_uppercase(), path, None).await;
            let code = answer["error"]["code"].as_str().unwrap_or("");
            assert!(
                !["not_found", "method_not_allowed"].contains(&code),
                "{method} {path}"
            );
        }
    }
    let schemas = document["components"]["schemas"].as_object().unwrap();
    for name in [
        "ErrorBody",
        "ErrorDetail",
        "Condition",
        "Upload",
        "VectorBody",
        "SearchRequest",
        "SearchResponse",
        "SearchResult",
        "Stats",
    ] {
        assert!(schemas.contains_key(name), "{name}");
    }
}

/// Which errors each operation says that it has; each with what it looks like.
#[tokio::test]
async fn the_document_has_every_error() {
    let (router, _service, _thread) = start(store(2), Options::default());
    let (_, document) = call(&router, "GET", "/openapi.json", None).await;
    let table = [
        ("get", "/health", ""),
        ("get", "/v1/stats", "500 503"),
        ("post", "/v1/save", "403 409 500 503"),
        ("post", "/v1/compact", "403 500 503 507"),
        ("post", "/v1/vectors", "400 403 409 413 415 500 503 507"),
        ("get", "/v1/vectors/{id}", "400 404 500 503"),
        ("post", "/v1/vectors/remove", "400 403 404 413 415 500 503"),
        ("post", "/v1/search", "400 404 413 415 500 503 507"),
    ];
    for (method, path, codes) in table {
        let responses = document["paths"][path][method]["responses"]
            .as_object()
            .unwrap();
        let errors: Vec<&str> = responses
            .keys()
            .map(String::as_str)
            .filter(|code| *code != "200")
            .collect();
        assert_eq!(errors.join(" "), codes, "{method} {path}");
        for code in errors {
            assert_eq!(
                responses[code]["content"]["application/json"]["schema"]["$ref"],
                "#/components/schemas/ErrorBody",
                "{method} {path} {code}"
            );
        }
    }
    let schemas = &document["components"]["schemas"];
    let text = schemas["FilterBody"]["properties"]["where"].to_string();
    assert!(text.contains("#/components/schemas/Condition"), "{text}");
    let text = schemas["Condition"].to_string();
    for key in ["equals", "in", "has", "between", "all", "any", "not"] {
        assert!(text.contains(&format!("\"{key}\"")), "{key}: {text}");
    }
    let text = schemas["ErrorBody"].to_string();
    assert!(text.contains("#/components/schemas/ErrorDetail"), "{text}");
}

#[tokio::test]
async fn bodies_that_are_too_long_or_of_another_kind_are_refused() {
    let options = Options {
        largest_body: 200_000,
        ..Options::default()
    };
    let (router, _service, _thread) = start(store(2), options);
    let long = json!({"queries": [[0, 0]], "k": 1, "filter": {"ids": ["x".repeat(300_000)]}});
    fails(&router, "/v1/search", long, 413, "bad_body").await;
    // Long enough to be read beside the server's thread.
    let queries = vec![[0.25, 0.5]; 12_000];
    let (status, answer) = post(&router, "/v1/search", json!({"queries": queries})).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(answer["results"].as_array().unwrap().len(), 12_000);
    let broken = json!({"queries": vec![json!([0.25, "x"]); 12_000]});
    fails(&router, "/v1/search", broken, 400, "bad_body").await;
    let request = Request::builder().method("POST").uri("/v1/search");
    let request = request.header("content-type", "text/plain");
    let request = request.body(Body::from("{\"queries\": []}")).unwrap();
    let response = router.oneshot(request).await.unwrap();
    assert_eq!(response.status().as_u16(), 415);
}

#[tokio::test]
async fn any_id_can_be_read_and_a_path_that_is_none_is_told() {
    let (router, _service, _thread) = start(store(2), Options::default());
    let upload = json!({"vectors": [{"id": "remove", "vector": [1, 2]}]});
    post(&router, "/v1/vectors", upload).await;
    let (_, answer) = call(&router, "GET", "/v1/vectors/remove", None).await;
    assert_eq!(answer, json!({"id": "remove", "vector": [1.0, 2.0]}));
    let (status, answer) = call(&router, "GET", "/v1/vectors/%ff", None).await;
    assert_eq!(
        (status.as_u16(), &answer["error"]["code"]),
        (400, &json!("bad_path"))
    );
}

#[tokio::test]
async fn infinite_scores_keep_their_sign() {
    let one = Store::open("cpu", Config::new(1, Metric::InnerProduct)).unwrap();
    let (router, _service, _thread) = start(one, Options::default());
    let upload = json!({"vectors": [{"id": "a", "vector": [3e38]}, {"id": "b", "vector": [-3e38]},
        {"id": "c", "vector": [0]}]});
    post(&router, "/v1/vectors", upload).await;
    let (_, answer) = post(&router, "/v1/search", json!({"queries": [[3e38]]})).await;
    assert_eq!(answer["results"][0]["scores"], json!(["inf", 0.0, "-inf"]));
    let answer: SearchResponse = serde_json::from_value(answer).unwrap();
    let scores = [f32::INFINITY, 0.0, f32::NEG_INFINITY];
    assert_eq!(answer.results[0].scores, scores);
    let wrong = json!({"results": [{"ids": [], "rows": [], "scores": ["high"]}]});
    assert!(serde_json::from_value::<SearchResponse>(wrong).is_err());
}

#[tokio::test]
async fn what_changes_nothing_leaves_nothing_to_save() {
    let (router, _service, _thread) = start(store(2), Options::default());
    post(&router, "/v1/vectors", json!({"vectors": []})).await;
    post(&router, "/v1/vectors/remove", json!({"ids": []})).await;
    call(&router, "POST", "/v1/compact", None).await;
    let (_, stats) = call(&router, "GET", "/v1/stats", None).await;
    assert_eq!(stats["unsaved"], false);
}

#[tokio::test]
async fn a_store_that_is_served_for_reading_is_not_changed() {
    let options = Options {
        read_only: true,
        ..Options::default()
    };
    let mut store = store(2);
    store.add(&["a"], &[1.0, 2.0], &[]).unwrap();
    let (router, _service, _thread) = start(store, options);
    let upload = json!({"vectors": [{"id": "b", "vector": [1, 2]}]});
    for (path, body) in [
        ("/v1/vectors", upload),
        ("/v1/vectors/remove", json!({"ids": ["a"]})),
        ("/v1/compact", json!({})),
        ("/v1/save", json!({})),
    ] {
        fails(&router, path, body, 403, "read_only").await;
    }
    let (_, answer) = post(&router, "/v1/search", json!({"queries": [[0, 0]]})).await;
    assert_eq!(answer["results"][0]["ids"], json!(["a"]));
}

/// Small integers: ties everywhere.
fn rows(count: usize, seed: usize) -> Vec<Vec<f32>> {
    let number = |i: usize| ((i * 31 + seed) % 101 % 4) as f32;
    (0..count)
        .map(|row| (0..3).map(|i| number(row * 3 + i)).collect())
        .collect()
}

fn upload(first: usize, rows: &[Vec<f32>]) -> Value {
    let vectors = rows.iter().enumerate();
    let vectors = vectors.map(|(i, row)| json!({"id": (first + i).to_string(), "vector": row}));
    json!({"vectors": vectors.collect::<Vec<_>>()})
}

/// Several servers, each with a range of the rows: a coordinator asks each for `k` and takes the best
/// by score, server and row. That is one store's answer, bit for bit and tie by tie.
#[tokio::test]
async fn answers_of_several_servers_merge_into_that_of_one() {
    let all = rows(300, 7);
    let mut one = store(3);
    let ids: Vec<String> = (0..300).map(|row| row.to_string()).collect();
    one.add(&ids, &all.concat(), &[]).unwrap();
    let mut servers = Vec::new();
    for (number, part) in all.chunks(77).enumerate() {
        let (router, service, thread) = start(store(3), Options::default());
        let (status, _) = post(&router, "/v1/vectors", upload(number * 77, part)).await;
        assert_eq!(status, StatusCode::OK);
        servers.push((router, service, thread));
    }
    let (queries, k) = (rows(20, 3), 25);
    let mut merged: Vec<Vec<(f32, usize, usize, String)>> = vec![Vec::new(); queries.len()];
    for (number, (router, ..)) in servers.iter().enumerate() {
        let (_, answer) = post(router, "/v1/search", json!({"queries": queries, "k": k})).await;
        let answer: SearchResponse = serde_json::from_value(answer).unwrap();
        for (merged, result) in merged.iter_mut().zip(answer.results) {
            let hits = result.scores.into_iter().zip(result.rows).zip(result.ids);
            merged.extend(hits.map(|((score, row), id)| (score, number, row, id)));
        }
    }
    let expected = one.search(&Search::new(&queries.concat(), k)).unwrap();
    for (mut merged, expected) in merged.into_iter().zip(expected) {
        merged.sort_by(|a, b| a.partial_cmp(b).unwrap());
        merged.truncate(k);
        let merged: Vec<_> = merged
            .into_iter()
            .map(|(score, _, _, id)| (id, score.to_bits()))
            .collect();
        let expected: Vec<_> = expected
            .iter()
            .map(|hit| (hit.id.to_string(), hit.score.to_bits()))
            .collect();
        assert_eq!(merged, expected);
    }
}
