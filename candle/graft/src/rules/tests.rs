use super::*;
use crate::by_hand::Row;
use crate::source;

fn graft_with(text: &str, rows: &[&'static Row]) -> String {
    let file = syn::parse_file(text).expect("Rust");
    source::apply(text, apply(text, &file, rows).edits)
}

/// Grafts and compares without regard to blanks and line ends.
#[track_caller]
fn expect(text: &str, expected: &str) {
    assert_eq!(blank_free(&graft_with(text, &[])), blank_free(expected));
}

fn blank_free(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn variants() {
    expect(
        r#"enum Error { #[error("no cuda")] NoCuda, Cuda(Box<Cause>), Metal }"#,
        r#"enum Error { #[error("no cuda")] NoCuda, #[error("no rocm")] NoRocm,
           Cuda(Box<Cause>), Rocm(Box<Cause>), Metal }"#,
    );
}

#[test]
fn a_last_variant_without_a_comma() {
    expect(
        "enum Device { Cpu, Cuda }",
        "enum Device { Cpu, Cuda, Rocm }",
    );
}

#[test]
fn functions_of_every_kind() {
    expect(
        "fn is_cuda() -> bool { true }",
        "fn is_cuda() -> bool { true } fn is_rocm() -> bool { true }",
    );
    expect(
        "impl Op for X { /// On CUDA.\n fn cuda_fwd(&self, s: &CudaStorage) {} }",
        "impl Op for X { /// On CUDA.\n fn cuda_fwd(&self, s: &CudaStorage) {}
         /// On ROCm.\n fn rocm_fwd(&self, s: &RocmStorage) {} }",
    );
    expect(
        "trait Op { fn cuda_fwd(&self) -> R; }",
        "trait Op { fn cuda_fwd(&self) -> R; fn rocm_fwd(&self) -> R; }",
    );
}

#[test]
fn a_function_of_cudas_answers_rocm_as_it_answers_metal() {
    expect(
        r#"impl Device {
            fn as_cuda(&self) -> R {
                match self { Self::Cuda(d) => Ok(d), Self::Metal(_) => bail!("not cuda but Metal"), }
            }
        }"#,
        r#"impl Device {
            fn as_cuda(&self) -> R {
                match self { Self::Cuda(d) => Ok(d), Self::Metal(_) => bail!("not cuda but Metal"),
                    Self::Rocm(_) => bail!("not cuda but Rocm"), }
            }
            fn as_rocm(&self) -> R {
                match self { Self::Rocm(d) => Ok(d), Self::Metal(_) => bail!("not rocm but Metal"),
                    Self::Cuda(_) => bail!("not rocm but Cuda"), }
            }
        }"#,
    );
}

#[test]
fn match_arms() {
    expect(
        "fn f(s: S) { match s { S::Cpu => 0, S::Cuda(d) => { d.go() } S::Metal(m) => 1, } }",
        "fn f(s: S) { match s { S::Cpu => 0, S::Cuda(d) => { d.go() } S::Rocm(d) => { d.go() }
         S::Metal(m) => 1, } }",
    );
    expect(
        "fn f(s: S) { match s { (S::Cpu, D::Cuda(cuda)) => S::Cuda(cuda.get()) } }",
        "fn f(s: S) { match s { (S::Cpu, D::Cuda(cuda)) => S::Cuda(cuda.get()),
         (S::Cpu, D::Rocm(rocm)) => S::Rocm(rocm.get()) } }",
    );
}

#[test]
fn alternatives() {
    expect(
        "fn f(s: S) { match s { S::Metal(_) | S::Cuda(_) => 1, _ => 2 } }",
        "fn f(s: S) { match s { S::Metal(_) | S::Cuda(_) | S::Rocm(_) => 1, _ => 2 } }",
    );
}

#[test]
fn a_binding_named_after_cuda_is_no_variant() {
    expect(
        "fn f(s: S) { match s { Some(cuda) => 1 } }",
        "fn f(s: S) { match s { Some(cuda) => 1 } }",
    );
}

#[test]
fn conditions() {
    expect(
        "fn f(d: D) { if d.is_cuda() { d.cuda() } else if d.is_metal() { d.metal() } }",
        "fn f(d: D) { if d.is_rocm() { d.rocm() } else if d.is_cuda() { d.cuda() }
         else if d.is_metal() { d.metal() } }",
    );
}

