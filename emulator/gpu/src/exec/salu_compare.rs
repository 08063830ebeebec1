//! Scalar comparisons, and operations that look at what their destination holds.

use redwick_isa::Opcode;

use super::{Handler, plain};
use crate::step::{Bound, Dst, Flow, Kind, Step};
use crate::wave::Wave;

/// Operations written with the wave and the step.
macro_rules! flag_ops {
    ($fn:ident; $($op:ident => [$a:ident, $b:ident -> $dst:ident] |$w:ident, $s:ident| $body:block)*) => {
        fn $fn<const L: usize>(opcode: Opcode) -> Option<Bound<L>> {
            Some(match opcode {
                $(Opcode::$op => {
                    struct Op;
                    impl Handler for Op {
                        const SRC: [Kind; 4] = [Kind::$a, Kind::$b, Kind::None, Kind::None];
                        const DST: [Kind; 2] = [Kind::$dst, Kind::None];
                        const VECTOR: bool = false;
                        #[inline(always)]
                        fn run<const L: usize>($w: &mut Wave<'_, L>, $s: &Step<L>) -> Flow {
                            $body
                            Flow::Next
                        }
                    }
                    plain::<L, Op>()
                })*
                _ => return None,
            })
        }
    };
}

/// Binds a scalar comparison or an operation on its own destination.
pub(super) fn bind<const L: usize>(opcode: Opcode) -> Option<Bound<L>> {
    compare(opcode)
        .or_else(|| compare_constant(opcode))
        .or_else(|| in_place(opcode))
}

/// What the destination holds.
fn old<const L: usize>(w: &Wave<'_, L>, s: &Step<L>) -> u32 {
    if let Dst::Scalar(at) = s.dst[0] {
        w.sgpr32(at)
    } else {
        0
    }
}

fn old64<const L: usize>(w: &Wave<'_, L>, s: &Step<L>) -> u64 {
    if let Dst::Scalar(at) = s.dst[0] {
        w.sgpr64(at)
    } else {
        0
    }
}

flag_ops! { compare;
    SCmpEqI32 => [B32, B32 -> None] |w, s| { w.scc = w.scalar32(s, 0) == w.scalar32(s, 1); }
    SCmpLgI32 => [B32, B32 -> None] |w, s| { w.scc = w.scalar32(s, 0) != w.scalar32(s, 1); }
    SCmpEqU32 => [B32, B32 -> None] |w, s| { w.scc = w.scalar32(s, 0) == w.scalar32(s, 1); }
    SCmpLgU32 => [B32, B32 -> None] |w, s| { w.scc = w.scalar32(s, 0) != w.scalar32(s, 1); }
    SCmpGtI32 => [B32, B32 -> None] |w, s| { w.scc = w.scalar32(s, 0) as i32 > w.scalar32(s, 1) as i32; }
    SCmpGeI32 => [B32, B32 -> None] |w, s| { w.scc = w.scalar32(s, 0) as i32 >= w.scalar32(s, 1) as i32; }
    SCmpLtI32 => [B32, B32 -> None] |w, s| { w.scc = (w.scalar32(s, 0) as i32) < w.scalar32(s, 1) as i32; }
    SCmpLeI32 => [B32, B32 -> None] |w, s| { w.scc = w.scalar32(s, 0) as i32 <= w.scalar32(s, 1) as i32; }
    SCmpGtU32 => [B32, B32 -> None] |w, s| { w.scc = w.scalar32(s, 0) > w.scalar32(s, 1); }
    SCmpGeU32 => [B32, B32 -> None] |w, s| { w.scc = w.scalar32(s, 0) >= w.scalar32(s, 1); }
    SCmpLtU32 => [B32, B32 -> None] |w, s| { w.scc = w.scalar32(s, 0) < w.scalar32(s, 1); }
    SCmpLeU32 => [B32, B32 -> None] |w, s| { w.scc = w.scalar32(s, 0) <= w.scalar32(s, 1); }
    SCmpEqU64 => [B64, B64 -> None] |w, s| { w.scc = w.scalar64(s, 0) == w.scalar64(s, 1); }
    SCmpLgU64 => [B64, B64 -> None] |w, s| { w.scc = w.scalar64(s, 0) != w.scalar64(s, 1); }
    SBitcmp0B32 => [B32, B32 -> None] |w, s| { w.scc = w.scalar32(s, 0) >> (w.scalar32(s, 1) & 31) & 1 == 0; }
    SBitcmp1B32 => [B32, B32 -> None] |w, s| { w.scc = w.scalar32(s, 0) >> (w.scalar32(s, 1) & 31) & 1 != 0; }
    SBitcmp0B64 => [B64, B32 -> None] |w, s| { w.scc = w.scalar64(s, 0) >> (w.scalar32(s, 1) & 63) & 1 == 0; }
    SBitcmp1B64 => [B64, B32 -> None] |w, s| { w.scc = w.scalar64(s, 0) >> (w.scalar32(s, 1) & 63) & 1 != 0; }
}

