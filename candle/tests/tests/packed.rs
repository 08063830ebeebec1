//! Packed weights where the shapes, layouts and places of tensors are not the usual ones.

use std::borrow::Cow;

use grafted::quantized::{rocm, GgmlDType, QMatMul, QStorage, QTensor};
use grafted::{DType, Device, Module, Result, Tensor, D};
use redwick_candle_tests::emulated;

const TARGETS: [&str; 2] = ["gfx942", "gfx1100"];

/// The outcome's words, when it fails.
#[track_caller]
fn refusal<T>(result: Result<T>) -> String {
    match result {
        Ok(_) => panic!("it did not fail"),
        Err(error) => error.to_string(),
    }
}

fn numbers(packed: &QTensor) -> Result<Vec<Vec<f32>>> {
    packed.dequantize(&Device::Cpu)?.to_vec2()
}

#[test]
fn a_part_of_a_tensor_is_packed_as_itself() -> Result<()> {
    let whole = Tensor::arange(0f32, 256., &Device::Cpu)?.reshape((8, 32))?;
    let part = whole.narrow(0, 4, 2)?;
    let expected = numbers(&QTensor::quantize(
        &part.force_contiguous()?,
        GgmlDType::Q8_0,
    )?)?;
    for target in TARGETS {
        let device = emulated(target)?;
        let there = whole.to_device(&device)?.narrow(0, 4, 2)?;
        let dtype = GgmlDType::Q8_0;
        for packed in [
            QTensor::quantize(&there, dtype)?,
            QTensor::quantize_onto(&part, dtype, &device)?,
        ] {
            assert_eq!(numbers(&packed)?, expected, "{target}");
        }
        let whole = Tensor::arange(0f32, 1024., &Device::Cpu)?.reshape((4, 256))?;
        let (part, weights) = (whole.narrow(0, 2, 1)?, vec![1f32; 256]);
        let dtype = GgmlDType::Q4K;
        let expected = QTensor::quantize_imatrix(&part.force_contiguous()?, &weights, dtype)?;
        let there = whole.to_device(&device)?.narrow(0, 2, 1)?;
        for packed in [
            QTensor::quantize_imatrix(&there, &weights, dtype)?,
            QTensor::quantize_imatrix_onto(&part, &weights, dtype, &device)?,
        ] {
            assert_eq!(numbers(&packed)?, numbers(&expected)?, "{target}");
        }
    }
    Ok(())
}

#[test]
fn operands_on_other_devices_are_named() -> Result<()> {
    let device = emulated("gfx1100")?;
    let here = Tensor::ones((3, 2, 32), DType::F32, &device)?;
    let packed = QTensor::quantize(&here.to_device(&Device::Cpu)?, GgmlDType::Q8_0)?;
    let text = refusal(QMatMul::from_qtensor(packed)?.forward(&here.get(0)?));
    assert!(text.contains("the weights are on Cpu"), "{text}");

    let experts = QTensor::quantize(&here, GgmlDType::Q8_0)?;
    let ids = Tensor::zeros((2, 1), DType::U32, &Device::Cpu)?;
    let x = here.narrow(0, 0, 2)?.narrow(1, 0, 1)?;
    let text = refusal(experts.indexed_moe_forward(&x, &ids));
    assert!(
        text.contains("indexed_moe_forward") && text.contains("Cpu"),
        "{text}"
    );
    let on_cpu = QTensor::quantize(&here.to_device(&Device::Cpu)?, GgmlDType::Q8_0)?;
    let text = refusal(on_cpu.indexed_moe_forward(&x, &ids.to_device(&device)?));
    assert!(
        text.contains("indexed_moe_forward") && text.contains("Cpu"),
        "{text}"
    );
    Ok(())
}

#[test]
fn experts_may_be_numbers() -> Result<()> {
    for target in TARGETS {
        let device = emulated(target)?;
        let weights = Tensor::arange(0f32, 96., &device)?.affine(0.125, -4.)?;
        let weights = weights.reshape((3, 4, 8))?;
        let ids = Tensor::new(&[[2u32, 0], [1, 1]], &device)?;
        for each in [1, 2] {
            let x = Tensor::arange(0f32, 16. * each as f32, &device)?;
            let x = x.affine(0.25, -2.)?.reshape((2, each, 8))?;
            let chosen = weights.index_select(&ids.flatten_all()?, 0)?;
            let rows = x.broadcast_as((2, 2, 8))?.reshape((4, 8, 1))?;
            let expected = chosen
                .matmul(&rows)?
                .squeeze(D::Minus1)?
                .reshape((2, 2, 4))?;
            let expected = expected.to_vec3::<f32>()?;
            for dtype in [GgmlDType::F32, GgmlDType::F16, GgmlDType::BF16] {
                let packed = QTensor::quantize(&weights, dtype)?;
                let found = packed.indexed_moe_forward(&x, &ids)?;
                assert_eq!(found.dtype(), DType::F32);
                assert_eq!(found.to_vec3::<f32>()?, expected, "{target} {dtype:?}");
                let found = QMatMul::from_qtensor(packed)?.indexed_moe_forward(&x, &ids)?;
                assert_eq!(found.to_vec3::<f32>()?, expected, "{target} {dtype:?}");
            }
        }
        let wrong = Tensor::zeros((3, 2), DType::U32, &device)?;
        let x = Tensor::zeros((2, 1, 8), DType::F32, &device)?;
        let packed = QTensor::quantize(&weights, GgmlDType::F16)?;
        let text = refusal(packed.indexed_moe_forward(&x, &wrong));
        assert!(
            text.contains("[2, 1, 8]") && text.contains("[3, 2]"),
            "{text}"
        );
    }
    Ok(())
}

#[test]
fn bytes_are_loaded_from_any_address_and_in_whole_blocks() -> Result<()> {
    let device = emulated("gfx90a")?;
    let source = Tensor::arange(0f32, 64., &Device::Cpu)?.reshape((2, 32))?;
    let packed = QTensor::quantize(&source, GgmlDType::Q8_0)?;
    let bytes = packed.data()?;
    let shifted = [&[0u8][..], &bytes].concat();
    let load = |bytes: &[u8]| {
        QStorage::from_data(Cow::Borrowed(bytes), &device, GgmlDType::Q8_0)
            .and_then(|storage| QTensor::new(storage, (2, 32)))
    };
    assert_eq!(numbers(&load(&shifted[1..])?)?, numbers(&packed)?);
    let text = refusal(load(&bytes[1..]));
    assert!(text.contains("q8_0") || text.contains("Q8_0"), "{text}");
    Ok(())
}

/// Candle itself hands over bytes; this is for who has blocks.
#[test]
fn blocks_are_loaded() -> Result<()> {
    let device = emulated("gfx1100")?;
    let rows = [[1f32, 2., 3.], [4., 5., 6.]];
    let storage = rocm::load_quantized(device.as_rocm_device()?, rows.as_flattened())?;
    assert_eq!(numbers(&QTensor::new(storage, (2, 3))?)?, rows);
    Ok(())
}
