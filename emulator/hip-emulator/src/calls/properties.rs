//! What an emulated device says about itself.

use std::ffi::{c_char, c_int};

use redwick_hip::sys::hipDeviceProp_tR0600;

use crate::runtime::Runtime;

/// Numbers of the largest card of each target, so that decisions made from them are those made on
/// cards: compute units (pairs of them on RDNA, as HIP counts), L2 in MiB, features in the name.
const CARDS: &[(&str, c_int, c_int, &str)] = &[
    ("gfx90a", 104, 8, ":sramecc+:xnack-"),
    ("gfx942", 304, 4, ":sramecc+:xnack-"),
    ("gfx950", 256, 4, ":sramecc+:xnack-"),
    ("gfx1030", 40, 4, ""),
    ("gfx1100", 48, 6, ""),
    ("gfx1151", 20, 2, ""),
    ("gfx1201", 32, 8, ""),
];

/// Targets whose GPUs share the CPU's memory.
const APUS: &[&str] = &["gfx1151"];

/// Properties of a device.
pub(super) fn of(runtime: &Runtime, device: usize) -> hipDeviceProp_tR0600 {
    let target = runtime.target;
    let known = CARDS.iter().find(|card| card.0 == target.name);
    let &(_, units, l2_mebibytes, features) = known.unwrap_or(&(target.name, 32, 4, ""));
    let (major, minor) = version(target.name);
    let lds = target.lds_bytes as usize;
    let mut properties = hipDeviceProp_tR0600::zeroed();
    fill(&mut properties.name, &format!("Emulated {}", target.name));
    fill(
        &mut properties.gcnArchName,
        &format!("{}{features}", target.name),
    );
    properties.totalGlobalMem = usize::try_from(runtime.options.memory_bytes).unwrap_or(usize::MAX);
    properties.sharedMemPerBlock = lds;
    properties.sharedMemPerMultiprocessor = lds;
    properties.maxSharedMemoryPerMultiProcessor = lds;
    properties.regsPerBlock = 65536;
    properties.regsPerMultiprocessor = 65536;
    properties.warpSize = c_int::try_from(target.wave_size).unwrap_or(64);
    properties.maxThreadsPerBlock = 1024;
    properties.maxThreadsDim = [1024; 3];
    properties.maxGridSize = [c_int::MAX, 65536, 65536];
    properties.maxThreadsPerMultiProcessor = 2048;
    properties.totalConstMem = i32::MAX as usize;
    properties.major = major;
    properties.minor = minor;
    properties.multiProcessorCount = units;
    properties.l2CacheSize = l2_mebibytes << 20;
    properties.concurrentKernels = 1;
    properties.integrated = c_int::from(APUS.contains(&target.name));
    properties.pciBusID = c_int::try_from(device).unwrap_or(0);
    properties
}

/// Major and minor version of a target: gfx942 is 9.4, gfx1100 is 11.0.
fn version(target: &str) -> (c_int, c_int) {
    let digits = target.trim_start_matches("gfx");
    let split = digits.len().saturating_sub(2);
    let minor = digits.get(split..split + 1).and_then(|d| d.parse().ok());
    let major = digits.get(..split).and_then(|d| d.parse().ok());
    (major.unwrap_or(0), minor.unwrap_or(0))
}

/// Writes a text into a field that holds zeros, leaving one at the end.
fn fill(field: &mut [c_char], text: &str) {
    let room = field.len() - 1;
    for (place, byte) in field[..room].iter_mut().zip(text.bytes()) {
        *place = byte.cast_signed();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_targets() {
        assert_eq!(version("gfx90a"), (9, 0));
        assert_eq!(version("gfx942"), (9, 4));
        assert_eq!(version("gfx1151"), (11, 5));
    }
}
