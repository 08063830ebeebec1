//! Scalar operands.

use redwick_isa::inst::sreg;

use super::Wave;
use crate::step::{Base, Dst, Flag, Src, Step};

impl<const L: usize> Wave<'_, L> {
    /// A scalar register.
    #[inline(always)]
    pub(crate) fn sgpr32(&self, at: u8) -> u32 {
        self.sgpr[usize::from(at & 127)]
    }

    /// A pair of scalar registers.
    #[inline(always)]
    pub(crate) fn sgpr64(&self, at: u8) -> u64 {
        u64::from(self.sgpr32(at)) | u64::from(self.sgpr32(at.wrapping_add(1))) << 32
    }

    /// Writes a scalar register.
    #[inline(always)]
    pub(crate) fn set_sgpr32(&mut self, at: u8, value: u32) {
        self.sgpr[usize::from(at & 127)] = value;
    }

    /// Writes a pair of scalar registers.
    #[inline(always)]
    pub(crate) fn set_sgpr64(&mut self, at: u8, value: u64) {
        self.set_sgpr32(at, value as u32);
        self.set_sgpr32(at.wrapping_add(1), (value >> 32) as u32);
    }

    fn flag(&self, flag: Flag) -> u64 {
        u64::from(match flag {
            Flag::Scc => self.scc,
            Flag::Vccz => self.mask(sreg::VCC) == 0,
            Flag::Execz => self.exec() == 0,
        })
    }

    /// Source `i` as 32 bits. A vector source gives its lane 0.
    #[inline(always)]
    pub(crate) fn scalar32(&self, s: &Step<L>, i: usize) -> u32 {
        match s.src[i] {
            Src::Scalar(at) => self.sgpr32(at),
            Src::Const(value) => value as u32,
            Src::Row(row) => self.vgpr[usize::from(row)][0],
            other => self.scalar_other(other) as u32,
        }
    }

    /// Source `i` as 64 bits.
    #[inline(always)]
    pub(crate) fn scalar64(&self, s: &Step<L>, i: usize) -> u64 {
        match s.src[i] {
            Src::Scalar(at) => self.sgpr64(at),
            Src::Const(value) => value,
            other => self.scalar_other(other),
        }
    }

    fn scalar_other(&self, src: Src) -> u64 {
        match src {
            Src::Scc => self.flag(Flag::Scc),
            Src::Vccz => self.flag(Flag::Vccz),
            Src::Execz => self.flag(Flag::Execz),
            Src::Modified(base) => self.base_value(base),
            Src::Row(row) => u64::from(self.vgpr[usize::from(row)][0]),
            Src::None | Src::Scalar(_) | Src::Const(_) => 0,
        }
    }

    /// A base that is the same for all lanes; 0 for rows.
    pub(super) fn base_value(&self, base: Base) -> u64 {
        match base {
            Base::Row(_) => 0,
            Base::Scalar(at) => self.sgpr64(at),
            Base::Const(value) => value,
            Base::Flag(flag) => self.flag(flag),
        }
    }

    /// The value of a source that is the same for all lanes.
    pub(super) fn uniform(&self, src: Src) -> u64 {
        match src {
            Src::Scalar(at) => self.sgpr64(at),
            Src::Const(value) => value,
            other => self.scalar_other(other),
        }
    }

    /// Writes destination `i` as 32 bits.
    #[inline(always)]
    pub(crate) fn set_scalar32(&mut self, s: &Step<L>, i: usize, value: u32) {
        if let Dst::Scalar(at) = s.dst[i] {
            self.set_sgpr32(at, value);
        }
    }

    /// Writes destination `i` as 64 bits.
    #[inline(always)]
    pub(crate) fn set_scalar64(&mut self, s: &Step<L>, i: usize, value: u64) {
        if let Dst::Scalar(at) = s.dst[i] {
            self.set_sgpr64(at, value);
        }
    }

    /// Source `i` as a lane mask.
    #[inline(always)]
    pub(crate) fn source_mask(&self, s: &Step<L>, i: usize) -> u64 {
        match s.src[i] {
            Src::Scalar(at) => self.mask(at),
            other => self.uniform(other) & Self::FULL,
        }
    }

    /// Writes destination `i` as a lane mask.
    #[inline(always)]
    pub(crate) fn set_result_mask(&mut self, s: &Step<L>, i: usize, mask: u64) {
        if let Dst::Scalar(at) = s.dst[i] {
            self.set_mask(at, mask);
        }
    }
}
