//! `redwick vectors serve`, and other commands beside it.

#![allow(clippy::unwrap_used)]

mod common;

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use common::Server;
use common::stores::{Folder, POINTS, done, fails};
use serde_json::{Value, json};

#[test]
fn a_store_is_served_and_saved_at_the_end() {
    let folder = Folder::new();
    let store = folder.store("l2", POINTS);
    let server = Server::start(&["vectors", "serve", &store, "--device", "cpu", "--port", "0"]);
    let (status, body) = server.post_to("/v1/search", r#"{"queries": [[0, 0]], "k": 2}"#);
    let answer: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(
        (status, &answer["results"][0]["ids"]),
        (200, &json!(["0", "3"]))
    );
    let (status, _) = server.get("/openapi.json");
    assert_eq!(status, 200);
    // Nobody else changes it meanwhile.
    assert!(fails(&["serve", &store, "--device", "cpu", "--port", "0"], 2).contains("in use"));
    let (status, _) = server.post_to(
        "/v1/vectors",
        r#"{"vectors": [{"id": "new", "vector": [0, 1]}]}"#,
    );
    assert_eq!(status, 200);
    server.signal("-TERM");
    let (code, rest) = server.wait();
    assert_eq!(code, Some(0), "{rest}");
    assert!(rest.contains("stopped"), "{rest}");
    let stats: Value = serde_json::from_str(&done(&["stats", &store, "--json"])).unwrap();
    assert_eq!(stats["vectors"], 5);
    assert!(Path::new(&store).exists());
}

#[test]
fn a_command_says_that_it_waits_for_a_server() {
    let folder = Folder::new();
    let store = folder.store("l2", POINTS);
    let server = Server::start(&["vectors", "serve", &store, "--device", "cpu", "--port", "0"]);
    let remove = ["remove", &store, "0", "--device", "cpu"];
    let message = fails(&[&remove[..], &["--no-wait"]].concat(), 2);
    assert!(
        message.contains("is in use by another process"),
        "{message}"
    );
    let mut waiting = Command::new(env!("CARGO_BIN_EXE_redwick"));
    let waiting = waiting.arg("vectors").args(remove);
    let mut waiting = waiting.stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    let mut stderr = BufReader::new(waiting.stderr.take().unwrap());
    stderr.read_line(&mut line).unwrap();
    assert!(
        line.starts_with("waiting for the process that has "),
        "{line}"
    );
    server.signal("-TERM");
    assert_eq!(server.wait().0, Some(0));
    assert!(waiting.wait().unwrap().success());
}

/// A search that takes seconds, and the socket that its answer comes on.
fn long_search(server: &Server) -> std::net::TcpStream {
    let queries = vec!["[1,2]"; 500_000].join(",");
    let body = format!("{{\"k\": 1, \"queries\": [{queries}]}}");
    let socket = server.send("POST /v1/search", &body);
    // Whoever comes later is answered: the search was taken.
    assert_eq!(server.get("/health").0, 200);
    socket
}

fn large_store(folder: &Folder) -> String {
    let point = |i: usize| format!("[{}, {}]\n", i % 173, i % 211);
    folder.store("l2", &(0..20_000).map(point).collect::<String>())
}

#[test]
fn a_server_that_ends_calls_off_searches_and_keeps_changes() {
    let folder = Folder::new();
    let store = large_store(&folder);
    let serve = ["vectors", "serve", &store, "--device", "cpu", "--port", "0"];
    let server = Server::start(&[&serve[..], &["--grace-ms", "100"]].concat());
    let upload = r#"{"vectors": [{"id": "new", "vector": [0, 1]}]}"#;
    assert_eq!(server.post_to("/v1/vectors", upload).0, 200);
    let search = long_search(&server);
    server.signal("-TERM");
    let (status, answer) = common::read_answer(search);
    assert_eq!(status, 503, "{answer}");
    let (code, rest) = server.wait();
    assert_eq!(code, Some(0), "{rest}");
    let stats: Value = serde_json::from_str(&done(&["stats", &store, "--json"])).unwrap();
    assert_eq!(stats["vectors"], 20_001);
}

#[test]
fn a_second_signal_ends_a_server_at_once() {
    let folder = Folder::new();
    let store = large_store(&folder);
    let serve = ["vectors", "serve", &store, "--device", "cpu", "--port", "0"];
    let server = Server::start(&[&serve[..], &["--grace-ms", "600000"]].concat());
    let _search = long_search(&server);
    server.signal("-TERM");
    // The first signal is heard when nobody is let in any more.
    while std::net::TcpStream::connect(("127.0.0.1", server.port().parse().unwrap())).is_ok() {}
    server.signal("-INT");
    let (code, rest) = server.wait();
    assert_eq!(code, Some(1), "{rest}");
    assert!(rest.contains("a second signal"), "{rest}");
}

#[test]
fn a_server_refuses_more_results_than_it_may_hold() {
    let folder = Folder::new();
    let store = folder.store("l2", POINTS);
    let serve = ["vectors", "serve", &store, "--device", "cpu", "--port", "0"];
    let server = Server::start(&[&serve[..], &["--most-results", "10", "--read-only"]].concat());
    let (status, answer) = server.post_to(
        "/v1/search",
        r#"{"queries": [[0, 0], [0, 0], [1, 1]], "k": 1000000000}"#,
    );
    assert_eq!(status, 400, "{answer}");
    assert!(
        answer.contains("3 queries") && answer.contains("the 10 results"),
        "{answer}"
    );
    let (status, _) = server.post_to(
        "/v1/search",
        r#"{"queries": [[0, 0], [0, 0]], "k": 1000000000}"#,
    );
    assert_eq!(status, 200);
    assert_eq!(server.post_to("/v1/compact", "{}").0, 403);
    // It holds no lock.
    done(&["remove", &store, "0", "--no-wait", "--device", "cpu"]);
    server.signal("-TERM");
    assert_eq!(server.wait().0, Some(0));
}
