//! Files of vectors in each format, right and wrong.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::PathBuf;

use vector_store::input::{Batch, Reader, ids};

struct Folder(tempfile::TempDir);

impl Folder {
    fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    }

    fn read(&self, name: &str, bytes: impl AsRef<[u8]>) -> Result<Batch, String> {
        let path = self.file(name, bytes);
        let mut reader = Reader::open(&path).map_err(|error| error.to_string())?;
        let batch = reader.rest().map_err(|error| error.to_string())?;
        let (done, length) = reader.progress();
        assert!(done <= length);
        Ok(batch)
    }
}

fn folder() -> Folder {
    Folder(tempfile::tempdir().unwrap())
}

/// As `numpy.save` writes it.
fn npy(descr: &str, shape: &str, data: &[u8]) -> Vec<u8> {
    let mut header = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}");
    while (10 + header.len() + 1) % 64 != 0 {
        header.push(' ');
    }
    header.push('\n');
    let length = (header.len() as u16).to_le_bytes();
    [&b"\x93NUMPY\x01\x00"[..], &length, header.as_bytes(), data].concat()
}

fn bytes(numbers: &[f32]) -> Vec<u8> {
    numbers.iter().flat_map(|x| x.to_le_bytes()).collect()
}

#[test]
fn arrays_of_numpy() {
    let folder = folder();
    let batch = folder
        .read(
            "a.npy",
            npy("<f4", "(2, 3)", &bytes(&[1., 2., 3., 4., 5., 6.])),
        )
        .unwrap();
    assert_eq!((batch.len(), batch.dimension), (2, 3));
    assert_eq!(batch.rows, [1., 2., 3., 4., 5., 6.]);
    let one = folder.read(
        "a.npy",
        npy(
            "<f8",
            "(2,)",
            &[1.5f64.to_le_bytes(), (-2f64).to_le_bytes()].concat(),
        ),
    );
    assert_eq!(
        (one.clone().unwrap().len(), one.unwrap().rows),
        (1, vec![1.5, -2.0])
    );
    let small: [(&str, &[u8], f32); 5] = [
        ("|u1", &[200], 200.0),
        ("|i1", &[200], -56.0),
        ("<i2", &[0xff, 0xff], -1.0),
        ("<f2", &[0x00, 0x3c], 1.0),
        ("<i8", &[7, 0, 0, 0, 0, 0, 0, 0], 7.0),
    ];
    for (descr, data, value) in small {
        assert_eq!(
            folder
                .read("a.npy", npy(descr, "(1, 1)", data))
                .unwrap()
                .rows,
            [value]
        );
    }
    assert!(
        folder
            .read("a.npy", npy("<f4", "(0, 3)", &[]))
            .unwrap()
            .is_empty()
    );
}

#[test]
fn vecs() {
    let folder = folder();
    let vector =
        |numbers: &[f32]| [&(numbers.len() as i32).to_le_bytes()[..], &bytes(numbers)].concat();
    let batch = folder
        .read("a.fvecs", [vector(&[1., 2.]), vector(&[3., 4.])].concat())
        .unwrap();
    assert_eq!((batch.len(), batch.rows), (2, vec![1., 2., 3., 4.]));
    let batch = folder.read("a.bvecs", [3, 0, 0, 0, 9, 8, 255]).unwrap();
    assert_eq!(batch.rows, [9., 8., 255.]);
    let error = folder
        .read("a.fvecs", [vector(&[1., 2.]), vector(&[3.])].concat())
        .unwrap_err();
    assert!(
        error.contains("byte 16: a vector of 1 numbers behind ones of 2"),
        "{error}"
    );
    let error = folder.read("a.fvecs", &vector(&[1., 2.])[..9]).unwrap_err();
    assert!(error.contains("ends within the next 8 bytes"), "{error}");
    let error = folder.read("a.fvecs", [0xff; 8]).unwrap_err();
    assert!(error.contains("a vector of -1 numbers"), "{error}");
}

