//! `redwick vectors` as a user runs it.

#![allow(clippy::unwrap_used)]

mod common;

use std::fs;
use std::path::Path;

use common::{Server, redwick, redwick_with, text};
use serde_json::{Value, json};

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).to_str().unwrap().to_owned()
    }

    fn file(&self, name: &str, contents: impl AsRef<[u8]>) -> String {
        fs::write(self.path(name), contents).unwrap();
        self.path(name)
    }

    /// A store with vectors of two numbers.
    fn store(&self, metric: &str, lines: &str) -> String {
        let store = self.path("store");
        done(&["create", &store, "--dim", "2", "--metric", metric]);
        let file = self.file("vectors.jsonl", lines);
        done(&["add", &store, &file, "--device", "cpu"]);
        store
    }
}

fn vectors(arguments: &[&str]) -> std::process::Output {
    redwick(&[&["vectors"], arguments].concat())
}

/// What it prints; it must succeed.
fn done(arguments: &[&str]) -> String {
    let output = vectors(arguments);
    assert!(
        output.status.success(),
        "{arguments:?}: {}",
        text(&output.stderr)
    );
    text(&output.stdout).to_owned()
}

/// What it says; it must fail with this code.
fn fails(arguments: &[&str], code: i32) -> String {
    let output = vectors(arguments);
    let message = text(&output.stderr).to_owned();
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {message}");
    assert!(
        output.stdout.is_empty() && message.contains("error: "),
        "{message}"
    );
    message
}

