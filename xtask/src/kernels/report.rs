//! `cargo xtask kernels --report`: what the compiler made of each kernel.

use std::io::Read;
use std::path::Path;

use anyhow::{Context, Result};
use redwick_code_object::{CodeObject, KernelMetadata};

use super::Job;

/// Registers of a SIMD, and waves that fit on one.
struct Simd {
    vgprs: u32,
    granule: u32,
    max_waves: u32,
    /// SIMDs that share the LDS.
    sharing_lds: u32,
    lds: u32,
}

/// CDNA2 and later: 512 VGPRs, four SIMDs a compute unit.
const CDNA: Simd = Simd {
    vgprs: 512,
    granule: 8,
    max_waves: 8,
    sharing_lds: 4,
    lds: 65_536,
};
/// CDNA4 has more LDS.
const CDNA4: Simd = Simd {
    lds: 163_840,
    ..CDNA
};
/// RDNA2, wave32: 1024 VGPRs, four SIMDs a workgroup processor.
const RDNA2: Simd = Simd {
    vgprs: 1024,
    granule: 8,
    max_waves: 16,
    sharing_lds: 4,
    lds: 131_072,
};
/// RDNA3 and RDNA4, wave32: 1536 VGPRs.
const RDNA3: Simd = Simd {
    vgprs: 1536,
    granule: 24,
    ..RDNA2
};

impl Simd {
    fn of(target: &str) -> &'static Self {
        match target {
            "gfx950" => &CDNA4,
            target if target.starts_with("gfx9") => &CDNA,
            target if target.starts_with("gfx10") => &RDNA2,
            _ => &RDNA3,
        }
    }

    /// Waves of a kernel that a SIMD holds at once.
    fn occupancy(&self, kernel: &KernelMetadata) -> u32 {
        let waves = kernel
            .max_flat_workgroup_size
            .div_ceil(kernel.wavefront_size);
        let registers = kernel.vgpr_count.max(1).next_multiple_of(self.granule);
        let by_registers = (self.vgprs / registers).min(self.max_waves);
        let groups = self.lds.checked_div(kernel.group_segment_fixed_size);
        let by_lds = groups.map_or(self.max_waves, |groups| groups * waves / self.sharing_lds);
        by_registers.min(by_lds)
    }
}

/// Prints a table of all kernels of some code objects.
pub(super) fn print(jobs: &[Job], folder: &Path) -> Result<()> {
    println!(
        "{:8} {:28} {:>5} {:>5} {:>5} {:>6} {:>6} {:>7} {:>9}",
        "target", "kernel", "VGPR", "AGPR", "SGPR", "LDS", "spills", "scratch", "occupancy"
    );
    for job in jobs {
        let path = folder.join(job.file());
        let compressed = std::fs::read(&path).with_context(|| path.display().to_string())?;
        let mut object = Vec::new();
        lzma_rust2::XzReader::new(&compressed[..], false).read_to_end(&mut object)?;
        for kernel in CodeObject::parse(&object)?.kernels() {
            line(job.target, &kernel.name, &kernel.metadata);
        }
    }
    Ok(())
}

fn line(target: &str, name: &str, kernel: &KernelMetadata) {
    let spills = kernel.vgpr_spill_count + kernel.sgpr_spill_count;
    println!(
        "{target:8} {name:28} {:>5} {:>5} {:>5} {:>6} {spills:>6} {:>7} {:>9}",
        kernel.vgpr_count,
        kernel.agpr_count,
        kernel.sgpr_count,
        kernel.group_segment_fixed_size,
        kernel.private_segment_fixed_size,
        Simd::of(target).occupancy(kernel),
    );
}
