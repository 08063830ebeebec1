//! What a GPU is, from its driver.

use redwick_hip::Device;

use crate::types::GpuDeviceInfo;

/// What the driver reports of a device; memory as it is now, 0 where the driver does not say.
pub(crate) fn of(device: &Device, backend: &str) -> GpuDeviceInfo {
    let properties = device.properties();
    let memory = device.memory_info().ok();
    let (total, free) = memory.map_or((properties.memory, 0), |memory| (memory.total, memory.free));
    let [domain, bus, slot] = properties.pci;
    let version = device.driver().version();
    GpuDeviceInfo {
        name: properties.name.clone(),
        backend: backend.to_owned(),
        total_vram_bytes: total as u64,
        available_vram_bytes: free as u64,
        used_vram_bytes: total.saturating_sub(free) as u64,
        driver_version: match version {
            Ok(version) => format!("{backend} {version}"),
            Err(_) => backend.to_owned(),
        },
        compute_capability: Some(architecture(device.target())),
        max_threads_per_block: properties.max_threads_per_block,
        max_shared_memory_per_block: properties.lds_per_block as u64,
        device_id: i32::try_from(device.number()).unwrap_or(i32::MAX),
        pci_bus_id: Some(format!("{domain:04x}:{bus:02x}:{slot:02x}.0")),
    }
}

/// A target as hive-gpu writes it: `gfx1030` as it is, `sm_90` as `9.0`.
fn architecture(target: &str) -> String {
    match target.strip_prefix("sm_") {
        Some(_) => {
            let (major, minor) = capability(target);
            format!("{major}.{minor}")
        }
        None => target.to_owned(),
    }
}

/// Major and minor number of a target: those before the stepping on AMD, the last digit on NVIDIA.
pub(crate) fn capability(target: &str) -> (u32, u32) {
    let split = |digits: &str, kept: usize| -> Option<(u32, u32)> {
        let digits = digits.get(..digits.len().checked_sub(kept)?)?;
        let (major, minor) = digits.split_at_checked(digits.len().checked_sub(1)?)?;
        Some((major.parse().ok()?, minor.parse().ok()?))
    };
    let amd = target
        .strip_prefix("gfx")
        .and_then(|digits| split(digits, 1));
    let nvidia = target
        .strip_prefix("sm_")
        .and_then(|digits| split(digits, 0));
    amd.or(nvidia).unwrap_or((0, 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn architectures_have_numbers() {
        let table = [
            ("gfx1030", (10, 3)),
            ("gfx90a", (9, 0)),
            ("gfx942", (9, 4)),
            ("gfx1100", (11, 0)),
            ("sm_90", (9, 0)),
            ("", (0, 0)),
            ("gfx", (0, 0)),
            ("sm_", (0, 0)),
        ];
        for (target, numbers) in table {
            assert_eq!(capability(target), numbers, "{target}");
        }
        assert_eq!(architecture("sm_90"), "9.0");
        assert_eq!(architecture("gfx1030"), "gfx1030");
    }
}
