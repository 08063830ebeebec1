//! A case: what goes in, what is done, and the least that a device must do for it.

use candle_core::{DType, Device, Result, Tensor};

/// What an input holds.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fill {
    /// Numbers drawn evenly from -1 to 1.
    Numbers,
    /// Indices below a bound, as u32.
    Indices(usize),
    /// 0 or 1, as u8.
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

/// Indices below a bound.
pub(crate) fn indices(dims: &[usize], bound: usize) -> Input {
    let fill = Fill::Indices(bound);
    Input {
        fill,
        ..numbers(dims, DType::U32)
    }
}

/// Conditions.
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
            Fill::Indices(bound) => draw(0.0, bound as f32 * 0.999_999)?.to_dtype(DType::U32),
            Fill::Flags => draw(0.0, 1.999)?.to_dtype(DType::U32)?.to_dtype(DType::U8),
        }
    }
}

/// What is timed.
pub(crate) type Run = Box<dyn Fn(&[Tensor]) -> Result<Tensor>>;

/// A case.
pub(crate) struct Case {
    pub(crate) group: &'static str,
    pub(crate) name: String,
    pub(crate) inputs: Vec<Input>,
    pub(crate) run: Run,
    /// Bytes that must move, where it is not all of the inputs and of the result.
    pub(crate) bytes: Option<u64>,
    /// Floating-point operations that must be done, and in which type.
    pub(crate) flops: u64,
    pub(crate) math: DType,
}

impl Case {
    pub(crate) fn new(
        group: &'static str,
        name: impl Into<String>,
        inputs: Vec<Input>,
        run: impl Fn(&[Tensor]) -> Result<Tensor> + 'static,
    ) -> Self {
        let math = inputs.first().map_or(DType::F32, |input| input.dtype);
        Self {
            group,
            name: name.into(),
            inputs,
            run: Box::new(run),
            bytes: None,
            flops: 0,
            math,
        }
    }

    pub(crate) fn moving(self, bytes: u64) -> Self {
        let bytes = Some(bytes);
        Self { bytes, ..self }
    }

    pub(crate) fn computing(self, flops: u64) -> Self {
        Self { flops, ..self }
    }

    pub(crate) fn is_named(&self, parts: &[String]) -> bool {
        let named = |part: &String| self.group.contains(part) || self.name.contains(part);
        parts.is_empty() || parts.iter().any(named)
    }

    /// The name with its group, by which the two backends' times are joined.
    pub(crate) fn key(&self) -> String {
        format!("{}/{}", self.group, self.name)
    }
}
