//! Tensors across devices: the CPU and two emulated GPUs, which Candle numbers 0 and 1.

use std::sync::Once;

use grafted::{DType, Device, DeviceLocation, Result, Tensor, Var, D};
use half::{bf16, f16};

/// The GPUs that the environment names.
fn gpus() -> Result<[Device; 2]> {
    static ENVIRONMENT: Once = Once::new();
    ENVIRONMENT.call_once(|| {
        std::env::set_var("REDWICK_EMULATED_DEVICES", "2");
        std::env::set_var("REDWICK_HIP", "emulated:gfx942:checked");
    });
    Ok([Device::new_rocm(0)?, Device::new_rocm(1)?])
}

/// A tensor of 2 × 3 × 4 different numbers that every dtype holds.
fn block(dtype: DType, device: &Device) -> Result<Tensor> {
    Tensor::arange(0u32, 24, &Device::Cpu)?
        .to_dtype(dtype)?
        .reshape((2, 3, 4))?
        .to_device(device)
}

/// Views of a tensor of three dimensions, by every way in which a layout can be other than plain.
fn views(x: &Tensor) -> Result<Vec<Tensor>> {
    Ok(vec![
        x.clone(),
        x.narrow(1, 1, 2)?,
        x.transpose(0, 2)?,
        x.narrow(2, 1, 3)?.transpose(1, 2)?,
        x.get(1)?.unsqueeze(0)?.broadcast_as((5, 3, 4))?,
        x.narrow(0, 1, 1)?,
        x.narrow(1, 3, 0)?,
    ])
}

/// The elements in order, as text: any dtype's.
fn elements(x: &Tensor) -> Result<String> {
    let x = x.to_device(&Device::Cpu)?.flatten_all()?;
    let text: Vec<String> = match x.dtype() {
        DType::U8 => show(&x.to_vec1::<u8>()?),
        DType::U32 => show(&x.to_vec1::<u32>()?),
        DType::I16 => show(&x.to_vec1::<i16>()?),
        DType::I32 => show(&x.to_vec1::<i32>()?),
        DType::I64 => show(&x.to_vec1::<i64>()?),
        DType::BF16 => show(&x.to_vec1::<bf16>()?),
        DType::F16 => show(&x.to_vec1::<f16>()?),
        DType::F32 => show(&x.to_vec1::<f32>()?),
        DType::F64 => show(&x.to_vec1::<f64>()?),
        DType::F8E4M3 => show(&x.to_vec1::<float8::F8E4M3>()?),
        dtype => grafted::bail!("{dtype:?} is not tried"),
    };
    Ok(text.join(" "))
}

fn show<T: std::fmt::Display>(values: &[T]) -> Vec<String> {
    values.iter().map(T::to_string).collect()
}

const DTYPES: [DType; 10] = [
    DType::U8,
    DType::U32,
    DType::I16,
    DType::I32,
    DType::I64,
    DType::BF16,
    DType::F16,
    DType::F32,
    DType::F64,
    DType::F8E4M3,
];

#[test]
fn views_of_every_dtype_go_from_any_device_to_any_other() -> Result<()> {
    let [first, second] = gpus()?;
    let devices = [Device::Cpu, first, second];
    for dtype in DTYPES {
        let expected = views(&block(dtype, &Device::Cpu)?)?;
        for from in &devices {
            for (x, expected) in views(&block(dtype, from)?)?.iter().zip(&expected) {
                for to in &devices {
                    let moved = x.to_device(to)?;
                    assert!(moved.device().same_device(to));
                    assert_eq!(moved.layout().stride(), x.layout().stride());
                    assert_eq!(
                        elements(&moved)?,
                        elements(expected)?,
                        "{dtype:?} {from:?} {to:?}"
                    );
                }
            }
        }
    }
    Ok(())
}

#[test]
fn tensors_become_vectors_whatever_their_layout() -> Result<()> {
    for device in gpus()? {
        let x = block(DType::F32, &device)?.transpose(0, 2)?;
        let on_cpu = block(DType::F32, &Device::Cpu)?.transpose(0, 2)?;
        assert_eq!(x.to_vec3::<f32>()?, on_cpu.to_vec3::<f32>()?);
        assert_eq!(
            x.get(3)?.to_vec2::<f32>()?,
            on_cpu.get(3)?.to_vec2::<f32>()?
        );
        assert_eq!(x.get(3)?.get(2)?.to_vec1::<f32>()?, [11., 23.]);
        assert_eq!(x.get(3)?.get(2)?.get(1)?.to_scalar::<f32>()?, 23.);
        assert_eq!(x.get(3)?.get(2)?.get(1)?.to_vec0::<f32>()?, 23.);
        let text = x.to_scalar::<f32>().expect_err("no scalar").to_string();
        assert!(
            text.contains("unexpected rank, expected: 0, got: 3"),
            "{text}"
        );
        let text = x.to_vec3::<u8>().expect_err("no bytes").to_string();
        assert!(
            text.contains("unexpected dtype, expected: U8, got: F32"),
            "{text}"
        );
    }
    Ok(())
}