flag_ops! { compare_constant;
    SCmpkEqI32 => [B32, None -> None] |w, s| { w.scc = w.scalar32(s, 0) as i32 == s.imm; }
    SCmpkLgI32 => [B32, None -> None] |w, s| { w.scc = w.scalar32(s, 0) as i32 != s.imm; }
    SCmpkGtI32 => [B32, None -> None] |w, s| { w.scc = w.scalar32(s, 0) as i32 > s.imm; }
    SCmpkGeI32 => [B32, None -> None] |w, s| { w.scc = w.scalar32(s, 0) as i32 >= s.imm; }
    SCmpkLtI32 => [B32, None -> None] |w, s| { w.scc = (w.scalar32(s, 0) as i32) < s.imm; }
    SCmpkLeI32 => [B32, None -> None] |w, s| { w.scc = w.scalar32(s, 0) as i32 <= s.imm; }
    SCmpkEqU32 => [B32, None -> None] |w, s| { w.scc = w.scalar32(s, 0) == s.imm as u32 & 0xffff; }
    SCmpkLgU32 => [B32, None -> None] |w, s| { w.scc = w.scalar32(s, 0) != s.imm as u32 & 0xffff; }
    SCmpkGtU32 => [B32, None -> None] |w, s| { w.scc = w.scalar32(s, 0) > s.imm as u32 & 0xffff; }
    SCmpkGeU32 => [B32, None -> None] |w, s| { w.scc = w.scalar32(s, 0) >= s.imm as u32 & 0xffff; }
    SCmpkLtU32 => [B32, None -> None] |w, s| { w.scc = w.scalar32(s, 0) < s.imm as u32 & 0xffff; }
    SCmpkLeU32 => [B32, None -> None] |w, s| { w.scc = w.scalar32(s, 0) <= s.imm as u32 & 0xffff; }
}

flag_ops! { in_place;
    SAddkI32 => [None, None -> B32] |w, s| {
        let (value, overflow) = (old(w, s) as i32).overflowing_add(s.imm);
        w.set_scalar32(s, 0, value as u32);
        w.scc = overflow;
    }
    SMulkI32 => [None, None -> B32] |w, s| {
        let value = (old(w, s) as i32).wrapping_mul(s.imm);
        w.set_scalar32(s, 0, value as u32);
    }
    SCmovB32 => [B32, None -> B32] |w, s| {
        if w.scc {
            w.set_scalar32(s, 0, w.scalar32(s, 0));
        }
    }
    SCmovB64 => [B64, None -> B64] |w, s| {
        if w.scc {
            w.set_scalar64(s, 0, w.scalar64(s, 0));
        }
    }
    SCmovkI32 => [None, None -> B32] |w, s| {
        if w.scc {
            w.set_scalar32(s, 0, s.imm as u32);
        }
    }
    SBitset0B32 => [B32, None -> B32] |w, s| {
        let value = old(w, s) & !(1 << (w.scalar32(s, 0) & 31));
        w.set_scalar32(s, 0, value);
    }
    SBitset1B32 => [B32, None -> B32] |w, s| {
        let value = old(w, s) | 1 << (w.scalar32(s, 0) & 31);
        w.set_scalar32(s, 0, value);
    }
    SBitset0B64 => [B32, None -> B64] |w, s| {
        let value = old64(w, s) & !(1 << (w.scalar32(s, 0) & 63));
        w.set_scalar64(s, 0, value);
    }
    SBitset1B64 => [B32, None -> B64] |w, s| {
        let value = old64(w, s) | 1 << (w.scalar32(s, 0) & 63);
        w.set_scalar64(s, 0, value);
    }
}
