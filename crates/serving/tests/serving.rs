//! The routes over an engine that needs no model: it answers with the prompt's words.

#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use redwick_serving::{
    ApiError, Engine, EngineError, EngineInfo, Fault, Params, Queue, QueueOptions, Run,
    ServeOptions, Step, StopReason, router, serve,
};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio_stream::StreamExt;
use tower::ServiceExt;

/// Answers with the prompt's words. The word `refuse` makes it refuse, `fail` fail in the middle,
/// `panic` panic there, and `wait` wait for a signal at each such word.
struct Words {
    dropped: Arc<AtomicUsize>,
    signal: Option<Receiver<()>>,
}

struct WordsRun<'e> {
    words: Vec<String>,
    left: usize,
    engine: &'e Words,
}

fn error(fault: Fault, code: &str) -> EngineError {
    EngineError {
        fault,
        code: code.to_owned(),
        message: format!("{code} was asked for"),
    }
}

impl Engine for Words {
    fn info(&self) -> EngineInfo {
        EngineInfo {
            model: "words".to_owned(),
            device: "none".to_owned(),
        }
    }

    fn start(&self, params: &Params) -> Result<Box<dyn Run + '_>, EngineError> {
        if params.prompt == "refuse" {
            return Err(error(Fault::Request, "refused"));
        }
        let words = params.prompt.split(' ').rev().map(str::to_owned).collect();
        Ok(Box::new(WordsRun {
            words,
            left: params.max_tokens,
            engine: self,
        }))
    }
}

impl Run for WordsRun<'_> {
    fn step(&mut self) -> Result<Step, EngineError> {
        let end = |text: &str, stop_reason| {
            Ok(Step::End {
                text: text.to_owned(),
                stop_reason,
            })
        };
        if self.left == 0 {
            return end("", StopReason::Length);
        }
        self.left -= 1;
        match self.words.pop().as_deref() {
            None => end("!", StopReason::Eos),
            Some("fail") => Err(error(Fault::Engine, "failed")),
            Some("panic") => panic!("as asked"),
            Some("wait") => {
                self.engine.signal.as_ref().unwrap().recv().unwrap();
                Ok(Step::Token("waited".to_owned()))
            }
            Some(word) => Ok(Step::Token(word.to_owned())),
        }
    }
}

impl Drop for WordsRun<'_> {
    fn drop(&mut self) {
        self.engine.dropped.fetch_add(1, Ordering::SeqCst);
    }
}

struct Fixture {
    queue: Queue,
    dropped: Arc<AtomicUsize>,
    signal: Sender<()>,
}

fn fixture(capacity: usize) -> Fixture {
    let dropped = Arc::new(AtomicUsize::new(0));
    let (signal, receiver) = channel();
    let engine = Words {
        dropped: dropped.clone(),
        signal: Some(receiver),
    };
    let queue = Queue::start(engine, QueueOptions { capacity }).unwrap();
    Fixture {
        queue,
        dropped,
        signal,
    }
}

impl Fixture {
    async fn send(&self, request: Request<Body>) -> (StatusCode, String) {
        let response = router(self.queue.clone()).oneshot(request).await.unwrap();
        let status = response.status();
        let body = to_bytes(response.into_body(), 1 << 20).await.unwrap();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    async fn post(&self, body: impl ToString) -> (StatusCode, String) {
        self.send(post(body)).await
    }

    /// Whether the queue is closed.
    fn refuses(&self) -> bool {
        let params = serde_json::from_value(json!({"prompt": "x"})).unwrap();
        matches!(self.queue.submit(params), Err(ApiError::ShuttingDown))
    }

    async fn json(&self, body: Value) -> (StatusCode, Value) {
        let (status, text) = self.post(body).await;
        (status, serde_json::from_str(&text).unwrap())
    }
}

fn post(body: impl ToString) -> Request<Body> {
    Request::post("/v1/inference")
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(body.to_string()))
        .unwrap()
}

/// The events of a stream: their names, and their data.
fn events(stream: &str) -> Vec<(String, Value)> {
    let mut events = Vec::new();
    for frame in stream.split("\n\n").filter(|frame| !frame.is_empty()) {
        let field = |name: &str| frame.lines().find_map(|line| line.strip_prefix(name));
        let data = field("data: ").unwrap();
        let data = serde_json::from_str(data).unwrap_or_else(|_| json!(data));
        events.push((field("event: ").unwrap_or_default().to_owned(), data));
    }
    events
}

