//! Inputs: random tensors, drawn on the device.

use candle_core::{DType, Device, Result, Tensor};

/// What an input holds.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fill {
    /// Numbers drawn evenly from -1 to 1.
    Numbers,
    /// Indices below a bound.
    Indices(usize),
    /// 0 or 1.
    Flags,
}

/// How an input lies in memory.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum View {
    /// As its dimensions say.
    Plain,
    /// The last two dimensions swapped: the tensor has the dimensions that it is given with.
    Transposed,
}

/// An input.
#[derive(Clone, Debug)]
pub(crate) struct Input {
    pub(crate) dims: Vec<usize>,
    pub(crate) dtype: DType,
    pub(crate) fill: Fill,
    pub(crate) view: View,
}

/// Numbers of these dimensions.
pub(crate) fn numbers(dims: &[usize], dtype: DType) -> Input {
    let (dims, fill, view) = (dims.to_vec(), Fill::Numbers, View::Plain);
    Input {
        dims,
        dtype,
        fill,
        view,
    }
}

/// Indices below a bound, as u32.
pub(crate) fn indices(dims: &[usize], bound: usize) -> Input {
    let fill = Fill::Indices(bound);
    Input {
        fill,
        ..numbers(dims, DType::U32)
    }
}

/// Conditions, as u8.
pub(crate) fn flags(dims: &[usize]) -> Input {
    let fill = Fill::Flags;
    Input {
        fill,
        ..numbers(dims, DType::U8)
    }
}

impl Input {
    /// The same tensor, as the transpose of another in memory.
    pub(crate) fn transposed(self) -> Self {
        let view = View::Transposed;
        Self { view, ..self }
    }

    pub(crate) fn bytes(&self) -> u64 {
        (self.dims.iter().product::<usize>() * self.dtype.size_in_bytes()) as u64
    }

    /// Fresh random contents.
    pub(crate) fn make(&self, device: &Device) -> Result<Tensor> {
        let mut dims = self.dims.clone();
        let rank = dims.len();
        if self.view == View::Transposed {
            dims.swap(rank - 2, rank - 1);
        }
        let tensor = self.drawn(&dims, device)?;
        match self.view {
            View::Plain => Ok(tensor),
            View::Transposed => tensor.t(),
        }
    }

    fn drawn(&self, dims: &[usize], device: &Device) -> Result<Tensor> {
        let draw = |low: f32, high: f32| Tensor::rand(low, high, dims, device);
        match self.fill {
            Fill::Numbers => draw(-1.0, 1.0)?.to_dtype(self.dtype),
            Fill::Indices(bound) => draw(0.0, bound as f32 * 0.999_999)?.to_dtype(self.dtype),
            Fill::Flags => draw(0.0, 1.999)?.to_dtype(DType::U32)?.to_dtype(self.dtype),
        }
    }
}
