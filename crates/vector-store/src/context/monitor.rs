//! hive-gpu's VRAM monitor: a context watches its device and the storages that it has made.

use std::fmt::Write;

use super::{DeviceContext, Holding, Kind, Place};
use crate::device_info;
use crate::error::{HiveGpuError, Result};
use crate::traits::{GpuMonitor, VramStats};

impl<K: Kind> DeviceContext<K> {
    /// What each storage and index holds that this context has made, oldest first.
    pub fn holdings(&self) -> Vec<Holding> {
        self.accounts.holdings()
    }

    /// Host memory that an APU's GPU uses as its own (GTT), as the kernel counts it: all, and what is
    /// in use, in bytes. `None` for cards, whose memory is their own, and where the kernel does not
    /// say.
    pub fn gtt(&self) -> Option<(u64, u64)> {
        match &self.place {
            Place::Gpu(_, device) if device.properties().integrated => {
                device_info::gtt(&self.pci, device)
            }
            _ => None,
        }
    }
}

impl<K: Kind> GpuMonitor for DeviceContext<K> {
    /// The device's memory; `allocated_vram` and `buffer_count` are what this context's storages
    /// hold.
    fn get_vram_stats(&self) -> VramStats {
        let info = self.info();
        let holdings = self.holdings();
        let allocated: usize = holdings.iter().map(|holding| holding.memory.used).sum();
        VramStats {
            total_vram: info.total_vram_bytes as usize,
            allocated_vram: allocated,
            available_vram: info.available_vram_bytes as usize,
            utilization: match info.total_vram_bytes {
                0 => 0.0,
                total => (allocated as f64 / total as f64) as f32,
            },
            buffer_count: holdings.iter().map(|holding| holding.memory.buffers).sum(),
        }
    }

    /// # Errors
    /// [`HiveGpuError::VramLimitExceeded`] for a storage that holds more than its limit.
    fn validate_all_vram(&self) -> Result<()> {
        let memory = self.holdings().into_iter().map(|holding| holding.memory);
        let over = |memory: &crate::MemoryStats| memory.limit.filter(|&limit| memory.used > limit);
        let mut broken = memory.filter_map(|memory| Some((memory.used, over(&memory)?)));
        match broken.next() {
            Some((requested, limit)) => Err(HiveGpuError::VramLimitExceeded { requested, limit }),
            None => Ok(()),
        }
    }

    fn generate_vram_report(&self) -> String {
        let info = self.info();
        let mut report = format!(
            "{} ({}): {} of {} bytes free\n",
            info.name, self.name, info.available_vram_bytes, info.total_vram_bytes
        );
        if let Some((total, used)) = self.gtt() {
            line(
                &mut report,
                format_args!("host memory used as the GPU's: {used} of {total} bytes"),
            );
        }
        for (number, holding) in self.holdings().iter().enumerate() {
            let (config, memory) = (holding.config, holding.memory);
            let limit = memory
                .limit
                .map_or("none".to_owned(), |limit| limit.to_string());
            line(
                &mut report,
                format_args!(
                    "storage {number}: {} × {} {} {}: {} bytes, {} of them spare, limit {limit}",
                    holding.vectors,
                    config.dimension,
                    config.dtype,
                    config.metric,
                    memory.used,
                    memory.spare
                ),
            );
        }
        report
    }
}

fn line(report: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing to a string does not fail.
    let _ = writeln!(report, "{text}");
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::rocm::Rocm;

    /// A context that reads what the kernel says from files under `root`.
    fn context(target: &str, root: &std::path::Path) -> DeviceContext<Rocm> {
        let spec = format!("emulated:{target}").parse().unwrap();
        let mut context = DeviceContext::on_gpu(&spec).unwrap();
        context.pci = root.to_owned();
        context
    }

    /// The files of the emulator's device, which says that it is the bus's first.
    fn files(root: &std::path::Path) {
        let folder = root.join("0000:00:00.0");
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("mem_info_gtt_total"), "16384\n").unwrap();
        fs::write(folder.join("mem_info_gtt_used"), "128\n").unwrap();
    }

    #[test]
    fn an_apu_reports_the_hosts_memory_that_it_uses() {
        let root = tempfile::tempdir().unwrap();
        let apu = context("gfx1151", root.path());
        assert_eq!(apu.gtt(), None, "the kernel says nothing");
        let without = apu.generate_vram_report();
        assert_eq!(without.lines().count(), 1, "{without}");
        files(root.path());
        assert_eq!(apu.gtt(), Some((16384, 128)));
        let with = apu.generate_vram_report();
        let line = "host memory used as the GPU's: 128 of 16384 bytes";
        assert_eq!(with.lines().nth(1), Some(line), "{with}");
    }

    #[test]
    fn a_card_reports_its_own_memory_alone() {
        let root = tempfile::tempdir().unwrap();
        files(root.path());
        let card = context("gfx1100", root.path());
        assert_eq!(card.gtt(), None);
        let report = card.generate_vram_report();
        assert!(
            report.starts_with("Emulated gfx1100 (emulated:gfx1100): "),
            "{report}"
        );
        assert_eq!(report.lines().count(), 1, "{report}");
    }
}
