//! hipRTC: the loader over a library that compiles nothing, and the real one of Debian 12.

use std::path::{Path, PathBuf};

use redwick_hip::{Compiler, Error};

// Cargo builds the library for its user.
use fake_hiprtc as _;

/// Where Cargo puts the fake library: beside the test, or a folder above it.
fn fake() -> Compiler {
    let test = std::env::current_exe().expect("the test has a path");
    let found = test
        .ancestors()
        .skip(1)
        .take(2)
        .map(library)
        .find(|path| path.exists());
    let path = found.unwrap_or_else(|| panic!("no fake library near {}", test.display()));
    Compiler::load_from(path).expect("the fake library loads")
}

fn library(folder: &Path) -> PathBuf {
    folder.join("libfake_hiprtc.so")
}

/// What a compilation that fails says.
fn refusal(source: &str) -> String {
    let result = fake().compile(source, "source.hip", "gfx942", &["-O3"]);
    result.expect_err("it fails").to_string()
}

#[test]
fn the_target_and_the_options_reach_the_compiler() {
    let compiler = fake();
    assert_eq!(compiler.version().unwrap(), (9, 1));
    assert!(compiler.description().ends_with("libfake_hiprtc.so"));
    assert!(format!("{compiler:?}").contains("libfake_hiprtc.so"));
    let code = compiler
        .clone()
        .compile("source", "name", "gfx942", &["-O3", "-DN=4"])
        .unwrap();
    let text = String::from_utf8(code).unwrap();
    assert_eq!(text, "--offload-arch=gfx942\n-O3\n-DN=4\nsource");
}

#[test]
fn a_source_that_does_not_compile_comes_with_the_compilers_words() {
    let text = refusal("// fails: hiprtcCompileProgram");
    for part in [
        "source.hip",
        "--offload-arch=gfx942 -O3",
        "HIPRTC_ERROR_COMPILATION (6)",
        "libfake_hiprtc.so",
        "source.hip:1:1: error: as the source asks for",
    ] {
        assert!(text.contains(part), "{part} is not in: {text}");
    }
}

#[test]
fn every_other_step_may_fail() {
    for function in ["hiprtcCreateProgram", "hiprtcGetCodeSize", "hiprtcGetCode"] {
        let text = refusal(&format!("// fails: {function}"));
        assert!(text.contains("(1)"), "{function}: {text}");
    }
}

#[test]
fn text_that_c_cannot_take_is_refused() {
    let compiler = fake();
    for (source, name, option) in [("a\0", "n", "o"), ("a", "n\0", "o"), ("a", "n", "o\0")] {
        let error = compiler
            .compile(source, name, "gfx942", &[option])
            .unwrap_err();
        assert!(matches!(error, Error::Nul { .. }), "{error}");
    }
}

#[test]
fn an_absent_library_names_what_was_tried() {
    let text = Compiler::load_from("/nowhere/libhiprtc.so")
        .unwrap_err()
        .to_string();
    assert!(text.contains("/nowhere/libhiprtc.so: "), "{text}");
    assert!(text.contains("install ROCm"), "{text}");
    let text = Compiler::load_from("libc.so.6").unwrap_err().to_string();
    assert!(
        text.contains("libc.so.6: is no hipRTC: it lacks hiprtcVersion"),
        "{text}"
    );
}

/// ROCm 5 has hipRTC in the HIP library, which is what Debian 12 ships. It needs no GPU.
#[test]
fn the_real_one_compiles() {
    const LIBRARY: &str = "/usr/lib/x86_64-linux-gnu/libamdhip64.so.5";
    let compiler = match Compiler::load() {
        Ok(compiler) => compiler,
        Err(Error::NoCompiler { tried }) if !Path::new(LIBRARY).exists() => {
            assert!(
                tried
                    .iter()
                    .any(|attempt| attempt.path == Path::new("libhiprtc.so"))
            );
            println!("skipped: needs hipRTC (apt install libamdhip64-5)");
            return;
        }
        Err(error) => panic!("{error}"),
    };
    let source = "extern \"C\" __global__ void one(float *y) { y[threadIdx.x] = WRONG; }";
    let error = compiler
        .compile(source, "one.hip", "gfx90a", &[])
        .unwrap_err();
    let Error::Compilation { log, .. } = &error else {
        panic!("{error}");
    };
    assert!(
        log.contains("error: use of undeclared identifier 'WRONG'"),
        "{log}"
    );
    let code = compiler
        .compile(source, "one.hip", "gfx90a", &["-DWRONG=1.0f"])
        .unwrap();
    assert!(code.starts_with(b"\x7fELF"));
}
