//! A user's own code object: what a launch is given is what the compiler stated, or an error.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod small;

use redwick_tensor_ops::custom::{Code, CustomKernel, Launch};
use redwick_tensor_ops::{Context, Error, Layout, open};
use small::{Tensor, numbers};

/// Its source is `sample.hip` beside it.
const SAMPLE: &[u8] = include_bytes!("../../code-object/tests/fixtures/sample.gfx942.hsaco");

fn context(target: &str) -> Context {
    open(&format!("emulated:{target}:checked").parse().unwrap()).unwrap()
}

fn code() -> Code {
    context("gfx942").load_code_object(SAMPLE).unwrap()
}

fn saxpy() -> CustomKernel {
    code().kernel("saxpy").unwrap()
}

/// The error of a launch, in words.
fn refused(launch: Launch<'_>) -> String {
    // SAFETY: refused before it starts.
    unsafe { launch.launch() }.unwrap_err().to_string()
}

#[test]
fn a_kernel_gets_its_arguments_in_order() {
    let kernel = saxpy();
    let context = kernel.context().clone();
    let x = Tensor::counted(&context, &[300]);
    let mut out = Tensor::counted(&context, &[300]);
    let launch = kernel.launch_builder().output(&mut out.storage);
    let launch = launch
        .input(&x.storage, &x.layout)
        .strided_input(&x.storage, &x.layout);
    let launch = launch.value(2f32).value(300u32).for_elements(300);
    // SAFETY: out, x and y have 300 elements, and each thread writes one of its own.
    unsafe { launch.launch() }.unwrap();
    let want: Vec<f32> = (0..300).map(|n| 3.0 * n as f32).collect();
    assert_eq!(numbers(Ok(out.storage)), want);
}

#[test]
fn a_kernel_changes_its_operand_in_place() {
    let kernel = code().kernel("reverse").unwrap();
    let mut x = Tensor::counted(kernel.context(), &[64]);
    let launch = kernel.launch_builder().in_place(&mut x.storage, &x.layout);
    // SAFETY: the kernel reverses the 64 elements that x has.
    unsafe { launch.threads([64, 1, 1]).dynamic_lds(0).launch() }.unwrap();
    assert_eq!(numbers(Ok(x.storage))[..3], [63.0, 62.0, 61.0]);
}

#[test]
fn elements_get_threads_in_either_order() {
    let kernel = saxpy();
    let x = Tensor::counted(kernel.context(), &[512]);
    for threads_first in [false, true] {
        let mut out = Tensor::counted(kernel.context(), &[512]);
        let launch = kernel.launch_builder().output(&mut out.storage);
        let launch = launch
            .input(&x.storage, &x.layout)
            .input(&x.storage, &x.layout)
            .value(1f32)
            .value(512u32);
        let launch = match threads_first {
            false => launch.for_elements(512).threads([64, 1, 1]),
            true => launch.threads([64, 1, 1]).for_elements(512),
        };
        // SAFETY: the three have 512 elements, and each thread writes one of its own.
        unsafe { launch.launch() }.unwrap();
        let want: Vec<f32> = (0..512).map(|n| 2.0 * n as f32).collect();
        assert_eq!(numbers(Ok(out.storage)), want, "{threads_first}");
    }
}

/// `2 x + x` into a part of 0 to 7, where `x` is the part itself or another.
fn aliased(to: &Layout, from: &Layout) -> Vec<f32> {
    let kernel = saxpy();
    let mut out = Tensor::counted(kernel.context(), &[8]);
    let launch = kernel.launch_builder().in_place(&mut out.storage, to);
    let launch = launch.aliased_input(from).strided_aliased_input(from);
    let launch = launch.value(2f32).value(4u32).for_elements(4);
    // SAFETY: both parts have four elements, and a thread reads none that another writes.
    unsafe { launch.launch() }.unwrap();
    numbers(Ok(out.storage))
}

#[test]
fn a_kernel_reads_what_it_changes_and_beside_it() {
    let [first, last] = [0, 4].map(|start| Layout::strided(&[4], &[1], start).unwrap());
    let same = aliased(&first, &first);
    assert_eq!(same, [0., 3., 6., 9., 4., 5., 6., 7.]);
    let beside = aliased(&first, &last);
    assert_eq!(beside, [12., 15., 18., 21., 4., 5., 6., 7.]);
}

