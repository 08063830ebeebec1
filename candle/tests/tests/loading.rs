//! Tensors that are saved from a device and loaded straight to it: safetensors, npy, npz, pickle, and
//! through candle-nn's `VarBuilder` and `VarMap`.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use candle_nn::{Init, Optimizer, VarBuilder, VarMap};
use grafted::quantized::{GgmlDType, QTensor};
use grafted::safetensors::{self, Load};
use grafted::{DType, Device, Result, Tensor, Var, D};
use redwick_candle_tests::emulated;

/// A file that goes away.
struct File(PathBuf);

impl File {
    fn new(name: &str) -> Self {
        let name = format!("redwick-loading-{}-{name}", std::process::id());
        Self(std::env::temp_dir().join(name))
    }
}

impl Drop for File {
    fn drop(&mut self) {
        // A file that was never made is gone as well.
        let _ = std::fs::remove_file(&self.0);
    }
}

impl AsRef<Path> for File {
    fn as_ref(&self) -> &Path {
        &self.0
    }
}

/// A file of Candle's own tests.
fn candles(name: &str) -> PathBuf {
    Path::new(env!("CANDLE_CORE")).join("tests").join(name)
}

/// Some tensors, of which one is no plain block.
fn tensors(device: &Device) -> Result<HashMap<String, Tensor>> {
    let matrix = Tensor::arange(0f32, 6., device)?.reshape((2, 3))?;
    Ok(HashMap::from([
        ("transposed".to_owned(), matrix.t()?),
        ("half".to_owned(), matrix.to_dtype(DType::F16)?),
        ("ids".to_owned(), Tensor::new(&[3i64, -1], device)?),
        ("matrix".to_owned(), matrix),
    ]))
}

#[track_caller]
fn check(name: &str, found: &Tensor, device: &Device) -> Result<()> {
    let expected = tensors(&Device::Cpu)?[name].contiguous()?;
    assert!(found.device().same_device(device), "{name}");
    assert_eq!(
        (found.shape(), found.dtype()),
        (expected.shape(), expected.dtype())
    );
    let found = found
        .to_device(&Device::Cpu)?
        .to_dtype(DType::F64)?
        .flatten_all()?;
    let expected = expected.to_dtype(DType::F64)?.flatten_all()?;
    assert_eq!(
        found.to_vec1::<f64>()?,
        expected.to_vec1::<f64>()?,
        "{name}"
    );
    Ok(())
}

#[test]
fn safetensors_are_saved_loaded_and_mapped() -> Result<()> {
    let device = emulated("gfx1100")?;
    let file = File::new("all.safetensors");
    safetensors::save(&tensors(&device)?, &file)?;
    let bytes = std::fs::read(&file)?;
    // SAFETY: nobody changes the file.
    let mapped = unsafe { safetensors::MmapedSafetensors::new(&file)? };
    let borrowed = safetensors::SliceSafetensors::new(&bytes)?;
    let owned = safetensors::BufferedSafetensors::new(bytes.clone())?;
    let loaded = safetensors::load(&file, &device)?;
    let from_bytes = safetensors::load_buffer(&bytes, &device)?;
    for name in tensors(&Device::Cpu)?.keys() {
        check(name, &mapped.load(name, &device)?, &device)?;
        check(name, &borrowed.load(name, &device)?, &device)?;
        check(name, &owned.load(name, &device)?, &device)?;
        check(name, &borrowed.get(name)?.load(&device)?, &device)?;
        check(name, &loaded[name], &device)?;
        check(name, &from_bytes[name], &device)?;
    }
    Ok(())
}

