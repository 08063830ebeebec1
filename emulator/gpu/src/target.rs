//! What differs between the emulated GPUs, as data.

use redwick_isa::Generation;

use crate::fault::Error;

/// How a wave gets to know where its private memory lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PrivateBase {
    /// In a pair of scalar registers at a fixed place, which the kernel may write.
    ScalarPair,
    /// The kernel computes it and writes it to hardware registers.
    HardwareRegister,
    /// It is set up before the kernel starts, out of the kernel's reach.
    Architected,
}

/// The 8-bit floats that conversions and matrix instructions read and write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EightBits {
    /// No negative zero, no infinity, one NaN.
    Fnuz,
    /// Those of the Open Compute Project.
    Ocp,
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
    pub(crate) generation: Generation,
    pub(crate) private_base: PrivateBase,
    /// The workgroup's coordinates are in trap temporaries rather than behind the user registers.
    pub(crate) architected_ids: bool,
    /// Work-item ids are packed in one VGPR rather than in one for each axis.
    pub(crate) packed_ids: bool,
    /// 16-bit results leave the register's high half as it was, where CDNA clears it.
    pub(crate) keeps_high_half: bool,
    /// Buffer descriptors say how large swizzled elements are, in two bits rather than one.
    pub(crate) sized_swizzle: bool,
    /// A clamped NaN becomes 0 whatever the mode register says.
    pub(crate) clamps_nan: bool,
    pub(crate) eight_bits: EightBits,
}

/// What most CDNA targets have in common.
const CDNA: Target = Target {
    name: "",
    wave_size: 64,
    lds_bytes: 64 << 10,
    generation: Generation::Cdna3,
    private_base: PrivateBase::Architected,
    architected_ids: false,
    packed_ids: true,
    keeps_high_half: false,
    sized_swizzle: false,
    clamps_nan: false,
    eight_bits: EightBits::Fnuz,
};

/// What most RDNA targets have in common.
const RDNA: Target = Target {
    wave_size: 32,
    generation: Generation::Rdna3,
    keeps_high_half: true,
    sized_swizzle: true,
    eight_bits: EightBits::Ocp,
    ..CDNA
};

const TARGETS: &[Target] = &[
    Target {
        name: "gfx90a",
        generation: Generation::Cdna2,
        private_base: PrivateBase::ScalarPair,
        ..CDNA
    },
    Target {
        name: "gfx942",
        ..CDNA
    },
    Target {
        name: "gfx950",
        lds_bytes: 160 << 10,
        generation: Generation::Cdna4,
        eight_bits: EightBits::Ocp,
        ..CDNA
    },
    Target {
        name: "gfx1030",
        generation: Generation::Rdna2,
        private_base: PrivateBase::HardwareRegister,
        packed_ids: false,
        sized_swizzle: false,
        ..RDNA
    },
    Target {
        name: "gfx1100",
        ..RDNA
    },
    Target {
        name: "gfx1151",
        generation: Generation::Rdna35,
        ..RDNA
    },
    Target {
        name: "gfx1201",
        generation: Generation::Rdna4,
        architected_ids: true,
        clamps_nan: true,
        ..RDNA
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

    /// Kernels choose between waves of 32 and 64 lanes, and have no accumulation registers.
    pub(crate) fn is_rdna(&self) -> bool {
        self.wave_size == 32
    }

    /// The names of all emulated targets.
    pub fn names() -> impl Iterator<Item = &'static str> {
        TARGETS.iter().map(|target| target.name)
    }
}
