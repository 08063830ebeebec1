//! Cubins for NVIDIA GPUs, the development target, from the same sources.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::compile::{Compile, Succeed, entries};
use super::manifest::Family;
use super::toolchain::{call, folder};

/// Flags of every compilation. Products by teams of waves need the PTX version; a product and a sum
/// are made one where HIP makes them one.
const FLAGS: &[&str] = &[
    "-x",
    "cuda",
    "--cuda-device-only",
    "--cuda-feature=+ptx80",
    "-nocudainc",
    "-nocudalib",
    "-nostdinc",
    "-ffp-contract=fast-honor-pragmas",
    "-O3",
    "-std=c++17",
    "-Wall",
    "-Werror",
    "-S",
];

/// Packages with NVIDIA's assembler and device library, on PyPI.
const PACKAGES: &[&str] = &["nvidia-cuda-nvcc==13.0.88", "nvidia-nvvm==13.0.88"];

/// The target with what only GPUs of exactly this kind have, as the compiler calls it: `sm_90a` for
/// `sm_90`.
fn with_own_features(target: &str) -> String {
    format!("{target}a")
}

/// Whether a target is NVIDIA's: `sm_90`.
pub(super) fn is_nvidia(target: &str) -> bool {
    target.starts_with("sm_")
}

impl Compile<'_> {
    /// The cubin of a family for a target.
    pub(super) fn cubin(&self, family: &Family, target: &str) -> Result<Vec<u8>> {
        let tools = Tools::installed()?;
        let stem = self.scratch.join(format!("{}.{target}", family.name));
        let source = stem.with_extension(format!("{target}.entries.hip"));
        std::fs::write(&source, entries(self.manifest, family, target)?)?;
        let ptx = stem.with_extension(format!("{target}.ptx"));
        let cubin = stem.with_extension(format!("{target}.cubin"));
        self.clang(FLAGS, &self.manifest.targets[target], target)
            .arg(format!("--cuda-gpu-arch={}", with_own_features(target)))
            .args(["-Xclang", "-mlink-builtin-bitcode", "-Xclang"])
            .arg(&tools.libdevice)
            .arg("-include")
            .arg(self.sources.join("nvptx.h"))
            .arg("-I")
            .arg(&self.sources)
            .arg(&source)
            .arg("-o")
            .arg(&ptx)
            .succeed()?;
        Command::new(&tools.ptxas)
            .arg(format!("-arch={}", with_own_features(target)))
            .arg(&ptx)
            .arg("-o")
            .arg(&cubin)
            .succeed()?;
        Ok(std::fs::read(&cubin)?)
    }
}

/// What turns PTX into cubins.
struct Tools {
    ptxas: PathBuf,
    libdevice: PathBuf,
}

impl Tools {
    /// NVIDIA's tools, installed under target/ where they are not there yet.
    fn installed() -> Result<Self> {
        static INSTALLING: std::sync::Mutex<()> = std::sync::Mutex::new(());
        let _one_at_a_time = INSTALLING.lock();
        let root = folder()?.join("nvidia");
        let tools = root.join("nvidia/cu13");
        let found = Self {
            ptxas: tools.join("bin/ptxas"),
            libdevice: tools.join("nvvm/libdevice/libdevice.10.bc"),
        };
        if !found.ptxas.exists() || !found.libdevice.exists() {
            install(&root)?;
        }
        Ok(found)
    }
}

fn install(root: &Path) -> Result<()> {
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "install", "--quiet", "--no-deps"])
        .args(["--disable-pip-version-check", "--target"])
        .arg(root)
        .args(PACKAGES);
    call(&mut pip).context("installing NVIDIA's assembler and device library from PyPI")
}
