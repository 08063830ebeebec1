//! Every instruction of every shipped kernel can be executed.
#![allow(clippy::unwrap_used)]

mod common;

use common::TARGETS;
use redwick_gpu::{Gpu, Options};
use redwick_kernels::Family;

#[test]
fn no_instruction_of_a_shipped_kernel_is_refused() {
    for target in TARGETS {
        let gpu = Gpu::new(
            target,
            Options {
                memory_bytes: 1 << 28,
                ..Options::default()
            },
        )
        .unwrap();
        let mut refused = Vec::new();
        let mut kernels = 0;
        for family in Family::ALL {
            let module = gpu
                .load(redwick_kernels::code_object(target, family).unwrap())
                .unwrap();
            for kernel in module.code_object().kernels() {
                let found = module.kernel(&kernel.name).unwrap().refused();
                refused.extend(
                    found
                        .into_iter()
                        .map(|text| format!("{}: {text}", kernel.name)),
                );
                kernels += 1;
            }
        }
        assert!(kernels > 50, "{target} has {kernels} kernels");
        assert!(
            refused.is_empty(),
            "{target}: {} refused\n{}",
            refused.len(),
            refused[..refused.len().min(40)].join("\n")
        );
    }
}
