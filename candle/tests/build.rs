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
            "quantized_tests",
            "tensor_tests",
        ],
    ),
    ("candle-nn", &["ops"]),
];

/// Files that match over all devices and so need an arm for one more, or do not compile: text, how
/// often it is there, and what takes its place. Products on ROCm are rounded as on the CPU.
const ARMS: [(&str, &str, usize, &str); 1] = [(
    "quantized_tests",
    "Device::Cpu => assert_eq!(",
    2,
    "Device::Cpu | Device::Rocm(_) => assert_eq!(",
)];

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
    let text = modules(package, &folder.join("tests"), out)?;
    write(declarations, &text)?;
    Ok(folder)
}

fn write(path: PathBuf, text: &str) -> Result<(), Error> {
    std::fs::write(&path, text).map_err(|source| Error::Io { path, source })
}

/// The file, or a copy with the arms of [`ARMS`].
fn with_arms(name: &str, path: PathBuf, out: &Path) -> Result<PathBuf, Error> {
    let Some((_, old, count, new)) = ARMS.iter().find(|(of, ..)| *of == name) else {
        return Ok(path);
    };
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(source) => return Err(Error::Io { path, source }),
    };
    if text.matches(old).count() != *count {
        println!("cargo::error={name}.rs does not match over devices as the table here says");
    }
    let copy = out.join(name).with_extension("rs");
    write(copy.clone(), &text.replace(old, new))?;
    Ok(copy)
}

fn modules(package: &str, tests: &Path, out: &Path) -> Result<String, Error> {
    let of_package = |(of, _): &&(&str, &[&str])| *of == package;
    let files = ON_DEVICES.iter().filter(of_package).flat_map(|row| row.1);
    let mut text = String::new();
    for name in files {
        let path = with_arms(name, tests.join(name).with_extension("rs"), out)?;
        // A string cannot refuse what is written to it.
        let _ = writeln!(text, "#[path = {path:?}]\nmod {name};");
    }
    Ok(text)
}
