//! The example on emulated GPUs, with code objects built beforehand and compiled at run time.

use candle_core::rocm_backend::RocmCompiler;
use candle_core::{D, DType, Device, Result, RocmDevice, Tensor};
use custom_op::{SOURCE, SwiGlu};

fn agrees(op: &SwiGlu, device: &Device) -> Result<()> {
    let gate = Tensor::randn(0f32, 2., (7, 300), &Device::Cpu)?;
    let up = Tensor::randn(0f32, 2., (300, 7), &Device::Cpu)?.t()?;
    let expected = SwiGlu::on_cpu().apply(&gate, &up)?;
    let found = op.apply(&gate.to_device(device)?, &up.to_device(device)?)?;
    let difference = (found.to_device(&Device::Cpu)? - expected)?.abs()?;
    let worst = difference
        .flatten_all()?
        .max(D::Minus1)?
        .to_scalar::<f32>()?;
    assert!(worst < 1e-5, "{worst}");
    Ok(())
}

#[test]
fn it_agrees_with_the_cpu() -> Result<()> {
    for target in ["gfx90a", "gfx942", "gfx1100"] {
        let device = RocmDevice::open(&format!("emulated:{target}:checked"))?;
        agrees(&SwiGlu::on_rocm(&device)?, &Device::Rocm(device))?;
    }
    Ok(())
}

#[test]
fn it_agrees_with_the_cpu_when_compiled_at_run_time() -> Result<()> {
    let compiler = match RocmCompiler::load() {
        Ok(compiler) => compiler,
        Err(error) => {
            println!("skipped: {error}");
            return Ok(());
        }
    };
    let device = RocmDevice::open("emulated:gfx90a")?;
    let code = device.compile_with(&compiler, SOURCE, &["-O3"])?;
    agrees(&SwiGlu::of(&code)?, &Device::Rocm(device))
}

#[test]
fn what_it_does_not_take_is_an_error() -> Result<()> {
    let device = RocmDevice::open("emulated:gfx1100")?;
    let op = SwiGlu::on_rocm(&device)?;
    let device = Device::Rocm(device);
    let x = Tensor::zeros(4, DType::F16, &device)?;
    let text = op.apply(&x, &x).expect_err("f16").to_string();
    assert!(text.contains("F16"), "{text}");
    let x = Tensor::zeros(4, DType::F32, &device)?;
    let text = op
        .apply(&x, &x.narrow(0, 0, 2)?)
        .expect_err("shapes")
        .to_string();
    assert!(text.contains("[4] and [2]"), "{text}");
    let text = SwiGlu::on_cpu()
        .apply(&x, &x)
        .expect_err("no kernel")
        .to_string();
    assert!(text.contains("SwiGlu::on_rocm"), "{text}");
    Ok(())
}
