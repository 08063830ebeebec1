//! Applies an op with a kernel of one's own on the device that `REDWICK_HIP` names:
//! `REDWICK_HIP=emulated:gfx1100 cargo run -p custom-op`.

use candle_core::{Device, Result, Tensor};
use custom_op::SwiGlu;

fn main() -> Result<()> {
    let device = Device::new_rocm(0)?;
    let op = SwiGlu::on_rocm(device.as_rocm_device()?)?;
    let gate = Tensor::arange(-3f32, 3., &device)?;
    let up = Tensor::full(2f32, 6, &device)?;
    println!("{}", op.apply(&gate, &up)?);
    Ok(())
}
