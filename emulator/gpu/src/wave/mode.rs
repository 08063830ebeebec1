//! The MODE register.

use redwick_code_object::Rsrc1;

use crate::step::Kind;

/// Rounding and denormal modes of a wave.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Mode {
    /// The register, as `s_getreg_b32` reads it.
    bits: u32,
    /// Some denormals are flushed.
    pub(crate) flushes: bool,
    /// The target takes every clamped NaN to 0.
    clamps_nan: bool,
}

/// Which of the two nearest numbers a result becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rounding {
    /// The nearest, ties to even.
    Nearest,
    Up,
    Down,
    Zero,
}

/// Bit of MODE: a clamped NaN becomes 0.
const DX10_CLAMP: u32 = 1 << 8;
/// Bit of MODE: IEEE handling of signalling NaNs.
const IEEE: u32 = 1 << 9;

/// Bit of MODE: overflow saturates.
const FP16_OVERFLOW: u32 = 1 << 23;

impl Mode {
    /// The mode that a kernel starts with; `clamps_nan` on targets that have no choice.
    pub(crate) fn of_kernel(rsrc1: Rsrc1, clamps_nan: bool) -> Self {
        let mut mode = Self {
            clamps_nan,
            ..Self::default()
        };
        let flag = |set: bool, bit: u32| if set && !clamps_nan { bit } else { 0 };
        let overflow = u32::from(rsrc1.fp16_overflow_clamps()) * FP16_OVERFLOW;
        let flags = flag(rsrc1.dx10_clamp(), DX10_CLAMP) | flag(rsrc1.ieee_mode(), IEEE) | overflow;
        mode.set(rsrc1.float_mode_bits() | flags);
        mode
    }

    pub(crate) fn bits(self) -> u32 {
        self.bits
    }

    pub(crate) fn set(&mut self, bits: u32) {
        self.bits = bits;
        self.flushes = bits >> 4 & 15 != 15;
    }

    /// How results of that kind are rounded.
    pub(crate) fn rounding(self, kind: Kind) -> Rounding {
        let bits = match kind {
            Kind::F32 | Kind::PkF32 => self.bits,
            _ => self.bits >> 2,
        };
        match bits & 3 {
            0 => Rounding::Nearest,
            1 => Rounding::Up,
            2 => Rounding::Down,
            _ => Rounding::Zero,
        }
    }

    /// Conversions to formats of 16 and 8 bits saturate where a finite number overflows.
    pub(crate) fn overflow_saturates(self) -> bool {
        self.bits & FP16_OVERFLOW != 0
    }

    /// A clamped NaN becomes 0.
    pub(crate) fn dx10_clamp(self) -> bool {
        self.clamps_nan || self.bits & DX10_CLAMP != 0
    }

    /// Denormal sources of that kind are read as zero.
    pub(crate) fn flushes_source(self, kind: Kind) -> bool {
        self.denormals(kind) & 1 == 0
    }

    /// Denormal results of that kind become zero.
    pub(crate) fn flushes_result(self, kind: Kind) -> bool {
        self.denormals(kind) & 2 == 0
    }

    fn denormals(self, kind: Kind) -> u32 {
        match kind {
            Kind::F32 | Kind::PkF32 => self.bits >> 4 & 3,
            Kind::F16 | Kind::PkF16 | Kind::F64 => self.bits >> 6 & 3,
            _ => 3,
        }
    }
}
