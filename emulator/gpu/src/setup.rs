//! What a kernel finds when it starts: its argument buffer and its first registers.

use redwick_code_object::{Argument, KernelDescriptor, ValueKind};
use redwick_isa::inst::sreg;

use crate::dispatch::{Dispatch, Temporary};
use crate::fault::LaunchError;
use crate::memory::Memory;
use crate::module::Kernel;
use crate::target::{PrivateBase, Target};
use crate::wave::{Mode, PRIVATE_APERTURE, SHARED_APERTURE, Scratch, Wave};

/// Work-items of the largest workgroup.
const LARGEST_WORKGROUP: u64 = 1024;
/// Bytes of private memory a work-item gets where the compiler cannot tell how many it needs.
const DYNAMIC_STACK: u32 = 16 << 10;
/// Bytes of a dispatch packet.
const PACKET: u64 = 64;
/// Where gfx90a keeps FLAT_SCRATCH.
const FLAT_SCRATCH: u8 = 102;
/// Trap temporary that holds y and, in its high half, z of the workgroup, where those are architected.
const WORKGROUP_YZ: u8 = sreg::TTMP0 + 7;
/// The wave's number in its workgroup, from bit 25 on.
const WAVE_NUMBER: u8 = sreg::TTMP0 + 8;
/// The workgroup's x.
const WORKGROUP_X: u8 = sreg::TTMP0 + 9;
/// The old-firmware prologue in front of a kernel with preloaded arguments.
pub(crate) const PRELOAD_PROLOGUE: u64 = 256;

/// What all waves of a launch have in common.
pub(crate) struct Setup<'m> {
    target: &'static Target,
    descriptor: KernelDescriptor,
    memory: &'m Memory,
    grid: [u32; 3],
    block: [u32; 3],
    arguments: Temporary<'m>,
    packet: Temporary<'m>,
    scratch: Option<Temporary<'m>>,
    /// Bytes of private memory for each lane.
    scratch_size: u32,
    lanes: u32,
    /// Waves of a workgroup.
    pub(crate) waves: u32,
    /// Bytes of LDS of a workgroup.
    pub(crate) lds: u32,
    pub(crate) kernel: &'m Kernel,
}

/// Refuses what the GPU cannot do.
pub(crate) fn validate(
    target: &Target,
    kernel: &Kernel,
    dispatch: &Dispatch<'_>,
) -> Result<(), LaunchError> {
    let invalid = |reason| {
        Err(LaunchError::Invalid {
            kernel: kernel.name().to_owned(),
            reason,
        })
    };
    let description = kernel.description();
    if kernel.image().target.name != target.name {
        return invalid(format!(
            "it was loaded for {}, this GPU is a {}",
            kernel.image().target.name,
            target.name
        ));
    }
    let items = dispatch
        .block
        .iter()
        .map(|&n| u64::from(n))
        .product::<u64>();
    let largest = LARGEST_WORKGROUP.min(u64::from(description.metadata.max_flat_workgroup_size));
    if items == 0 || items > largest {
        return invalid(format!(
            "{items} work-items in a workgroup; 1 to {largest} are possible"
        ));
    }
    let lds = lds_bytes(kernel, dispatch);
    if lds > u64::from(target.lds_bytes) {
        return invalid(format!(
            "{lds} bytes of LDS; {} has {}",
            target.name, target.lds_bytes
        ));
    }
    let (given, needed) = (
        dispatch.arguments.len(),
        description.metadata.explicit_args_size(),
    );
    if given < needed as usize {
        return invalid(format!("{given} bytes of arguments; it takes {needed}"));
    }
    Ok(())
}

fn lds_bytes(kernel: &Kernel, dispatch: &Dispatch<'_>) -> u64 {
    u64::from(kernel.description().descriptor.group_segment_fixed_size)
        + u64::from(dispatch.dynamic_lds)
}

impl<'m> Setup<'m> {
    pub(crate) fn new(
        target: &'static Target,
        memory: &'m Memory,
        kernel: &'m Kernel,
        dispatch: &Dispatch<'_>,
        workers: u64,
    ) -> Result<Self, LaunchError> {
        let description = kernel.description();
        let descriptor = description.descriptor;
        let lanes = if target.is_rdna() {
            descriptor.wave_size()
        } else {
            64
        };
        let waves = dispatch.block.iter().product::<u32>().div_ceil(lanes);
        let dynamic = if description.metadata.uses_dynamic_stack {
            DYNAMIC_STACK
        } else {
            0
        };
        let scratch_size = (descriptor.private_segment_fixed_size + dynamic).next_multiple_of(16);
        let scratch = match u64::from(scratch_size) * u64::from(waves) * u64::from(lanes) * workers
        {
            0 => None,
            size => Some(Temporary::new(memory, size)?),
        };
        let size = description
            .metadata
            .kernarg_segment_size
            .max(dispatch.arguments.len() as u32);
        let setup = Self {
            target,
            descriptor,
            memory,
            grid: dispatch.grid,
            block: dispatch.block,
            arguments: Temporary::new(memory, u64::from(size) + 64)?,
            packet: Temporary::new(memory, PACKET)?,
            scratch,
            scratch_size,
            lanes,
            waves,
            lds: lds_bytes(kernel, dispatch) as u32,
            kernel,
        };
        setup.fill_arguments(dispatch);
        setup.fill_packet();
        Ok(setup)
    }

