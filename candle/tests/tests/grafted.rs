//! What the graft adds to Candle's own API, used from outside.

use std::collections::HashMap;

use grafted::{CpuStorage, CustomOp1, Device, DeviceLocation, Layout, Result, Shape, Tensor};
use redwick_candle_tests::emulated;

fn ramp(device: &Device) -> Result<Tensor> {
    Tensor::arange(0f32, 6., device)?.reshape((2, 3))
}

#[test]
fn a_device_says_what_it_is() -> Result<()> {
    let device = emulated("gfx1100")?;
    assert!(device.is_rocm() && !device.is_cpu() && !device.is_cuda());
    assert_eq!(device.location(), DeviceLocation::Rocm { gpu_id: 0 });
    assert!(device.as_rocm_device().is_ok());
    assert!(device.supports_bf16());
    assert!(format!("{device:?}").starts_with("Rocm("));
    Ok(())
}

#[test]
fn each_backend_refuses_to_be_another() -> Result<()> {
    let device = emulated("gfx1100")?;
    let refused = |result: Result<()>| result.expect_err("another backend").to_string();
    assert!(refused(device.as_cuda_device().map(drop)).contains("expected a cuda device, got Rocm"));
    assert!(
        refused(device.as_metal_device().map(drop)).contains("expected a metal device, got rocm")
    );
    assert!(
        refused(Device::Cpu.as_rocm_device().map(drop)).contains("expected a rocm device, got cpu")
    );
    Ok(())
}

#[test]
fn tensors_go_to_a_device_between_devices_and_back() -> Result<()> {
    let (wave64, wave32) = (emulated("gfx90a")?, emulated("gfx1100")?);
    let there = ramp(&Device::Cpu)?.to_device(&wave64)?.t()?;
    let across = there.to_device(&wave32)?;
    assert!(across.device().same_device(&wave32) && !across.device().same_device(&wave64));
    let back = across.to_device(&Device::Cpu)?;
    assert_eq!(
        back.to_vec2::<f32>()?,
        ramp(&Device::Cpu)?.t()?.to_vec2::<f32>()?
    );
    Ok(())
}

#[test]
fn tensors_are_displayed_with_their_device() -> Result<()> {
    let tensor = ramp(&emulated("gfx1100")?)?;
    assert_eq!(
        tensor.to_string(),
        "[[0., 1., 2.],\n [3., 4., 5.]]\nTensor[[2, 3], f32, rocm:0]"
    );
    assert_eq!(format!("{tensor:?}"), "Tensor[dims 2, 3; f32, rocm:0]");
    Ok(())
}

#[test]
fn tensors_are_joined_saved_and_loaded() -> Result<()> {
    let device = emulated("gfx90a")?;
    let joined = Tensor::cat(&[&ramp(&device)?, &ramp(&device)?], 1)?;
    let path = std::env::temp_dir().join(format!("redwick-{}.safetensors", std::process::id()));
    grafted::safetensors::save(&HashMap::from([("joined", joined.clone())]), &path)?;
    let loaded = grafted::safetensors::load(&path, &device)?;
    std::fs::remove_file(&path)?;
    assert!(loaded["joined"].device().same_device(&device));
    assert_eq!(loaded["joined"].to_vec2::<f32>()?, joined.to_vec2::<f32>()?);
    assert_eq!(joined.to_vec2::<f32>()?[1], [3., 4., 5., 3., 4., 5.]);
    Ok(())
}

/// An op as a user writes one who knows nothing of ROCm.
struct CpuOnly;

impl CustomOp1 for CpuOnly {
    fn name(&self) -> &'static str {
        "cpu-only"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        Ok((storage.clone(), layout.shape().clone()))
    }
}

#[test]
fn what_there_is_no_implementation_of_is_an_error() -> Result<()> {
    let device = emulated("gfx90a")?;
    let error = ramp(&device)?.apply_op1(CpuOnly).expect_err("no rocm_fwd");
    assert!(
        error
            .to_string()
            .contains("no rocm implementation for cpu-only"),
        "{error}"
    );
    Ok(())
}

#[test]
fn a_target_that_there_is_not_is_an_error() {
    let error = emulated("gfx000").expect_err("no such target").to_string();
    assert!(error.contains("gfx000"), "{error}");
}
