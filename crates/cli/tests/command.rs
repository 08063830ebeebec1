//! The command as a user runs it: answers on stdout, everything else on stderr, and exit codes.

#![allow(clippy::unwrap_used)]

mod common;

use std::fs;
use std::path::Path;

use common::{copy_of_demo, demo_folder, redwick, redwick_with, text};

/// Runs `generate` on the CPU with the model in this folder; it must fail with this code.
fn fails(folder: &Path, prompt: &str, code: i32) -> String {
    let model = folder.to_str().unwrap();
    let output = redwick(&["generate", "--device", "cpu", "--model", model, prompt]);
    let message = text(&output.stderr).to_owned();
    assert_eq!(output.status.code(), Some(code), "{message}");
    assert!(
        output.stdout.is_empty() && message.contains("error: "),
        "{message}"
    );
    message
}

#[test]
fn the_built_in_model_answers_on_stdout_alone() {
    let output = redwick(&["generate", "--device", "cpu", "12 + 30 ="]);
    assert_eq!(text(&output.stdout), "42\n");
    assert!(output.status.success());
    let stderr = text(&output.stderr);
    assert!(
        stderr.contains("device: cpu") && stderr.contains("2 tokens"),
        "{stderr}"
    );
}

#[test]
fn auto_says_what_it_came_to() {
    let output = redwick(&["generate", "12 + 30 ="]);
    assert_eq!(text(&output.stdout), "42\n");
    assert!(
        text(&output.stderr).contains("auto: there is"),
        "{}",
        text(&output.stderr)
    );
}

#[test]
fn a_folder_and_a_file_in_it_answer_as_the_built_in_model_does() {
    let folder = demo_folder();
    for path in [folder.clone(), folder.join("model.safetensors")] {
        let model = path.to_str().unwrap();
        let output = redwick(&["generate", "--device", "cpu", "--model", model, "7 + 8 ="]);
        assert_eq!(text(&output.stdout), "15\n", "{}", text(&output.stderr));
    }
}

#[test]
fn a_seed_gives_the_same_answer() {
    let run = |seed: &str| {
        let options = [
            "generate",
            "--device",
            "cpu",
            "--temperature",
            "2",
            "--max-tokens",
            "40",
        ];
        let output = redwick(&[&options[..], &["--seed", seed, "The cat"]].concat());
        assert!(text(&output.stderr).contains(&format!("seed: {seed}")));
        text(&output.stdout).to_owned()
    };
    assert_eq!(run("5"), run("5"));
    assert!(
        ["6", "7", "8", "9"]
            .iter()
            .any(|seed| run(seed) != run("5"))
    );
}

#[test]
fn a_truncated_safetensors_is_bad_input() {
    let folder = copy_of_demo();
    let path = folder.path().join("model.safetensors");
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    let message = fails(folder.path(), "1 + 1 =", 2);
    assert!(
        message.contains("model.safetensors is damaged or incomplete"),
        "{message}"
    );
}

#[test]
fn a_missing_tokenizer_is_bad_input() {
    let folder = copy_of_demo();
    fs::remove_file(folder.path().join("tokenizer.json")).unwrap();
    let message = fails(folder.path(), "1 + 1 =", 2);
    assert!(
        message.contains("the model has no `tokenizer.json`"),
        "{message}"
    );
}

#[test]
fn an_unknown_architecture_is_bad_input() {
    let folder = copy_of_demo();
    let path = folder.path().join("config.json");
    let config = fs::read_to_string(&path)
        .unwrap()
        .replace("LlamaForCausalLM", "MambaForCausalLM");
    fs::write(&path, config).unwrap();
    let message = fails(folder.path(), "1 + 1 =", 2);
    assert!(
        message.contains("`MambaForCausalLM` is not supported; supported: LlamaForCausalLM"),
        "{message}"
    );
}

#[test]
fn a_prompt_longer_than_the_context_is_bad_input() {
    let message = fails(&demo_folder(), &"1 + ".repeat(100), 2);
    assert!(message.contains("the model's context is 128"), "{message}");
}

#[test]
fn other_bad_input_is_told_apart_from_failures() {
    assert!(fails(&demo_folder(), "", 2).contains("prompt is empty"));
    assert!(fails(Path::new("/nowhere"), "1", 2).contains("`/nowhere` is not a model"));
    let cases: [(&[&str], i32, &str); 4] = [
        (
            &["generate", "--device", "cuda:0", "1"],
            2,
            "rocm:N, emulated:TARGET",
        ),
        (
            &["generate", "--device", "cpu", "--temperature", "5", "1"],
            2,
            "temperature = 5",
        ),
        (
            &["generate", "--device", "cpu", "--max-tokens", "0", "1"],
            2,
            "max_tokens = 0",
        ),
        (&["generate"], 2, "Usage"),
    ];
    for (arguments, code, part) in cases {
        let output = redwick(arguments);
        let message = text(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{message}");
        assert!(message.contains(part), "{message}");
    }
}

#[cfg(feature = "emulator")]
#[test]
fn an_emulated_gpu_answers_and_is_named() {
    let output = redwick(&["generate", "--device", "emulated:gfx942", "12 + 30 ="]);
    let stderr = text(&output.stderr);
    assert_eq!(text(&output.stdout), "42\n", "{stderr}");
    assert!(
        stderr.contains("target gfx942") && stderr.contains("tokens/s"),
        "{stderr}"
    );
}

#[cfg(feature = "emulator")]
#[test]
fn a_model_larger_than_the_device_is_a_failure_that_says_how_much_there_is() {
    let output = redwick_with(
        &[("REDWICK_EMULATED_MEMORY_MIB", "1")],
        &["generate", "--device", "emulated:gfx942", "1 + 1 ="],
    );
    let message = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{message}");
    assert!(
        message.contains("out of memory on emulated:gfx942"),
        "{message}"
    );
}

#[test]
fn a_device_that_is_not_there_is_a_failure_that_says_what_was_tried() {
    let output = redwick_with(
        &[("REDWICK_HIP", "/nowhere/libamdhip64.so")],
        &["generate", "--device", "rocm:0", "1 + 1 ="],
    );
    let message = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{message}");
    assert!(message.contains("cannot open rocm:0"), "{message}");
    assert!(message.contains("/nowhere/libamdhip64.so"), "{message}");
    let output = redwick(&["generate", "--device", "emulated:gfx000", "1 + 1 ="]);
    let message = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{message}");
    assert!(message.contains("gfx000"), "{message}");
}

#[test]
fn devices_lists_what_can_compute() {
    let output = redwick_with(&[("REDWICK_HIP", "/nowhere/libamdhip64.so")], &["devices"]);
    let table = text(&output.stdout);
    assert!(
        output.status.success() && table.contains("/nowhere/libamdhip64.so"),
        "{table}"
    );
    assert!(
        !cfg!(feature = "emulator") || table.contains("emulated:gfx942"),
        "{table}"
    );
}
