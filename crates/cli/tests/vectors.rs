//! `redwick vectors` as a user runs it.

#![allow(clippy::unwrap_used)]

mod common;

use std::fs;
use std::process::{Command, Stdio};

use common::stores::{Folder, POINTS, done, fails, lines, vectors};
use common::{redwick_with, text};
use serde_json::{Value, json};

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
    for more in [&[][..], &["--upsert"]] {
        add_fails(
            &twice,
            more,
            "twice.jsonl, line 2: the id `x` is in this file twice: see line 1",
        );
    }
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
fn numbers_never_take_the_place_of_ids() {
    let folder = Folder::new();
    let store = folder.path("store");
    done(&["create", &store, "--dim", "2"]);
    // More than what is read at a time.
    let mut text = "{\"id\": \"9000\", \"vector\": [7, 7]}\n".to_owned();
    (0..9500).for_each(|i| text += &format!("[{}, 0]\n", i % 5));
    let file = folder.file("numbers.jsonl", &text);
    done(&["add", &store, &file, "--upsert", "--device", "cpu"]);
    let stats: Value = serde_json::from_str(&done(&["stats", &store, "--json"])).unwrap();
    assert_eq!(stats["vectors"], 9501);
    // Twice in one file, far apart.
    let line = |i: usize| format!("{{\"id\": \"v{}\", \"vector\": [1, 2]}}\n", i % 9000);
    let file = folder.file("far.jsonl", (0..9001).map(line).collect::<String>());
    for upsert in [&["--upsert"][..], &[]] {
        let add = ["add", &store, &file, "--device", "cpu"];
        let message = fails(&[&add[..], upsert].concat(), 2);
        assert!(
            message.contains("far.jsonl, line 9001: the id `v0`"),
            "{message}"
        );
    }
    let file = folder.file(
        "more.jsonl",
        "{\"id\": 18446744073709551615, \"vector\": [1, 2]}\n[1, 2]\n",
    );
    done(&["add", &store, &file, "--device", "cpu"]);
    let file = folder.file("last.jsonl", "[1, 2]\n[1, 2]\n");
    done(&["add", &store, &file, "--device", "cpu"]);
    let stats: Value = serde_json::from_str(&done(&["stats", &store, "--json"])).unwrap();
    assert_eq!(stats["vectors"], 9505);
}

#[test]
fn what_makes_no_sense_is_a_mistake_in_the_command_line() {
    let folder = Folder::new();
    let store = folder.store("l2", POINTS);
    let queries = folder.path("vectors.jsonl");
    let search = ["search", &store, "--queries", &queries, "--probes", "0"];
    for arguments in [
        &search[..],
        &["bench", &store, "--batches", "1,0"],
        &["bench", &store, "--repeat", "0"],
        &["bench", &store, "--probes", "0"],
        &["bench", &store, "-k", "0"],
        &["index", &store, "--lists", "0"],
        &["index", &store, "--sample", "0"],
        &["serve", &store, "--probes", "0"],
    ] {
        assert!(fails(arguments, 2).contains("at least 1"), "{arguments:?}");
    }
    let message = fails(&["index", &store, "--lists", "5", "--device", "cpu"], 2);
    assert!(message.contains("5 lists for 4 vectors"), "{message}");
    assert!(fails(&["compact", &store, "--memory-limit", "1GB"], 2).contains("GiB"));
    let directory = folder.path("");
    for command in ["stats", "compact", "bench", "index"] {
        assert!(
            fails(&[command, &directory], 2).contains("is a directory"),
            "{command}"
        );
    }
    let empty = folder.file("empty.npy", npy("(0, 7)"));
    for arguments in [
        ["add", &store, &empty, "--device", "cpu"],
        ["search", &store, "--queries", &empty, "--device=cpu"],
    ] {
        assert!(
            fails(&arguments, 2).contains("has 7 numbers"),
            "{arguments:?}"
        );
    }
}

/// An array of that shape without numbers.
fn npy(shape: &str) -> Vec<u8> {
    let header = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}\n");
    let length = (header.len() as u16).to_le_bytes();
    [&b"\x93NUMPY\x01\x00"[..], &length, header.as_bytes()].concat()
}

#[test]
fn an_index_is_of_the_vectors_that_are_there() {
    let folder = Folder::new();
    let point = |i: usize| format!("[{i}, {}]\n", i % 7);
    let store = folder.store("l2", &(0..100).map(point).collect::<String>());
    let ids: Vec<String> = (1..100).step_by(3).map(|id| id.to_string()).collect();
    let remove = folder.file("remove.ids", ids.join("\n") + "\n\n");
    done(&["remove", &store, "--ids", &remove, "--device", "cpu"]);
    let output = vectors(&["index", &store, "--lists", "1", "--device", "cpu"]);
    let message = text(&output.stderr);
    assert!(message.contains("of 67 to 67 vectors"), "{message}");
}

#[test]
fn memory_is_told_and_may_be_limited() {
    let folder = Folder::new();
    let store = folder.store("l2", "{\"id\": \"line\\nbreak\", \"vector\": [1, 2]}\n");
    let queries = folder.file("queries.jsonl", "[0, 0]\n");
    let table = done(&["search", &store, "--queries", &queries, "--device", "cpu"]);
    assert!(table.contains("line\\nbreak"), "{table}");
    let limit = ["--device", "cpu", "--memory-limit", "1MiB"];
    let stats = done(&[&["stats", &store, "--json"], &limit[..]].concat());
    let stats: Value = serde_json::from_str(&stats).unwrap();
    assert_eq!(stats["device_limit"], 1 << 20);
    assert!(stats["device_total"].as_u64() >= stats["device_free"].as_u64());
    let message = fails(
        &["compact", &store, "--device", "cpu", "--memory-limit", "7"],
        1,
    );
    assert!(message.contains("its limit is 7"), "{message}");
}

#[test]
fn nobody_has_to_read_to_the_end() {
    let folder = Folder::new();
    let store = folder.store("l2", POINTS);
    for arguments in [
        &["stats", &store][..],
        &["bench", &store, "--repeat", "1", "--device", "cpu"],
    ] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_redwick"));
        command.arg("vectors").args(arguments);
        let piped = command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut process = piped.spawn().unwrap();
        drop(process.stdout.take());
        let output = process.wait_with_output().unwrap();
        let message = text(&output.stderr);
        assert!(
            output.status.success() && !message.contains("panicked"),
            "{message}"
        );
    }
}
