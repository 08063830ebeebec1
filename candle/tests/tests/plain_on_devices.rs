//! Candle's tests that have `Device::Cpu` written in, unchanged, on emulated GPUs.
//!
//! What they know as `candle_core` or `candle` is here a module, in which `Device` is one whose `Cpu`
//! is an emulated GPU. Those that stay on the CPU: `custom_op_tests` defines ops without `rocm_fwd`,
//! and `display_tests` knows how tensors on the CPU are displayed; `custom_ops` and `grafted` are ours
//! for that. `gguf_tests`, of damaged files, starts as only a file of its own can, so it is in
//! `core_on_devices`. `sdpa` of candle-nn holds only tests for Metal.

#![allow(warnings, clippy::all)]

/// Candle as the tests of one target see it.
macro_rules! candle {
    ($target:ident) => {
        pub use grafted::*;

        /// In place of Candle's enum: an emulated GPU, wherever a `&Device` is wanted.
        #[derive(Clone, Copy)]
        pub struct Device;

        impl Device {
            pub const Cpu: Self = Self;
        }

        impl std::ops::Deref for Device {
            type Target = grafted::Device;

            fn deref(&self) -> &grafted::Device {
                static DEVICE: std::sync::OnceLock<grafted::Device> = std::sync::OnceLock::new();
                let target = stringify!($target);
                DEVICE.get_or_init(|| redwick_candle_tests::emulated(target).expect(target))
            }
        }
    };
}

/// In place of `test_device!`, whose tests are in `nn_on_devices`.
macro_rules! elsewhere {
    ($($test:tt)*) => {};
}
pub(crate) use elsewhere;

/// Candle's files of one folder, each a module.
macro_rules! files {
    ($folder:expr, $candle:ident as $name:ident: $($file:ident)*) => {
        $(mod $file {
            use super::$candle as $name;
            include!(concat!($folder, "/tests/", stringify!($file), ".rs"));
        })*
    };
}

macro_rules! target {
    ($target:ident) => {
        mod $target {
            mod candle_core {
                candle!($target);
            }
            /// The same for a file whose other tests take the device.
            mod taking {
                pub use super::candle_core::{test_utils, DType, Device, IndexOp, Result, Tensor, D};
                pub(crate) use elsewhere as test_device;
            }
            /// The same for tests that load from Candle's folder.
            mod loading {
                pub use super::candle_core::*;

                /// In place of Candle's type, as far as those tests name it.
                pub struct Tensor;

                /// In place of Candle's module.
                pub mod pickle {
                    use super::*;

                    /// Candle's type, whose tensors go to the target's GPU.
                    pub struct PthTensors(grafted::pickle::PthTensors);

                    impl PthTensors {
                        pub fn new(path: &str, key: Option<&str>) -> Result<Self> {
                            let path = crate::in_candle(path);
                            grafted::pickle::PthTensors::new(path, key).map(Self)
                        }

                        pub fn get(&self, name: &str) -> Result<Option<grafted::Tensor>> {
                            let tensor = self.0.get(name)?;
                            tensor.map(|tensor| tensor.to_device(&Device::Cpu)).transpose()
                        }
                    }
                }

                impl Tensor {
                    pub fn read_npy(path: &str) -> Result<grafted::Tensor> {
                        grafted::Tensor::read_npy(crate::in_candle(path))?.to_device(&Device::Cpu)
                    }

                    pub fn read_npz(path: &str) -> Result<Vec<(String, grafted::Tensor)>> {
                        let tensors = grafted::Tensor::read_npz(crate::in_candle(path))?;
                        let moved = tensors.into_iter().map(|(name, tensor)| {
                            Ok((name, tensor.to_device(&Device::Cpu)?))
                        });
                        moved.collect()
                    }

                    pub fn arange(from: f32, to: f32, device: &grafted::Device) -> Result<grafted::Tensor> {
                        grafted::Tensor::arange(from, to, device)
                    }
                }
            }
            files!(env!("CANDLE_CORE"), candle_core as candle_core: indexing_tests);
            files!(env!("CANDLE_CORE"), loading as candle_core: pth_tests serialization_tests);
            files!(env!("CANDLE_NN"), candle_core as candle:
                batch_norm group_norm kv_cache layer_norm loss one_hot optim rnn);
            files!(env!("CANDLE_NN"), taking as candle: ops);
        }
    };
}

target!(gfx90a);
target!(gfx1030);
target!(gfx1100);
target!(gfx1201);
target!(gfx942);

mod cpu {
    mod candle_core {
        pub use grafted::*;
    }
    files!(env!("CANDLE_CORE"), candle_core as candle_core: custom_op_tests display_tests);
}

/// A path that a test takes to be relative to Candle's folder.
fn in_candle(path: &str) -> std::path::PathBuf {
    std::path::Path::new(env!("CANDLE_CORE")).join(path)
}
