//! How many waves a compute unit holds at a time, by the registers and the LDS of each target.

use redwick_code_object::KernelMetadata;

/// What the waves of a SIMD share. From AMD's instruction set documents and LLVM's
/// `AMDGPUBaseInfo.cpp` (VGPR granules).
#[derive(Debug)]
pub(super) struct Simd {
    /// Vector registers of a lane, for all waves together; CDNA's accumulation registers are among
    /// them.
    vgprs: u32,
    /// Registers are handed out in multiples of this many.
    granule: u32,
    /// Waves that a SIMD holds at most.
    pub(super) max_waves: u32,
    /// SIMDs that share the LDS: of a compute unit, or on RDNA of a workgroup processor.
    sharing_lds: u32,
    /// Bytes of LDS that they share.
    lds: u32,
}

/// Targets by the beginning of their names; the first that fits counts.
const SIMDS: &[(&str, Simd)] = &[
    ("gfx950", simd(512, 8, 8, 163_840)),
    ("gfx9", simd(512, 8, 8, 65_536)),
    ("gfx10", simd(1024, 8, 16, 131_072)),
    ("gfx1100", simd(1536, 24, 16, 131_072)),
    ("gfx1151", simd(1536, 24, 16, 131_072)),
    ("gfx12", simd(1536, 24, 16, 131_072)),
];

const fn simd(vgprs: u32, granule: u32, max_waves: u32, lds: u32) -> Simd {
    Simd {
        vgprs,
        granule,
        max_waves,
        sharing_lds: 4,
        lds,
    }
}

impl Simd {
    /// That of a target, where it is known.
    pub(super) fn of(target: &str) -> Option<&'static Self> {
        let found = SIMDS.iter().find(|(start, _)| target.starts_with(start));
        found.map(|(_, simd)| simd)
    }

    /// Waves of a kernel that a SIMD holds at once.
    pub(super) fn waves(&self, kernel: &KernelMetadata) -> u32 {
        self.waves_for(
            kernel.vgpr_count,
            kernel.group_segment_fixed_size,
            kernel
                .max_flat_workgroup_size
                .div_ceil(kernel.wavefront_size.max(1)),
        )
    }

    /// The same for waves of so many registers, in workgroups of so many waves and bytes of LDS. All
    /// waves of a workgroup are there at once or not at all.
    fn waves_for(&self, vgprs: u32, lds: u32, group: u32) -> u32 {
        let registers = vgprs.max(1).next_multiple_of(self.granule);
        let by_registers = (self.vgprs / registers).min(self.max_waves);
        let slots = by_registers * self.sharing_lds;
        let groups = self.lds.checked_div(lds).unwrap_or(u32::MAX);
        let held = groups.min(slots / group.max(1)) * group;
        // Workgroups of one wave fill what larger ones leave.
        (held / self.sharing_lds).min(by_registers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waves(target: &str, vgprs: u32, lds: u32, group: u32) -> u32 {
        Simd::of(target).unwrap().waves_for(vgprs, lds, group)
    }

    #[test]
    fn registers_bound_the_waves() {
        assert_eq!(waves("gfx942", 64, 0, 4), 8);
        assert_eq!(waves("gfx942", 65, 0, 4), 7);
        assert_eq!(waves("gfx942", 256, 0, 4), 2);
        assert_eq!(waves("gfx1100", 96, 0, 8), 16);
        assert_eq!(waves("gfx1100", 97, 0, 8), 12);
        assert_eq!(waves("gfx1030", 128, 0, 8), 8);
    }

    #[test]
    fn lds_bounds_the_workgroups() {
        assert_eq!(waves("gfx942", 32, 16_640, 4), 3);
        assert_eq!(waves("gfx950", 32, 16_640, 4), 8);
        assert_eq!(waves("gfx1100", 32, 32_768, 8), 8);
    }

    #[test]
    fn large_workgroups_are_there_as_a_whole() {
        assert_eq!(waves("gfx942", 72, 0, 16), 4);
        assert!(Simd::of("sm_90").is_none());
    }
}
