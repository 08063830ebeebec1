//! Lane-wise operations: a table row is an opcode and an expression on lane values.

use std::marker::PhantomData;

use super::Handler;
use super::value::Value;
use crate::step::{Flow, Kind, Step};
use crate::wave::Wave;

/// An operation on one value.
pub(super) trait Op1 {
    type A: Value;
    type O: Value;
    fn eval(a: Self::A) -> Self::O;
}

/// An operation on two values.
pub(super) trait Op2 {
    type A: Value;
    type B: Value;
    type O: Value;
    fn eval(a: Self::A, b: Self::B) -> Self::O;
}

/// An operation on three values.
pub(super) trait Op3 {
    type A: Value;
    type B: Value;
    type C: Value;
    type O: Value;
    fn eval(a: Self::A, b: Self::B, c: Self::C) -> Self::O;
}

/// A source's rows, borrowed once so that the loop over lanes has no bounds to check.
#[derive(Clone, Copy)]
pub(super) struct Rows<'a, const L: usize> {
    low: &'a [u32; L],
    high: &'a [u32; L],
}

impl<'a, const L: usize> Rows<'a, L> {
    #[inline(always)]
    pub(super) fn of<V: Value>(w: &'a Wave<'_, L>, at: usize) -> Self {
        Self {
            low: &w.vgpr[at],
            high: &w.vgpr[at + usize::from(V::KIND.words() == 2)],
        }
    }

    #[inline(always)]
    pub(super) fn get<V: Value>(self, i: usize) -> V {
        V::get(self.low[i], self.high[i])
    }
}

/// Applies an operation on one value to all lanes.
pub(super) struct Map1<O>(PhantomData<O>);

impl<O: Op1> Handler for Map1<O> {
    const SRC: [Kind; 4] = [O::A::KIND, Kind::None, Kind::None, Kind::None];
    const DST: [Kind; 2] = [O::O::KIND, Kind::None];

    #[inline(always)]
    fn run<const L: usize>(w: &mut Wave<'_, L>, s: &Step<L>) -> Flow {
        let a = w.source(s, 0, O::A::KIND);
        let (mut low, mut high) = ([0; L], [0; L]);
        {
            let a = Rows::of::<O::A>(w, a);
            for i in 0..L {
                (low[i], high[i]) = O::eval(a.get(i)).put();
            }
        }
        store::<O::O, L>(w, s, &low, &high);
        Flow::Next
    }
}

/// Applies an operation on two values to all lanes.
pub(super) struct Map2<O>(PhantomData<O>);

impl<O: Op2> Handler for Map2<O> {
    const SRC: [Kind; 4] = [O::A::KIND, O::B::KIND, Kind::None, Kind::None];
    const DST: [Kind; 2] = [O::O::KIND, Kind::None];

    #[inline(always)]
    fn run<const L: usize>(w: &mut Wave<'_, L>, s: &Step<L>) -> Flow {
        let a = w.source(s, 0, O::A::KIND);
        let b = w.source(s, 1, O::B::KIND);
        let (mut low, mut high) = ([0; L], [0; L]);
        {
            let (a, b) = (Rows::of::<O::A>(w, a), Rows::of::<O::B>(w, b));
            for i in 0..L {
                (low[i], high[i]) = O::eval(a.get(i), b.get(i)).put();
            }
        }
        store::<O::O, L>(w, s, &low, &high);
        Flow::Next
    }
}

/// Applies an operation on three values to all lanes.
pub(super) struct Map3<O>(PhantomData<O>);

impl<O: Op3> Handler for Map3<O> {
    const SRC: [Kind; 4] = [O::A::KIND, O::B::KIND, O::C::KIND, Kind::None];
    const DST: [Kind; 2] = [O::O::KIND, Kind::None];

    #[inline(always)]
    fn run<const L: usize>(w: &mut Wave<'_, L>, s: &Step<L>) -> Flow {
        let a = w.source(s, 0, O::A::KIND);
        let b = w.source(s, 1, O::B::KIND);
        let c = w.source(s, 2, O::C::KIND);
        let (mut low, mut high) = ([0; L], [0; L]);
        {
            let (a, b, c) = (
                Rows::of::<O::A>(w, a),
                Rows::of::<O::B>(w, b),
                Rows::of::<O::C>(w, c),
            );
            for i in 0..L {
                (low[i], high[i]) = O::eval(a.get(i), b.get(i), c.get(i)).put();
            }
        }
        store::<O::O, L>(w, s, &low, &high);
        Flow::Next
    }
}

#[inline(always)]
fn store<V: Value, const L: usize>(
    w: &mut Wave<'_, L>,
    s: &Step<L>,
    low: &[u32; L],
    high: &[u32; L],
) {
    if V::KIND.words() == 2 {
        w.result2(s, V::KIND, low, high)
    } else {
        w.result(s, V::KIND, low)
    }
}

/// Binds one lane-wise expression.
macro_rules! lane_op {
    ($L:ident, $level:expr, ($a:ident: $A:ty) -> $O:ty $body:block) => {{
        struct Op;
        impl $crate::exec::map::Op1 for Op {
            type A = $A;
            type O = $O;
            #[inline(always)]
            fn eval($a: $A) -> $O $body
        }
        $crate::exec::bound::<$L, $crate::exec::map::Map1<Op>>($level)
    }};
    ($L:ident, $level:expr, ($a:ident: $A:ty, $b:ident: $B:ty) -> $O:ty $body:block) => {{
        struct Op;
        impl $crate::exec::map::Op2 for Op {
            type A = $A;
            type B = $B;
            type O = $O;
            #[inline(always)]
            fn eval($a: $A, $b: $B) -> $O $body
        }
        $crate::exec::bound::<$L, $crate::exec::map::Map2<Op>>($level)
    }};
    ($L:ident, $level:expr, ($a:ident: $A:ty, $b:ident: $B:ty, $c:ident: $C:ty) -> $O:ty $body:block) => {{
        struct Op;
        impl $crate::exec::map::Op3 for Op {
            type A = $A;
            type B = $B;
            type C = $C;
            type O = $O;
            #[inline(always)]
            fn eval($a: $A, $b: $B, $c: $C) -> $O $body
        }
        $crate::exec::bound::<$L, $crate::exec::map::Map3<Op>>($level)
    }};
}

/// Defines `fn $name(opcode, level)` from rows `Opcode => (lane values) -> result { expression }`.
macro_rules! lane_ops {
    ($vis:vis fn $name:ident; $($($op:ident)|+ => ($($arg:ident: $ty:ty),+) -> $out:ty $body:block)*) => {
        $vis fn $name<const L: usize>(
            opcode: redwick_isa::Opcode,
            level: $crate::exec::Level,
        ) -> Option<$crate::step::Bound<L>> {
            Some(match opcode {
                $($(redwick_isa::Opcode::$op)|+ => $crate::exec::map::lane_op!(L, level, ($($arg: $ty),+) -> $out $body),)*
                _ => return None,
            })
        }
    };
}

pub(super) use {lane_op, lane_ops};