/// Waits for what another thread is about to do.
async fn eventually(what: impl Fn() -> bool) {
    for _ in 0..1000 {
        if what() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("it did not happen in ten seconds");
}

#[tokio::test]
async fn a_plain_body_is_answered_with_json() {
    let fixture = fixture(4);
    let (status, answer) = fixture
        .json(json!({"prompt": "a b c", "max_tokens": 100}))
        .await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(answer["text"], "abc!");
    assert_eq!(
        (&answer["tokens_out"], &answer["stop_reason"]),
        (&json!(3), &json!("eos"))
    );
    assert!(answer["decode_time_ms"].is_u64());
    let (_, answer) = fixture
        .json(json!({"prompt": "a b c", "max_tokens": 2}))
        .await;
    assert_eq!(
        (&answer["text"], &answer["stop_reason"]),
        (&json!("ab"), &json!("length"))
    );
}

#[tokio::test]
async fn a_stream_has_its_events_in_order() {
    let (status, stream) = fixture(4)
        .post(json!({"prompt": "a b", "stream": true}))
        .await;
    assert_eq!(status, StatusCode::OK);
    let events = events(&stream);
    let names: Vec<_> = events.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        ["started", "token", "token", "token", "metrics", "end", ""]
    );
    assert_eq!(events[0].1["model"], "words");
    assert!(events[0].1["job_id"].is_string());
    assert_eq!(events[1].1, json!({"type": "token", "t": "a", "i": 0}));
    assert_eq!(events[2].1, json!({"type": "token", "t": "b", "i": 1}));
    assert_eq!(events[5].1["tokens_out"], 2);
    assert_eq!(events[5].1["stop_reason"], "eos");
    assert_eq!(events[6].1, json!("[DONE]"));
}

#[tokio::test]
async fn bad_requests_have_a_code_and_a_message() {
    let fixture = fixture(4);
    let too_large = json!({"prompt": "a".repeat(2 << 20)}).to_string();
    let cases = [
        ("{\"prompt\": ", StatusCode::BAD_REQUEST, "bad_body"),
        ("{}", StatusCode::BAD_REQUEST, "bad_body"),
        (
            "{\"prompt\": \"a\", \"max_tokens\": \"x\"}",
            StatusCode::BAD_REQUEST,
            "bad_body",
        ),
        (
            "{\"prompt\": \"a\", \"n\": 2}",
            StatusCode::BAD_REQUEST,
            "bad_body",
        ),
        (
            "{\"prompt\": \"\"}",
            StatusCode::BAD_REQUEST,
            "bad_parameter",
        ),
        (
            "{\"prompt\": \"refuse\"}",
            StatusCode::BAD_REQUEST,
            "refused",
        ),
        (
            "{\"prompt\": \"refuse\", \"stream\": true}",
            StatusCode::BAD_REQUEST,
            "refused",
        ),
        (
            too_large.as_str(),
            StatusCode::PAYLOAD_TOO_LARGE,
            "bad_body",
        ),
    ];
    for (body, expected, code) in cases {
        let (status, text) = fixture.post(body).await;
        let answer: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(
            (status, &answer["error"]["code"]),
            (expected, &json!(code)),
            "{body:.40}"
        );
        assert!(answer["error"]["message"].as_str().unwrap().len() > 10);
    }
}

#[tokio::test]
async fn routes_that_are_not_there_say_so() {
    let fixture = fixture(4);
    let get = |path: &str| Request::get(path).body(Body::empty()).unwrap();
    assert_eq!(
        fixture.send(get("/health")).await,
        (StatusCode::OK, r#"{"status":"healthy"}"#.to_owned())
    );
    let (status, body) = fixture.send(get("/v1/chat")).await;
    assert!(
        status == StatusCode::NOT_FOUND && body.contains("not_found"),
        "{body}"
    );
    let (status, body) = fixture.send(get("/v1/inference")).await;
    assert!(
        status == StatusCode::METHOD_NOT_ALLOWED && body.contains("method_not_allowed"),
        "{body}"
    );
}

#[tokio::test]
async fn an_engine_that_fails_goes_on_serving() {
    let fixture = fixture(4);
    for (prompt, code) in [("a fail", "failed"), ("panic", "engine_panic")] {
        let (status, answer) = fixture.json(json!({"prompt": prompt})).await;
        assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(answer["error"]["code"], code);
    }
    let (_, stream) = fixture
        .post(json!({"prompt": "a fail", "stream": true}))
        .await;
    let events = events(&stream);
    let (name, data) = &events[2];
    assert_eq!((name.as_str(), &data["code"]), ("error", &json!("failed")));
    assert!(data["message"].is_string());
    assert_eq!(events[3].1, json!("[DONE]"));
    let (status, answer) = fixture.json(json!({"prompt": "a b"})).await;
    assert_eq!((status, &answer["text"]), (StatusCode::OK, &json!("ab!")));
}

#[tokio::test]
async fn a_job_ends_when_its_client_goes() {
    let fixture = fixture(4);
    let prompt = format!("wait {}", vec!["wait"; 500].join(" "));
    let response = router(fixture.queue.clone())
        .oneshot(post(
            json!({"prompt": prompt, "max_tokens": 500, "stream": true}),
        ))
        .await
        .unwrap();
    let mut stream = response.into_body().into_data_stream();
    stream.next().await.unwrap().unwrap();
    drop(stream);
    fixture.signal.send(()).unwrap();
    eventually(|| fixture.dropped.load(Ordering::SeqCst) == 1).await;
    let (status, _) = fixture.json(json!({"prompt": "a b"})).await;
    assert_eq!(status, StatusCode::OK);
}

#[tokio::test]
async fn a_job_whose_client_went_while_it_waited_is_not_run() {
    let fixture = fixture(4);
    let params =
        |prompt: &str| serde_json::from_value::<Params>(json!({"prompt": prompt})).unwrap();
    let running = fixture.queue.submit(params("wait")).unwrap();
    drop(fixture.queue.submit(params("never")).unwrap());
    let last = fixture.queue.submit(params("last")).unwrap();
    fixture.signal.send(()).unwrap();
    assert_eq!(running.outcome().await.unwrap().text, "waited!");
    assert_eq!(last.outcome().await.unwrap().text, "last!");
    eventually(|| fixture.dropped.load(Ordering::SeqCst) == 2).await;
}

#[tokio::test]
async fn a_full_queue_refuses() {
    let fixture = fixture(1);
    let params = || serde_json::from_value::<Params>(json!({"prompt": "wait"})).unwrap();
    let mut running = fixture.queue.submit(params()).unwrap();
    running.next().await.unwrap();
    let waiting = fixture.queue.submit(params()).unwrap();
    assert_eq!(fixture.queue.waiting(), 1);
    let (status, answer) = fixture.json(json!({"prompt": "a"})).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer["error"]["code"], "queue_full");
    fixture.signal.send(()).unwrap();
    fixture.signal.send(()).unwrap();
    assert_eq!(running.outcome().await.unwrap().text, "waited!");
    assert_eq!(waiting.outcome().await.unwrap().text, "waited!");
}

