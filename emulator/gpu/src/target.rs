//! What differs between the emulated GPUs, as data.

use redwick_isa::Generation;

use crate::fault::Error;

/// The instruction-set family of a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    /// gfx90a.
    Cdna2,
    /// gfx942.
    Cdna3,
    /// gfx11.
    Rdna3,
}

/// A GPU target.
#[derive(Debug, PartialEq, Eq)]
pub struct Target {
    /// Such as `gfx942`.
    pub name: &'static str,
    /// Lanes of a wave, where the kernel does not say otherwise.
    pub wave_size: u32,
    /// Bytes of LDS that a workgroup can have.
    pub lds_bytes: u32,
    pub(crate) family: Family,
    /// VGPRs come in multiples of this, for waves of the usual size.
    pub(crate) vgpr_granule: u32,
    /// Scratch is set up by hardware, without help by the kernel.
    pub(crate) architected_scratch: bool,
    /// Work-item ids are packed in one VGPR.
    pub(crate) packed_ids: bool,
    /// 16-bit results leave the register's high half as it was, where CDNA clears it.
    pub(crate) keeps_high_half: bool,
}

const TARGETS: &[Target] = &[
    Target {
        name: "gfx90a",
        wave_size: 64,
        lds_bytes: 65536,
        family: Family::Cdna2,
        vgpr_granule: 8,
        architected_scratch: false,
        packed_ids: true,
        keeps_high_half: false,
    },
    Target {
        name: "gfx942",
        wave_size: 64,
        lds_bytes: 65536,
        family: Family::Cdna3,
        vgpr_granule: 8,
        architected_scratch: true,
        packed_ids: true,
        keeps_high_half: false,
    },
    Target {
        name: "gfx1100",
        wave_size: 32,
        lds_bytes: 65536,
        family: Family::Rdna3,
        vgpr_granule: 8,
        architected_scratch: true,
        packed_ids: true,
        keeps_high_half: true,
    },
];

impl Target {
    /// The target of that name.
    pub fn find(name: &str) -> Result<&'static Self, Error> {
        let unknown = || Error::UnknownTarget {
            target: name.to_owned(),
            known: Self::names().collect(),
        };
        TARGETS
            .iter()
            .find(|target| target.name == name)
            .ok_or_else(unknown)
    }

    pub(crate) fn generation(&self) -> Generation {
        match self.family {
            Family::Cdna2 => Generation::Cdna2,
            Family::Cdna3 => Generation::Cdna3,
            Family::Rdna3 => Generation::Rdna3,
        }
    }

    /// The names of all emulated targets.
    pub fn names() -> impl Iterator<Item = &'static str> {
        TARGETS.iter().map(|target| target.name)
    }
}
