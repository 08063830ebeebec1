//! What this machine is, as its kernel reports it.

use crate::types::GpuDeviceInfo;

/// Bytes of memory: all, and what a program could have without swapping. 0 where the system does not
/// say.
pub(crate) fn memory() -> (usize, usize) {
    let text = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    (field(&text, "MemTotal:"), field(&text, "MemAvailable:"))
}

fn field(text: &str, name: &str) -> usize {
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    let number = line.and_then(|line| line.split_whitespace().next());
    number
        .and_then(|number| number.parse::<usize>().ok())
        .unwrap_or(0)
        * 1024
}

/// This machine's cores as a device.
pub(crate) fn device() -> GpuDeviceInfo {
    let (total, free) = memory();
    GpuDeviceInfo {
        name: processor(),
        backend: "CPU".to_owned(),
        total_vram_bytes: total as u64,
        available_vram_bytes: free as u64,
        used_vram_bytes: total.saturating_sub(free) as u64,
        driver_version: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
        compute_capability: None,
        max_threads_per_block: u32::try_from(rayon::current_num_threads()).unwrap_or(u32::MAX),
        max_shared_memory_per_block: 0,
        device_id: 0,
        pci_bus_id: None,
    }
}

fn processor() -> String {
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let line = text.lines().find(|line| line.starts_with("model name"));
    let name = line.and_then(|line| line.split_once(':'));
    name.map_or_else(
        || std::env::consts::ARCH.to_owned(),
        |(_, name)| name.trim().to_owned(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read() {
        let text = "MemTotal:       24576 kB\nMemAvailable:    1024 kB\n";
        assert_eq!(field(text, "MemTotal:"), 24 << 20);
        assert_eq!(field(text, "MemAvailable:"), 1 << 20);
        assert_eq!(field(text, "Swap:"), 0);
        assert_eq!(device().backend, "CPU");
    }
}
