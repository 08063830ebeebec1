//! Custom ops of each kind with `rocm_fwd`, whose kernels are `kernels/custom.hip`.

use grafted::backend::{BackendDevice, BackendStorage};
use grafted::rocm_backend::{RocmKernel, RocmModule};
use grafted::{
    CpuStorage, CustomOp1, CustomOp2, CustomOp3, DType, Device, InplaceOp1, InplaceOp2, InplaceOp3,
    Layout, Result, RocmStorage, Shape, Tensor,
};
use redwick_candle_tests::emulated;

const TARGETS: [&str; 3] = ["gfx90a", "gfx942", "gfx1100"];

fn code_object(target: &str) -> &'static [u8] {
    match target {
        "gfx90a" => include_bytes!("../kernels/custom.gfx90a.hsaco"),
        "gfx942" => include_bytes!("../kernels/custom.gfx942.hsaco"),
        _ => include_bytes!("../kernels/custom.gfx1100.hsaco"),
    }
}

fn load(device: &Device, target: &str) -> Result<RocmModule> {
    device
        .as_rocm_device()?
        .load_code_object(code_object(target))
}

/// The code objects of two targets, bundled as hipcc does.
fn bundle() -> Vec<u8> {
    let entries = ["gfx90a", "gfx1100"].map(|target| {
        let name = format!("hipv4-amdgcn-amd-amdhsa--{target}");
        (name, code_object(target))
    });
    let names: usize = entries.iter().map(|(name, _)| 24 + name.len()).sum();
    let mut bytes = [&b"__CLANG_OFFLOAD_BUNDLE__"[..], &2u64.to_le_bytes()].concat();
    let mut at = bytes.len() + names;
    for (name, code) in &entries {
        for number in [at, code.len(), name.len()] {
            bytes.extend((number as u64).to_le_bytes());
        }
        bytes.extend(name.as_bytes());
        at += code.len();
    }
    bytes.extend(entries.iter().flat_map(|(_, code)| *code));
    bytes
}

#[test]
fn a_bundle_has_code_for_several_targets() -> Result<()> {
    for target in ["gfx90a", "gfx1100"] {
        let device = emulated(target)?;
        let code = device.as_rocm_device()?.load_code_object(&bundle())?;
        let [a, b, _] = operands(&device)?;
        let sum = a.apply_op2(&b, Op(code.kernel("add")?))?;
        assert_eq!(sum.to_vec1::<f32>()?, [12., 23., 34., 45.], "{target}");
    }
    let other = emulated("gfx942")?;
    let result = other.as_rocm_device()?.load_code_object(&bundle());
    let text = result.expect_err("another target").to_string();
    assert!(
        text.contains("is for gfx90a, gfx1100") && text.contains("gfx942"),
        "{text}"
    );
    let result = other.as_rocm_device()?.load_code_object(&bundle()[..40]);
    let text = result.expect_err("cut short").to_string();
    assert!(text.contains("the bundle of code objects"), "{text}");
    Ok(())
}

/// A kernel that stands for an op of any kind: which one, its operands say.
struct Op(RocmKernel);

/// An op that is not tried on the CPU.
fn no_cpu<T>(_: &[(&CpuStorage, &Layout)]) -> Result<T> {
    grafted::bail!("no CPU here")
}

/// The launch of the kernel over sources, into a storage of its own.
fn forward(
    op: &Op,
    sources: &[(&RocmStorage, &Layout)],
    factor: Option<f32>,
) -> Result<(RocmStorage, Shape)> {
    let (first, layout) = sources[0];
    let shape = layout.shape().clone();
    let n = shape.elem_count();
    // SAFETY: the kernel writes every element.
    let mut y = unsafe { first.device().alloc_uninit(&shape, DType::F32)? };
    let mut launch = op.0.launch_builder();
    for (x, layout) in sources {
        launch = launch.input(x, layout);
    }
    launch = launch.output(&mut y);
    if let Some(factor) = factor {
        launch = launch.value(factor);
    }
    // SAFETY: these kernels touch `n` elements of each operand, which they have.
    unsafe { launch.value(n as u32).for_elements(n).launch()? };
    Ok((y, shape))
}

