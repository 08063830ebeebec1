//! Weights of models, drawn on the device.

use candle_core::{DType, Device, Error, Result, Shape, Tensor};
use candle_nn::var_builder::SimpleBackend;
use candle_nn::{Init, VarBuilder};

/// Draws each tensor that a model asks for, so large that layers keep the size of what they are given.
struct Drawn;

/// A builder for models of random weights.
pub(super) fn drawn(dtype: DType, device: &Device) -> VarBuilder<'static> {
    VarBuilder::from_backend(Box::new(Drawn), dtype, device.clone())
}

impl SimpleBackend for Drawn {
    fn get(
        &self,
        shape: Shape,
        _: &str,
        init: Init,
        dtype: DType,
        device: &Device,
    ) -> Result<Tensor> {
        if let Init::Const(value) = init {
            return Tensor::full(value as f32, shape, device)?.to_dtype(dtype);
        }
        // The variance of a uniform distribution is a third of its bound's square.
        let inputs: usize = shape.dims().iter().skip(1).product();
        let bound = (3.0 / inputs.max(1) as f32).sqrt();
        Tensor::rand(-bound, bound, shape, device)?.to_dtype(dtype)
    }

    fn get_unchecked(&self, name: &str, _: DType, _: &Device) -> Result<Tensor> {
        Err(Error::Msg(format!("{name} is asked for without its shape")))
    }

    fn contains_tensor(&self, _: &str) -> bool {
        true
    }
}
