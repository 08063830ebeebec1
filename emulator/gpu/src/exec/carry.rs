//! Sums and differences with carries in lane masks, and selection by a lane mask.

use redwick_isa::{Inst, Opcode};

use super::{Handler, Level, bound};
use crate::step::{Bound, Flow, Kind, Step};
use crate::wave::{Wave, mask_of};

/// A sum or difference with a carry in and out.
trait Carry {
    /// Whether there is a carry in, as source 2.
    const IN: bool;
    fn eval(a: u32, b: u32, carry: u32) -> (u32, bool);
}

struct WithCarry<C>(std::marker::PhantomData<C>);

impl<C: Carry> Handler for WithCarry<C> {
    const SRC: [Kind; 4] = [Kind::B32, Kind::B32, Kind::None, Kind::None];
    const DST: [Kind; 2] = [Kind::B32, Kind::None];

    #[inline(always)]
    fn run<const L: usize>(w: &mut Wave<'_, L>, s: &Step<L>) -> Flow {
        let (a, b) = (w.source(s, 0, Kind::B32), w.source(s, 1, Kind::B32));
        let carry = if C::IN { w.source_mask(s, 2) } else { 0 };
        let (mut sums, mut carries) = ([0; L], [0; L]);
        {
            let (a, b) = (&w.vgpr[a], &w.vgpr[b]);
            for i in 0..L {
                let (sum, out) = C::eval(a[i], b[i], (carry >> i) as u32 & 1);
                sums[i] = sum;
                carries[i] = u32::from(out);
            }
        }
        let mask = mask_of(&carries) & w.written_lanes(s);
        w.result(s, Kind::B32, &sums);
        w.set_result_mask(s, 1, mask);
        Flow::Next
    }
}

/// 32 × 32 + 64 bits, with a carry out.
struct MultiplyAdd<const SIGNED: bool>;

impl<const SIGNED: bool> Handler for MultiplyAdd<SIGNED> {
    const SRC: [Kind; 4] = [
        Kind::B32,
        Kind::B32,
        if SIGNED { Kind::I64 } else { Kind::B64 },
        Kind::None,
    ];
    const DST: [Kind; 2] = [Kind::B64, Kind::None];

    #[inline(always)]
    fn run<const L: usize>(w: &mut Wave<'_, L>, s: &Step<L>) -> Flow {
        let (a, b) = (w.source(s, 0, Kind::B32), w.source(s, 1, Kind::B32));
        let c = w.source(s, 2, Kind::B64);
        let (mut low, mut high, mut carries) = ([0; L], [0; L], [0; L]);
        {
            let (a, b, c, d) = (&w.vgpr[a], &w.vgpr[b], &w.vgpr[c], &w.vgpr[c + 1]);
            for i in 0..L {
                let addend = u64::from(c[i]) | u64::from(d[i]) << 32;
                let (sum, out) = if SIGNED {
                    let product = i64::from(a[i] as i32) * i64::from(b[i] as i32);
                    let (sum, out) = (addend as i64).overflowing_add(product);
                    (sum as u64, out)
                } else {
                    addend.overflowing_add(u64::from(a[i]) * u64::from(b[i]))
                };
                low[i] = sum as u32;
                high[i] = (sum >> 32) as u32;
                carries[i] = u32::from(out);
            }
        }
        let mask = mask_of(&carries) & w.written_lanes(s);
        w.result2(s, Kind::B64, &low, &high);
        w.set_result_mask(s, 1, mask);
        Flow::Next
    }
}

/// Source 1 where the mask has the lane's bit, else source 0.
struct Select<const NARROW: bool>;

impl<const NARROW: bool> Select<NARROW> {
    const KIND: Kind = if NARROW { Kind::B16 } else { Kind::B32 };
}

impl<const NARROW: bool> Handler for Select<NARROW> {
    const SRC: [Kind; 4] = [Self::KIND, Self::KIND, Kind::None, Kind::None];
    const DST: [Kind; 2] = [Self::KIND, Kind::None];

    #[inline(always)]
    fn run<const L: usize>(w: &mut Wave<'_, L>, s: &Step<L>) -> Flow {
        let (a, b) = (w.source(s, 0, Self::KIND), w.source(s, 1, Self::KIND));
        let mask = w.source_mask(s, 2);
        let mut row = w.vgpr[a];
        crate::wave::blend(&mut row, &w.vgpr[b], mask);
        w.result(s, Self::KIND, &row);
        Flow::Next
    }
}

macro_rules! carry_ops {
    ($($op:ident => $in:literal |$a:ident, $b:ident, $c:ident| $body:expr;)*) => {
        fn carries<const L: usize>(opcode: Opcode, level: Level) -> Option<Bound<L>> {
            Some(match opcode {
                $(Opcode::$op => {
                    struct Op;
                    impl Carry for Op {
                        const IN: bool = $in;
                        #[inline(always)]
                        fn eval($a: u32, $b: u32, $c: u32) -> (u32, bool) {
                            $body
                        }
                    }
                    bound::<L, WithCarry<Op>>(level)
                })*
                _ => return None,
            })
        }
    };
}

#[inline(always)]
fn add(a: u32, b: u32, c: u32) -> (u32, bool) {
    let sum = a.wrapping_add(b);
    let total = sum.wrapping_add(c);
    (total, (sum < a) | (total < sum))
}

#[inline(always)]
fn subtract(a: u32, b: u32, c: u32) -> (u32, bool) {
    let difference = a.wrapping_sub(b);
    (difference.wrapping_sub(c), (a < b) | (difference < c))
}

carry_ops! {
    VAddCoU32 => false |a, b, _c| add(a, b, 0);
    VSubCoU32 => false |a, b, _c| subtract(a, b, 0);
    VSubrevCoU32 => false |a, b, _c| subtract(b, a, 0);
    VAddCoCiU32 => true |a, b, c| add(a, b, c);
    VSubCoCiU32 => true |a, b, c| subtract(a, b, c);
    VSubrevCoCiU32 => true |a, b, c| subtract(b, a, c);
}

/// Binds an operation that reads or writes a lane mask beside its lanes.
pub(super) fn bind<const L: usize>(inst: &Inst, level: Level) -> Option<Bound<L>> {
    let mut bound = match inst.opcode {
        Opcode::VMadU64U32 => bound::<L, MultiplyAdd<false>>(level),
        Opcode::VMadI64I32 => bound::<L, MultiplyAdd<true>>(level),
        Opcode::VCndmaskB32 => bound::<L, Select<false>>(level),
        Opcode::VCndmaskB16 => bound::<L, Select<true>>(level),
        other => carries(other, level)?,
    };
    if bound.src[2] == Kind::None {
        bound.src_words[2] = (L / 32) as u8;
    }
    Some(bound)
}
