//! Arithmetic under rounding modes other than to nearest even.
//!
//! The result to nearest is computed as ever; the sign of what is missing to the exact result then
//! says whether the mode wants a neighbour of it. Only programs that can set such a mode are bound to
//! these handlers: see `Program::rounds`.

use std::marker::PhantomData;

use redwick_isa::Opcode;

use super::float::{frexp64, scale64};
use super::map::Rows;
use super::value::{F16, Value, WideF16};
use super::{Handler, Level, bound};
use crate::step::{Bound, Flow, Kind, Step};
use crate::wave::{Rounding, Wave};

/// A sum that no float can hold, as two that do not overlap.
#[derive(Clone, Copy)]
struct Exact(f64, f64);

/// A result that overflowed though its operands are finite lies beyond the largest number.
#[inline(always)]
fn finite(result: f64, operands_are: bool, exact: Exact) -> Exact {
    if result.is_infinite() && operands_are {
        Exact(f64::MAX.copysign(result), 0.0)
    } else {
        exact
    }
}

/// The exact sum of two f64.
#[inline(always)]
fn sum(a: f64, b: f64) -> Exact {
    let s = a + b;
    let other = s - a;
    let exact = Exact(s, (a - (s - other)) + (b - other));
    finite(s, a.is_finite() && b.is_finite(), exact)
}

/// A product of two f64, and what it lacks, scaled: products of mantissas do not underflow.
fn product(a: f64, b: f64) -> Exact {
    let ((m, i), (n, j)) = (frexp64(a), frexp64(b));
    let (rounded, high) = (a * b, m * n);
    let missing = (high - scale64(rounded, -(i + j))) + m.mul_add(n, -high);
    let operands_are = a.is_finite() && b.is_finite();
    finite(rounded, operands_are, Exact(rounded, missing))
}

/// `a·b + c`, and what it lacks as far as the sign goes.
#[inline(always)]
fn fused(a: f64, b: f64, c: f64) -> Exact {
    let rounded = a.mul_add(b, c);
    let product = a * b;
    let Exact(low, rest) = sum(c, a.mul_add(b, -product));
    let Exact(high, middle) = sum(product, low);
    let exact = Exact(rounded, ((high - rounded) + middle) + rest);
    finite(rounded, [a, b, c].iter().all(|x| x.is_finite()), exact)
}

/// A result that may be rounded in several ways.
trait Rounded: Value {
    fn wide(self) -> f64;
    /// The next greater, or less, number of the format.
    fn up(self) -> Self;
    fn down(self) -> Self;
}

impl Rounded for f32 {
    fn wide(self) -> f64 {
        f64::from(self)
    }
    fn up(self) -> Self {
        self.next_up()
    }
    fn down(self) -> Self {
        self.next_down()
    }
}

impl Rounded for f64 {
    fn wide(self) -> f64 {
        self
    }
    fn up(self) -> Self {
        self.next_up()
    }
    fn down(self) -> Self {
        self.next_down()
    }
}

/// The f16 next to one, greater if `up`.
fn next_f16(x: WideF16, up: bool) -> WideF16 {
    let (bits, _) = x.put();
    let next = match (bits & 0x8000 != 0, bits & 0x7fff) {
        (_, 0) if up => 0x0001,
        (_, 0) => 0x8001,
        (negative, _) if negative == up => bits - 1,
        _ => bits + 1,
    };
    WideF16::get(next, 0)
}

impl Rounded for WideF16 {
    fn wide(self) -> f64 {
        let (bits, _) = self.put();
        Self::get(bits, 0).0
    }
    fn up(self) -> Self {
        next_f16(self, true)
    }
    fn down(self) -> Self {
        next_f16(self, false)
    }
}

/// Moves a result to nearest to where the mode wants it. `zeros_differ`: a zero result came of terms
/// with opposite signs.
fn adjust<T: Rounded>(nearest: T, exact: Exact, zeros_differ: bool, mode: Rounding) -> T {
    let wide = nearest.wide();
    let finite = exact.0.is_finite();
    let missing = match exact.0 - wide {
        _ if wide.is_infinite() && finite => -wide,
        0.0 => exact.1,
        difference => difference,
    };
    let toward_zero = mode == Rounding::Zero;
    match () {
        () if wide.is_nan() || !finite && wide.is_infinite() => nearest,
        () if missing == 0.0 && wide == 0.0 && zeros_differ && mode == Rounding::Down => {
            T::get(0, 0).down().up()
        }
        () if missing > 0.0 && (mode == Rounding::Up || toward_zero && wide < 0.0) => nearest.up(),
        () if missing < 0.0 && (mode == Rounding::Down || toward_zero && wide > 0.0) => {
            nearest.down()
        }
        () => nearest,
    }
}