    /// The coordinates of a workgroup, x fastest.
    pub(crate) fn workgroup(&self, number: u64) -> Option<[u32; 3]> {
        let [x, y, z] = self.grid.map(u64::from);
        let place = [number % x, number / x % y, number / x / y];
        (place[2] < z).then(|| place.map(|n| n as u32))
    }

    fn fill_arguments(&self, dispatch: &Dispatch<'_>) {
        self.memory
            .store_bytes(self.arguments.address, dispatch.arguments);
        for argument in &self.kernel.description().metadata.args {
            if argument.value_kind.is_hidden() {
                self.fill_hidden(argument, dispatch);
            }
        }
    }

    fn fill_hidden(&self, argument: &Argument, dispatch: &Dispatch<'_>) {
        let value = self.hidden(argument.value_kind, dispatch).to_le_bytes();
        let size = (argument.size as usize).min(value.len());
        self.memory.store_bytes(
            self.arguments.address + u64::from(argument.offset),
            &value[..size],
        );
    }

    /// The value of a hidden argument; pointers to services that are not there are null.
    fn hidden(&self, kind: ValueKind, dispatch: &Dispatch<'_>) -> u64 {
        let [gx, gy, gz] = self.grid;
        let [bx, by, bz] = self.block;
        let dimensions = if gz * bz > 1 {
            3
        } else {
            1 + u32::from(gy * by > 1)
        };
        u64::from(match kind {
            ValueKind::HiddenBlockCountX => gx,
            ValueKind::HiddenBlockCountY => gy,
            ValueKind::HiddenBlockCountZ => gz,
            ValueKind::HiddenGroupSizeX => bx,
            ValueKind::HiddenGroupSizeY => by,
            ValueKind::HiddenGroupSizeZ => bz,
            ValueKind::HiddenGridDims => dimensions,
            ValueKind::HiddenDynamicLdsSize => dispatch.dynamic_lds,
            ValueKind::HiddenPrivateBase => PRIVATE_APERTURE,
            ValueKind::HiddenSharedBase => SHARED_APERTURE,
            // Grids are whole workgroups (remainders 0) and start at 0.
            _ => 0,
        })
    }

    /// The dispatch packet that some kernels read their sizes from.
    fn fill_packet(&self) {
        let mut packet = [0u8; PACKET as usize];
        let mut put = |at: usize, bytes: &[u8]| packet[at..at + bytes.len()].copy_from_slice(bytes);
        put(2, &3u16.to_le_bytes());
        for axis in 0..3 {
            put(4 + 2 * axis, &(self.block[axis] as u16).to_le_bytes());
            put(
                12 + 4 * axis,
                &self.grid[axis].wrapping_mul(self.block[axis]).to_le_bytes(),
            );
        }
        put(24, &self.scratch_size.to_le_bytes());
        put(28, &self.lds.to_le_bytes());
        put(
            32,
            &(self.kernel.image().base + self.kernel.description().descriptor_address)
                .to_le_bytes(),
        );
        put(40, &self.arguments.address.to_le_bytes());
        self.memory.store_bytes(self.packet.address, &packet);
    }

    /// Sets up wave `number` of a workgroup, run by `worker`.
    pub(crate) fn start<const L: usize>(
        &self,
        wave: &mut Wave<'_, L>,
        workgroup: [u32; 3],
        number: u32,
        worker: u64,
    ) {
        wave.reset();
        wave.number = number;
        wave.mode = Mode::of_kernel(self.descriptor.rsrc1, self.target.clamps_nan);
        let first = self.scratch.as_ref().map_or(0, |scratch| scratch.address);
        let share = u64::from(self.scratch_size) * u64::from(self.lanes);
        let offset = (worker * u64::from(self.waves) + u64::from(number)) * share;
        let by_kernel = self.target.private_base == PrivateBase::HardwareRegister;
        wave.scratch = Scratch {
            base: if by_kernel { 0 } else { first + offset },
            size: self.scratch_size,
        };
        let items = self.block.iter().product::<u32>();
        let active = (items - number * self.lanes).min(self.lanes);
        wave.set_mask(sreg::EXEC, u64::MAX >> (64 - active));
        self.scalar_registers(wave, workgroup, first, offset);
        self.work_item_ids(wave, number);
    }

