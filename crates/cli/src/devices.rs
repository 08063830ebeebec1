//! `redwick devices`: the GPUs that there are, and what is missing where there are none.

use std::ffi::OsStr;
use std::fmt::Write;

use comfy_table::{CellAlignment, Table, presets};
use redwick_hip::{Device, Driver, Result};

/// Names another HIP library than the system's.
const LIBRARY: &str = "REDWICK_HIP";
/// What [`LIBRARY`] says for an emulated device instead of a library.
const EMULATED: &str = "emulated:";

/// The first version of the library that tells a GPU's properties in the layout that is read.
const OLDEST: u32 = 6;

/// Prints the GPUs of this machine and the emulated targets.
pub fn run() {
    let library = std::env::var_os(LIBRARY);
    print!("{}", report(library.as_deref()));
}

/// What there is: with the library at a path, or with the system's.
fn report(library: Option<&OsStr>) -> String {
    let named = library.filter(|name| !name.to_string_lossy().starts_with(EMULATED));
    let driver = match named {
        Some(path) => Driver::load_from(path),
        None => Driver::load(),
    };
    let mut text = match driver {
        Ok(driver) => hardware(&driver),
        Err(error) => format!("{error}\n"),
    };
    text.push('\n');
    text.push_str(&emulated());
    text
}

/// The library and its GPUs.
fn hardware(driver: &Driver) -> String {
    let version = match driver.version() {
        Ok(version) if version.major < OLDEST => {
            format!("version {version}; to use a GPU, install ROCm {OLDEST}.0 or later")
        }
        Ok(version) => format!("version {version}"),
        Err(error) => format!("version unknown: {error}"),
    };
    let mut text = format!("HIP library: {}, {version}\n", driver.description());
    // Asking for the first device says what is missing when there is none.
    match driver.device(0).and_then(|_| rows(driver, "rocm:")) {
        Ok(rows) => text.push_str(&table(rows)),
        Err(error) => {
            let _ = writeln!(text, "{error}");
        }
    }
    text
}

/// The emulated targets, as devices that `--device` takes.
#[cfg(not(feature = "emulator"))]
fn emulated() -> String {
    "no emulator: this program was built without the feature `emulator`\n".to_owned()
}

/// The emulated targets, as devices that `--device` takes.
#[cfg(feature = "emulator")]
fn emulated() -> String {
    let rows: Result<Vec<_>, _> = redwick_hip_emulator::targets()
        .map(|target| emulated_row(target).map_err(|error| format!("{target}: {error}")))
        .collect();
    match rows {
        Ok(rows) => format!("Emulated on this machine's CPU:\n{}", table(rows)),
        Err(error) => format!("no emulator: {error}\n"),
    }
}

#[cfg(feature = "emulator")]
fn emulated_row(target: &str) -> Result<Row, Box<dyn std::error::Error>> {
    let device = redwick_hip_emulator::driver(target)?.device(0)?;
    Ok(row(format!("{EMULATED}{target}"), &device)?)
}

type Row = [String; 7];

const HEADER: [&str; 7] = [
    "device", "name", "target", "wave", "CUs", "memory", "kernels",
];

/// A row for each GPU of a library.
fn rows(driver: &Driver, prefix: &str) -> Result<Vec<Row>> {
    let devices = driver.devices()?;
    devices
        .iter()
        .map(|device| row(format!("{prefix}{}", device.number()), device))
        .collect()
}

fn row(name: String, device: &Device) -> Result<Row> {
    let properties = device.properties();
    let has_kernels = redwick_kernels::targets().any(|target| target == properties.target);
    Ok([
        name,
        properties.name.clone(),
        properties.target.clone(),
        properties.wave_size.to_string(),
        properties.compute_units.to_string(),
        format!("{:.1} GiB", properties.memory as f64 / f64::from(1 << 30)),
        if has_kernels {
            "yes"
        } else {
            "none for this target"
        }
        .to_owned(),
    ])
}

/// A table with a header and a line for each row.
fn table(rows: Vec<Row>) -> String {
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_header(HEADER)
        .add_rows(rows);
    for column in table.column_iter_mut().skip(3).take(3) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table.lines().fold(String::new(), |mut text, line| {
        let _ = writeln!(text, "{}", line.trim_end());
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(feature = "emulator")]
    #[test]
    fn every_emulated_target_is_listed() {
        let text = emulated();
        for target in redwick_hip_emulator::targets() {
            assert!(text.contains(&format!("emulated:{target}")), "{text}");
        }
        assert!(text.contains("Emulated gfx942"), "{text}");
    }

    #[test]
    fn columns_are_aligned() {
        let short = ["a", "b", "c", "1", "2", "3", "yes"].map(str::to_owned);
        let long = ["aaaa", "bbbb", "cccc", "11", "2222", "3", "yes"].map(str::to_owned);
        let text = table(vec![short, long]);
        let ends: Vec<_> = text.lines().skip(1).map(|line| line.find("yes")).collect();
        assert_eq!(ends.len(), 2, "{text}");
        assert_eq!(ends[0], ends[1], "{text}");
    }

    #[test]
    fn an_absent_library_says_what_to_do() {
        let text = report(Some(OsStr::new("/nowhere/libamdhip64.so")));
        assert!(text.contains("/nowhere/libamdhip64.so"), "{text}");
        assert!(text.contains("install ROCm"), "{text}");
        assert!(text.contains("emulated:gfx942"), "{text}");
    }
}