/// An operation on up to three values.
trait Operation {
    type V: Value;
    type O: Rounded;
    const SOURCES: usize;
    fn nearest(x: [Self::V; 3]) -> Self::O;
    fn exact(x: [Self::V; 3]) -> Exact;
    fn zeros_differ(_: [Self::V; 3]) -> bool {
        false
    }
}

struct Adjusted<O>(PhantomData<O>);

impl<O: Operation> Handler for Adjusted<O> {
    const SRC: [Kind; 4] = [
        O::V::KIND,
        if O::SOURCES > 1 {
            O::V::KIND
        } else {
            Kind::None
        },
        if O::SOURCES > 2 {
            O::V::KIND
        } else {
            Kind::None
        },
        Kind::None,
    ];
    const DST: [Kind; 2] = [O::O::KIND, Kind::None];

    #[inline(always)]
    fn run<const L: usize>(w: &mut Wave<'_, L>, s: &Step<L>) -> Flow {
        let mode = w.mode.rounding(O::O::KIND);
        let mut rows = [0; 3];
        for (i, row) in rows.iter_mut().enumerate().take(O::SOURCES) {
            *row = w.source(s, i, O::V::KIND);
        }
        let (mut low, mut high) = ([0; L], [0; L]);
        for i in 0..L {
            let x = rows.map(|row| Rows::of::<O::V>(w, row).get(i));
            let mut value = O::nearest(x);
            if mode != Rounding::Nearest {
                value = adjust(value, O::exact(x), O::zeros_differ(x), mode);
            }
            (low[i], high[i]) = value.put();
        }
        if O::O::KIND.words() == 2 {
            w.result2(s, O::O::KIND, &low, &high);
        } else {
            w.result(s, O::O::KIND, &low);
        }
        Flow::Next
    }
}

macro_rules! operations {
    ($($($op:ident)|+ => $v:ty, $o:ty, $n:literal |$x:ident| $nearest:expr, $exact:expr, $differ:expr;)*) => {
        /// Binds an operation that looks at the rounding mode.
        pub(super) fn bind<const L: usize>(opcode: Opcode, level: Level) -> Option<Bound<L>> {
            Some(match opcode {
                $($(Opcode::$op)|+ => {
                    struct Op;
                    impl Operation for Op {
                        type V = $v;
                        type O = $o;
                        const SOURCES: usize = $n;
                        fn nearest($x: [$v; 3]) -> $o {
                            $nearest
                        }
                        fn exact($x: [$v; 3]) -> Exact {
                            $exact
                        }
                        #[allow(unused_variables, reason = "products and conversions do not look")]
                        fn zeros_differ($x: [$v; 3]) -> bool {
                            $differ
                        }
                    }
                    bound::<L, Adjusted<Op>>(level)
                })*
                _ => return None,
            })
        }
    };
}

/// Whether the signs of two terms differ.
fn opposite(a: f64, b: f64) -> bool {
    a.is_sign_negative() != b.is_sign_negative()
}

fn wide(x: f32) -> f64 {
    f64::from(x)
}

operations! {
    VAddF32 => f32, f32, 2 |x| x[0] + x[1], sum(wide(x[0]), wide(x[1])), opposite(wide(x[0]), wide(x[1]));
    VSubF32 => f32, f32, 2 |x| x[0] - x[1], sum(wide(x[0]), -wide(x[1])), opposite(wide(x[0]), -wide(x[1]));
    VSubrevF32 => f32, f32, 2 |x| x[1] - x[0], sum(wide(x[1]), -wide(x[0])), opposite(wide(x[1]), -wide(x[0]));
    VMulF32 => f32, f32, 2 |x| x[0] * x[1], Exact(wide(x[0]) * wide(x[1]), 0.0), false;
    VFmaF32 | VFmacF32 | VFmaakF32 | VFmamkF32 => f32, f32, 3 |x| x[0].mul_add(x[1], x[2]),
        sum(wide(x[0]) * wide(x[1]), wide(x[2])), opposite(wide(x[0]) * wide(x[1]), wide(x[2]));
    VAddF64 => f64, f64, 2 |x| x[0] + x[1], sum(x[0], x[1]), opposite(x[0], x[1]);
    VMulF64 => f64, f64, 2 |x| x[0] * x[1], product(x[0], x[1]), false;
    VFmaF64 | VFmacF64 => f64, f64, 3 |x| x[0].mul_add(x[1], x[2]), fused(x[0], x[1], x[2]), opposite(x[0] * x[1], x[2]);
    VAddF16 => WideF16, WideF16, 2 |x| WideF16(x[0].0 + x[1].0), Exact(x[0].0 + x[1].0, 0.0), opposite(x[0].0, x[1].0);
    VSubF16 => WideF16, WideF16, 2 |x| WideF16(x[0].0 - x[1].0), Exact(x[0].0 - x[1].0, 0.0), opposite(x[0].0, -x[1].0);
    VMulF16 => WideF16, WideF16, 2 |x| WideF16(x[0].0 * x[1].0), Exact(x[0].0 * x[1].0, 0.0), false;
    VFmaF16 | VFmacF16 => WideF16, WideF16, 3 |x| WideF16(x[0].0 * x[1].0 + x[2].0),
        sum(x[0].0 * x[1].0, x[2].0), opposite(x[0].0 * x[1].0, x[2].0);
    VCvtF16F32 => f32, WideF16, 1 |x| WideF16(wide(x[0])), Exact(wide(x[0]), 0.0), false;
    VCvtF32F64 => f64, f32, 1 |x| x[0] as f32, Exact(x[0], 0.0), false;
    VCvtF32I32 => i32, f32, 1 |x| x[0] as f32, Exact(f64::from(x[0]), 0.0), false;
    VCvtF32U32 => u32, f32, 1 |x| x[0] as f32, Exact(f64::from(x[0]), 0.0), false;
    VCvtF16I16 => i16, WideF16, 1 |x| WideF16(f64::from(x[0])), Exact(f64::from(x[0]), 0.0), false;
    VCvtF16U16 => u16, WideF16, 1 |x| WideF16(f64::from(x[0])), Exact(f64::from(x[0]), 0.0), false;
    VSqrtF16 => F16, WideF16, 1 |x| WideF16(wide(x[0].0).sqrt()), Exact(wide(x[0].0).sqrt(), 0.0), false;
}

