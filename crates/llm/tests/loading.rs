//! Model folders, whole and broken: what loads, and what is said about what does not.

#![allow(clippy::unwrap_used)]

mod common;

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use candle_core::{DType, Tensor};
use common::{config, folder, load, tensors, write_json, write_weights};
use redwick_llm::{Engine, Error, Precision, Source};
use serde_json::json;

fn logits(engine: &Engine) -> Vec<f32> {
    engine.model().start().feed(&[1, 2, 3]).unwrap()
}

fn fault(folder: &Path) -> Error {
    let error = load(folder).err().expect("the folder is broken");
    assert!(error.is_bad_input(), "{error}");
    error
}

#[test]
fn shards_load_as_one_file_does() {
    let whole = folder();
    let sharded = folder();
    fs::remove_file(sharded.path().join("model.safetensors")).unwrap();
    let (first, second): (HashMap<_, _>, HashMap<_, _>) = tensors()
        .into_iter()
        .partition(|(name, _)| name.contains("layers.0"));
    let names = [
        (&first, "model-1.safetensors"),
        (&second, "model-2.safetensors"),
    ];
    let mut map = serde_json::Map::new();
    for (tensors, file) in names {
        write_weights(sharded.path(), file, tensors);
        map.extend(tensors.keys().map(|name| (name.clone(), file.into())));
    }
    write_json(
        sharded.path(),
        "model.safetensors.index.json",
        &json!({"weight_map": map}),
    );
    let (whole, sharded) = (load(whole.path()).unwrap(), load(sharded.path()).unwrap());
    assert_eq!(logits(&whole), logits(&sharded));
}

#[test]
fn progress_reaches_the_size_of_the_weights() {
    let folder = folder();
    let size = fs::metadata(folder.path().join("model.safetensors"))
        .unwrap()
        .len();
    let mut seen = Vec::new();
    let source = Source::from_path(folder.path()).unwrap();
    let options = common::options(Precision::Auto);
    let engine = Engine::load_with(&source, &options, &mut |progress| seen.push(progress));
    assert_eq!(engine.unwrap().dtype(), DType::F32);
    assert!(seen.iter().all(|progress| progress.total == size));
    assert_eq!((seen[0].done, seen.last().unwrap().done), (0, size));
}

/// Both ways of writing θ are read, and θ makes a difference.
#[test]
fn theta_in_rope_parameters_is_not_lost() {
    let with = |rope: serde_json::Value| {
        let folder = folder();
        let mut config = config();
        let map = config.as_object_mut().unwrap();
        map.remove("rope_parameters");
        map.extend(rope.as_object().unwrap().clone());
        write_json(folder.path(), "config.json", &config);
        logits(&load(folder.path()).unwrap())
    };
    let new = with(json!({"rope_parameters": {"rope_theta": 100.0, "rope_type": "default"}}));
    assert_eq!(new, with(json!({"rope_theta": 100.0})));
    assert_ne!(new, with(json!({})));
}

/// A factor of 1 changes nothing: the detour through the other kind of scaling is exact.
#[test]
fn linear_scaling_changes_what_is_computed() {
    let with = |factor: f64| {
        let folder = folder();
        let mut config = config();
        config["rope_parameters"] =
            json!({"rope_theta": 100.0, "rope_type": "linear", "factor": factor});
        write_json(folder.path(), "config.json", &config);
        logits(&load(folder.path()).unwrap())
    };
    let plain = logits(&common::engine());
    let difference = |a: &[f32], b: &[f32]| {
        a.iter()
            .zip(b)
            .map(|(a, b)| (a - b).abs())
            .fold(0.0, f32::max)
    };
    assert!(difference(&plain, &with(1.0)) < 1e-6);
    assert!(difference(&plain, &with(2.0)) > 1e-4);
}

