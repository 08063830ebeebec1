//! How an emulated HIP implementation is set up.

use std::num::NonZeroUsize;
use std::str::FromStr;

use crate::runtime::SLOTS;

/// Number of devices of each target.
const DEVICES: &str = "REDWICK_EMULATED_DEVICES";
/// Memory of a device in MiB.
const MEMORY: &str = "REDWICK_EMULATED_MEMORY_MIB";
/// Whether to look for mistakes that hardware does not report: 0 or 1.
const CHECKED: &str = "REDWICK_EMULATOR_CHECKED";
/// Whether checked mode looks for races on LDS too: 0 or 1.
const RACES: &str = "REDWICK_EMULATOR_RACES";
/// Host threads of a device.
const THREADS: &str = "REDWICK_EMULATOR_THREADS";

/// How an emulated HIP implementation is set up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Look for mistakes that hardware does not report.
    pub checked: bool,
    /// In checked mode, look for races on LDS too.
    pub races: bool,
    /// Number of devices.
    pub devices: NonZeroUsize,
    /// Bytes of memory of a device. Address space, taken as it is touched.
    pub memory_bytes: u64,
    /// Host threads of a device; as many as there are cores where not given.
    pub threads: Option<NonZeroUsize>,
}

impl Default for Options {
    fn default() -> Self {
        let gpu = redwick_gpu::Options::default();
        Self {
            checked: gpu.checked,
            races: gpu.races,
            devices: NonZeroUsize::MIN,
            memory_bytes: gpu.memory_bytes,
            threads: None,
        }
    }
}

impl Options {
    /// The options that the environment asks for: `REDWICK_EMULATED_DEVICES`,
    /// `REDWICK_EMULATED_MEMORY_MIB`, `REDWICK_EMULATOR_CHECKED` (0 or 1), `REDWICK_EMULATOR_RACES`
    /// (0 or 1) and `REDWICK_EMULATOR_THREADS`; the default where it says nothing.
    ///
    /// # Errors
    /// When a variable holds something else than a number.
    pub fn from_env() -> Result<Self, Error> {
        Self::from_variables(|name| std::env::var(name).ok())
    }

    fn from_variables(variable: impl Fn(&'static str) -> Option<String>) -> Result<Self, Error> {
        let mut options = Self::default();
        if let Some(devices) = number(DEVICES, &variable)? {
            options.devices = devices;
        }
        if let Some(mebibytes) = number::<u32>(MEMORY, &variable)? {
            options.memory_bytes = u64::from(mebibytes) << 20;
        }
        if let Some(checked) = number::<u8>(CHECKED, &variable)? {
            options.checked = checked != 0;
        }
        if let Some(races) = number::<u8>(RACES, &variable)? {
            options.races = races != 0;
        }
        options.threads = number(THREADS, &variable)?;
        Ok(options)
    }
}

/// Reads a number from a variable, if it is set and not empty.
fn number<T: FromStr>(
    name: &'static str,
    variable: impl Fn(&'static str) -> Option<String>,
) -> Result<Option<T>, Error> {
    let Some(value) = variable(name).filter(|value| !value.is_empty()) else {
        return Ok(None);
    };
    match value.parse() {
        Ok(number) => Ok(Some(number)),
        Err(_) => Err(Error::Variable { name, value }),
    }
}

/// Splits `target` or `target:checked` and takes the rest from the environment.
pub(crate) fn parse(spec: &str) -> Result<(&str, Options), Error> {
    let mut options = Options::from_env()?;
    let (target, words) = spec.split_once(':').unwrap_or((spec, ""));
    match words {
        "" => {}
        "checked" => options.checked = true,
        _ => {
            return Err(Error::Spec {
                spec: spec.to_owned(),
            });
        }
    }
    Ok((target, options))
}

/// Why there is no such emulated HIP implementation.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A target that is not emulated.
    #[error(
        "no emulator for target {target:?}; emulated targets are {}",
        crate::targets().collect::<Vec<_>>().join(", ")
    )]
    Target {
        /// The target asked for.
        target: String,
    },
    /// Words that are not understood.
    #[error(
        "emulated device {spec:?} is neither TARGET nor TARGET:checked, such as gfx942:checked"
    )]
    Spec {
        /// The words.
        spec: String,
    },
    /// An environment variable that does not hold what it should.
    #[error("environment variable {name}={value}: expected a number in range")]
    Variable {
        /// The variable.
        name: &'static str,
        /// What it holds.
        value: String,
    },
    /// More different sets of options than there is room for.
    #[error("{SLOTS} emulated HIP implementations are in use already, each with other options")]
    Full,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables() {
        let values = |name| match name {
            DEVICES => Some("2".to_owned()),
            MEMORY => Some("64".to_owned()),
            CHECKED | RACES => Some("1".to_owned()),
            _ => None,
        };
        let options = Options::from_variables(values).unwrap();
        assert_eq!(options.devices.get(), 2);
        assert_eq!(options.memory_bytes, 64 << 20);
        assert!(options.checked && options.races);
        assert_eq!(
            Options::from_variables(|_| None).unwrap(),
            Options::default()
        );
    }

    #[test]
    fn variable_that_is_no_number() {
        for value in ["two", "0", "-1"] {
            let error = Options::from_variables(|name| (name == DEVICES).then(|| value.to_owned()));
            let text = error.unwrap_err().to_string();
            assert!(text.contains(&format!("{DEVICES}={value}")), "{text}");
        }
    }

    #[test]
    fn words() {
        let (target, options) = parse("gfx942:checked").unwrap();
        assert_eq!((target, options.checked), ("gfx942", true));
        assert!(matches!(parse("gfx942:fast"), Err(Error::Spec { .. })));
    }
}
