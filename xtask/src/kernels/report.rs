//! `cargo xtask kernels --report`: what the compiler made of each kernel.
//!
//! With `--check` it fails for kernels that keep private memory or spill registers, and for products
//! that use no matrix instructions where the target has them. With `--page` it writes
//! docs/KERNELS.md: a row for each family.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::io::Read;
use std::path::Path;

use anyhow::{Context, Result, bail};
use rayon::prelude::*;
use redwick_code_object::{CodeObject, KernelMetadata};

use super::Job;
use super::instructions::{self, Found};
use super::manifest::Manifest;
use super::occupancy::Simd;

/// Kernels that may use private memory, by the beginnings of their symbols, each with the reason.
const EXCUSED: &[(&str, &str)] = &[];

/// Kernels that must use matrix instructions where the target has them: the beginnings of their
/// symbols and the dtypes at their ends.
const WITH_MATRIX: &[(&str, &[&str])] = &[("gemm_", &["_bf16", "_f16"])];

/// A kernel on a target.
struct Row {
    target: String,
    family: String,
    name: String,
    metadata: KernelMetadata,
    found: Found,
    /// Waves that a SIMD holds at a time, where its target is known.
    waves: Option<u32>,
}

impl Row {
    fn spills(&self) -> u32 {
        self.metadata.vgpr_spill_count + self.metadata.sgpr_spill_count
    }

    fn line(&self) -> String {
        let (kernel, name) = (&self.metadata, &self.name);
        format!(
            "{:8} {name:32} {:>5} {:>5} {:>5} {:>6} {:>6} {:>7} {:>5} {:>5} {:>6}",
            self.target,
            kernel.vgpr_count,
            kernel.agpr_count,
            kernel.sgpr_count,
            kernel.group_segment_fixed_size,
            self.spills(),
            kernel.private_segment_fixed_size,
            self.waves.map_or("–".to_owned(), |waves| waves.to_string()),
            self.found.load_bits,
            self.found.matrix,
        )
    }

    /// What is wrong with it, if anything.
    fn fault(&self, manifest: &Manifest) -> Option<String> {
        let excused = EXCUSED
            .iter()
            .any(|(start, _)| self.name.starts_with(start));
        let place = format!("{} on {}", self.name, self.target);
        let (scratch, spills) = (self.metadata.private_segment_fixed_size, self.spills());
        if !excused && (scratch > 0 || spills > 0) {
            return Some(format!(
                "{place}: {scratch} bytes of private memory, {spills} spills"
            ));
        }
        let has_matrix = manifest.targets.get(&self.target)?.matrix != "none";
        let wants = |(start, ends): &(&str, &[&str])| {
            self.name.starts_with(start) && ends.iter().any(|end| self.name.ends_with(end))
        };
        let lacks = has_matrix && self.found.matrix == 0 && WITH_MATRIX.iter().any(wants);
        lacks.then(|| format!("{place}: no matrix instruction"))
    }
}

