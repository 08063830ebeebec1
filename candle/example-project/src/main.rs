//! A Candle project as anybody would write it, on `Device::new_rocm`.

use candle_core::{D, Device, Result, Tensor};

fn main() -> Result<()> {
    let device = Device::new_rocm(0)?;
    let a = Tensor::arange(0f32, 6., &device)?.reshape((2, 3))?;
    let b = Tensor::arange(0f32, 12., &device)?.reshape((3, 4))?;
    let product = a.matmul(&b)?;
    println!("{product}");

    let weights = candle_nn::ops::softmax(&product, D::Minus1)?;
    let likeliest = weights.argmax(D::Minus1)?.to_vec1::<u32>()?;
    println!("likeliest columns: {likeliest:?}");
    Ok(())
}
