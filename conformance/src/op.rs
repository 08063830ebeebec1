//! A row of the table: an op, what goes in, and how right the result must be.

use candle_core::{DType, Result, Tensor};

use crate::compare::Tolerance;
use crate::operand::{Operand, Values};

/// What the result is compared with: the same op on Candle's CPU backend.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reference {
    /// On the same values as f64, for integers as they are: shows every rounding of the device.
    Wide,
    /// On the same values as f32, where the CPU backend has no f64.
    Single,
    /// In the op's dtype, for ops whose result depends on it. 8-bit floats are compared in f32: the
    /// CPU backend computes hardly anything in them.
    Same,
}

/// One application of an op.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    /// The inputs.
    pub operands: Vec<Operand>,
    /// The dimensions that the op works along, or other numbers that it takes.
    pub axes: Vec<usize>,
}

impl Case {
    /// A case without axes.
    pub fn new(operands: Vec<Operand>) -> Self {
        Self::along(operands, &[])
    }

    /// A case with axes.
    pub fn along(operands: Vec<Operand>, axes: &[usize]) -> Self {
        Self {
            operands,
            axes: axes.to_vec(),
        }
    }

    /// The elements of all operands.
    pub fn elements(&self) -> usize {
        let count = |operand: &Operand| operand.dims.iter().product::<usize>();
        self.operands.iter().map(count).sum()
    }
}

/// An op on tensors: the inputs and the case's axes.
pub type Run = fn(&[Tensor], &[usize]) -> Result<Tensor>;

/// All cases worth trying, for the values of the row.
pub type Cases = fn(Values) -> Vec<Case>;

/// A row of the table. Rows of one name are one op whose dtypes differ in something.
#[derive(Debug, Clone, Copy)]
pub struct Op {
    /// The name, for messages, for the page and for the data's seed.
    pub name: &'static str,
    /// The dtypes to test: a column of the page each. Every other dtype must be an error that says
    /// so; a row that leaves out a dtype which works is found out.
    pub dtypes: &'static [DType],
    /// The values of the inputs that hold numbers.
    pub values: Values,
    /// The cases; the default run takes [`crate::cut::cover`] of them.
    pub cases: Cases,
    /// The op.
    pub run: Run,
    /// What the reference runs in its place, where Candle's CPU backend has no such op.
    pub oracle: Option<Run>,
    /// What to compare with.
    pub reference: Reference,
    /// How right the result must be.
    pub tolerance: Tolerance,
    /// Whether the same inputs give the same bits again, in whatever order workgroups run.
    pub repeatable: bool,
}

impl Op {
    /// A row for exact ops on any numbers, from which others differ:
    /// `Op { tolerance: ..., ..Op::row("name", FLOATS, shapes::one, |x, _| x[0].exp()) }`.
    pub const fn row(name: &'static str, dtypes: &'static [DType], cases: Cases, run: Run) -> Self {
        Self {
            name,
            dtypes,
            values: Values::ANY,
            cases,
            run,
            oracle: None,
            reference: Reference::Same,
            tolerance: Tolerance::EXACT,
            repeatable: true,
        }
    }
}

/// The dtypes of Candle's tensors on GPUs: the columns of the page.
pub const DTYPES: &[DType] = &[
    DType::U8,
    DType::U32,
    DType::I16,
    DType::I32,
    DType::I64,
    DType::BF16,
    DType::F16,
    DType::F32,
    DType::F64,
    DType::F8E4M3,
];

/// Floats that kernels compute with.
pub const FLOATS: &[DType] = &[DType::F32, DType::F16, DType::BF16, DType::F64];

/// Floats, and those of 8 bits: element-wise ops take them, too.
pub const ALL_FLOATS: &[DType] = &[
    DType::F32,
    DType::F16,
    DType::BF16,
    DType::F64,
    DType::F8E4M3,
];

/// Floats and the usual integers.
pub const NUMBERS: &[DType] = &[
    DType::F32,
    DType::F16,
    DType::BF16,
    DType::U8,
    DType::U32,
    DType::I64,
    DType::F64,
];

/// Integers.
pub const INTEGERS: &[DType] = &[DType::U8, DType::U32, DType::I16, DType::I32, DType::I64];
