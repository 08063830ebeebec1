//! What goes into an op: dimensions, layout and values.

use candle_core::{DType, Device, Result, Tensor};

use crate::rng::Rng;
use crate::view::View;

/// The values of an operand.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Values {
    /// Numbers of the op's dtype in a range.
    Between(f64, f64),
    /// Indices of this dtype below a bound.
    Index(DType, usize),
    /// 0 or 1 as this dtype.
    Mask(DType),
}

impl Values {
    /// Small numbers of both signs.
    pub const ANY: Self = Self::Between(-3.0, 3.0);
    /// Small numbers above 0.
    pub const POSITIVE: Self = Self::Between(0.25, 4.0);

    fn dtype(self, op: DType) -> DType {
        match self {
            Self::Between(..) => op,
            Self::Index(dtype, _) | Self::Mask(dtype) => dtype,
        }
    }

    fn draw(self, dtype: DType, rng: &mut Rng) -> f64 {
        match self {
            Self::Between(low, high) if dtype.is_float() => rng.between(low, high),
            Self::Between(low, high) => {
                // A wider range than for floats, with ties all the same.
                let unsigned = matches!(dtype, DType::U8 | DType::U32);
                let low = if unsigned { low.max(0.0) } else { low };
                rng.between(low * 4.0, high * 4.0).floor()
            }
            Self::Index(_, bound) => rng.below(bound) as f64,
            Self::Mask(_) => rng.below(2) as f64,
        }
    }
}

/// One input of an op.
#[derive(Debug, Clone, PartialEq)]
pub struct Operand {
    /// The dimensions that the op sees.
    pub dims: Vec<usize>,
    /// How they lie in the storage.
    pub view: View,
    /// The values in the storage.
    pub values: Values,
}

impl Operand {
    /// An operand with small numbers of both signs.
    pub fn any(dims: &[usize], view: View) -> Self {
        Self::new(dims, view, Values::ANY)
    }

    /// An operand.
    pub fn new(dims: &[usize], view: View, values: Values) -> Self {
        let view = if view.applies(dims.len()) {
            view
        } else {
            View::Plain
        };
        Self {
            dims: dims.to_vec(),
            view,
            values,
        }
    }

    /// The storage's content, on the CPU, in the dtype that the device will see.
    ///
    /// # Errors
    /// Candle's.
    pub fn base(&self, op: DType, rng: &mut Rng) -> Result<Tensor> {
        let dtype = self.values.dtype(op);
        let dims = self.view.base(&self.dims);
        let count = dims.iter().product();
        let data: Vec<f64> = (0..count).map(|_| self.values.draw(dtype, rng)).collect();
        Tensor::from_vec(data, dims, &Device::Cpu)?.to_dtype(dtype)
    }
}