/// The launch of the kernel that changes its first operand.
fn in_place(
    op: &Op,
    x: &mut RocmStorage,
    layout: &Layout,
    sources: &[(&RocmStorage, &Layout)],
) -> Result<()> {
    let n = layout.shape().elem_count();
    let mut launch = op.0.launch_builder().in_place(x, layout);
    for (x, layout) in sources {
        launch = launch.input(x, layout);
    }
    if sources.is_empty() {
        launch = launch.value(3f32);
    }
    // SAFETY: these kernels touch `n` elements of each operand, which they have.
    unsafe { launch.value(n as u32).for_elements(n).launch() }
}

/// Ops of several operands differ in how many parameters their functions take.
macro_rules! op {
    ($kind:ident, $name:literal, $factor:expr, [$($x:ident $layout:ident),+] $($more:tt)*) => {
        impl $kind for Op {
            fn name(&self) -> &'static str {
                $name
            }

            fn cpu_fwd(&self, $($x: &CpuStorage, $layout: &Layout),+) -> Result<(CpuStorage, Shape)> {
                no_cpu(&[$(($x, $layout)),+])
            }

            fn rocm_fwd(&self, $($x: &RocmStorage, $layout: &Layout),+) -> Result<(RocmStorage, Shape)> {
                forward(self, &[$(($x, $layout)),+], $factor)
            }

            $($more)*
        }
    };
}

op!(
    CustomOp1, "one", Some(0.5), [x l]
    /// Of `0.5 x`.
    fn bwd(&self, _: &Tensor, _: &Tensor, gradient: &Tensor) -> Result<Option<Tensor>> {
        Ok(Some((gradient * 0.5)?))
    }
);
op!(CustomOp2, "two", None, [a la, b lb]);
op!(CustomOp3, "three", None, [a la, b lb, c lc]);

/// As `op`, of ops that change their first operand.
macro_rules! op_in_place {
    ($kind:ident, $name:literal, [$($x:ident $layout:ident),*]) => {
        impl $kind for Op {
            fn name(&self) -> &'static str {
                $name
            }

            fn cpu_fwd(&self, y: &mut CpuStorage, l: &Layout $(, $x: &CpuStorage, $layout: &Layout)*) -> Result<()> {
                no_cpu(&[(&*y, l) $(, ($x, $layout))*])
            }

            fn rocm_fwd(&self, y: &mut RocmStorage, l: &Layout $(, $x: &RocmStorage, $layout: &Layout)*) -> Result<()> {
                in_place(self, y, l, &[$(($x, $layout)),*])
            }
        }
    };
}

op_in_place!(InplaceOp1, "one in place", []);
op_in_place!(InplaceOp2, "two in place", [a la]);
op_in_place!(InplaceOp3, "three in place", [a la, b lb]);

/// Three tensors of four elements, the first a part of a larger one.
fn operands(device: &Device) -> Result<[Tensor; 3]> {
    Ok([
        Tensor::arange(0f32, 8., device)?.narrow(0, 2, 4)?,
        Tensor::new(&[10f32, 20., 30., 40.], device)?,
        Tensor::new(&[0.5f32, 0.5, 0.5, 0.25], device)?,
    ])
}

#[test]
fn ops_of_each_kind_launch_their_kernel() -> Result<()> {
    for target in TARGETS {
        let device = emulated(target)?;
        let code = load(&device, target)?;
        let op = |name| Ok::<_, grafted::Error>(Op(code.kernel(name)?));
        let [a, b, c] = operands(&device)?;
        let one = a.apply_op1(op("scale")?)?;
        assert_eq!(one.to_vec1::<f32>()?, [1., 1.5, 2., 2.5], "{target}");
        let two = a.apply_op2(&b, op("add")?)?;
        assert_eq!(two.to_vec1::<f32>()?, [12., 23., 34., 45.], "{target}");
        let three = a.apply_op3(&b, &c, op("multiply_add")?)?;
        assert_eq!(
            three.to_vec1::<f32>()?,
            [20.5, 60.5, 120.5, 200.25],
            "{target}"
        );
    }
    Ok(())
}

