//! The pinned compiler and device library.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};

/// The device library: version 5.2.3-2 of Debian's package.
const OCML_PACKAGE: &str = "rocm-device-libs=5.2.3-2";
const OCML_PATH: &str = "usr/lib/x86_64-linux-gnu/amdgcn/bitcode/ocml.bc";
const OCML_SHA256: &str = "ecef87d8b378be53238a4518ff99fee468f9a361f6afe03cd44614a3aaac4b5e";

/// How clang calls its linker, and how zig wants to be called.
const LLD: &str =
    "#!/bin/sh\n# clang passes `-flavor gnu` first.\nshift 2\nexec \"$ZIG\" ld.lld \"$@\"\n";

/// What compiles.
pub(super) struct Toolchain {
    program: PathBuf,
    /// What comes before clang's own arguments.
    first: &'static [&'static str],
    /// The folder of the linker, where clang does not find one.
    linker: Option<PathBuf>,
    /// ocml, as bitcode.
    pub(super) ocml: PathBuf,
}

impl Toolchain {
    /// The compiler of toolchain.txt, installed under target/ where it is not there yet.
    pub(super) fn pinned(crate_root: &Path) -> Result<Self> {
        let folder = folder()?;
        let zig = folder.join("venv/bin/kernel-zig");
        if !zig.exists() {
            install_zig(&folder, &crate_root.join("toolchain.txt"))?;
        }
        Ok(Self {
            program: std::fs::read_link(&zig)?,
            first: &["clang"],
            linker: Some(write_linker(&folder)?),
            ocml: ocml(&folder)?,
        })
    }

    /// Some other clang, with its own linker.
    pub(super) fn with_clang(clang: PathBuf) -> Result<Self> {
        Ok(Self {
            program: clang,
            first: &[],
            linker: None,
            ocml: ocml(&folder()?)?,
        })
    }

    /// A call of clang, still without arguments.
    pub(super) fn clang(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.args(self.first);
        if let Some(linker) = &self.linker {
            let path = std::env::var_os("PATH").unwrap_or_default();
            let mut paths = vec![linker.clone()];
            paths.extend(std::env::split_paths(&path));
            if let Ok(path) = std::env::join_paths(paths) {
                command.env("PATH", path);
            }
            command.env("ZIG", &self.program);
        }
        command
    }
}

pub(super) fn folder() -> Result<PathBuf> {
    let folder = crate::root().join("target/kernel-toolchain");
    std::fs::create_dir_all(&folder)?;
    Ok(folder.canonicalize()?)
}

/// Installs the compiler and leaves a link to it, so that a broken installation is tried again.
fn install_zig(folder: &Path, requirements: &Path) -> Result<()> {
    let venv = folder.join("venv");
    call(Command::new("python3").args(["-m", "venv"]).arg(&venv))
        .context("a Python environment for the compiler; is python3-venv installed?")?;
    call(
        Command::new(venv.join("bin/pip"))
            .args(["install", "--quiet", "--disable-pip-version-check"])
            .args(["--no-deps", "--require-hashes", "-r"])
            .arg(requirements),
    )
    .context("installing the compiler of toolchain.txt")?;
    let find = "import ziglang, os; print(os.path.join(os.path.dirname(ziglang.__file__), 'zig'))";
    let output = Command::new(venv.join("bin/python"))
        .args(["-c", find])
        .output()?;
    let zig = String::from_utf8(output.stdout)?;
    std::os::unix::fs::symlink(zig.trim(), venv.join("bin/kernel-zig"))?;
    Ok(())
}

fn write_linker(folder: &Path) -> Result<PathBuf> {
    let bin = folder.join("bin");
    std::fs::create_dir_all(&bin)?;
    let lld = bin.join("lld");
    std::fs::write(&lld, LLD)?;
    std::fs::set_permissions(&lld, std::fs::Permissions::from_mode(0o755))?;
    Ok(bin)
}

/// The device library: where Debian installs it, else unpacked from Debian's package.
fn ocml(folder: &Path) -> Result<PathBuf> {
    let installed = Path::new("/").join(OCML_PATH);
    let unpacked = folder.join(OCML_PATH);
    for path in [&installed, &unpacked] {
        if is_ocml(path) {
            return Ok(path.clone());
        }
    }
    call(
        Command::new("apt-get")
            .args(["download", OCML_PACKAGE])
            .current_dir(folder),
    )
    .with_context(|| missing(&installed))?;
    let version = OCML_PACKAGE.replace('=', "_");
    call(
        Command::new("dpkg-deb")
            .args(["-x", &format!("{version}_amd64.deb"), "."])
            .current_dir(folder),
    )
    .with_context(|| missing(&installed))?;
    if !is_ocml(&unpacked) {
        bail!(missing(&installed));
    }
    Ok(unpacked)
}

fn missing(installed: &Path) -> String {
    format!(
        "the kernels are linked with ocml.bc of Debian's {OCML_PACKAGE} (sha256 {OCML_SHA256}); \
         install that package, or put the file at {}",
        installed.display()
    )
}

fn is_ocml(path: &Path) -> bool {
    let digest = |bytes: Vec<u8>| -> String {
        let digest = Sha256::digest(bytes);
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    };
    std::fs::read(path).is_ok_and(|bytes| digest(bytes) == OCML_SHA256)
}

pub(super) fn call(command: &mut Command) -> Result<()> {
    let output = command
        .output()
        .with_context(|| format!("running {command:?}"))?;
    if !output.status.success() {
        bail!("{command:?}\n{}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(())
}
