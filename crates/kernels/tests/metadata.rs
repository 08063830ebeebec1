//! The manifest against the code objects: each kernel is there for each target, and takes the
//! arguments that the Rust structs hold.

use std::collections::HashMap;

use redwick_code_object::{CodeObject, KernelMetadata, ValueKind};
use redwick_kernels::{Family, Field, KernelInfo};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// The kernels of a code object by name.
fn kernels(target: &str, family: Family) -> Result<HashMap<String, KernelMetadata>> {
    let bytes = redwick_kernels::code_object(target, family)?;
    let code = CodeObject::parse(bytes)?;
    assert_eq!(code.target(), target);
    let kernels = code.kernels().iter();
    Ok(kernels
        .map(|kernel| (kernel.name.clone(), kernel.metadata.clone()))
        .collect())
}

/// Calls a check for each kernel of the manifest and each target.
fn for_each(check: impl Fn(&str, &KernelInfo, &KernelMetadata)) -> Result<()> {
    for target in redwick_kernels::targets() {
        for family in Family::ALL {
            let there = kernels(target, family)?;
            let wanted = redwick_kernels::all().iter().filter(|k| k.family == family);
            let mut count = 0;
            for kernel in wanted {
                let metadata = there.get(kernel.symbol);
                let metadata = metadata.unwrap_or_else(|| panic!("{} on {target}", kernel.symbol));
                check(target, kernel, metadata);
                count += 1;
            }
            assert_eq!(there.len(), count, "{} on {target}", family.name());
        }
    }
    Ok(())
}

fn is_pointer(kind: &ValueKind) -> bool {
    matches!(kind, ValueKind::GlobalBuffer)
}

#[test]
fn arguments_lie_where_the_kernels_read_them() -> Result<()> {
    for_each(|target, kernel, metadata| {
        let place = |field: &Field| (field.offset, field.size, field.is_pointer);
        let ours: Vec<_> = kernel.fields.iter().map(place).collect();
        let theirs: Vec<_> = metadata
            .explicit_args()
            .map(|arg| {
                (
                    arg.offset as usize,
                    arg.size as usize,
                    is_pointer(&arg.value_kind),
                )
            })
            .collect();
        assert_eq!(ours, theirs, "{} on {target}", kernel.symbol);
    })
}

#[test]
fn blocks_and_waves_are_those_of_the_manifest() -> Result<()> {
    for_each(|target, kernel, metadata| {
        let wave = redwick_kernels::wave_size(target);
        assert_eq!(Ok(metadata.wavefront_size), wave, "{}", kernel.symbol);
        assert_eq!(
            metadata.max_flat_workgroup_size, kernel.block,
            "{}",
            kernel.symbol
        );
    })
}

#[test]
fn no_kernel_spills() -> Result<()> {
    for_each(|target, kernel, metadata| {
        let spills = metadata.vgpr_spill_count + metadata.sgpr_spill_count;
        assert_eq!(spills, 0, "{} on {target}", kernel.symbol);
    })
}
