//! Makes modules of Candle's test files, as they are in its pristine source.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use redwick_graft::{pristine, Error};

/// The test files whose functions take the device that they run on, and those without such functions
/// that can only be a file of their own.
const ON_DEVICES: [(&str, &[&str]); 2] = [
    (
        "candle-core",
        &[
            "bilinear_tests",
            "conv_tests",
            "gguf_tests",
            "grad_tests",
            "layout_tests",
            "matmul_tests",
            "pool_tests",
            "tensor_tests",
        ],
    ),
    ("candle-nn", &["ops"]),
];

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    for variable in ["CANDLE_CORE", "CANDLE_NN"] {
        let package = variable.to_lowercase().replace('_', "-");
        match prepare(&package) {
            Ok(folder) => println!("cargo::rustc-env={variable}={}", folder.display()),
            Err(error) => println!("cargo::error={error}"),
        }
    }
}

/// Declares the test files of a package as modules, and gives the package's folder.
fn prepare(package: &str) -> Result<PathBuf, Error> {
    let out = std::env::var("OUT_DIR").map_err(|_| Error::NotABuildScript("OUT_DIR"))?;
    let out = Path::new(&out);
    let folder = pristine::locate(package, out)?;
    let declarations = out.join(format!("{package}.rs"));
    let text = modules(package, &folder.join("tests"));
    match std::fs::write(&declarations, text) {
        Ok(()) => Ok(folder),
        Err(source) => Err(Error::Io {
            path: declarations,
            source,
        }),
    }
}

fn modules(package: &str, tests: &Path) -> String {
    let of_package = |(of, _): &&(&str, &[&str])| *of == package;
    let files = ON_DEVICES.iter().filter(of_package).flat_map(|row| row.1);
    files.fold(String::new(), |mut text, name| {
        let path = tests.join(name).with_extension("rs");
        // A string cannot refuse what is written to it.
        let _ = writeln!(text, "#[path = {path:?}]\nmod {name};");
        text
    })
}
