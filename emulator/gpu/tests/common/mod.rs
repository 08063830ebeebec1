//! What the kernel tests share.
#![allow(dead_code, reason = "every test file uses a part")]
#![allow(clippy::unwrap_used)]

use redwick_gpu::{Dispatch, Gpu, LaunchError, Module, Options, Statistics};

/// The targets that the test kernels were built for.
pub(crate) const TARGETS: [&str; 7] = [
    "gfx90a", "gfx942", "gfx950", "gfx1030", "gfx1100", "gfx1151", "gfx1201",
];

/// A GPU with a loaded set of test kernels, in checked mode.
pub(crate) struct Bench {
    pub(crate) gpu: Gpu,
    pub(crate) module: Module,
}

/// An argument of a kernel.
pub(crate) enum Arg {
    Pointer(u64),
    U32(u32),
}

impl Bench {
    pub(crate) fn new(target: &str, set: &str) -> Self {
        Self::with(target, &code_object(target, set), true)
    }

    pub(crate) fn with(target: &str, code: &[u8], checked: bool) -> Self {
        let options = Options {
            checked,
            memory_bytes: 1 << 30,
            instruction_limit: Some(50_000_000),
            ..Options::default()
        };
        let gpu = Gpu::new(target, options).unwrap();
        let module = gpu.load(code).unwrap();
        Self { gpu, module }
    }

    /// A buffer that holds `values`.
    pub(crate) fn upload<T: Copy>(&self, values: &[T], bytes: impl Fn(&T) -> Vec<u8>) -> u64 {
        let data: Vec<u8> = values.iter().flat_map(bytes).collect();
        let address = self.gpu.memory().alloc(data.len() as u64, 256).unwrap();
        self.gpu.memory().write(address, &data).unwrap();
        address
    }

    pub(crate) fn floats(&self, values: &[f32]) -> u64 {
        self.upload(values, |x| x.to_le_bytes().to_vec())
    }

    pub(crate) fn words(&self, values: &[u32]) -> u64 {
        self.upload(values, |x| x.to_le_bytes().to_vec())
    }

    pub(crate) fn zeros(&self, bytes: usize) -> u64 {
        self.upload(&vec![0u8; bytes], |x| vec![*x])
    }

    pub(crate) fn read_words(&self, address: u64, n: usize) -> Vec<u32> {
        let mut bytes = vec![0; 4 * n];
        self.gpu.memory().read(address, &mut bytes).unwrap();
        bytes
            .chunks_exact(4)
            .map(|b| u32::from_le_bytes(b.try_into().unwrap()))
            .collect()
    }

    pub(crate) fn read_floats(&self, address: u64, n: usize) -> Vec<f32> {
        self.read_words(address, n)
            .into_iter()
            .map(f32::from_bits)
            .collect()
    }

    /// Launches a kernel over `grid` workgroups of `block` work-items.
    pub(crate) fn try_launch(
        &self,
        kernel: &str,
        grid: [u32; 2],
        block: u32,
        args: &[Arg],
    ) -> Result<Statistics, LaunchError> {
        let mut arguments = Vec::new();
        for arg in args {
            match arg {
                Arg::Pointer(p) => {
                    arguments.resize(arguments.len().next_multiple_of(8), 0);
                    arguments.extend(p.to_le_bytes());
                }
                Arg::U32(x) => arguments.extend(x.to_le_bytes()),
            }
        }
        let kernel = self.module.kernel(kernel).unwrap();
        let dispatch = Dispatch {
            grid: [grid[0], grid[1], 1],
            block: [block, 1, 1],
            dynamic_lds: 0,
            arguments: &arguments,
        };
        self.gpu.launch(&kernel, &dispatch)
    }

    pub(crate) fn launch(
        &self,
        kernel: &str,
        grid: [u32; 2],
        block: u32,
        args: &[Arg],
    ) -> Statistics {
        match self.try_launch(kernel, grid, block, args) {
            Ok(statistics) => statistics,
            Err(error) => panic!("{}: {error}", self.gpu.target()),
        }
    }
}

/// The code object of a set of test kernels.
pub(crate) fn code_object(target: &str, set: &str) -> Vec<u8> {
    let path = format!(
        "{}/tests/kernels/{set}.{target}.hsaco",
        env!("CARGO_MANIFEST_DIR")
    );
    std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Numbers between −1 and 1 that are the same in every run.
pub(crate) fn noise(n: usize, seed: u32) -> Vec<f32> {
    let mut state = seed.wrapping_mul(2_654_435_761) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        (state >> 8) as f32 / 8_388_608.0 - 1.0
    };
    (0..n).map(|_| next()).collect()
}