#[test]
fn numpys_files_are_written_and_read() -> Result<()> {
    let device = emulated("gfx90a")?;
    let [one, all] = [File::new("one.npy"), File::new("all.npz")];
    let ours = tensors(&device)?;
    ours["matrix"].write_npy(&one)?;
    check(
        "matrix",
        &Tensor::read_npy(&one)?.to_device(&device)?,
        &device,
    )?;
    let named: Vec<_> = ["matrix", "ids"]
        .map(|name| (name, ours[name].clone()))
        .into();
    Tensor::write_npz(&named, &all)?;
    let builder = VarBuilder::from_npz(&all, DType::F32, &device)?;
    check("matrix", &builder.get((2, 3), "matrix")?, &device)?;
    Ok(())
}

#[test]
fn pickled_tensors_go_to_the_device() -> Result<()> {
    let device = emulated("gfx942")?;
    let builder = VarBuilder::from_pth(candles("fortran_tensor_3d.pth"), DType::F32, &device)?;
    let tensor = builder.get((2, 3, 4), "tensor_fortran")?;
    assert!(tensor.device().same_device(&device));
    let expected: Vec<f32> = (1..=24u8).map(f32::from).collect();
    assert_eq!(tensor.flatten_all()?.to_vec1::<f32>()?, expected);
    Ok(())
}

#[test]
fn a_builder_loads_in_the_dtype_asked_for() -> Result<()> {
    let device = emulated("gfx1100")?;
    let file = File::new("builder.safetensors");
    safetensors::save(&tensors(&Device::Cpu)?, &file)?;
    // SAFETY: nobody changes the file.
    let builder = unsafe { VarBuilder::from_mmaped_safetensors(&[&file], DType::F16, &device)? };
    let matrix = builder.get((2, 3), "matrix")?;
    assert!(matrix.device().same_device(&device) && matrix.dtype() == DType::F16);
    assert_eq!(
        matrix.to_dtype(DType::F32)?.to_vec2::<f32>()?,
        [[0., 1., 2.], [3., 4., 5.]]
    );
    let text = builder
        .get((3, 3), "matrix")
        .expect_err("a shape")
        .to_string();
    assert!(text.contains("shape mismatch for matrix"), "{text}");
    let text = builder
        .get((2, 3), "nothing")
        .expect_err("a name")
        .to_string();
    assert!(text.contains("nothing"), "{text}");
    let builder = VarBuilder::from_tensors(tensors(&Device::Cpu)?, DType::F32, &device);
    assert!(builder
        .get((3, 2), "transposed")?
        .device()
        .same_device(&device));
    let zeros = VarBuilder::zeros(DType::F32, &device).get(3, "any")?;
    assert_eq!(zeros.to_vec1::<f32>()?, [0.; 3]);
    Ok(())
}

#[test]
fn a_model_is_trained_saved_and_loaded() -> Result<()> {
    for target in ["gfx90a", "gfx1100"] {
        let device = emulated(target)?;
        device.set_seed(5)?;
        let (variables, last) = train(&device)?;
        assert!(last < 0.05, "{target}: loss {last}");
        let file = File::new(&format!("{target}.safetensors"));
        variables.save(&file)?;
        let mut again = VarMap::new();
        let builder = VarBuilder::from_varmap(&again, DType::F32, &device);
        let layer = candle_nn::linear(2, 1, builder.pp("layer"))?;
        again.load(&file)?;
        let (x, y) = samples(&device)?;
        let loss = candle_nn::loss::mse(&candle_nn::Module::forward(&layer, &x)?, &y)?;
        assert!((loss.to_scalar::<f32>()? - last).abs() < 0.02);
        assert!(again
            .all_vars()
            .iter()
            .all(|variable| variable.device().same_device(&device)));
    }
    Ok(())
}

/// `y = 2 a - 3 b + 1`.
fn samples(device: &Device) -> Result<(Tensor, Tensor)> {
    let x = Tensor::new(
        &[[0f32, 0.], [1., 0.], [0., 1.], [1., 1.], [2., -1.]],
        device,
    )?;
    let y = Tensor::new(&[[1f32], [3.], [-2.], [0.], [8.]], device)?;
    Ok((x, y))
}

