//! Stores of vectors to run commands on.

use std::fs;

use serde_json::Value;

use super::{redwick, text};

pub(crate) struct Folder(pub(crate) tempfile::TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.0.path().join(name).to_str().unwrap().to_owned()
    }

    pub(crate) fn file(&self, name: &str, contents: impl AsRef<[u8]>) -> String {
        fs::write(self.path(name), contents).unwrap();
        self.path(name)
    }

    /// A store with vectors of two numbers.
    pub(crate) fn store(&self, metric: &str, lines: &str) -> String {
        let store = self.path("store");
        done(&["create", &store, "--dim", "2", "--metric", metric]);
        let file = self.file("vectors.jsonl", lines);
        done(&["add", &store, &file, "--device", "cpu"]);
        store
    }
}

pub(crate) fn vectors(arguments: &[&str]) -> std::process::Output {
    redwick(&[&["vectors"], arguments].concat())
}

/// What it prints; it must succeed.
pub(crate) fn done(arguments: &[&str]) -> String {
    let output = vectors(arguments);
    assert!(
        output.status.success(),
        "{arguments:?}: {}",
        text(&output.stderr)
    );
    text(&output.stdout).to_owned()
}

/// What it says; it must fail with this code.
pub(crate) fn fails(arguments: &[&str], code: i32) -> String {
    let output = vectors(arguments);
    let message = text(&output.stderr).to_owned();
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {message}");
    assert!(
        output.stdout.is_empty() && message.contains("error: "),
        "{message}"
    );
    message
}

pub(crate) fn lines(text: &str) -> Vec<Value> {
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

pub(crate) const POINTS: &str = "[0, 0]\n[3, 4]\n[3, -4]\n[1, 0]\n";