#[cfg(test)]
mod tests {
    use super::*;

    const MODES: [Rounding; 4] = [
        Rounding::Nearest,
        Rounding::Up,
        Rounding::Down,
        Rounding::Zero,
    ];

    /// A result in all modes but the first.
    fn all<T: Rounded>(nearest: T, exact: Exact, zeros_differ: bool) -> [f64; 3] {
        [1, 2, 3].map(|i| adjust(nearest, exact, zeros_differ, MODES[i]).wide())
    }

    #[test]
    fn a_third_lies_between_its_neighbours() {
        let third = 1.0f64 / 3.0;
        let (low, high) = (f64::from(0.333_333_3_f32), f64::from(0.333_333_34_f32));
        assert_eq!(
            all(third as f32, Exact(third, 0.0), false),
            [high, low, low]
        );
        let negative = all(-third as f32, Exact(-third, 0.0), false);
        assert_eq!(negative, [-low, -high, -low]);
    }

    #[test]
    fn the_smallest_addend_counts() {
        let tiny = f64::MIN_POSITIVE;
        let up = 1.0f64.next_up();
        assert_eq!(all(1.0 + tiny, sum(1.0, tiny), false), [up, 1.0, 1.0]);
        let down = 1.0f64.next_down();
        assert_eq!(all(1.0 - tiny, sum(1.0, -tiny), true), [1.0, down, down]);
        let (a, b) = (1.0 + f64::EPSILON, 1.0 - f64::EPSILON);
        assert_eq!(
            all(a.mul_add(b, 0.0), fused(a, b, 0.0), false),
            [1.0, down, down]
        );
    }

    #[test]
    fn overflow_stops_at_the_largest_number_or_not() {
        let sums = all(f32::MAX * 2.0, Exact(f64::from(f32::MAX) * 2.0, 0.0), false);
        let most = f64::from(f32::MAX);
        assert_eq!(sums, [f64::INFINITY, most, most]);
        let most = f64::MAX;
        let huge = all(most * 2.0, product(most, 2.0), false);
        assert_eq!(huge, [f64::INFINITY, most, most]);
        let huge = all(most + most, sum(most, most), false);
        assert_eq!(huge, [f64::INFINITY, most, most]);
        let infinite = all(f32::INFINITY, Exact(f64::INFINITY, 0.0), false);
        assert_eq!(infinite, [f64::INFINITY; 3]);
    }

    #[test]
    fn halves_have_neighbours() {
        let exact = 1.0 + 2f64.powi(-12);
        let [up, down, zero] = all(WideF16(exact), Exact(exact, 0.0), false);
        assert_eq!([up, down, zero], [1.0 + 2f64.powi(-10), 1.0, 1.0]);
        let [up, down, zero] = all(WideF16(-1e-9), Exact(-1e-9, 0.0), false);
        assert_eq!([up, down, zero], [0.0, -(2f64.powi(-24)), 0.0]);
    }

    #[test]
    fn a_difference_of_equals_is_a_negative_zero_downwards() {
        let zero = adjust(0.0f32, Exact(0.0, 0.0), true, Rounding::Down);
        assert_eq!(zero.to_bits(), (-0.0f32).to_bits());
        let zero = adjust(0.0f32, Exact(0.0, 0.0), true, Rounding::Up);
        assert_eq!(zero.to_bits(), 0);
    }
}