#[test]
fn ops_in_place_change_their_first_operand_alone() -> Result<()> {
    for target in TARGETS {
        let device = emulated(target)?;
        let code = load(&device, target)?;
        let op = |name| Ok::<_, grafted::Error>(Op(code.kernel(name)?));
        let whole = Tensor::arange(0f32, 8., &device)?;
        let [_, b, c] = operands(&device)?;
        let part = whole.narrow(0, 2, 4)?;
        part.inplace_op1(&op("scale_in_place")?)?;
        assert_eq!(
            whole.to_vec1::<f32>()?,
            [0., 1., 6., 9., 12., 15., 6., 7.],
            "{target}"
        );
        part.inplace_op2(&b, &op("add_in_place")?)?;
        assert_eq!(part.to_vec1::<f32>()?, [16., 29., 42., 55.], "{target}");
        part.inplace_op3(&b, &c, &op("multiply_add_in_place")?)?;
        assert_eq!(part.to_vec1::<f32>()?, [21., 39., 57., 65.], "{target}");
        assert_eq!(b.to_vec1::<f32>()?, [10., 20., 30., 40.], "{target}");
    }
    Ok(())
}

/// Adds to a part of a storage another part of it, or itself: an op of one operand, which knows of the
/// other by its layout.
struct AddPart(RocmKernel, Layout);

impl InplaceOp1 for AddPart {
    fn name(&self) -> &'static str {
        "add a part"
    }

    fn cpu_fwd(&self, y: &mut CpuStorage, l: &Layout) -> Result<()> {
        no_cpu(&[(&*y, l)])
    }

    fn rocm_fwd(&self, y: &mut RocmStorage, l: &Layout) -> Result<()> {
        let n = l.shape().elem_count();
        let launch = self.0.launch_builder().in_place(y, l);
        let launch = launch.aliased_input(&self.1).value(n as u32);
        // SAFETY: both parts have `n` elements, and no thread reads one that another writes.
        unsafe { launch.for_elements(n).threads([2, 1, 1]).launch() }
    }
}

#[test]
fn an_op_in_place_reads_the_storage_that_it_changes() -> Result<()> {
    for target in TARGETS {
        let device = emulated(target)?;
        let kernel = load(&device, target)?.kernel("add_in_place")?;
        let whole = Tensor::arange(0f32, 8., &device)?;
        let [first, last] = [whole.narrow(0, 0, 4)?, whole.narrow(0, 4, 4)?];
        let op = |part: &Tensor| AddPart(kernel.clone(), part.layout().clone());
        first.inplace_op1(&op(&first))?;
        let same = [0., 2., 4., 6., 4., 5., 6., 7.];
        assert_eq!(whole.to_vec1::<f32>()?, same, "{target}");
        first.inplace_op1(&op(&last))?;
        let beside = [4., 7., 10., 13., 4., 5., 6., 7.];
        assert_eq!(whole.to_vec1::<f32>()?, beside, "{target}");
    }
    Ok(())
}

#[test]
fn an_op_in_place_does_not_take_what_it_writes_to() -> Result<()> {
    let device = emulated("gfx1100")?;
    let op = Op(load(&device, "gfx1100")?.kernel("add_in_place")?);
    let [a, _, _] = operands(&device)?;
    let text = a.inplace_op2(&a, &op).expect_err("aliased").to_string();
    assert!(text.contains("does not support aliased operands"), "{text}");
    Ok(())
}

#[test]
fn an_ops_gradient_is_that_of_its_bwd() -> Result<()> {
    let device = emulated("gfx90a")?;
    let code = load(&device, "gfx90a")?;
    let x = grafted::Var::new(&[1f32, 2., 3.], &device)?;
    let y = x.apply_op1(Op(code.kernel("scale")?))?.sqr()?;
    let gradients = y.backward()?;
    let gradient = gradients.get(&x).expect("a gradient");
    assert_eq!(gradient.to_vec1::<f32>()?, [0.5, 1., 1.5]);
    Ok(())
}

