//! Weights of any model, made up from their names.

use candle_core::{DType, Device, Error, Result, Shape, Tensor};
use candle_nn::var_builder::SimpleBackend;
use candle_nn::{Init, VarBuilder};

/// Weights of whatever names and shapes a model asks for: random, and the same every time and on
/// every device. They are of `dtype`, and numbers that `stored_as` has too, so that a model in f32
/// can have the weights of one in f16.
pub fn random_weights(dtype: DType, stored_as: DType, device: &Device) -> VarBuilder<'static> {
    VarBuilder::from_backend(Box::new(Random { stored_as }), dtype, device.clone())
}

struct Random {
    stored_as: DType,
}

impl SimpleBackend for Random {
    fn get(
        &self,
        shape: Shape,
        name: &str,
        _: Init,
        dtype: DType,
        device: &Device,
    ) -> Result<Tensor> {
        let scale = Scale::of(name, shape.dims());
        let values: Vec<f32> = numbers(seed(name))
            .take(shape.elem_count())
            .map(|number| scale.center + scale.reach * number)
            .collect();
        let weight = Tensor::from_vec(values, shape, &Device::Cpu)?;
        weight
            .to_dtype(self.stored_as)?
            .to_dtype(dtype)?
            .to_device(device)
    }

    fn get_unchecked(&self, name: &str, _: DType, _: &Device) -> Result<Tensor> {
        Err(Error::Msg(format!("{name}: its shape has to be asked for")))
    }

    fn contains_tensor(&self, _: &str) -> bool {
        true
    }
}

/// What random numbers from -1 to 1 become.
struct Scale {
    center: f32,
    reach: f32,
}

impl Scale {
    /// Such that activations stay around 1 through every layer.
    fn of(name: &str, dims: &[usize]) -> Self {
        let inputs: usize = dims.iter().skip(1).product();
        match dims {
            [_] if name.ends_with("bias") => Self {
                center: 0.0,
                reach: 0.1,
            },
            [_] => Self {
                center: 1.0,
                reach: 0.1,
            },
            // An embedding's rows are taken as they are.
            _ if name.contains("emb") => Self {
                center: 0.0,
                reach: 1.0,
            },
            // The variance of a uniform number from -1 to 1 is a third.
            _ => Self {
                center: 0.0,
                reach: (3.0 / inputs as f32).sqrt(),
            },
        }
    }
}

/// A number for a name: FNV-1a.
fn seed(name: &str) -> u64 {
    name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// Numbers from -1 to 1: Marsaglia's xorshift, "Xorshift RNGs", 2003.
fn numbers(seed: u64) -> impl Iterator<Item = f32> {
    let mut state = seed | 1;
    std::iter::repeat_with(move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f32 / (1 << 23) as f32 - 1.0
    })
}