#[test]
fn each_device_says_which_it_is() -> Result<()> {
    let [first, second] = gpus()?;
    assert_eq!(second.location(), DeviceLocation::Rocm { gpu_id: 1 });
    assert!(first.same_device(&Device::new_rocm(0)?) && !first.same_device(&second));
    assert_ne!(first.as_rocm_device()?.id(), second.as_rocm_device()?.id());
    let x = Tensor::new(&[1f32, 2.], &second)?;
    assert_eq!(x.to_string(), "[1., 2.]\nTensor[[2], f32, rocm:1]");
    assert_eq!(format!("{x:?}"), "Tensor[1, 2; f32, rocm:1]");
    let text = Device::new_rocm(2).expect_err("there are two").to_string();
    assert!(
        text.contains("no device 2") && text.contains("reports 2"),
        "{text}"
    );
    Ok(())
}

#[test]
fn a_device_is_found_where_there_is_one() -> Result<()> {
    let [first, _] = gpus()?;
    assert!(grafted::utils::rocm_is_available());
    assert!(Device::rocm_if_available(0)?.same_device(&first));
    assert!(!grafted::utils::cuda_is_available());
    assert!(Device::cuda_if_available(0)?.is_cpu());
    Ok(())
}

#[test]
fn a_stream_of_its_own_is_a_device_of_its_own() -> Result<()> {
    let [first, _] = gpus()?;
    let other = Device::new_rocm_with_stream(0)?;
    assert!(!other.same_device(&first));
    assert_eq!(other.location(), first.location());
    let x = Tensor::arange(0f32, 4., &first)?;
    let there = x.to_device(&other)?;
    let text = x.add(&there).expect_err("two streams").to_string();
    assert!(text.contains("add: operands are on"), "{text}");
    assert_eq!(
        x.add(&there.to_device(&first)?)?.to_vec1::<f32>()?,
        [0., 2., 4., 6.]
    );
    Ok(())
}

#[test]
fn operands_on_two_devices_are_candles_own_error() -> Result<()> {
    let [first, second] = gpus()?;
    let (a, b) = (block(DType::F32, &first)?, block(DType::F32, &second)?);
    let here = Tensor::new(&[0u32, 1], &first)?;
    let there = here.to_device(&second)?;
    let mixed: [(&str, Result<Tensor>); 9] = [
        ("add", a.add(&b)),
        ("mul", a.mul(&b)),
        ("eq", a.eq(&b)),
        ("matmul", a.matmul(&b.transpose(1, 2)?)),
        ("cat", Tensor::cat(&[&a, &b], 0)),
        ("index-select", a.index_select(&there, 0)),
        (
            "gather",
            a.gather(&block(DType::U32, &second)?.zeros_like()?, 0),
        ),
        ("where", a.ge(0f32)?.where_cond(&a, &b)),
        ("index-add", a.index_add(&here, &b, 0)),
    ];
    for (op, result) in mixed {
        let text = result.expect_err(op).to_string();
        assert!(text.contains("device mismatch"), "{op}: {text}");
        assert!(
            text.contains("gpu_id: 0") && text.contains("gpu_id: 1"),
            "{op}: {text}"
        );
    }
    // The devices still work, on the CPU's operand as little.
    let text = a
        .add(&block(DType::F32, &Device::Cpu)?)
        .expect_err("the CPU")
        .to_string();
    assert!(text.contains("device mismatch"), "{text}");
    assert_eq!(a.sum_all()?.to_scalar::<f32>()?, 276.);
    Ok(())
}

#[test]
fn gradients_come_back_to_the_variables_device() -> Result<()> {
    let [first, second] = gpus()?;
    let x = Var::new(&[[1f32, 2.], [3., 4.]], &first)?;
    let y = x.t()?.to_device(&second)?.sqr()?.sum_all()?;
    let gradients = y.to_device(&Device::Cpu)?.backward()?;
    let gradient = gradients.get(&x).expect("a gradient");
    assert!(gradient.device().same_device(&first));
    assert_eq!(gradient.to_vec2::<f32>()?, [[2., 4.], [6., 8.]]);
    Ok(())
}

#[test]
fn random_numbers_are_each_devices_own() -> Result<()> {
    let [first, second] = gpus()?;
    let draw = |device: &Device| Tensor::rand(0f32, 1., 64, device)?.to_vec1::<f32>();
    for device in [&first, &second] {
        device.set_seed(7)?;
    }
    let numbers = draw(&first)?;
    assert_eq!(numbers, draw(&second)?);
    assert_ne!(numbers, draw(&first)?);
    first.set_seed(7)?;
    assert_eq!(numbers, draw(&first)?);
    assert_eq!(first.get_current_seed()?, 7);
    let normal = Tensor::randn(3f64, 0.5, (100, 10), &second)?;
    let mean = normal.mean(D::Minus1)?.mean(0)?.to_scalar::<f64>()?;
    assert!((mean - 3.).abs() < 0.2, "{mean}");
    Ok(())
}