/// The storage behind a tensor.
fn with_storage<T>(
    tensor: &Tensor,
    run: impl FnOnce(&RocmStorage, &Layout) -> Result<T>,
) -> Result<T> {
    let (storage, layout) = tensor.storage_and_layout();
    match &*storage {
        grafted::Storage::Rocm(storage) => run(storage, layout),
        other => panic!("on {:?}", other.device()),
    }
}

/// A matrix as the kernel has it.
#[repr(C)]
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
struct Matrix([u32; 4]);

#[test]
fn strides_and_structs_are_passed_as_values() -> Result<()> {
    let device = emulated("gfx942")?;
    let kernel = load(&device, "gfx942")?.kernel("copy_strided")?;
    assert_eq!(
        kernel.signature(),
        "a pointer, a pointer, 16 bytes by value"
    );
    let x = Tensor::arange(0f32, 12., &device)?.reshape((3, 4))?.t()?;
    let y = with_storage(&x, |x, layout| {
        let mut y = device
            .as_rocm_device()?
            .zeros_impl(&(4, 3).into(), DType::F32)?;
        let [row, column] = [0, 1].map(|dim| layout.stride()[dim] as u32);
        let launch = kernel
            .launch_builder()
            .strided_input(x, layout)
            .output(&mut y);
        let launch = launch.value(Matrix([4, 3, row, column]));
        // SAFETY: the kernel reads the twelve elements of `x`, and writes those of `y`.
        unsafe {
            launch
                .threads([4, 1, 1])
                .blocks([3, 1, 1])
                .dynamic_lds(64)
                .launch()?
        };
        y.to_cpu_storage()
    })?;
    assert_eq!(y.as_slice::<f32>()?, x.flatten_all()?.to_vec1::<f32>()?);
    Ok(())
}

