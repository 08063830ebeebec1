//! `cargo xtask kernels`: compiles the kernels of crates/kernels for all targets.
//!
//! The compiler is pinned and the result depends on nothing else, so the committed code objects can
//! be compared with their sources byte for byte.

mod compile;
mod instructions;
#[allow(dead_code, reason = "the build script of the kernels uses the rest")]
#[path = "../../crates/kernels/build/manifest.rs"]
mod manifest;
mod nvptx;
mod occupancy;
mod report;
mod standalone;
mod toolchain;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use indicatif::{ParallelProgressIterator, ProgressBar, ProgressStyle};
use rayon::prelude::*;

use manifest::{Family, Manifest};
use toolchain::Toolchain;

/// What to do with the kernels.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Compile elsewhere and compare with the committed code objects, byte for byte. With --report:
    /// fail for kernels that spill registers, or lack what they should have.
    #[arg(long)]
    check: bool,
    /// Print registers, LDS, spills, occupancy, widest loads and matrix instructions of the committed
    /// code objects.
    #[arg(long)]
    report: bool,
    /// With --report: write docs/KERNELS.md instead.
    #[arg(long, requires = "report", conflicts_with_all = ["check", "family", "target"])]
    page: bool,
    /// Only these families, separated by commas.
    #[arg(long, value_delimiter = ',')]
    family: Vec<String>,
    /// Only these targets, separated by commas.
    #[arg(long, value_delimiter = ',')]
    target: Vec<String>,
    /// A `clang` to use instead of the pinned compiler, for quicker trials.
    #[arg(long, conflicts_with_all = ["check", "report"])]
    clang: Option<PathBuf>,
    /// The folder to write to, or to report on, instead of the committed code objects: for targets
    /// that are not embedded. `REDWICK_CODE_OBJECTS` names it to programs.
    #[arg(long)]
    out: Option<PathBuf>,
}

impl Options {
    fn wants(&self, family: &str, target: &str) -> bool {
        let names = |list: &[String], name: &str| list.is_empty() || list.iter().any(|n| n == name);
        names(&self.family, family) && names(&self.target, target)
    }
}

/// A code object to be made.
struct Job<'a> {
    family: &'a Family,
    target: &'a str,
}

impl Job<'_> {
    /// Its compressed file, relative to the folder of code objects.
    fn file(&self) -> PathBuf {
        Path::new(self.target).join(format!("{}.xz", self.family.name))
    }
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let crate_root = crate::root().join("crates/kernels");
    let path = crate_root.join("manifest.toml");
    let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    let manifest = Manifest::parse(&text).map_err(anyhow::Error::msg)?;
    let standalone = standalone::jobs(&manifest, options);
    let jobs = jobs(&manifest, options);
    if jobs.is_empty() && standalone.is_empty() {
        bail!(
            "the manifest has no such family or target; a target that is not embedded needs --out"
        );
    }
    let committed = match &options.out {
        Some(folder) => folder.clone(),
        None => crate_root.join("code-objects"),
    };
    if options.report {
        return show(options, &jobs, &committed, &manifest);
    }
    let toolchain = match &options.clang {
        Some(clang) => Toolchain::with_clang(clang.clone())?,
        None => Toolchain::pinned(&crate_root)?,
    };
    let scratch = tempfile::tempdir()?;
    let compile = compile::Compile {
        manifest: &manifest,
        toolchain: &toolchain,
        sources: crate_root.join("hip"),
        scratch: scratch.path(),
    };
    standalone::run(&compile, &standalone, options.check)?;
    let built = build(&compile, &jobs)?;
    if options.check {
        return compare(&jobs, &built, &committed);
    }
    write(&jobs, &built, &committed)
}

fn show(options: &Options, jobs: &[Job], folder: &Path, manifest: &Manifest) -> Result<()> {
    if options.page {
        let path = crate::root().join("docs/KERNELS.md");
        let page = report::page(jobs, folder)?;
        return std::fs::write(&path, page).with_context(|| path.display().to_string());
    }
    if options.check {
        return report::check(jobs, folder, manifest);
    }
    report::print(jobs, folder)
}

fn jobs<'a>(manifest: &'a Manifest, options: &Options) -> Vec<Job<'a>> {
    let mut jobs = Vec::new();
    for family in &manifest.family {
        for (target, row) in &manifest.targets {
            let kept_here = row.embedded || options.out.is_some();
            if kept_here && options.wants(&family.name, target) {
                jobs.push(Job { family, target });
            }
        }
    }
    jobs
}

/// The compressed code objects, in the order of the jobs.
fn build(compile: &compile::Compile<'_>, jobs: &[Job]) -> Result<Vec<Vec<u8>>> {
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} code objects, {elapsed}")?;
    let bar = ProgressBar::new(jobs.len() as u64).with_style(style);
    jobs.par_iter()
        .progress_with(bar)
        .map(|job| compress(&compile.code_object(job.family, job.target)?))
        .collect()
}

fn compress(object: &[u8]) -> Result<Vec<u8>> {
    let options = lzma_rust2::XzOptions::with_preset(6);
    let mut writer = lzma_rust2::XzWriter::new(Vec::new(), options)?;
    std::io::Write::write_all(&mut writer, object)?;
    Ok(writer.finish()?)
}

fn compare(jobs: &[Job], built: &[Vec<u8>], committed: &Path) -> Result<()> {
    let mut different = Vec::new();
    for (job, built) in jobs.iter().zip(built) {
        let path = committed.join(job.file());
        match std::fs::read(&path) {
            Ok(there) if there == *built => {}
            Ok(_) => different.push(format!("{} differs", job.file().display())),
            Err(error) => different.push(format!("{}: {error}", job.file().display())),
        }
    }
    if !different.is_empty() {
        bail!(
            "the committed code objects are not what their sources compile to; \
             run `cargo xtask kernels`\n  {}",
            different.join("\n  ")
        );
    }
    println!(
        "{} code objects are what their sources compile to",
        jobs.len()
    );
    Ok(())
}

fn write(jobs: &[Job], built: &[Vec<u8>], committed: &Path) -> Result<()> {
    let mut bytes = 0;
    for (job, built) in jobs.iter().zip(built) {
        let path = committed.join(job.file());
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::write(&path, built).with_context(|| path.display().to_string())?;
        bytes += built.len();
    }
    println!(
        "{} code objects, {} kB compressed",
        jobs.len(),
        bytes / 1000
    );
    Ok(())
}