/// A server on a real socket, what tells it to end, and what it ends with.
async fn start(
    fixture: &Fixture,
    grace: Duration,
) -> (
    String,
    oneshot::Sender<()>,
    tokio::task::JoinHandle<std::io::Result<()>>,
) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (stop, stopped) = oneshot::channel::<()>();
    let shutdown = async {
        let _ = stopped.await;
    };
    let queue = fixture.queue.clone();
    let server = serve(
        listener,
        router(queue.clone()),
        queue,
        shutdown,
        ServeOptions { grace },
    );
    (address, stop, tokio::spawn(server))
}

async fn request(address: &str, body: Value) -> TcpStream {
    let body = body.to_string();
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = "POST /v1/inference HTTP/1.1\r\nHost: x\r\nContent-Type: application/json";
    let request = format!("{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    stream.write_all(request.as_bytes()).await.unwrap();
    stream
}

/// Waits until the engine has begun with a request for a stream.
async fn begun(stream: &mut TcpStream) {
    let mut answer = String::new();
    while !answer.contains("event: started") {
        let mut bytes = [0; 256];
        let count = stream.read(&mut bytes).await.unwrap();
        assert!(count > 0, "{answer}");
        answer += std::str::from_utf8(&bytes[..count]).unwrap();
    }
}

async fn read(mut stream: TcpStream) -> String {
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn shutting_down_finishes_what_runs_and_refuses_what_waits() {
    let fixture = fixture(4);
    let (address, stop, server) = start(&fixture, Duration::from_secs(60)).await;
    let mut running = request(&address, json!({"prompt": "wait b", "stream": true})).await;
    begun(&mut running).await;
    let waiting = request(&address, json!({"prompt": "c"})).await;
    eventually(|| fixture.queue.waiting() == 1).await;
    stop.send(()).unwrap();
    eventually(|| fixture.refuses()).await;
    fixture.signal.send(()).unwrap();
    let (running, waiting) = (read(running).await, read(waiting).await);
    assert!(
        running.contains("\"stop_reason\":\"eos\"") && running.contains("[DONE]"),
        "{running}"
    );
    assert!(
        waiting.contains("503") && waiting.contains("shutting_down"),
        "{waiting}"
    );
    server.await.unwrap().unwrap();
    assert!(TcpStream::connect(&address).await.is_err());
}

#[tokio::test]
async fn shutting_down_cancels_what_takes_too_long() {
    let fixture = fixture(4);
    let (address, stop, server) = start(&fixture, Duration::ZERO).await;
    let prompt = vec!["wait"; 500].join(" ");
    let body = json!({"prompt": prompt, "max_tokens": 500, "stream": true});
    let mut running = request(&address, body).await;
    begun(&mut running).await;
    stop.send(()).unwrap();
    eventually(|| fixture.refuses()).await;
    // Cancelling takes effect between two steps, so let a few of them pass.
    for _ in 0..400 {
        let _ = fixture.signal.send(());
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let answer = read(running).await;
    assert!(answer.contains("\"stop_reason\":\"cancelled\""), "{answer}");
    server.await.unwrap().unwrap();
    assert!(fixture.queue.is_finished());
}
