//! Vector results: modifiers, and the lanes that are written.

use redwick_isa::inst::{Sdwa, SdwaUnused};

use super::operand::{is_float, part};
use super::{LANE_INVALID, Wave};
use crate::step::{Dst, Half, Kind, Mods, Step};

impl<const L: usize> Wave<'_, L> {
    /// Writes a one-word result to destination 0.
    #[inline(always)]
    pub(crate) fn result(&mut self, s: &Step<L>, kind: Kind, row: &[u32; L]) {
        match s.dst[0] {
            Dst::Row(at) if s.plain && !(self.mode.flushes && is_float(kind)) => {
                self.write_row(usize::from(at), row, self.exec());
            }
            _ => self.modified_result(s, kind, *row, [0; L]),
        }
    }

    /// Writes a two-word result to destination 0.
    #[inline(always)]
    pub(crate) fn result2(&mut self, s: &Step<L>, kind: Kind, low: &[u32; L], high: &[u32; L]) {
        match s.dst[0] {
            Dst::Row(at) if s.plain && !(self.mode.flushes && is_float(kind)) => {
                let exec = self.exec();
                self.write_row(usize::from(at), low, exec);
                self.write_row(usize::from(at) + 1, high, exec);
            }
            _ => self.modified_result(s, kind, *low, *high),
        }
    }

    /// Writes the lanes of `mask`.
    #[inline(always)]
    pub(crate) fn write_row(&mut self, at: usize, row: &[u32; L], mask: u64) {
        if mask == Self::FULL {
            self.vgpr[at] = *row;
        } else {
            blend(&mut self.vgpr[at], row, mask);
        }
    }

    /// The lanes that the step writes: active ones, less those that DPP leaves alone.
    pub(crate) fn written_lanes(&self, s: &Step<L>) -> u64 {
        let exec = self.exec();
        match s.mods.as_deref() {
            Some(mods) if mods.dpp.is_some() => exec & dpp_mask::<L>(mods, exec),
            _ => exec,
        }
    }

    #[inline(never)]
    fn modified_result(&mut self, s: &Step<L>, kind: Kind, mut low: [u32; L], mut high: [u32; L]) {
        let Dst::Row(at) = s.dst[0] else { return };
        let at = usize::from(at);
        let mask = self.written_lanes(s);
        if self.mode.flushes_result(kind) {
            self.flush_result(kind, &mut low, &mut high);
        }
        if let Some(mods) = s.mods.as_deref() {
            let nan_to_zero = self.mode.dx10_clamp();
            scale_and_clamp(kind, mods, nan_to_zero, &mut low, &mut high);
        }
        match s.mods.as_deref().and_then(|mods| mods.sdwa) {
            Some(sdwa) => place_part(&mut low, &self.vgpr[at], &sdwa),
            None if matches!(kind, Kind::F16 | Kind::B16) => {
                place_half(&mut low, &self.vgpr[at], s.half)
            }
            None => {}
        }
        self.write_row(at, &low, mask);
        if kind.words() == 2 {
            self.write_row(at + 1, &high, mask);
        }
    }

    fn flush_result(&mut self, kind: Kind, low: &mut [u32; L], high: &mut [u32; L]) {
        let at = self.program.temporaries();
        self.vgpr[at] = *low;
        self.vgpr[at + 1] = *high;
        self.flush_rows(at, kind);
        *low = self.vgpr[at];
        *high = self.vgpr[at + 1];
    }
}

/// Writes the lanes of `mask` of a row.
#[inline(always)]
pub(crate) fn blend<const L: usize>(to: &mut [u32; L], from: &[u32; L], mask: u64) {
    for (half, (to, from)) in to
        .chunks_exact_mut(32)
        .zip(from.chunks_exact(32))
        .enumerate()
    {
        let bits = (mask >> (32 * half)) as u32;
        for i in 0..32 {
            to[i] = if bits & (1 << i) != 0 { from[i] } else { to[i] };
        }
    }
}

/// The lanes that DPP writes, whatever EXEC says.
fn dpp_mask<const L: usize>(mods: &Mods, exec: u64) -> u64 {
    let Some(dpp) = mods.dpp else { return u64::MAX };
    let allowed = |lane: usize| {
        let source = mods.lanes[lane];
        let usable = source != LANE_INVALID && (dpp.fetch_inactive || exec >> source & 1 != 0);
        let row = dpp.row_mask >> (lane / 16) & 1 != 0;
        let bank = dpp.bank_mask >> (lane / 4 % 4) & 1 != 0;
        row && bank && (usable || dpp.bound_ctrl)
    };
    (0..L).fold(0, |mask, lane| mask | u64::from(allowed(lane)) << lane)
}

fn scale_and_clamp<const L: usize>(
    kind: Kind,
    mods: &Mods,
    nan_to_zero: bool,
    low: &mut [u32; L],
    high: &mut [u32; L],
) {
    let factor = [1.0, 2.0, 4.0, 0.5][usize::from(mods.omod & 3)];
    let limit = |value: f64| match value {
        v if !mods.clamp => v,
        v if v.is_nan() => {
            if nan_to_zero {
                0.0
            } else {
                v
            }
        }
        // Clamping makes −0 into +0.
        v if v <= 0.0 => 0.0,
        v => v.min(1.0),
    };
    if (mods.omod == 0 && !mods.clamp) || !is_float(kind) {
        return;
    }
    for lane in 0..L {
        match kind {
            Kind::F32 => {
                low[lane] = (limit(f64::from(f32::from_bits(low[lane])) * factor) as f32).to_bits()
            }
            Kind::F16 => {
                let value = crate::exec::float::f16_to_f32(low[lane]);
                low[lane] = crate::exec::float::f64_to_f16(limit(f64::from(value) * factor));
            }
            Kind::F64 => {
                let bits = u64::from(low[lane]) | u64::from(high[lane]) << 32;
                let bits = limit(f64::from_bits(bits) * factor).to_bits();
                (low[lane], high[lane]) = (bits as u32, (bits >> 32) as u32);
            }
            _ => {}
        }
    }
}

/// Merges a 16-bit result with the register's other half.
fn place_half<const L: usize>(row: &mut [u32; L], old: &[u32; L], half: Half) {
    for (lane, old) in row.iter_mut().zip(old) {
        *lane = match half {
            Half::LowClear => *lane & 0xffff,
            Half::Low => *lane & 0xffff | old & 0xffff_0000,
            Half::High => *lane << 16 | old & 0xffff,
        };
    }
}

/// Puts a result in the part of the register that SDWA selects.
fn place_part<const L: usize>(row: &mut [u32; L], old: &[u32; L], sdwa: &Sdwa) {
    let (shift, bits) = part(sdwa.dst_sel);
    let mask = u32::MAX >> (32 - bits);
    for (lane, old) in row.iter_mut().zip(old) {
        let value = *lane & mask;
        let signed = ((value << (32 - bits)) as i32 >> (32 - bits)) as u32;
        *lane = match sdwa.dst_unused {
            SdwaUnused::Pad => value << shift,
            SdwaUnused::Sext => signed << shift,
            SdwaUnused::Preserve => value << shift | old & !(mask << shift),
        };
    }
}