#[test]
fn macro_calls_among_a_types_functions() {
    expect(
        "impl X { forward!(cuda_fwd, CudaStorage); forward!(cpu_fwd, CpuStorage); }",
        "impl X { forward!(cuda_fwd, CudaStorage); forward!(rocm_fwd, RocmStorage);
         forward!(cpu_fwd, CpuStorage); }",
    );
}

#[test]
fn uses_among_others_and_alone() {
    expect(
        "use crate::{CpuStorage, CudaStorage, cuda::CudaDevice, Shape};",
        "use crate::{CpuStorage, CudaStorage, RocmStorage, cuda::CudaDevice, rocm::RocmDevice, Shape};",
    );
    expect(
        "#[cfg(feature = \"cuda\")] pub use cuda_backend as cuda;",
        "#[cfg(feature = \"cuda\")] pub use cuda_backend as cuda;
         #[cfg(feature = \"rocm\")] pub use rocm_backend as rocm;",
    );
}

#[test]
fn modules() {
    let text = "mod dummy_cuda; #[cfg(not(feature = \"cuda\"))] mod cuda { pub use super::*; }";
    expect(
        text,
        "mod dummy_cuda; mod dummy_rocm;
         #[cfg(not(feature = \"cuda\"))] mod cuda { pub use super::*; }
         #[cfg(not(feature = \"rocm\"))] mod rocm { pub use super::*; }",
    );
    let outcome = apply(text, &syn::parse_file(text).expect("Rust"), &[]);
    assert_eq!(outcome.cloned_modules, ["dummy_cuda"]);
}

#[test]
fn nothing_behind_the_feature_is_cloned() {
    for text in [
        "#[cfg(feature = \"cuda\")] mod cuda {}",
        "#[cfg(all(feature = \"cuda\", unix))] fn cuda_fwd() {}",
        "fn f(s: S) { match s { #[cfg(feature = \"cuda\")] S::Cuda(_) => 1, _ => 2 } }",
    ] {
        expect(text, text);
        let outcome = apply(text, &syn::parse_file(text).expect("Rust"), &[]);
        assert!(outcome.accounted.is_empty(), "{text}");
    }
}

static BODY: Row = Row {
    file: "",
    item: "ArgSort::cuda_fwd",
    action: Action::Body("by_hand(storage)"),
};
static ARM: Row = Row {
    file: "",
    item: "load::Device::Cuda",
    action: Action::After(" ours"),
};
static AT_END: Row = Row {
    file: "",
    item: "test_device!",
    action: Action::AtEnd(" ours "),
};
static IN_FRONT: Row = Row {
    file: "",
    item: "grouped",
    action: Action::InFront("fn grouped() { ours() } "),
};

#[test]
fn a_function_in_front_of_others() {
    let text = "#[cfg(feature = \"cuda\")] pub fn grouped() { cudarc() }
                #[cfg(not(feature = \"cuda\"))] pub fn grouped() { none() }";
    assert_eq!(
        blank_free(&graft_with(text, &[&IN_FRONT])),
        "fn grouped() { ours() } \
         #[cfg(feature = \"cuda\")] pub fn grouped_elsewhere() { cudarc() } \
         #[cfg(not(feature = \"cuda\"))] pub fn grouped_elsewhere() { none() }"
    );
}

#[test]
fn rows_of_each_action() {
    let behind = "#[cfg(feature = \"cuda\")]";
    let grafted = |text: &str, row: &'static Row| blank_free(&graft_with(text, &[row]));
    assert_eq!(
        grafted(
            &format!("impl Op for ArgSort {{ {behind} fn cuda_fwd(s: &Cuda) {{ cudarc() }} }}"),
            &BODY
        ),
        "impl Op for ArgSort { #[cfg(feature = \"cuda\")] fn cuda_fwd(s: &Cuda) { cudarc() } \
         #[cfg(feature = \"rocm\")] fn rocm_fwd(s: &Rocm) { by_hand(storage) } }"
    );
    assert_eq!(
        grafted(
            &format!("fn load() {{ match d {{ {behind} Device::Cuda(_) => 1, }} }}"),
            &ARM
        ),
        "fn load() { match d { #[cfg(feature = \"cuda\")] Device::Cuda(_) => 1, ours } }"
    );
    assert_eq!(
        grafted(
            "macro_rules! test_device { ($a:ident) => { fn $a() {} }; }",
            &AT_END
        ),
        "macro_rules! test_device { ($a:ident) => { fn $a() {} ours }; }"
    );
}