fn train(device: &Device) -> Result<(VarMap, f32)> {
    let variables = VarMap::new();
    let builder = VarBuilder::from_varmap(&variables, DType::F32, device);
    let layer = candle_nn::linear(2, 1, builder.pp("layer"))?;
    let mut optimizer = candle_nn::AdamW::new_lr(variables.all_vars(), 0.2)?;
    let (x, y) = samples(device)?;
    let mut last = f32::MAX;
    for _ in 0..80 {
        let loss = candle_nn::loss::mse(&candle_nn::Module::forward(&layer, &x)?, &y)?;
        optimizer.backward_step(&loss)?;
        last = loss.to_scalar::<f32>()?;
    }
    Ok((variables, last))
}

#[test]
fn plain_descent_and_every_way_to_start_a_variable() -> Result<()> {
    let device = emulated("gfx942")?;
    let x = Var::from_tensor(&Tensor::full(4f32, 3, &device)?)?;
    let mut optimizer = candle_nn::SGD::new(vec![x.clone()], 0.25)?;
    for _ in 0..20 {
        optimizer.backward_step(&x.as_tensor().affine(1., -1.)?.sqr()?.sum_all()?)?;
    }
    let distance = x.as_tensor().affine(1., -1.)?.abs()?.max(D::Minus1)?;
    assert!(distance.to_scalar::<f32>()? < 1e-4);
    x.set(&Tensor::new(&[7f32, 8., 9.], &device)?)?;
    assert_eq!(x.to_vec1::<f32>()?, [7., 8., 9.]);
    let variables = VarMap::new();
    let inits = [
        ("const", Init::Const(0.5)),
        (
            "normal",
            Init::Randn {
                mean: 0.,
                stdev: 1.,
            },
        ),
        ("uniform", Init::Uniform { lo: -1., up: 1. }),
        ("kaiming", candle_nn::init::DEFAULT_KAIMING_NORMAL),
    ];
    for (name, init) in inits {
        let tensor = variables.get((4, 8), name, init, DType::F32, &device)?;
        assert!(tensor.device().same_device(&device));
        assert!(
            tensor
                .to_vec2::<f32>()?
                .iter()
                .flatten()
                .all(|x| x.is_finite()),
            "{name}"
        );
    }
    Ok(())
}

#[test]
fn packed_weights_are_the_same_blocks_whichever_way_they_come() -> Result<()> {
    const TYPE: GgmlDType = GgmlDType::Q4K;
    let numbers = Tensor::arange(0f32, 512., &Device::Cpu)?;
    let numbers = numbers.affine(0.013, -3.)?.sin()?.reshape((2, 256))?;
    let importance: Vec<f32> = (0..256).map(|at| 1. + (at % 7) as f32).collect();
    let plain = QTensor::quantize(&numbers, TYPE)?;
    let weighted = QTensor::quantize_imatrix(&numbers, &importance, TYPE)?;
    assert_ne!(plain.data()?, weighted.data()?);
    for target in ["gfx90a", "gfx1100"] {
        let device = emulated(target)?;
        let there = numbers.to_device(&device)?;
        let ways = [
            (QTensor::quantize(&there, TYPE)?, &plain),
            (QTensor::quantize_onto(&numbers, TYPE, &device)?, &plain),
            (
                QTensor::quantize_imatrix(&there, &importance, TYPE)?,
                &weighted,
            ),
            (
                QTensor::quantize_imatrix_onto(&numbers, &importance, TYPE, &device)?,
                &weighted,
            ),
        ];
        for (found, want) in ways {
            assert_eq!(found.data()?, want.data()?, "{target}");
            assert_eq!(found.storage_size_in_bytes(), want.storage_size_in_bytes());
            assert!(!found.device_ptr()?.is_null());
            let [found, want] = [
                found.dequantize(&device)?.to_vec2::<f32>()?,
                want.dequantize(&Device::Cpu)?.to_vec2::<f32>()?,
            ];
            assert_eq!(found, want, "{target}");
        }
    }
    Ok(())
}
