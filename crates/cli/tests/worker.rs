//! The worker as a process: its published command line and request, its errors, its end.

#![allow(clippy::unwrap_used)]
#![cfg(unix)]

mod common;

use std::io::Read;

use common::{Server, read_answer};
use serde_json::{Value, json};

fn parse(answer: (u16, String)) -> (u16, Value) {
    (answer.0, serde_json::from_str(&answer.1).unwrap())
}

#[test]
fn it_answers_as_published() {
    let worker = Server::worker(&["--device", "cpu"], &[]);
    assert_eq!(
        worker.get("/health"),
        (200, r#"{"status":"healthy"}"#.to_owned())
    );

    let (status, answer) = parse(worker.post(r#"{"prompt": "12 + 30 =", "max_tokens": 100}"#));
    assert_eq!((status, &answer["text"]), (200, &json!("42")));
    assert_eq!(
        (&answer["tokens_out"], &answer["stop_reason"]),
        (&json!(2), &json!("eos"))
    );
    assert!(answer["decode_time_ms"].is_u64());

    let (status, stream) =
        worker.post(r#"{"prompt": "12 + 30 =", "max_tokens": 1, "stream": true}"#);
    assert_eq!(status, 200);
    assert!(stream.starts_with("event: started\n"), "{stream}");
    assert!(stream.contains("hf:redwick/demo"), "{stream}");
    assert!(
        stream.contains(r#"data: {"type":"token","t":"4","i":0}"#),
        "{stream}"
    );
    assert!(stream.contains(r#""stop_reason":"length""#), "{stream}");
    assert!(stream.ends_with("data: [DONE]\n\n"), "{stream}");
}

/// The command line as published, without a word more: the environment makes the GPU an emulated one.
#[cfg(feature = "emulator")]
#[test]
fn it_answers_from_an_emulated_gpu() {
    let worker = Server::worker(&[], &[("REDWICK_HIP", "emulated:gfx942")]);
    let (status, stream) = worker.post(r#"{"prompt": "12 + 30 =", "stream": true}"#);
    assert_eq!(status, 200, "{stream}");
    assert!(stream.contains("target gfx942"), "{stream}");
    assert!(
        stream.contains(r#""t":"4""#) && stream.contains(r#""t":"2""#),
        "{stream}"
    );
    worker.signal("-TERM");
    let (code, stderr) = worker.wait();
    assert_eq!(code, Some(0), "{stderr}");
}

#[test]
fn bad_requests_are_refused_and_the_next_is_answered() {
    let worker = Server::worker(&["--device", "cpu"], &[]);
    let long = json!({"prompt": "1 + ".repeat(100), "max_tokens": 4}).to_string();
    let cases = [
        ("{\"prompt\"", "bad_body"),
        (r#"{"prompt": "", "max_tokens": 4}"#, "bad_parameter"),
        (r#"{"prompt": "1", "stop": ["2"]}"#, "bad_body"),
        (long.as_str(), "prompt_too_long"),
    ];
    for (body, code) in cases {
        let (status, answer) = parse(worker.post(body));
        assert_eq!(
            (status, &answer["error"]["code"]),
            (400, &json!(code)),
            "{answer}"
        );
        assert!(answer["error"]["message"].is_string());
    }
    let (status, answer) = parse(worker.post(r#"{"prompt": "1 + 1 =", "max_tokens": 9}"#));
    assert_eq!((status, &answer["text"]), (200, &json!("2")));
}

#[test]
fn a_signal_ends_it_in_order() {
    for signal in ["-TERM", "-INT"] {
        let worker = Server::worker(&["--device", "cpu"], &[]);
        worker.signal(signal);
        let (code, stderr) = worker.wait();
        assert_eq!(code, Some(0), "{stderr}");
    }
}

/// The answer would go on for the whole context; it is cancelled, complete as JSON, and the exit is 0.
#[test]
fn a_signal_in_the_middle_of_an_answer_still_answers() {
    let worker = Server::worker(&["--device", "cpu", "--grace-ms", "0"], &[]);
    let body = json!({"prompt": "The cat", "max_tokens": 120, "temperature": 2.0, "stream": true});
    let mut stream = worker.send("POST /v1/inference", &body.to_string());
    let mut first = [0; 12];
    stream.read_exact(&mut first).unwrap();
    assert_eq!(&first, b"HTTP/1.1 200");
    worker.signal("-TERM");
    let mut rest = String::new();
    stream.read_to_string(&mut rest).unwrap();
    assert!(
        rest.contains("\"stop_reason\":") && rest.contains("[DONE]"),
        "{rest}"
    );
    let (code, stderr) = worker.wait();
    assert_eq!(code, Some(0), "{stderr}");
}

#[test]
fn a_port_in_use_is_a_failure_that_says_so() {
    let worker = Server::worker(&["--device", "cpu"], &[]);
    let port = worker.port();
    let output = common::redwick(&["serve", "--device", "cpu", "--port", &port]);
    let message = common::text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{message}");
    assert!(
        message.contains(&format!("listening on 127.0.0.1:{port}")),
        "{message}"
    );
}

#[test]
fn one_slow_client_does_not_hold_up_another() {
    let worker = Server::worker(&["--device", "cpu"], &[]);
    let idle = worker.send(
        "POST /v1/inference",
        r#"{"prompt": "1 + 1 =", "stream": true}"#,
    );
    let (status, _) = worker.post(r#"{"prompt": "2 + 2 =", "max_tokens": 9}"#);
    assert_eq!(status, 200);
    assert!(read_answer(idle).1.ends_with("data: [DONE]\n\n"));
}