/// Prints a table of all kernels of some code objects.
pub(super) fn print(jobs: &[Job<'_>], folder: &Path) -> Result<()> {
    println!(
        "{:8} {:32} {:>5} {:>5} {:>5} {:>6} {:>6} {:>7} {:>5} {:>5} {:>6}",
        "target",
        "kernel",
        "VGPR",
        "AGPR",
        "SGPR",
        "LDS",
        "spills",
        "scratch",
        "waves",
        "load",
        "matrix"
    );
    for row in rows(jobs, folder)? {
        println!("{}", row.line());
    }
    Ok(())
}

/// Fails where a kernel is not as it should be.
pub(super) fn check(jobs: &[Job<'_>], folder: &Path, manifest: &Manifest) -> Result<()> {
    let rows = rows(jobs, folder)?;
    let faults: Vec<String> = rows.iter().filter_map(|row| row.fault(manifest)).collect();
    if !faults.is_empty() {
        bail!(
            "of {} kernels these are not as they should be:\n  {}",
            rows.len(),
            faults.join("\n  ")
        );
    }
    println!(
        "{} kernels use no private memory, and matrix instructions where they should",
        rows.len()
    );
    Ok(())
}

fn rows(jobs: &[Job<'_>], folder: &Path) -> Result<Vec<Row>> {
    let all: Result<Vec<Vec<Row>>> = jobs.par_iter().map(|job| rows_of(job, folder)).collect();
    Ok(all?.into_iter().flatten().collect())
}

fn rows_of(job: &Job<'_>, folder: &Path) -> Result<Vec<Row>> {
    let path = folder.join(job.file());
    let compressed = std::fs::read(&path).with_context(|| path.display().to_string())?;
    let mut bytes = Vec::new();
    lzma_rust2::XzReader::new(&compressed[..], false).read_to_end(&mut bytes)?;
    let object = CodeObject::parse(&bytes)?;
    let mut found = instructions::of(&bytes, &object)?;
    let simd = Simd::of(job.target);
    let row = |kernel: &redwick_code_object::Kernel| Row {
        target: job.target.to_owned(),
        family: job.family.name.clone(),
        name: kernel.name.clone(),
        found: found.remove(&kernel.name).unwrap_or_default(),
        waves: simd.map(|simd| simd.waves(&kernel.metadata)),
        metadata: kernel.metadata.clone(),
    };
    Ok(object.kernels().iter().map(row).collect())
}

// --- docs/KERNELS.md -----------------------------------------------------------------------------

const PAGE: &str = "\
# What the compiler makes of the kernels

Written by `cargo xtask kernels --report --page`; do not edit. `cargo xtask kernels --report` prints
a line for each kernel and target: registers, LDS, spills, private memory, waves a SIMD holds at a
time, bits of the widest load by a lane, and matrix instructions. `--report --check` fails for spills
and private memory, and for products of f16 and bf16 without matrix instructions on targets that have
them.

Occupancy follows each target's rules: CDNA has 512 VGPRs a lane (accumulation registers among them)
in steps of 8, at most 8 waves a SIMD, and 64 KiB of LDS (gfx950: 160) for four SIMDs; RDNA2 has 1024
in steps of 8, RDNA3 and RDNA4 1536 in steps of 24, at most 16 waves, and 128 KiB for four SIMDs.

A cell is of the family's kernel with the fewest waves on that target: waves, VGPRs, and LDS where it
bounds them. `wide` counts the kernels, of those on all targets, that read 16 bytes a lane somewhere.

";

/// The page, from all kernels.
pub(super) fn page(jobs: &[Job<'_>], folder: &Path) -> Result<String> {
    let mut families: BTreeMap<String, Vec<Row>> = BTreeMap::new();
    let mut targets: Vec<String> = Vec::new();
    for row in rows(jobs, folder)? {
        if !targets.contains(&row.target) {
            targets.push(row.target.clone());
        }
        families.entry(row.family.clone()).or_default().push(row);
    }
    targets.sort();
    let mut page = PAGE.to_owned();
    writeln!(
        page,
        "| family | kernels | wide | fewest waves | {} |",
        targets.join(" | ")
    )?;
    writeln!(page, "|---|---:|---:|---{}|", "|---".repeat(targets.len()))?;
    for (family, rows) in &families {
        writeln!(page, "{}", page_row(family, rows, &targets))?;
    }
    Ok(page)
}

fn page_row(family: &str, rows: &[Row], targets: &[String]) -> String {
    let wide = rows.iter().filter(|row| row.found.load_bits == 128).count();
    let of = |target: &String| worst(rows.iter().filter(|row| &row.target == target));
    let cells: Vec<String> = targets
        .iter()
        .map(|target| of(target).map_or("–".to_owned(), cell))
        .collect();
    let name = worst(rows.iter()).map_or("", |row| &row.name);
    format!(
        "| {family} | {} | {} % | `{name}` | {} |",
        rows.len() / targets.len().max(1),
        100 * wide / rows.len().max(1),
        cells.join(" | ")
    )
}

fn worst<'a>(rows: impl Iterator<Item = &'a Row>) -> Option<&'a Row> {
    rows.min_by_key(|row| (row.waves, u32::MAX - row.metadata.vgpr_count))
}

fn cell(row: &Row) -> String {
    let (kernel, waves) = (&row.metadata, row.waves.unwrap_or(0));
    let mut cell = format!("{waves} · {}", kernel.vgpr_count);
    if kernel.group_segment_fixed_size >= 8192 {
        let _ = write!(cell, " · {} kB", kernel.group_segment_fixed_size / 1000);
    }
    cell
}