/// Why a launch of a kernel with these arguments fails.
fn refusal(
    target: &str,
    kernel: &str,
    launch: impl FnOnce(grafted::rocm_backend::RocmLaunch<'_>) -> Result<()>,
) -> Result<String> {
    let device = emulated(target)?;
    let kernel = load(&device, target)?.kernel(kernel)?;
    let error = launch(kernel.launch_builder()).expect_err("a launch that does not fit");
    Ok(error.to_string())
}

#[test]
fn arguments_that_do_not_fit_are_errors() -> Result<()> {
    // SAFETY: none of these is launched.
    let text = refusal("gfx1100", "scale", |l| unsafe { l.value(1u32).launch() })?;
    assert!(
        text.contains(
            "scale takes (a pointer, a pointer, 4 bytes by value, 4 bytes by value), \
             and was given (4 bytes by value)"
        ),
        "{text}"
    );
    let device = emulated("gfx1100")?;
    let x = Tensor::zeros((2, 2), DType::F32, &device)?;
    let elsewhere = with_storage(&x, |x, layout| {
        // SAFETY: as above.
        refusal("gfx1100", "scale", |l| unsafe {
            l.input(x, layout).launch()
        })
    })?;
    assert!(elsewhere.contains("operands are on"), "{elsewhere}");
    let kernel = load(&device, "gfx1100")?.kernel("scale")?;
    let gaps = with_storage(&x.t()?, |x, layout| {
        // SAFETY: as above.
        let result = unsafe { kernel.launch_builder().input(x, layout).launch() };
        Ok(result.expect_err("strided").to_string())
    })?;
    assert!(gaps.contains("are not adjacent"), "{gaps}");
    Ok(())
}

#[test]
fn shapes_that_do_not_fit_are_errors() -> Result<()> {
    let device = emulated("gfx1100")?;
    let kernel = load(&device, "gfx1100")?.kernel("small_block")?;
    let mut y = device
        .as_rocm_device()?
        .zeros_impl(&64.into(), DType::U32)?;
    // SAFETY: the kernel writes an element for each thread, of which it refuses more than 64.
    unsafe { kernel.launch_builder().output(&mut y).launch()? };
    assert_eq!(y.to_cpu_storage()?.as_slice::<u32>()?, [64; 64]);
    for threads in [[128, 1, 1], [8, 8, 2], [0, 1, 1]] {
        // SAFETY: as above.
        let result = unsafe {
            kernel
                .launch_builder()
                .output(&mut y)
                .threads(threads)
                .launch()
        };
        let text = result.expect_err("too many threads").to_string();
        assert!(text.contains("it takes 1 to 64 in all"), "{text}");
    }
    // SAFETY: as above.
    let result = unsafe {
        kernel
            .launch_builder()
            .output(&mut y)
            .for_elements(usize::MAX)
            .launch()
    };
    let text = result.expect_err("too many elements").to_string();
    assert!(text.contains("number of elements"), "{text}");
    Ok(())
}

#[test]
fn code_that_does_not_fit_is_an_error() -> Result<()> {
    let device = emulated("gfx942")?;
    let text = load(&device, "gfx1100")
        .expect_err("another target")
        .to_string();
    assert!(
        text.contains("is for gfx1100") && text.contains("is a gfx942"),
        "{text}"
    );
    let rocm = device.as_rocm_device()?;
    let text = rocm
        .load_code_object(b"\x7fnothing")
        .expect_err("no ELF")
        .to_string();
    assert!(text.contains("not an ELF file"), "{text}");
    let code = load(&device, "gfx942")?;
    let text = code
        .kernel("scael")
        .expect_err("a typing error")
        .to_string();
    assert!(
        text.contains("no kernel \"scael\"; it has: scale, add, "),
        "{text}"
    );
    assert!(!text.contains("extern"), "{text}");
    let text = code
        .kernel("cplusplus")
        .expect_err("a name of C++")
        .to_string();
    assert!(text.contains("extern \"C\""), "{text}");
    assert!(code.kernel_names().any(|name| name == "multiply_add"));
    assert!(format!("{code:?}").contains("\"scale\""));
    let kernel = code.kernel("scale")?;
    assert_eq!(kernel.name(), "scale");
    assert!(format!("{kernel:?}").contains("scale(a pointer, "));
    Ok(())
}

#[test]
fn a_kernel_that_goes_astray_is_an_error_and_the_device_works_on() -> Result<()> {
    for target in TARGETS {
        let device = emulated(target)?;
        let code = load(&device, target)?;
        let mut y = device.as_rocm_device()?.zeros_impl(&1.into(), DType::F32)?;
        let kernel = code.kernel("astray")?;
        // SAFETY: none; that the emulator notices is what is tested.
        let launched = unsafe { kernel.launch_builder().output(&mut y).launch() };
        let text = launched
            .and_then(|()| device.synchronize())
            .expect_err(target)
            .to_string();
        assert!(text.contains("astray"), "{text}");
        let [a, b, _] = operands(&device)?;
        let sum = a.apply_op2(&b, Op(code.kernel("add")?))?;
        assert_eq!(sum.to_vec1::<f32>()?, [12., 23., 34., 45.], "{target}");
    }
    Ok(())
}

#[test]
fn without_hiprtc_the_error_says_what_was_tried() -> Result<()> {
    let device = emulated("gfx90a")?;
    std::env::set_var("REDWICK_HIPRTC", "/nowhere/libhiprtc.so");
    let source = "extern \"C\" __global__ void f(float *y) { *y = 1.0f; }";
    let text = device
        .as_rocm_device()?
        .compile(source, &[])
        .expect_err("no library")
        .to_string();
    assert!(text.contains("/nowhere/libhiprtc.so"), "{text}");
    // An empty name is none: the machine's library, if it has one.
    std::env::set_var("REDWICK_HIPRTC", "");
    match device.as_rocm_device()?.compile(source, &["-O3"]) {
        Ok(code) => assert_eq!(code.kernel_names().collect::<Vec<_>>(), ["f"]),
        Err(error) => assert!(error.to_string().contains("libhiprtc.so"), "{error}"),
    }
    Ok(())
}
