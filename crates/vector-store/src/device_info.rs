//! What a GPU is, from its driver.

use std::path::Path;

use redwick_hip::Device;
use redwick_kernels::{Family, code_object};

use crate::types::GpuDeviceInfo;

/// What the driver reports of a device; memory as it is now, 0 where the driver does not say.
pub(crate) fn of(device: &Device, backend: &str) -> GpuDeviceInfo {
    let properties = device.properties();
    let memory = device.memory_info().ok();
    let (total, free) = memory.map_or((properties.memory, 0), |memory| (memory.total, memory.free));
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
        pci_bus_id: Some(place(properties.pci)),
    }
}

/// Whether there are the kernels of a vector store for a target.
///
/// # Errors
/// Where one is missing: which, and what to do.
pub(crate) fn kernels(target: &str) -> Result<(), redwick_kernels::Error> {
    let families = Family::ALL.into_iter();
    let ours = families.filter(|family| family.name().starts_with("vector_"));
    for family in ours {
        code_object(target, family)?;
    }
    Ok(())
}

/// A place on the PCI bus as the kernel writes it.
fn place([domain, bus, slot]: [u32; 3]) -> String {
    format!("{domain:04x}:{bus:02x}:{slot:02x}.0")
}

/// Host memory that the amdgpu driver lets a GPU use, all and in use, from the kernel's files on PCI
/// devices under `root`.
pub(crate) fn gtt(root: &Path, device: &Device) -> Option<(u64, u64)> {
    gtt_at(&root.join(place(device.properties().pci)))
}

fn gtt_at(folder: &Path) -> Option<(u64, u64)> {
    let bytes = |file| -> Option<u64> {
        let text = std::fs::read_to_string(folder.join(file)).ok()?;
        text.trim().parse().ok()
    };
    Some((bytes("mem_info_gtt_total")?, bytes("mem_info_gtt_used")?))
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
        assert_eq!(place([0, 3, 31]), "0000:03:1f.0");
    }

    #[test]
    fn a_target_has_kernels_or_says_which_have() {
        assert_eq!(kernels("gfx90a:sramecc+:xnack-"), Ok(()));
        let error = kernels("gfx906").unwrap_err().to_string();
        assert!(
            error.contains("`gfx906`") && error.contains("gfx90a"),
            "{error}"
        );
    }

    #[test]
    fn gtt_is_what_the_kernel_says() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(gtt_at(folder.path()), None);
        std::fs::write(folder.path().join("mem_info_gtt_total"), "16384\n").unwrap();
        std::fs::write(folder.path().join("mem_info_gtt_used"), "128\n").unwrap();
        assert_eq!(gtt_at(folder.path()), Some((16384, 128)));
    }
}