#[test]
fn json_lines() {
    let folder = folder();
    let text = "[1, 2.5]\n\n{\"id\": \"x\", \"vector\": [3, 4], \"metadata\": {\"k\": \"v\"}}\n{\"id\": 7, \"data\": [5, 6]}";
    let batch = folder.read("a.jsonl", text).unwrap();
    assert_eq!(batch.rows, [1., 2.5, 3., 4., 5., 6.]);
    assert_eq!(
        batch.ids,
        [None, Some("x".to_owned()), Some("7".to_owned())]
    );
    assert_eq!(batch.metadata[1]["k"], "v");
    let text = "\u{feff}[1]\n{\"vector\": [2], \"id\": 18446744073709551615}";
    let batch = folder.read("a.jsonl", text).unwrap();
    assert_eq!(batch.ids, [None, Some(u64::MAX.to_string())]);
    assert_eq!(batch.lines, [1, 2]);
    for (text, part) in [
        ("[1]\n[1, 2]", "line 2: a vector of 2 numbers where 1"),
        ("{\"vector\": [1], \"tags\": 1}", "unknown field `tags`"),
        ("{\"id\": \"x\"}", "missing field `vector`"),
        ("[\"a\"]", "line 1: column 4: invalid type: string"),
        ("[1]\n[NaN]", "line 2: column 2: expected value"),
        ("[NaN]", "JSON, which has no NaN"),
        ("[1]\n\n[1e39]", "line 3: number 0 is inf"),
        ("7", "found `7`; a line is [numbers] or {"),
        (
            "{\"vector\": [1], \"id\": 1.5}",
            "the id 1.5: an id is a string or an integer",
        ),
        ("[]", "a vector of 0 numbers"),
    ] {
        let error = folder.read("a.jsonl", text).unwrap_err();
        assert!(error.contains(part), "{error}");
    }
}

#[test]
fn what_is_wrong_is_told() {
    let folder = folder();
    let cases: [(&str, Vec<u8>, &str); 9] = [
        ("a.npy", npy(">f4", "(1, 1)", &[0; 4]), "big-endian"),
        (
            "a.npy",
            npy("<f4", "(2, 2)", &bytes(&[1.0, 2.0, 3.0, f32::NAN])),
            "vector 1: number 1 is NaN",
        ),
        ("a.txt", vec![], "end in .npy, .fvecs"),
        (
            "a.npy",
            b"PK\x03\x04 and more".to_vec(),
            "this is no npy file",
        ),
        (
            "a.npy",
            npy("<c8", "(1, 1)", &[0; 8]),
            "convert them to float32",
        ),
        (
            "a.npy",
            npy("<f4", "(1, 1, 1)", &[0; 4]),
            "vectors are (COUNT, DIMENSION)",
        ),
        ("a.npy", npy("<f4", "(2, 1)", &[0; 4]), "ends within"),
        (
            "a.npy",
            npy("<f4", "(99999999999, 99999999999)", &[0; 4]),
            "ends within",
        ),
        ("a.npy", b"\x93NUMPY\x09\x00".to_vec(), "npy version 9"),
    ];
    for (name, bytes, part) in cases {
        let error = folder.read(name, bytes).unwrap_err();
        assert!(error.contains(part), "{error}");
    }
    let mut fortran = npy("<f4", "(1, 1)", &[0; 4]);
    let at = fortran.windows(5).position(|w| w == b"False").unwrap();
    fortran[at..at + 5].copy_from_slice(b"True ");
    assert!(
        folder
            .read("a.npy", fortran)
            .unwrap_err()
            .contains("Fortran")
    );
}

#[test]
fn pieces_are_the_whole() {
    let folder = folder();
    let numbers: Vec<f32> = (0..60).map(|x| x as f32).collect();
    let path = folder.file("a.npy", npy("<f4", "(20, 3)", &bytes(&numbers)));
    let mut reader = Reader::open(&path).unwrap();
    let mut rows = Vec::new();
    loop {
        let batch = reader.next(7).unwrap();
        if batch.is_empty() {
            break;
        }
        rows.extend(batch.rows);
    }
    assert_eq!(rows, numbers);
}

#[test]
fn ids_are_lines() {
    let folder = folder();
    assert_eq!(
        ids(&folder.file("ids", "a\nb c\nd")).unwrap(),
        ["a", "b c", "d"]
    );
    assert_eq!(
        ids(&folder.file("ids", "\u{feff}a\r\nb\r\n\r\n\n")).unwrap(),
        ["a", "b"]
    );
    assert!(ids(&folder.file("ids", "\n")).unwrap().is_empty());
    let error = ids(&folder.file("ids", "a\n\nb\n"))
        .unwrap_err()
        .to_string();
    assert!(error.contains("line 2: an empty line"), "{error}");
}
