//! What a user calls a device.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// The environment variable that picks the HIP library behind a device opened by its number.
pub const LIBRARY_VARIABLE: &str = "REDWICK_HIP";

/// The environment variable that names the hipRTC library, which compiles HIP source at run time.
pub const COMPILER_VARIABLE: &str = "REDWICK_HIPRTC";

/// Which implementation of HIP to use.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Library {
    /// The system's libamdhip64.
    System,
    /// The shared library at this path.
    Path(PathBuf),
    /// The emulator, as a GPU of this target.
    Emulated(String),
    /// HIP over the CUDA driver, for development on NVIDIA GPUs.
    Nvidia,
}

/// A device: an implementation of HIP and the device's number there.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DeviceSpec {
    /// The implementation of HIP.
    pub library: Library,
    /// The device's number.
    pub ordinal: usize,
}

/// Text that names no device.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` names no AMD device; write `rocm:N` for the Nth GPU, `emulated:TARGET` \
     (for example `emulated:gfx942`) for the emulator, or `nvidia:N` to develop on an NVIDIA GPU"
)]
pub struct UnknownSpec(pub String);

impl Library {
    /// The library that [`LIBRARY_VARIABLE`] names: the system's where it is unset or empty, the
    /// emulator for `emulated:TARGET`, HIP over CUDA for `nvidia`, and else a path.
    pub fn from_env() -> Self {
        std::env::var_os(LIBRARY_VARIABLE).map_or(Self::System, Self::from_value)
    }

    fn from_value(value: OsString) -> Self {
        let target = value
            .to_str()
            .and_then(|text| text.strip_prefix("emulated:"));
        match target {
            Some(target) => Self::Emulated(target.to_owned()),
            None if value.as_os_str() == OsStr::new("") => Self::System,
            None if value.as_os_str() == OsStr::new("nvidia") => Self::Nvidia,
            None => Self::Path(PathBuf::from(value)),
        }
    }
}

impl DeviceSpec {
    /// Device `ordinal` of the library that the environment names.
    pub fn from_env(ordinal: usize) -> Self {
        Self {
            library: Library::from_env(),
            ordinal,
        }
    }
}

impl FromStr for DeviceSpec {
    type Err = UnknownSpec;

    /// Reads `rocm`, `rocm:N` (with the library that the environment names), `emulated:TARGET` or
    /// `nvidia:N`.
    fn from_str(text: &str) -> Result<Self, UnknownSpec> {
        let unknown = || UnknownSpec(text.to_owned());
        match text.split_once(':') {
            None if text == "rocm" => Ok(Self::from_env(0)),
            Some(("rocm", number)) => number.parse().map(Self::from_env).map_err(|_| unknown()),
            Some(("emulated", target)) if !target.is_empty() => Ok(Self {
                library: Library::Emulated(target.to_owned()),
                ordinal: 0,
            }),
            Some(("nvidia", number)) => Ok(Self {
                library: Library::Nvidia,
                ordinal: number.parse().map_err(|_| unknown())?,
            }),
            _ => Err(unknown()),
        }
    }
}

impl fmt::Display for DeviceSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.library {
            Library::System => write!(f, "rocm:{}", self.ordinal),
            Library::Path(path) => write!(f, "rocm:{} of {}", self.ordinal, path.display()),
            Library::Emulated(target) => write!(f, "emulated:{target}"),
            Library::Nvidia => write!(f, "nvidia:{}", self.ordinal),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn specs_are_read() {
        let emulated: DeviceSpec = "emulated:gfx942".parse().unwrap();
        assert_eq!(emulated.library, Library::Emulated("gfx942".into()));
        assert_eq!(emulated.to_string(), "emulated:gfx942");
        let second: DeviceSpec = "rocm:1".parse().unwrap();
        assert_eq!(second.ordinal, 1);
        let nvidia: DeviceSpec = "nvidia:2".parse().unwrap();
        assert_eq!((&nvidia.library, nvidia.ordinal), (&Library::Nvidia, 2));
        assert_eq!(nvidia.to_string(), "nvidia:2");
    }

    #[test]
    fn what_names_no_device_says_what_would() {
        for text in [
            "",
            "gpu",
            "rocm:",
            "rocm:x",
            "emulated:",
            "emulated",
            "nvidia",
            "cuda:0",
        ] {
            let error = text.parse::<DeviceSpec>().unwrap_err();
            assert!(error.to_string().contains("emulated:gfx942"), "{text}");
        }
    }

    #[test]
    fn the_variable_names_a_library() {
        let library = |text: &str| Library::from_value(text.into());
        assert_eq!(library(""), Library::System);
        assert_eq!(
            library("emulated:gfx90a"),
            Library::Emulated("gfx90a".into())
        );
        assert_eq!(library("/opt/x.so"), Library::Path("/opt/x.so".into()));
    }
}
