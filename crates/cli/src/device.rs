//! From the name of a device to a Candle device.

use std::str::FromStr;

use candle_core::Device;
use redwick_tensor_ops::{DeviceSpec, UnknownSpec};

/// A device as the command line names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeviceName {
    /// The CPU.
    Cpu,
    /// A GPU, real or emulated.
    Gpu(DeviceSpec),
    /// A GPU if there is one, else the CPU.
    Auto,
}

/// A device, open.
#[derive(Debug, Clone)]
pub struct Opened {
    /// What Candle computes on.
    pub device: Device,
    /// What it is, for people: its name, and its target if it is a GPU.
    pub description: String,
}

/// Why there is no such device.
#[derive(Debug, thiserror::Error)]
#[error("cannot open {name}: {reason}")]
pub struct Error {
    name: String,
    reason: String,
}

/// Text that names no device.
#[derive(Debug, thiserror::Error)]
#[error(
    "`{0}` names no device: write cpu, rocm:N, emulated:TARGET (such as emulated:gfx942) or auto"
)]
pub struct UnknownName(String);

impl FromStr for DeviceName {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, UnknownName> {
        match text {
            "cpu" | "cpu:0" => Ok(Self::Cpu),
            "auto" => Ok(Self::Auto),
            other => other
                .parse()
                .map(Self::Gpu)
                .map_err(|UnknownSpec(text)| UnknownName(text)),
        }
    }
}

impl DeviceName {
    /// The GPU of this number; the environment says of which library.
    pub fn rocm(number: usize) -> Self {
        Self::Gpu(DeviceSpec::from_env(number))
    }

    /// Opens it, and says on stderr what `auto` came to.
    pub fn open(&self) -> Result<Opened, Error> {
        match self {
            Self::Cpu => Ok(cpu()),
            Self::Gpu(spec) => gpu(spec),
            Self::Auto if redwick_tensor_ops::is_available() => {
                eprintln!("auto: there is a ROCm GPU, so it computes");
                gpu(&DeviceSpec::from_env(0))
            }
            Self::Auto => {
                eprintln!(
                    "auto: there is no ROCm GPU (`redwick devices` says why), so the CPU computes"
                );
                Ok(cpu())
            }
        }
    }
}

fn cpu() -> Opened {
    Opened {
        device: Device::Cpu,
        description: "cpu".to_owned(),
    }
}

fn gpu(spec: &DeviceSpec) -> Result<Opened, Error> {
    let error = |reason: String| Error {
        name: spec.to_string(),
        reason,
    };
    let context = redwick_tensor_ops::open(spec).map_err(|e| error(e.to_string()))?;
    let properties = context.device().properties();
    let description = format!(
        "{spec} ({}, target {})",
        properties.name,
        context.device().target()
    );
    let device = candle_core::rocm_backend::RocmDevice::from_context(context);
    Ok(Opened {
        device: Device::Rocm(device),
        description,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read() {
        let name = |text: &str| text.parse::<DeviceName>().unwrap();
        assert_eq!(
            (name("cpu"), name("auto")),
            (DeviceName::Cpu, DeviceName::Auto)
        );
        assert!(matches!(
            name("rocm:1"),
            DeviceName::Gpu(DeviceSpec { ordinal: 1, .. })
        ));
        assert!(matches!(name("emulated:gfx90a"), DeviceName::Gpu(_)));
    }

    #[test]
    fn what_names_no_device_is_told_what_does() {
        for text in ["", "gpu", "cuda:0", "rocm:x", "emulated:"] {
            let error = text.parse::<DeviceName>().unwrap_err().to_string();
            assert!(error.contains("cpu, rocm:N, emulated:TARGET"), "{error}");
        }
    }
}