    fn scalar_registers<const L: usize>(
        &self,
        wave: &mut Wave<'_, L>,
        workgroup: [u32; 3],
        scratch: u64,
        offset: u64,
    ) {
        if self.target.private_base == PrivateBase::ScalarPair {
            wave.set_sgpr64(FLAT_SCRATCH, scratch + offset);
            wave.mark_sgprs(FLAT_SCRATCH, 2);
        }
        if self.target.architected_ids {
            set_architected_ids(wave, workgroup);
        }
        let mut at = 0;
        for (words, value) in self.user_registers(scratch) {
            for word in 0..words {
                wave.set_sgpr32(at, (value >> (32 * word)) as u32);
                wave.mark_sgprs(at, 1);
                at += 1;
            }
        }
        for word in 0..u16::from(self.descriptor.kernarg_preload_length) {
            let offset = 4 * u64::from(self.descriptor.kernarg_preload_offset + word);
            let value = self
                .memory
                .load(self.arguments.address + offset)
                .map_or(0, u32::from_le_bytes);
            wave.set_sgpr32(at, value);
            wave.mark_sgprs(at, 1);
            at += 1;
        }
        let rsrc2 = self.descriptor.rsrc2;
        let ids = !self.target.architected_ids;
        let offsets = self.target.private_base != PrivateBase::Architected;
        let system = [
            (ids && rsrc2.sgpr_workgroup_id_x(), workgroup[0]),
            (ids && rsrc2.sgpr_workgroup_id_y(), workgroup[1]),
            (ids && rsrc2.sgpr_workgroup_id_z(), workgroup[2]),
            (rsrc2.sgpr_workgroup_info(), self.waves),
            (offsets && rsrc2.private_segment(), offset as u32),
        ];
        let wanted = system.into_iter().filter(|(wanted, _)| *wanted);
        for (at, (_, value)) in (rsrc2.user_sgpr_count() as u8..).zip(wanted) {
            wave.set_sgpr32(at, value);
            wave.mark_sgprs(at, 1);
        }
    }

    /// The user registers that the descriptor asks for, as (words, value).
    fn user_registers(&self, scratch: u64) -> impl Iterator<Item = (u32, u128)> {
        let wanted = self.descriptor.properties;
        let every = [
            (
                wanted.sgpr_private_segment_buffer(),
                4,
                self.scratch_buffer(scratch),
            ),
            (
                wanted.sgpr_dispatch_ptr(),
                2,
                u128::from(self.packet.address),
            ),
            (wanted.sgpr_queue_ptr(), 2, 0),
            (
                wanted.sgpr_kernarg_segment_ptr(),
                2,
                u128::from(self.arguments.address),
            ),
            (wanted.sgpr_dispatch_id(), 2, 0),
            (wanted.sgpr_flat_scratch_init(), 2, u128::from(scratch)),
            (
                wanted.sgpr_private_segment_size(),
                1,
                u128::from(self.scratch_size),
            ),
        ];
        every
            .into_iter()
            .filter(|(wanted, ..)| *wanted)
            .map(|(_, words, value)| (words, value))
    }

    /// A buffer descriptor for private memory: swizzled, with the lane as index.
    fn scratch_buffer(&self, scratch: u64) -> u128 {
        const SWIZZLE: u64 = 1 << 63;
        const ADD_LANE: u64 = 1 << 23;
        let stride = if self.lanes == 64 { 3 } else { 2 };
        let low = scratch & 0xffff_ffff_ffff | SWIZZLE;
        let high = u64::from(u32::MAX) | (ADD_LANE | stride << 21) << 32;
        u128::from(low) | u128::from(high) << 64
    }

    fn work_item_ids<const L: usize>(&self, wave: &mut Wave<'_, L>, number: u32) {
        let [bx, by, _] = self.block;
        let axes = self.descriptor.rsrc2.vgpr_workitem_id();
        for lane in 0..L {
            let item = number * self.lanes + lane as u32;
            let [x, y, z] = [item % bx, item / bx % by, item / bx / by];
            if self.target.packed_ids {
                let y = if axes >= 1 { y } else { 0 };
                let z = if axes >= 2 { z } else { 0 };
                wave.vgpr[0][lane] = x | y << 10 | z << 20;
                continue;
            }
            for (axis, id) in [x, y, z].into_iter().enumerate().take(axes as usize + 1) {
                wave.vgpr[axis][lane] = id;
            }
        }
        let rows = if self.target.packed_ids { 0 } else { axes };
        (0..=rows as usize).for_each(|row| wave.mark_row(row));
    }
}

/// Puts the workgroup's coordinates and the wave's number where hardware of that kind does.
fn set_architected_ids<const L: usize>(wave: &mut Wave<'_, L>, workgroup: [u32; 3]) {
    let [x, y, z] = workgroup;
    wave.set_sgpr32(WORKGROUP_X, x);
    wave.set_sgpr32(WORKGROUP_YZ, y & 0xffff | z << 16);
    wave.set_sgpr32(WAVE_NUMBER, wave.number << 25);
    wave.mark_sgprs(WORKGROUP_YZ, 3);
}
