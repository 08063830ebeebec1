//! Ops that treat every element alike.

use candle_core::DType;

use crate::compare::Tolerance;
use crate::op::{ALL_FLOATS, Case, DTYPES, INTEGERS, Op, Reference, Run};
use crate::operand::{Operand, Values};
use crate::shapes;

const fn float(name: &'static str, values: Values, ulps: f64, run: Run) -> Op {
    Op {
        values,
        reference: Reference::Wide,
        tolerance: Tolerance::ulps(ulps),
        ..Op::row(name, ALL_FLOATS, shapes::one, run)
    }
}

/// Like [`float`], with errors at the magnitude of an argument or of terms that cancel.
const fn composed(name: &'static str, values: Values, run: Run) -> Op {
    Op {
        tolerance: Tolerance {
            ulps: 2.0,
            accumulated: 4.0,
            within: 1.0,
        },
        ..float(name, values, 0.0, run)
    }
}

/// What the CPU backend does to integers.
const fn integer(name: &'static str, run: Run) -> Op {
    Op::row(name, INTEGERS, shapes::one, run)
}

/// Functions of one number.
pub const UNARY: &[Op] = &[
    float("exp", Values::ANY, 4.0, |x, _| x[0].exp()),
    composed("log", Values::POSITIVE, |x, _| x[0].log()),
    composed("sin", Values::ANY, |x, _| x[0].sin()),
    composed("cos", Values::ANY, |x, _| x[0].cos()),
    composed("tanh", Values::ANY, |x, _| x[0].tanh()),
    float("abs", Values::ANY, 0.0, |x, _| x[0].abs()),
    float("neg", Values::ANY, 0.0, |x, _| x[0].neg()),
    float("recip", Values::POSITIVE, 2.0, |x, _| x[0].recip()),
    float("sqr", Values::ANY, 1.0, |x, _| x[0].sqr()),
    float("sqrt", Values::POSITIVE, 2.0, |x, _| x[0].sqrt()),
    composed("gelu", Values::ANY, |x, _| x[0].gelu()),
    composed("gelu_erf", Values::ANY, |x, _| x[0].gelu_erf()),
    composed("erf", Values::ANY, |x, _| x[0].erf()),
    float("relu", Values::ANY, 0.0, |x, _| x[0].relu()),
    composed("sigmoid", Values::ANY, |x, _| {
        candle_nn::ops::sigmoid(&x[0])
    }),
    composed("silu", Values::ANY, |x, _| x[0].silu()),
    float("floor", Values::ANY, 0.0, |x, _| x[0].floor()),
    float("ceil", Values::ANY, 0.0, |x, _| x[0].ceil()),
    float("round", Values::ANY, 0.0, |x, _| x[0].round()),
    float("sign", Values::ANY, 0.0, |x, _| x[0].sign()),
    integer("abs", |x, _| x[0].abs()),
    integer("relu", |x, _| x[0].relu()),
    integer("floor", |x, _| x[0].floor()),
    integer("ceil", |x, _| x[0].ceil()),
    integer("round", |x, _| x[0].round()),
    integer("sign", |x, _| x[0].sign()),
    // These four give 0.
    integer("gelu", |x, _| x[0].gelu()),
    integer("gelu_erf", |x, _| x[0].gelu_erf()),
    integer("erf", |x, _| x[0].erf()),
    integer("silu", |x, _| x[0].silu()),
];

/// Functions of one number and parameters.
pub const SCALED: &[Op] = &[
    Op {
        tolerance: Tolerance {
            within: 6.0,
            ..Tolerance::sum(2.0)
        },
        ..float("affine", Values::ANY, 0.0, |x, _| x[0].affine(1.75, -0.5))
    },
    Op {
        dtypes: INTEGERS,
        tolerance: Tolerance::EXACT,
        ..float("affine", Values::POSITIVE, 0.0, |x, _| {
            x[0].affine(3.0, 2.0)
        })
    },
    float("powf", Values::POSITIVE, 16.0, |x, _| x[0].powf(1.5)),
    composed("elu", Values::ANY, |x, _| x[0].elu(0.75)),
];

const fn pair(name: &'static str, values: Values, ulps: f64, run: Run) -> Op {
    Op {
        dtypes: DTYPES,
        cases: shapes::two,
        ..float(name, values, ulps, run)
    }
}

/// Functions of two numbers.
pub const BINARY: &[Op] = &[
    pair("add", Values::ANY, 1.0, |x, _| x[0].add(&x[1])),
    pair("sub", Values::POSITIVE, 1.0, |x, _| {
        // Unsigned differences wrap, and a debug build of the reference would stop there.
        x[0].maximum(&x[1])?.sub(&x[1])
    }),
    pair("mul", Values::ANY, 1.0, |x, _| x[0].mul(&x[1])),
    pair("div", Values::POSITIVE, 2.0, |x, _| x[0].div(&x[1])),
    pair("maximum", Values::ANY, 0.0, |x, _| x[0].maximum(&x[1])),
    pair("minimum", Values::ANY, 0.0, |x, _| x[0].minimum(&x[1])),
];

/// Comparisons.
pub const COMPARE: &[Op] = &[
    pair("eq", Values::ANY, 0.0, |x, _| x[0].eq(&x[1])),
    pair("ne", Values::ANY, 0.0, |x, _| x[0].ne(&x[1])),
    pair("lt", Values::ANY, 0.0, |x, _| x[0].lt(&x[1])),
    pair("le", Values::ANY, 0.0, |x, _| x[0].le(&x[1])),
    pair("gt", Values::ANY, 0.0, |x, _| x[0].gt(&x[1])),
    pair("ge", Values::ANY, 0.0, |x, _| x[0].ge(&x[1])),
];

const fn choice(name: &'static str, cases: fn(Values) -> Vec<Case>) -> Op {
    Op {
        cases,
        ..pair(name, Values::ANY, 0.0, |x, _| x[0].where_cond(&x[1], &x[2]))
    }
}

/// A choice between two numbers by a third.
pub const WHERE: &[Op] = &[
    choice("where of u8", |values| masked(DType::U8, values)),
    choice("where of u32", |values| masked(DType::U32, values)),
    choice("where of i16", |values| masked(DType::I16, values)),
    choice("where of i32", |values| masked(DType::I32, values)),
    choice("where of i64", |values| masked(DType::I64, values)),
];

fn masked(mask: DType, values: Values) -> Vec<Case> {
    let with_mask = |mut case: Case| {
        let dims = case.operands[0].dims.clone();
        // The mask takes the second operand's view, so masks are strided too.
        let mask = Operand::new(&dims, case.operands[1].view, Values::Mask(mask));
        case.operands.insert(0, mask);
        case
    };
    shapes::two(values).into_iter().map(with_mask).collect()
}
