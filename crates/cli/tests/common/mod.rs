//! Running the binaries, and copies of the demo model to break.

#![allow(clippy::unwrap_used, dead_code)]

pub(crate) mod stores;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

pub(crate) fn demo_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/demo")
}

/// A copy of the demo model.
pub(crate) fn copy_of_demo() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for file in [
        "config.json",
        "generation_config.json",
        "tokenizer.json",
        "model.safetensors",
    ] {
        fs::copy(demo_folder().join(file), folder.path().join(file)).unwrap();
    }
    folder
}

pub(crate) fn redwick(arguments: &[&str]) -> Output {
    redwick_with(&[], arguments)
}

pub(crate) fn redwick_with(environment: &[(&str, &str)], arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_redwick"));
    command
        .env_remove("REDWICK_HIP")
        .env_remove("RUST_BACKTRACE");
    command.envs(environment.iter().copied());
    command
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

pub(crate) fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

/// A process that listens; killed when dropped.
pub(crate) struct Server {
    process: Child,
    stderr: BufReader<std::process::ChildStderr>,
    address: String,
}

impl Server {
    /// Starts the worker with the published options and these, on a free port.
    pub(crate) fn worker(arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        let model = demo_folder().join("model.safetensors");
        let mut command = Command::new(env!("CARGO_BIN_EXE_llm-worker-rbee-rocm"));
        command
            .env_remove("REDWICK_HIP")
            .env_remove("RUST_BACKTRACE");
        command.args([
            "--worker-id",
            "worker-rocm-0",
            "--model",
            model.to_str().unwrap(),
        ]);
        command.args(["--model-ref", "hf:redwick/demo", "--port", "0"]);
        command.args(["--hive-url", "http://localhost:3000", "--rocm-device", "0"]);
        command.args(arguments).envs(environment.iter().copied());
        Self::spawn(&mut command)
    }

    /// Starts one of the binaries, which says on stderr where it listens.
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_redwick"));
        command
            .env_remove("REDWICK_HIP")
            .env_remove("RUST_BACKTRACE");
        Self::spawn(command.args(arguments))
    }

    fn spawn(command: &mut Command) -> Self {
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let stderr = BufReader::new(process.stderr.take().unwrap());
        let mut server = Self {
            process,
            stderr,
            address: String::new(),
        };
        server.address = server.wait_for_address();
        server
    }

    fn wait_for_address(&mut self) -> String {
        let mut seen = String::new();
        loop {
            let start = seen.len();
            let count = self.stderr.read_line(&mut seen).unwrap();
            assert!(count > 0, "the server ended: {seen}");
            if let Some(address) = seen[start..].strip_prefix("listening on http://") {
                return address.trim().to_owned();
            }
        }
    }

    /// Sends a request and returns the socket that the answer comes on.
    pub(crate) fn send(&self, head: &str, body: &str) -> TcpStream {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let fields = "Host: localhost\r\nContent-Type: application/json\r\nConnection: close";
        let request = format!(
            "{head} HTTP/1.1\r\n{fields}\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes()).unwrap();
        stream
    }

    pub(crate) fn post(&self, body: &str) -> (u16, String) {
        self.post_to("/v1/inference", body)
    }

    pub(crate) fn post_to(&self, path: &str, body: &str) -> (u16, String) {
        read_answer(self.send(&format!("POST {path}"), body))
    }

    pub(crate) fn get(&self, path: &str) -> (u16, String) {
        read_answer(self.send(&format!("GET {path}"), ""))
    }

    pub(crate) fn signal(&self, name: &str) {
        let status = Command::new("kill")
            .args([name, &self.process.id().to_string()])
            .status();
        assert!(status.unwrap().success());
    }

    pub(crate) fn port(&self) -> String {
        self.address.rsplit(':').next().unwrap().to_owned()
    }

    /// Waits for the end: the exit code, and the rest of stderr.
    pub(crate) fn wait(mut self) -> (Option<i32>, String) {
        let mut rest = String::new();
        self.stderr.read_to_string(&mut rest).unwrap();
        (self.process.wait().unwrap().code(), rest)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The status and the body.
pub(crate) fn read_answer(mut stream: TcpStream) -> (u16, String) {
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    let is_chunked = head.to_lowercase().contains("transfer-encoding: chunked");
    (
        status,
        if is_chunked {
            without_chunks(body)
        } else {
            body.to_owned()
        },
    )
}

fn without_chunks(mut body: &str) -> String {
    let mut whole = String::new();
    while let Some((size, rest)) = body.split_once("\r\n") {
        let size = usize::from_str_radix(size, 16).unwrap();
        whole += &rest[..size];
        body = rest[size..].strip_prefix("\r\n").unwrap_or_default();
    }
    whole
}
