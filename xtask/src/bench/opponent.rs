//! `cargo xtask bench-opponent`: builds the benchmark over Candle's own CUDA backend, on a machine
//! that need not have CUDA.
//!
//! NVIDIA's compiler comes from PyPI. The libraries of its driver and of cuBLAS are linked to by name
//! only: stubs stand in for them here, and the machine with the GPU has the real ones.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

/// NVIDIA's compiler and headers, on PyPI.
const PACKAGES: &[&str] = &[
    "nvidia-cuda-nvcc==13.0.88",
    "nvidia-nvvm==13.0.88",
    "nvidia-cuda-crt==13.0.88",
    "nvidia-cuda-runtime==13.0.96",
    "nvidia-cuda-cccl==13.0.85",
];

/// The libraries that Candle's CUDA backend links to: the module of its bindings, the name that is
/// linked to, and the name that is loaded.
const LIBRARIES: &[(&str, &str, &str)] = &[
    ("driver", "libcuda.so", "libcuda.so.1"),
    ("cublas", "libcublas.so", "libcublas.so.13"),
    ("cublaslt", "libcublasLt.so", "libcublasLt.so.13"),
    ("curand", "libcurand.so", "libcurand.so.10"),
    ("nvrtc", "libnvrtc.so", "libnvrtc.so.13"),
];

/// The folder of the benchmark.
const PACKAGE: &str = "bench/candle-cuda";

/// How to build it.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// The compute capability that kernels are compiled for, without the point.
    #[arg(long, default_value = "90")]
    capability: String,
    /// Arguments for Cargo.
    #[arg(last = true)]
    cargo: Vec<String>,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let folder = crate::root().join("target/cuda");
    std::fs::create_dir_all(&folder)?;
    let folder = folder.canonicalize()?;
    let toolkit = toolkit(&folder)?;
    let stubs = folder.join("stubs");
    std::fs::create_dir_all(&stubs)?;
    let bindings = bindings()?;
    for (module, file, loaded) in LIBRARIES {
        let names = functions(&bindings.join(format!("src/{module}/sys/mod.rs")))?;
        stub(&names, &stubs.join(file), loaded)?;
    }
    build(options, &toolkit, &stubs)
}

/// The toolkit, installed where it is not there yet.
fn toolkit(folder: &Path) -> Result<PathBuf> {
    let toolkit = folder.join("nvidia/cu13");
    let runtime = toolkit.join("lib/libcudart.so");
    if !runtime.exists() {
        let mut pip = Command::new("python3");
        pip.args(["-m", "pip", "install", "--quiet", "--no-deps"])
            .args(["--disable-pip-version-check", "--target"])
            .arg(folder)
            .args(PACKAGES);
        succeed(&mut pip).context("installing NVIDIA's compiler from PyPI")?;
        std::os::unix::fs::symlink("libcudart.so.13", &runtime)?;
    }
    Ok(toolkit)
}

/// What `cargo metadata` says, as far as it is needed.
#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    manifest_path: PathBuf,
}

/// The folder of the crate that binds CUDA.
fn bindings() -> Result<PathBuf> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--manifest-path"])
        .arg(crate::root().join(PACKAGE).join("Cargo.toml"))
        .output()?;
    if !output.status.success() {
        bail!(
            "cargo metadata\n{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    let metadata: Metadata = serde_json::from_slice(&output.stdout)?;
    let found = metadata.packages.into_iter().find(|p| p.name == "cudarc");
    let package = found.context("Candle's CUDA backend does not use cudarc any more")?;
    let folder = package.manifest_path.parent();
    Ok(folder.context("a manifest lies in a folder")?.to_owned())
}

/// The names of the C functions that a file declares: each is the first line of a block.
fn functions(path: &Path) -> Result<Vec<String>> {
    let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    let blocks = text.split("extern \"C\" {").skip(1);
    let name = |block: &str| {
        Some(
            block
                .trim_start()
                .strip_prefix("fn ")?
                .split_once('(')?
                .0
                .into(),
        )
    };
    let mut names: Vec<String> = blocks.filter_map(name).collect();
    names.sort_unstable();
    names.dedup();
    if names.is_empty() {
        bail!("{} declares no C function", path.display());
    }
    Ok(names)
}

/// A library of functions that do nothing.
fn stub(names: &[String], file: &Path, loaded: &str) -> Result<()> {
    let mut code = String::new();
    for name in names {
        writeln!(code, "void {name}(void) {{}}")?;
    }
    let source = file.with_extension("c");
    std::fs::write(&source, code)?;
    let mut compiler = Command::new("cc");
    compiler
        .args(["-shared", "-fPIC", "-w", "-fno-builtin", "-o"])
        .arg(file)
        .arg(format!("-Wl,-soname,{loaded}"))
        .arg(&source);
    succeed(&mut compiler)
}

fn build(options: &Options, toolkit: &Path, stubs: &Path) -> Result<()> {
    let usual = crate::root().join("target/candle-cuda");
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or(usual, PathBuf::from);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let programs = std::iter::once(toolkit.join("bin")).chain(std::env::split_paths(&path));
    let libraries = [stubs.to_owned(), toolkit.join("lib")];
    let status = Command::new(env!("CARGO"))
        .args(["build", "--release", "--target-dir"])
        .arg(&target)
        .args(&options.cargo)
        .env("PATH", std::env::join_paths(programs)?)
        .env("LIBRARY_PATH", std::env::join_paths(libraries)?)
        .env("CUDA_HOME", toolkit)
        .env("CUDA_PATH", toolkit)
        .env("CUDA_COMPUTE_CAP", &options.capability)
        .env("NVCC_CCBIN", "g++")
        .current_dir(crate::root().join(PACKAGE))
        .status()
        .context("starting Cargo")?;
    if !status.success() {
        bail!("Candle's CUDA backend does not build; see above");
    }
    let program = target.join("release/candle-cuda-bench");
    println!("{}", program.display());
    Ok(())
}

fn succeed(command: &mut Command) -> Result<()> {
    let output = command
        .output()
        .with_context(|| format!("running {command:?}"))?;
    if !output.status.success() {
        bail!("{command:?}\n{}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(())
}
