//! Kernels that are no family of the manifest, and lie with what loads them: those of an example and
//! of tests of loading one's own code. They are written as for hipcc or hipRTC.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use rayon::prelude::*;

use super::Options;
use super::compile::Compile;
use super::manifest::Manifest;

/// The sources, and the targets that each is compiled for; all where none is named. Each code object
/// lies beside its source: `name.target.hsaco`.
const SOURCES: &[(&str, &[&str])] = &[
    ("candle/custom-op/kernels/swiglu.hip", &[]),
    (
        "candle/tests/kernels/custom.hip",
        &["gfx90a", "gfx942", "gfx1100"],
    ),
];

/// A code object to be made.
pub(super) struct Job<'a> {
    source: PathBuf,
    target: &'a str,
}

impl Job<'_> {
    fn file(&self) -> PathBuf {
        self.source.with_extension(format!("{}.hsaco", self.target))
    }
}

/// The wanted ones: as families are, by the source's name. None for a folder of families.
pub(super) fn jobs<'a>(manifest: &'a Manifest, options: &Options) -> Vec<Job<'a>> {
    let targets = || manifest.targets.iter().filter(|(_, row)| row.embedded);
    let mut jobs = Vec::new();
    for (source, only) in SOURCES.iter().filter(|_| options.out.is_none()) {
        let source = crate::root().join(source);
        let name = source.file_stem().unwrap_or_default().to_string_lossy();
        let is_for = |target: &str| only.is_empty() || only.contains(&target);
        let wanted = targets().filter(|(t, _)| is_for(t) && options.wants(&name, t));
        jobs.extend(wanted.map(|(target, _)| Job {
            source: source.clone(),
            target,
        }));
    }
    jobs
}

/// Makes the code objects, or compares them with those there are.
pub(super) fn run(compile: &Compile<'_>, jobs: &[Job<'_>], check: bool) -> Result<()> {
    jobs.par_iter().try_for_each(|job| {
        let object = compile.standalone(&job.source, job.target)?;
        let file = job.file();
        match check {
            true => same(&object, &file),
            false => std::fs::write(&file, object).with_context(|| file.display().to_string()),
        }
    })?;
    println!("{} code objects beside their sources", jobs.len());
    Ok(())
}

fn same(object: &[u8], file: &Path) -> Result<()> {
    match std::fs::read(file) {
        Ok(there) if there == object => Ok(()),
        Ok(_) => bail!(
            "{} is not what its source compiles to; run `cargo xtask kernels`",
            file.display()
        ),
        Err(error) => bail!("{}: {error}", file.display()),
    }
}
