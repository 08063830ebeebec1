//! From a family and a target to a code object.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use object::build::elf::Builder;

use super::manifest::{Family, FieldType, Instance, Manifest, Target};
use super::nvptx;
use super::toolchain::Toolchain;

/// Flags of every compilation. Code object version 5 is what all HIP runtimes since 5.x accept.
const FLAGS: &[&str] = &[
    "-x",
    "hip",
    "--cuda-device-only",
    "--no-gpu-bundle-output",
    "-nogpuinc",
    "-nogpulib",
    "-nostdinc",
    "-fuse-cuid=none",
    "-mcode-object-version=5",
    "-O3",
    "-std=c++17",
    "-Wall",
    "-Werror",
];

/// Flags for the constants of ocml.
const BITCODE_FLAGS: &[&str] = &[
    "-x",
    "c",
    "--target=amdgcn-amd-amdhsa",
    "-nogpulib",
    "-nostdinc",
    "-mcode-object-version=5",
    "-O3",
    "-emit-llvm",
    "-c",
];

/// What all compilations share.
pub(super) struct Compile<'a> {
    pub(super) manifest: &'a Manifest,
    pub(super) toolchain: &'a Toolchain,
    /// The folder of the sources.
    pub(super) sources: PathBuf,
    /// A folder for what is thrown away.
    pub(super) scratch: &'a Path,
}

impl Compile<'_> {
    /// The code object of a family for a target.
    pub(super) fn code_object(&self, family: &Family, target: &str) -> Result<Vec<u8>> {
        if nvptx::is_nvidia(target) {
            return self.cubin(family, target);
        }
        let stem = self.scratch.join(format!("{}.{target}", family.name));
        let source = stem.with_extension(format!("{target}.entries.hip"));
        std::fs::write(&source, entries(self.manifest, family, target)?)?;
        self.hip(&source, &family.name, target, &[])
    }

    /// The code object of a source that declares its own entry points, as for hipRTC.
    pub(super) fn standalone(&self, source: &Path, target: &str) -> Result<Vec<u8>> {
        let name = source.file_stem().unwrap_or_default().to_string_lossy();
        self.hip(source, &name, target, &["-include", "standalone.h"])
    }

    fn hip(&self, source: &Path, name: &str, target: &str, options: &[&str]) -> Result<Vec<u8>> {
        let tuning = &self.manifest.targets[target];
        let stem = self.scratch.join(format!("{name}.{target}"));
        let constants = stem.with_extension(format!("{target}.bc"));
        let object = stem.with_extension(format!("{target}.hsaco"));
        self.clang(BITCODE_FLAGS, tuning, target)
            .arg(format!("-mcpu={target}"))
            .arg(self.sources.join("oclc.c"))
            .arg("-o")
            .arg(&constants)
            .succeed()?;
        let mut clang = self.clang(FLAGS, tuning, target);
        clang
            .arg(format!("--offload-arch={target}"))
            .arg("-I")
            .arg(&self.sources)
            .args(options);
        for bitcode in [self.toolchain.ocml.as_path(), constants.as_path()] {
            clang
                .args(["-Xclang", "-mlink-builtin-bitcode", "-Xclang"])
                .arg(bitcode);
        }
        clang.arg(source).arg("-o").arg(&object).succeed()?;
        without_comment(&std::fs::read(&object)?)
    }

    pub(super) fn clang(&self, flags: &[&str], tuning: &Target, target: &str) -> Command {
        let mut command = self.toolchain.clang();
        command.args(flags);
        command.arg(format!("-DREDWICK_WAVE={}", tuning.wave));
        command.arg(format!("-DREDWICK_ISA={}", isa_version(target)));
        command.arg(format!("-DREDWICK_MATRIX_{}", tuning.matrix.to_uppercase()));
        command.args(tuning.defines.iter().map(|name| format!("-D{name}")));
        command
    }
}

/// A command that has to succeed.
pub(super) trait Succeed {
    fn succeed(&mut self) -> Result<()>;
}

impl Succeed for Command {
    fn succeed(&mut self) -> Result<()> {
        let output = self.output().with_context(|| format!("running {self:?}"))?;
        if !output.status.success() {
            bail!("{self:?}\n{}", String::from_utf8_lossy(&output.stderr));
        }
        Ok(())
    }
}

/// `gfx90a` as 9010, `gfx1151` as 11501: major, minor and stepping, as ocml counts them.
fn isa_version(target: &str) -> u32 {
    let digits: Vec<u32> = target
        .chars()
        .filter_map(|c| c.to_digit(16))
        .skip(1)
        .collect();
    let [major @ .., minor, stepping] = digits.as_slice() else {
        return 0;
    };
    let major = major.iter().fold(0, |number, digit| number * 10 + digit);
    major * 1000 + minor * 100 + stepping
}

/// The entry points of a family on a target: one for each instance, calling its template.
pub(super) fn entries(manifest: &Manifest, family: &Family, target: &str) -> Result<String> {
    let mut code = format!("#include \"{}.hip\"\n", family.name);
    for row in &family.kernel {
        let fields = &manifest.args[&row.args];
        let parameters: Vec<String> = fields
            .iter()
            .map(|(name, kind)| format!("{} {name}", c_type(*kind)))
            .collect();
        let values: Vec<String> = fields
            .iter()
            .filter(|(name, _)| name != "reserved")
            .map(|(name, kind)| pass(name, *kind))
            .collect();
        for instance in manifest.instances(row) {
            let body = instance.body(manifest, target);
            entry(
                &mut code,
                &instance,
                &body,
                &parameters.join(", "),
                &values.join(", "),
            )?;
        }
    }
    Ok(code)
}

fn entry(
    code: &mut String,
    instance: &Instance,
    body: &str,
    parameters: &str,
    values: &str,
) -> std::fmt::Result {
    let symbol = instance.symbol();
    let block = instance.row.block;
    writeln!(
        code,
        "KERNEL({block}) {symbol}({parameters}) {{ {body}({values}); }}"
    )
}

fn c_type(field: FieldType) -> &'static str {
    match field {
        FieldType::In => "const void *__restrict__",
        FieldType::Out => "void *__restrict__",
        FieldType::U32 => "u32",
        FieldType::U64 | FieldType::Scalar => "u64",
        FieldType::F32 => "f32",
        FieldType::Divisor => "Divisor",
        FieldType::Axis => "Axis",
        FieldType::Walk1 => "Walk<1>",
        FieldType::Walk2 => "Walk<2>",
        FieldType::Walk3 => "Walk<3>",
    }
}

fn pass(name: &str, field: FieldType) -> String {
    match field {
        FieldType::In => format!("In{{{name}}}"),
        FieldType::Out => format!("Out{{{name}}}"),
        _ => name.to_owned(),
    }
}

/// A code object without the section that names its compiler: builds of one compiler version from
/// different distributors differ in nothing else.
fn without_comment(object: &[u8]) -> Result<Vec<u8>> {
    let mut builder = Builder::read(object)?;
    for section in &mut builder.sections {
        section.delete |= section.name.as_slice() == b".comment";
    }
    let mut stripped = Vec::new();
    builder.write(&mut stripped)?;
    Ok(stripped)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_counted_as_ocml_does() {
        let versions = ["gfx90a", "gfx942", "gfx1030", "gfx1151", "gfx1201"].map(isa_version);
        assert_eq!(versions, [9010, 9402, 10300, 11501, 12001]);
    }
}
