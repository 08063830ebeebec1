//! Candle's tests are taken from its pristine source.

use std::path::Path;

use redwick_graft::{pristine, Error};

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let variables = [
        ("candle-core", "CANDLE_CORE_TESTS"),
        ("candle-nn", "CANDLE_NN_TESTS"),
    ];
    for (package, variable) in variables {
        match tests_of(package) {
            Ok(folder) => println!("cargo::rustc-env={variable}={folder}"),
            Err(error) => println!("cargo::error={error}"),
        }
    }
}

fn tests_of(package: &str) -> Result<String, Error> {
    let out = std::env::var("OUT_DIR").map_err(|_| Error::NotABuildScript("OUT_DIR"))?;
    let folder = pristine::locate(package, Path::new(&out))?;
    Ok(folder.join("tests").display().to_string())
}
