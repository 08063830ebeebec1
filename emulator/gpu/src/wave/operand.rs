//! Vector sources: every one becomes a row.

use redwick_isa::inst::{Sdwa, SdwaSelect};

use super::{LANE_INVALID, Wave};
use crate::step::{Base, Kind, Mods, Src, Step};

impl<const L: usize> Wave<'_, L> {
    /// The row of source `i`; the high word of a 64-bit kind is in the row behind it.
    #[inline(always)]
    pub(crate) fn source(&mut self, s: &Step<L>, i: usize, kind: Kind) -> usize {
        match s.src[i] {
            Src::Row(row) if !(self.mode.flushes && is_float(kind)) => usize::from(row),
            _ => self.made_source(s, i, kind),
        }
    }

    /// Builds a source that is not simply a register, in its temporary rows.
    #[inline(never)]
    fn made_source(&mut self, s: &Step<L>, i: usize, kind: Kind) -> usize {
        let at = self.program.temporaries() + 2 * i;
        let (base, mods) = match s.src[i] {
            Src::Modified(base) => (base, s.mods.as_deref()),
            Src::Row(row) => (Base::Row(row), None),
            other => (Base::Const(self.uniform(other)), None),
        };
        self.fill_base(at, base, kind);
        if let Some(mods) = mods {
            self.modify(at, i, kind, mods);
        }
        if self.mode.flushes_source(kind) {
            self.flush_rows(at, kind);
        }
        at
    }

    fn fill_base(&mut self, at: usize, base: Base, kind: Kind) {
        let words = kind.words();
        match base {
            Base::Row(row) => {
                for word in 0..words {
                    self.vgpr[at + word] = self.vgpr[usize::from(row) + word];
                }
            }
            other => {
                let value = self.base_value(other);
                self.vgpr[at].fill(value as u32);
                if words == 2 {
                    self.vgpr[at + 1].fill((value >> 32) as u32);
                }
            }
        }
    }

    fn modify(&mut self, at: usize, i: usize, kind: Kind, mods: &Mods) {
        if i == 0 && mods.dpp.is_some() {
            let exec = self.exec();
            for word in 0..kind.words() {
                self.vgpr[at + word] = moved(&self.vgpr[at + word], mods, exec);
            }
        }
        if let Some(sdwa) = mods.sdwa.filter(|_| i < 2) {
            select(&mut self.vgpr[at], &sdwa, i);
        }
        let narrow = matches!(kind, Kind::F16 | Kind::B16);
        if narrow && mods.op_sel >> i & 1 != 0 {
            self.vgpr[at].iter_mut().for_each(|lane| *lane >>= 16);
        }
        let sign = if narrow { 0x8000 } else { 0x8000_0000 };
        let top = &mut self.vgpr[at + kind.words() - 1];
        if mods.abs >> i & 1 != 0 {
            top.iter_mut().for_each(|lane| *lane &= !sign);
        }
        if mods.neg >> i & 1 != 0 {
            top.iter_mut().for_each(|lane| *lane ^= sign);
        }
    }

    /// Replaces denormals in a row (or pair of rows) by zeros of their sign.
    pub(super) fn flush_rows(&mut self, at: usize, kind: Kind) {
        match kind {
            Kind::F64 => {
                for lane in 0..L {
                    if self.vgpr[at + 1][lane] & 0x7ff0_0000 == 0 {
                        self.vgpr[at][lane] = 0;
                        self.vgpr[at + 1][lane] &= 0x8000_0000;
                    }
                }
            }
            _ => (0..kind.words()).for_each(|word| flush(&mut self.vgpr[at + word], kind)),
        }
    }
}

/// Replaces denormals of a row by zeros of their sign.
pub(super) fn flush<const L: usize>(row: &mut [u32; L], kind: Kind) {
    match kind {
        Kind::F16 | Kind::PkF16 => row
            .iter_mut()
            .for_each(|lane| *lane = flush_f16(*lane) | flush_f16(*lane >> 16) << 16),
        Kind::F32 | Kind::PkF32 => row.iter_mut().for_each(|lane| {
            if *lane & 0x7f80_0000 == 0 {
                *lane &= 0x8000_0000;
            }
        }),
        _ => {}
    }
}

fn flush_f16(half: u32) -> u32 {
    if half & 0x7c00 == 0 {
        half & 0x8000
    } else {
        half & 0xffff
    }
}

/// Whether modes of float arithmetic apply.
#[inline(always)]
pub(crate) fn is_float(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::F16 | Kind::F32 | Kind::F64 | Kind::PkF16 | Kind::PkF32
    )
}

/// A row with its lanes moved by DPP; lanes without a source read 0.
fn moved<const L: usize>(row: &[u32; L], mods: &Mods, exec: u64) -> [u32; L] {
    let inactive = mods.dpp.is_some_and(|dpp| dpp.fetch_inactive);
    std::array::from_fn(|lane| {
        let source = mods.lanes[lane];
        let usable = source != LANE_INVALID && (inactive || exec >> source & 1 != 0);
        if usable { row[usize::from(source)] } else { 0 }
    })
}

/// Takes the selected part of each lane.
fn select<const L: usize>(row: &mut [u32; L], sdwa: &Sdwa, i: usize) {
    let (shift, bits) = part(sdwa.src_sel[i]);
    let (up, signed) = (32 - bits, sdwa.src_sext[i]);
    for lane in row {
        let value = (*lane >> shift) << up;
        *lane = if signed {
            (value as i32 >> up) as u32
        } else {
            value >> up
        };
    }
}

/// First bit and width of a part of a register.
pub(super) fn part(select: SdwaSelect) -> (u32, u32) {
    match select {
        SdwaSelect::Byte0 => (0, 8),
        SdwaSelect::Byte1 => (8, 8),
        SdwaSelect::Byte2 => (16, 8),
        SdwaSelect::Byte3 => (24, 8),
        SdwaSelect::Word0 => (0, 16),
        SdwaSelect::Word1 => (16, 16),
        SdwaSelect::Dword => (0, 32),
    }
}