fn lines(text: &str) -> Vec<Value> {
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

const POINTS: &str = "[0, 0]\n[3, 4]\n[3, -4]\n[1, 0]\n";

#[test]
fn vectors_are_added_found_and_removed() {
    let folder = Folder::new();
    let store = folder.store("l2", POINTS);
    let queries = folder.file("queries.jsonl", "[0, 0]\n[3, 4]\n");
    let search = [
        "search",
        &store,
        "--queries",
        &queries,
        "-k",
        "3",
        "--device",
        "cpu",
    ];
    let answers = lines(&done(&[&search[..], &["--json"]].concat()));
    assert_eq!(
        answers[0],
        json!({"ids": ["0", "3", "1"], "scores": [0.0, 1.0, 25.0]})
    );
    assert_eq!(
        answers[1],
        json!({"ids": ["1", "3", "0"], "scores": [0.0, 20.0, 25.0]})
    );
    let table = done(&search);
    let rows: Vec<Vec<&str>> = table
        .lines()
        .map(|line| line.split_whitespace().collect())
        .collect();
    assert_eq!(rows[0], ["query", "rank", "id", "score"]);
    assert_eq!(
        (rows[1].clone(), rows[6].clone()),
        (vec!["0", "1", "0", "0"], vec!["1", "3", "0", "25"])
    );
    let ends: Vec<usize> = table.lines().map(|line| line.len()).collect();
    assert!(ends.windows(2).all(|pair| pair[0] == pair[1]), "{table}");

    done(&["remove", &store, "3", "0", "--device", "cpu"]);
    let answers = lines(&done(&[&search[..], &["--json"]].concat()));
    assert_eq!(answers[0]["ids"], json!(["1", "2"]));
    let stats =
        |store: &str| serde_json::from_str::<Value>(&done(&["stats", store, "--json"])).unwrap();
    assert_eq!(
        (&stats(&store)["vectors"], &stats(&store)["removed"]),
        (&json!(2), &json!(2))
    );
    done(&["compact", &store, "--device", "cpu"]);
    assert_eq!(
        (&stats(&store)["vectors"], &stats(&store)["removed"]),
        (&json!(2), &json!(0))
    );
    assert!(done(&["stats", &store, "--device", "cpu"]).contains("device_bytes"));
    // Numbers go on from the greatest, so that no id comes twice.
    done(&[
        "add",
        &store,
        &folder.path("vectors.jsonl"),
        "--device",
        "cpu",
    ]);
    let answers = lines(&done(&[&search[..], &["--json"]].concat()));
    assert_eq!(answers[0]["ids"], json!(["3", "6", "1"]));
}

#[test]
fn metrics_metadata_and_ids() {
    let folder = Folder::new();
    let objects = r#"{"id": "far", "vector": [9, 1], "metadata": {"kind": "a"}}
        {"id": "near", "vector": [1, 1], "metadata": {"kind": "b"}}"#;
    let queries = folder.file("queries.jsonl", "[1, 1]");
    for (metric, ids, score) in [
        ("ip", ["far", "near"], 10.0),
        ("cosine", ["near", "far"], 1.0),
    ] {
        fs::remove_file(folder.path("store")).unwrap_or_default();
        let store = folder.store(metric, objects);
        let search = [
            "search",
            &store,
            "--queries",
            &queries,
            "--json",
            "--device",
            "cpu",
        ];
        let answer = &lines(&done(&search))[0];
        assert_eq!(
            (&answer["ids"], &answer["scores"][0]),
            (&json!(ids), &json!(score))
        );
        let kind = r#"{"equals": {"key": "kind", "value": "a"}}"#;
        let answer = &lines(&done(&[&search[..], &["--where", kind]].concat()))[0];
        assert_eq!(answer["ids"], json!(["far"]));
    }
    let store = folder.path("store");
    let names = folder.file("ids", "one\ntwo\n");
    let more = folder.file("more.jsonl", "[2, 2]\n[3, 3]\n");
    done(&["add", &store, &more, "--ids", &names, "--device", "cpu"]);
    fails(
        &["add", &store, &more, "--ids", &names, "--device", "cpu"],
        2,
    );
    done(&[
        "add", &store, &more, "--ids", &names, "--upsert", "--device", "cpu",
    ]);
    done(&["remove", &store, "--ids", &names, "--device", "cpu"]);
    let stats: Value = serde_json::from_str(&done(&["stats", &store, "--json"])).unwrap();
    assert_eq!(stats["vectors"], 2);
}

#[test]
fn every_format_and_several_devices_answer_alike() {
    let folder = Folder::new();
    let store = folder.store("l2", POINTS);
    let fvecs: Vec<u8> = [2i32.to_le_bytes(), 1f32.to_le_bytes(), 0.5f32.to_le_bytes()].concat();
    let queries = folder.file("queries.fvecs", fvecs);
    let search = |device| {
        done(&[
            "search",
            &store,
            "--queries",
            &queries,
            "--json",
            "--device",
            device,
        ])
    };
    let expected = search("cpu");
    assert_eq!(search("cpu,cpu,cpu"), expected);
    for device in EMULATED {
        assert_eq!(search(device), expected, "{device}");
    }
    if !EMULATED.is_empty() {
        let search = ["vectors", "search", &store, "--queries", &queries, "--json"];
        let several = ["--device", "rocm:0,rocm:1,rocm:2"];
        let library = [
            ("REDWICK_HIP", "emulated:gfx90a"),
            ("REDWICK_EMULATED_DEVICES", "3"),
        ];
        let output = redwick_with(&library, &[&search[..], &several].concat());
        assert_eq!(text(&output.stdout), expected, "{}", text(&output.stderr));
    }
}

#[test]
fn originals_on_the_host_save_memory_of_the_device_and_change_no_answer() {
    let folder = Folder::new();
    let store = folder.path("store");
    done(&["create", &store, "--dim", "2", "--dtype", "f16"]);
    let file = folder.file("vectors.jsonl", POINTS);
    done(&["add", &store, &file, "--device", "cpu"]);
    let on = |command: &[&str], device, originals| {
        let place = ["--device", device, "--originals", originals];
        done(&[command, &place[..]].concat())
    };
    let search = ["search", &store, "--queries", &file, "--json"];
    let expected = on(&search, "cpu", "device");
    for device in EMULATED {
        for place in ["device", "host"] {
            assert_eq!(on(&search, device, place), expected, "{device}, {place}");
        }
    }
    if let Some(device) = EMULATED.first() {
        let bytes = |originals| {
            let stats = on(&["stats", &store, "--json"], device, originals);
            serde_json::from_str::<Value>(&stats).unwrap()["device_bytes"]
                .as_u64()
                .unwrap()
        };
        assert!(bytes("host") < bytes("device"));
    }
    let message = fails(&["compact", &store, "--originals", "elsewhere"], 2);
    assert!(message.contains("elsewhere"), "{message}");
}

#[cfg(feature = "emulator")]
const EMULATED: &[&str] = &["emulated:gfx90a", "emulated:gfx1100,cpu"];
#[cfg(not(feature = "emulator"))]
const EMULATED: &[&str] = &[];

#[test]
fn an_index_is_kept_by_changes_and_measured() {
    let folder = Folder::new();
    let point = |i: usize| format!("[{}, {}]\n", i % 10 * 50 + i / 10, i % 7);
    let store = folder.store("l2", &(0..300).map(point).collect::<String>());
    let queries = folder.file("queries.jsonl", "[101, 3]\n");
    let search = [
        "search",
        &store,
        "--queries",
        &queries,
        "--json",
        "--device",
        "cpu",
    ];
    let message = fails(&[&search[..], &["--probes", "2"]].concat(), 2);
    assert!(message.contains("redwick vectors index"), "{message}");
    done(&["index", &store, "--lists", "10", "--device", "cpu"]);
    let exact = done(&search);
    assert_eq!(done(&[&search[..], &["--probes", "10"]].concat()), exact);
    assert_eq!(done(&[&search[..], &["--probes", "2"]].concat()), exact);
    done(&["remove", &store, "7", "--device", "cpu"]);
    let stats: Value = serde_json::from_str(&done(&["stats", &store, "--json"])).unwrap();
    assert_eq!(
        (&stats["lists"], &stats["vectors"]),
        (&json!(10), &json!(299))
    );
    let bench = [
        "bench",
        &store,
        "--batches",
        "1,3",
        "--repeat",
        "1",
        "--probes",
        "10",
        "--device",
        "cpu",
    ];
    let table = done(&bench);
    assert_eq!(table.lines().count(), 5, "{table}");
    assert!(
        table.contains("10 lists") && table.contains("1.0000"),
        "{table}"
    );
}

#[test]
fn mistakes_change_nothing_and_say_what_is_wrong() {
    let folder = Folder::new();
    let store = folder.store("l2", POINTS);
    let before = fs::read(&store).unwrap();
    let wide = folder.file("wide.jsonl", "[1, 2, 3, 4]\n");
    let twice = folder.file(
        "twice.jsonl",
        "{\"id\": \"x\", \"vector\": [1, 2]}\n{\"id\": \"x\", \"vector\": [1, 2]}",
    );
    let ids = folder.file("ids", "a\n");
    let add = |file: &str| ["add", &store, file, "--device", "cpu"].map(str::to_owned);
    let add_fails = |file: &str, more: &[&str], part: &str| {
        let arguments = add(file);
        let arguments: Vec<&str> = arguments
            .iter()
            .map(String::as_str)
            .chain(more.iter().copied())
            .collect();
        let message = fails(&arguments, 2);
        assert!(message.contains(part), "{message}");
    };
    add_fails(&wide, &[], "has 4 numbers, and vectors here have 2");
    add_fails(&twice, &[], "`x` is in the batch twice");
    add_fails(
        &folder.path("vectors.jsonl"),
        &["--ids", &ids],
        "fewer lines",
    );
    add_fails(&folder.path("a.txt"), &[], "end in .npy");
    let many = folder.file("many", "a\nb\nc\nd\ne\n");
    add_fails(
        &folder.path("vectors.jsonl"),
        &["--ids", &many],
        "5 ids for 4 vectors",
    );
    assert!(fails(&["remove", &store, "0", "zz", "--device", "cpu"], 2).contains("`zz`"));
    assert!(fails(&["create", &store, "--dim", "2"], 2).contains("exists already"));
    assert!(fails(&["create", &folder.path("x"), "--dim", "0"], 2).contains("1 to 65536"));
    assert!(
        fails(
            &["add", &store, &folder.path("gone.npy"), "--device", "cpu"],
            1
        )
        .contains("gone.npy")
    );
    assert!(fails(&["stats", &folder.path("gone")], 1).contains("gone"));
    assert_eq!(fs::read(&store).unwrap(), before);
    let mut damaged = before;
    let last = damaged.len() - 30;
    damaged[last] ^= 1;
    fs::write(&store, damaged).unwrap();
    let message = fails(&["stats", &store], 2);
    assert!(
        message.contains("is damaged: ") && message.contains(" at byte "),
        "{message}"
    );
    for (arguments, part) in [
        (
            ["create", &store, "--dim", "2", "--metric", "l3"],
            "no metric is called `l3`",
        ),
        (
            ["search", &store, "--queries", "q.npy", "--device", "cuda:0"],
            "rocm:N, emulated:TARGET",
        ),
    ] {
        let output = vectors(&arguments);
        assert_eq!(output.status.code(), Some(2));
        assert!(
            text(&output.stderr).contains(part),
            "{}",
            text(&output.stderr)
        );
    }
}

#[test]
fn a_device_without_memory_is_a_failure_that_names_sizes() {
    if !cfg!(feature = "emulator") {
        return;
    }
    let folder = Folder::new();
    let point = |i: usize| format!("[{i}, 1]\n");
    let store = folder.store("l2", &(0..200_000).map(point).collect::<String>());
    let queries = folder.file("queries.jsonl", "[1, 1]\n");
    let search = [
        "vectors",
        "search",
        &store,
        "--queries",
        &queries,
        "--device",
        "emulated:gfx942",
    ];
    let output = redwick_with(&[("REDWICK_EMULATED_MEMORY_MIB", "1")], &search);
    let message = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{message}");
    assert!(
        message.contains("memory") && message.contains("bytes"),
        "{message}"
    );
}

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