#[test]
fn an_aliased_input_needs_one_storage() {
    let kernel = saxpy();
    let mut tensors = [0, 1].map(|_| Tensor::counted(kernel.context(), &[6]));
    let layout = tensors[0].layout.clone();
    let text = refused(kernel.launch_builder().aliased_input(&layout));
    assert!(text.contains("0 storages"), "{text}");
    let [a, b] = &mut tensors;
    let launch = kernel.launch_builder().aliased_input(&layout);
    let text = refused(launch.in_place(&mut a.storage, &layout));
    assert!(text.contains("given (a pointer, a pointer)"), "{text}");
    let launch = kernel.launch_builder().aliased_input(&layout);
    let launch = launch.in_place(&mut a.storage, &layout);
    let text = refused(launch.in_place(&mut b.storage, &layout));
    assert!(text.contains("2 storages"), "{text}");
    let outside = Layout::contiguous(&[7]);
    let launch = kernel.launch_builder().in_place(&mut a.storage, &layout);
    let text = refused(launch.aliased_input(&outside));
    assert!(text.contains("outside its storage"), "{text}");
    let turned = Layout::strided(&[2, 3], &[1, 2], 0).unwrap();
    let launch = kernel.launch_builder().in_place(&mut a.storage, &layout);
    let text = refused(launch.aliased_input(&turned));
    assert!(text.contains("not adjacent"), "{text}");
}

#[test]
fn what_is_not_the_kernels_is_refused() {
    let kernel = saxpy();
    let x = Tensor::counted(kernel.context(), &[6]);
    let few = kernel
        .launch_builder()
        .input(&x.storage, &x.layout)
        .value(1u8);
    let text = refused(few);
    assert!(text.contains(&kernel.signature()), "{text}");
    assert!(text.contains("a pointer, 1 bytes by value"), "{text}");
    let turned = Layout::strided(&[2, 3], &[1, 2], 0).unwrap();
    let text = refused(
        kernel
            .launch_builder()
            .input(&x.storage, &turned)
            .value(1u8),
    );
    assert!(text.contains("strides [1, 2]"), "{text}");
    let outside = Layout::contiguous(&[7]);
    let text = refused(kernel.launch_builder().strided_input(&x.storage, &outside));
    assert!(text.contains("outside its storage"), "{text}");
    let text = refused(kernel.launch_builder().for_elements(usize::MAX));
    assert!(text.contains("the number of elements"), "{text}");
    let other = Tensor::counted(&context("gfx1100"), &[6]);
    let text = refused(kernel.launch_builder().input(&other.storage, &other.layout));
    assert!(
        text.contains("gfx1100") && text.contains("gfx942"),
        "{text}"
    );
}

#[test]
fn a_block_is_as_the_kernel_was_compiled() {
    let kernel = code().kernel("reverse").unwrap();
    let x = Tensor::counted(kernel.context(), &[64]);
    for threads in [[kernel.max_threads() + 1, 1, 1], [1, 0, 1]] {
        let launch = kernel.launch_builder().input(&x.storage, &x.layout);
        let text = refused(launch.threads(threads));
        assert!(
            text.contains("blocks of") && text.contains("reverse"),
            "{text}"
        );
    }
}

#[test]
fn names_are_told() {
    let code = code();
    assert!(code.kernel_names().any(|name| name == "saxpy"));
    let error = code.kernel("nonesuch").unwrap_err().to_string();
    assert!(
        error.contains("nonesuch") && error.contains("saxpy"),
        "{error}"
    );
    assert!(format!("{code:?}").contains("saxpy"));
    let kernel = saxpy();
    assert_eq!(kernel.name(), "saxpy");
    let text = format!("{kernel:?}");
    assert!(
        text.contains("4 bytes by value") && text.contains("gfx942"),
        "{text}"
    );
}

#[test]
fn code_for_another_target_and_no_code() {
    let error = context("gfx1100").load_code_object(SAMPLE).unwrap_err();
    assert!(matches!(error, Error::CodeTarget { .. }), "{error}");
    let error = context("gfx942").load_code_object(b"no code").unwrap_err();
    assert!(matches!(error, Error::CodeObject { .. }), "{error}");
}