#[test]
fn missing_files_are_named() {
    for file in ["config.json", "tokenizer.json", "model.safetensors"] {
        let folder = folder();
        fs::remove_file(folder.path().join(file)).unwrap();
        let error = fault(folder.path());
        assert!(matches!(error, Error::MissingFile { .. }), "{error}");
        assert!(error.to_string().contains(&format!("`{file}`")), "{error}");
    }
    let folder = folder();
    fs::remove_file(folder.path().join("generation_config.json")).unwrap();
    assert!(
        load(folder.path()).is_ok(),
        "generation_config.json is optional"
    );
}

#[test]
fn truncated_weights_are_damaged_wherever_they_end() {
    let folder = folder();
    let path = folder.path().join("model.safetensors");
    let bytes = fs::read(&path).unwrap();
    for length in [0, 4, 8, 100, bytes.len() / 2, bytes.len() - 1] {
        fs::write(&path, &bytes[..length]).unwrap();
        let error = fault(folder.path());
        assert!(
            matches!(error, Error::DamagedWeights { .. }),
            "{length}: {error}"
        );
        assert!(error.to_string().contains("model.safetensors"), "{error}");
    }
    let mut corrupt = bytes;
    corrupt[..8].copy_from_slice(&u64::MAX.to_le_bytes());
    fs::write(&path, corrupt).unwrap();
    assert!(matches!(fault(folder.path()), Error::DamagedWeights { .. }));
}

#[test]
fn weights_of_another_model_are_refused() {
    let folder = folder();
    let name = "model.layers.1.mlp.up_proj.weight";
    let mut all = tensors();
    let tensor = all.remove(name).unwrap();
    let refused = |replacement: Option<Tensor>| {
        let mut all = all.clone();
        all.extend(replacement.map(|tensor| (name.to_owned(), tensor)));
        write_weights(folder.path(), "model.safetensors", &all);
        let error = fault(folder.path());
        assert!(error.to_string().contains(name), "{error}");
        error
    };
    assert!(matches!(refused(None), Error::MissingTensor { .. }));
    let transposed = tensor.t().unwrap().contiguous().unwrap();
    assert!(matches!(
        refused(Some(transposed)),
        Error::TensorShape { .. }
    ));
    let whole_numbers = tensor.to_dtype(DType::U8).unwrap();
    assert!(matches!(
        refused(Some(whole_numbers)),
        Error::TensorType { .. }
    ));
}

#[test]
fn broken_and_unsupported_configs_are_refused() {
    let folder = folder();
    let mut other = config();
    other["architectures"] = json!(["T5ForConditionalGeneration"]);
    write_json(folder.path(), "config.json", &other);
    let error = fault(folder.path());
    assert!(
        matches!(error, Error::UnknownArchitecture { .. }),
        "{error}"
    );
    assert!(error.to_string().contains("LlamaForCausalLM"), "{error}");
    fs::write(folder.path().join("config.json"), "{\"hidden_size\": 1").unwrap();
    assert!(matches!(fault(folder.path()), Error::Json { .. }));
    fs::write(folder.path().join("config.json"), "[]").unwrap();
    assert!(matches!(
        fault(folder.path()),
        Error::UnknownArchitecture { .. }
    ));
}

#[test]
fn a_tokenizer_of_another_model_is_found_out() {
    let folder = folder();
    let mut tokenizer = common::tokenizer();
    tokenizer["model"]["vocab"]["z"] = json!(500);
    write_json(folder.path(), "tokenizer.json", &tokenizer);
    let engine = load(folder.path()).unwrap();
    let request = redwick_llm::Request {
        prompt: "az".to_owned(),
        max_tokens: 1,
        sampling: redwick_llm::Sampling::greedy(),
    };
    let error = engine.start(&request).err().unwrap();
    assert!(
        matches!(
            error,
            Error::TokenRange {
                token: 500,
                vocabulary: 10
            }
        ),
        "{error}"
    );
    fs::write(folder.path().join("tokenizer.json"), "{}").unwrap();
    assert!(matches!(fault(folder.path()), Error::BadTokenizer { .. }));
}
