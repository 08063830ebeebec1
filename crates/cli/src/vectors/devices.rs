//! Which devices hold a store.

use std::fmt;
use std::str::FromStr;

use redwick_tensor_ops::DeviceSpec;
use vector_store::shards::Shards;
use vector_store::{Config, Engine, Originals};

use super::bytes::bytes;

/// The devices as the command line has them.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct DeviceArgs {
    /// `cpu`, `rocm:N`, `emulated:TARGET`, or `auto`: a ROCm GPU if there is one, else the CPU.
    /// Several with commas between them share the vectors.
    #[arg(long, value_name = "DEVICE", default_value = "auto")]
    device: Devices,
    #[command(flatten)]
    placement: PlacementArgs,
}

/// What may be where, as the command line has it.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(super) struct PlacementArgs {
    /// Where a GPU's f16, bf16 or int8 vectors are kept as they were given, to score results with:
    /// `device`, or `host` for less of the GPU's memory.
    #[arg(long, value_name = "PLACE", default_value = "device")]
    originals: Originals,
    /// What vectors may take of each device's memory: bytes, or a number with KiB, MiB or GiB. Without
    /// it, all that is free.
    #[arg(long, value_name = "BYTES", value_parser = bytes)]
    memory_limit: Option<usize>,
}

impl DeviceArgs {
    /// The devices, with where originals are.
    pub(super) fn devices(&self) -> Devices {
        self.device.clone().with(self.placement)
    }
}

/// One device or more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Devices {
    names: Vec<String>,
    originals: Originals,
    memory_limit: Option<usize>,
}

/// Text that names no devices.
#[derive(Debug, thiserror::Error)]
#[error(
    "`{0}` names no device: write cpu, rocm:N, emulated:TARGET (such as emulated:gfx942) or auto"
)]
pub(super) struct UnknownName(String);

impl FromStr for Devices {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, UnknownName> {
        let known = |name: &str| {
            let is_known = matches!(name, "cpu" | "auto") || name.parse::<DeviceSpec>().is_ok();
            is_known
                .then(|| name.to_owned())
                .ok_or_else(|| UnknownName(name.to_owned()))
        };
        let names = text.split(',').map(known).collect::<Result<_, _>>()?;
        Ok(Self {
            names,
            originals: Originals::default(),
            memory_limit: None,
        })
    }
}

impl fmt::Display for Devices {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.names.join(","))
    }
}

impl Devices {
    /// The same, with this where it says.
    pub(super) fn with(self, placement: PlacementArgs) -> Self {
        Self {
            names: self.names,
            originals: placement.originals,
            memory_limit: placement.memory_limit,
        }
    }

    /// What `auto` comes to, told on stderr.
    pub(super) fn resolve(&self) -> Self {
        let resolve = |name: &String| match name.as_str() {
            "auto" => auto().to_owned(),
            _ => name.clone(),
        };
        Self {
            names: self.names.iter().map(resolve).collect(),
            originals: self.originals,
            memory_limit: self.memory_limit,
        }
    }

    /// An empty engine on the device, or over all of them.
    ///
    /// # Errors
    /// As [`vector_store::open`].
    pub(super) fn engine(&self, config: Config) -> Result<Box<dyn Engine>, vector_store::Error> {
        let mut engines = Vec::new();
        let config = config
            .originals(self.originals)
            .memory_limit(self.memory_limit);
        for name in &self.names {
            engines.push(vector_store::open(name, config)?);
        }
        match engines.pop() {
            Some(engine) if engines.is_empty() => Ok(engine),
            last => Ok(Box::new(Shards::new(
                engines.into_iter().chain(last).collect(),
            )?)),
        }
    }
}

fn auto() -> &'static str {
    if redwick_tensor_ops::is_available() {
        eprintln!("auto: there is a ROCm GPU, so it computes");
        return "rocm:0";
    }
    eprintln!("auto: there is no ROCm GPU (`redwick devices` says why), so the CPU computes");
    "cpu"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_are_read_and_shared() {
        let devices: Devices = "cpu,cpu,cpu".parse().unwrap();
        let mut engine = devices
            .engine(Config::new(2, vector_store::Metric::L2))
            .unwrap();
        engine.append(&[0.0; 12]).unwrap();
        assert_eq!(
            (engine.len(), devices.to_string().as_str()),
            (6, "cpu,cpu,cpu")
        );
        for text in ["", "gpu", "cpu,", "emulated:"] {
            let error = text.parse::<Devices>().unwrap_err().to_string();
            assert!(error.contains("rocm:N, emulated:TARGET"), "{error}");
        }
    }
}
