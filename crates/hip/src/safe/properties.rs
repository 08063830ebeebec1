//! What a device is.

use std::ffi::c_char;

use crate::sys::hipDeviceProp_tR0600;

/// What a device is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Properties {
    /// Its marketing name.
    pub name: String,
    /// Its architecture with features, such as `gfx90a:sramecc+:xnack-`.
    pub architecture: String,
    /// The target that code objects are for: the architecture without features.
    pub target: String,
    /// Lanes of a wave: 64 on CDNA, 32 on RDNA.
    pub wave_size: u32,
    /// Compute units; on RDNA the runtime counts pairs of them (WGPs).
    pub compute_units: u32,
    /// Bytes of memory.
    pub memory: usize,
    /// Bytes of LDS that a block can have.
    pub lds_per_block: usize,
    /// Threads that a block can have.
    pub max_threads_per_block: u32,
    /// Blocks that a grid can have in x, y and z.
    pub max_grid: [u32; 3],
    /// Bytes of L2 cache.
    pub l2_cache: usize,
    /// Clock of the compute units in kHz.
    pub clock_khz: u32,
    /// Whether it shares memory with the CPU.
    pub integrated: bool,
    /// PCI domain, bus and device.
    pub pci: [u32; 3],
}

impl Properties {
    pub(super) fn from_raw(raw: &hipDeviceProp_tR0600) -> Self {
        let architecture = text(&raw.gcnArchName);
        Self {
            name: text(&raw.name),
            target: target(&architecture).to_owned(),
            architecture,
            wave_size: count(raw.warpSize),
            compute_units: count(raw.multiProcessorCount),
            memory: raw.totalGlobalMem,
            lds_per_block: raw.sharedMemPerBlock,
            max_threads_per_block: count(raw.maxThreadsPerBlock),
            max_grid: raw.maxGridSize.map(count),
            l2_cache: count(raw.l2CacheSize) as usize,
            clock_khz: count(raw.clockRate),
            integrated: raw.integrated != 0,
            pci: [raw.pciDomainID, raw.pciBusID, raw.pciDeviceID].map(count),
        }
    }
}

/// The target of an architecture: `gfx90a:sramecc+:xnack-` runs code for `gfx90a`.
fn target(architecture: &str) -> &str {
    architecture.split(':').next().unwrap_or(architecture)
}

fn count(value: i32) -> u32 {
    u32::try_from(value).unwrap_or(0)
}

/// The text of a field, up to its first zero.
fn text(field: &[c_char]) -> String {
    let bytes: Vec<u8> = field
        .iter()
        .take_while(|&&byte| byte != 0)
        .map(|&byte| byte.cast_unsigned())
        .collect();
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn target_has_no_features() {
        assert_eq!(target("gfx90a:sramecc+:xnack-"), "gfx90a");
        assert_eq!(target("gfx1100"), "gfx1100");
    }

    #[test]
    fn text_ends_at_zero_or_at_the_end() {
        let bytes = |text: &str| -> Vec<c_char> { text.bytes().map(|b| b as c_char).collect() };
        assert_eq!(text(&bytes("abc\0def")), "abc");
        assert_eq!(text(&bytes("abc")), "abc");
    }
}
