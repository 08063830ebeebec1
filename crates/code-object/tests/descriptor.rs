//! Every bit of a kernel descriptor.

use redwick_code_object::{DenormMode, KernelDescriptor, KernelProperties, Rsrc1, Rsrc2, Rsrc3};

/// Flags that are set, each at the bit that its place in the list says.
fn set(flags: &[(u32, bool)]) -> Vec<u32> {
    let set = flags.iter().filter(|(_, set)| *set);
    set.map(|(bit, _)| *bit).collect()
}

fn flags1(r: Rsrc1) -> Vec<u32> {
    set(&[
        (20, r.privileged()),
        (21, r.dx10_clamp()),
        (23, r.ieee_mode()),
        (26, r.fp16_overflow_clamps()),
        (29, r.wgp_mode()),
        (30, r.memory_ordered()),
        (31, r.forward_progress()),
    ])
}

fn flags2(r: Rsrc2) -> Vec<u32> {
    set(&[
        (0, r.private_segment()),
        (6, r.trap_handler()),
        (7, r.sgpr_workgroup_id_x()),
        (8, r.sgpr_workgroup_id_y()),
        (9, r.sgpr_workgroup_id_z()),
        (10, r.sgpr_workgroup_info()),
        (13, r.exception_address_watch()),
        (14, r.exception_memory()),
        (24, r.exception_invalid()),
        (25, r.exception_denormal()),
        (26, r.exception_division_by_zero()),
        (27, r.exception_overflow()),
        (28, r.exception_underflow()),
        (29, r.exception_inexact()),
        (30, r.exception_integer_division_by_zero()),
    ])
}

fn flags_of_properties(p: KernelProperties) -> Vec<u32> {
    set(&[
        (0, p.sgpr_private_segment_buffer()),
        (1, p.sgpr_dispatch_ptr()),
        (2, p.sgpr_queue_ptr()),
        (3, p.sgpr_kernarg_segment_ptr()),
        (4, p.sgpr_dispatch_id()),
        (5, p.sgpr_flat_scratch_init()),
        (6, p.sgpr_private_segment_size()),
        (10, p.wavefront_size32()),
        (11, p.uses_dynamic_stack()),
    ])
}

#[test]
fn a_flag_is_its_bit_and_no_other() {
    for bit in 0..32 {
        let found = flags1(Rsrc1(1 << bit));
        assert!(
            found.iter().all(|&named| named == bit),
            "rsrc1 bit {bit}: {found:?}"
        );
        let found = flags2(Rsrc2(1 << bit));
        assert!(
            found.iter().all(|&named| named == bit),
            "rsrc2 bit {bit}: {found:?}"
        );
        assert_eq!(Rsrc3(1 << bit).cdna_threadgroup_split(), bit == 16);
    }
    for bit in 0..16 {
        let found = flags_of_properties(KernelProperties(1 << bit));
        assert!(
            found.iter().all(|&named| named == bit),
            "property {bit}: {found:?}"
        );
    }
    assert_eq!(flags1(Rsrc1(u32::MAX)).len(), 7);
    assert_eq!(flags2(Rsrc2(u32::MAX)).len(), 15);
    assert_eq!(flags_of_properties(KernelProperties(u16::MAX)).len(), 9);
}

#[test]
fn fields_are_cut_from_their_bits() {
    let all = u32::MAX;
    let one = Rsrc1(all);
    assert_eq!(
        (one.granulated_vgpr_count(), one.granulated_sgpr_count()),
        (63, 15)
    );
    assert_eq!((one.float_mode_bits(), one.vgprs(8)), (255, 512));
    let two = Rsrc2(all);
    assert_eq!((two.user_sgpr_count(), two.vgpr_workitem_id()), (31, 3));
    assert_eq!(two.granulated_lds_size(), 511);
    let three = Rsrc3(all);
    assert_eq!(three.cdna_accum_offset(), 256);
    assert_eq!(three.rdna_shared_vgpr_count(), 15);
    let prefetch = (
        three.rdna3_instruction_prefetch(),
        three.rdna4_instruction_prefetch(),
    );
    assert_eq!(prefetch, (63, 255));
}

#[test]
fn modes_of_rounding_and_denormals() {
    let mode = Rsrc1(0b10_01_11_10 << 12).float_mode();
    assert_eq!((mode.round_32, mode.round_16_64), (2, 3));
    let flushes = |source, destination| DenormMode {
        flush_source: source,
        flush_destination: destination,
    };
    assert_eq!(mode.denorm_32, flushes(false, true));
    assert_eq!(mode.denorm_16_64, flushes(true, false));
}

#[test]
fn numbers_lie_at_their_places() {
    let bytes: [u8; KernelDescriptor::SIZE] = std::array::from_fn(|at| at as u8);
    let found = KernelDescriptor::decode(&bytes);
    assert_eq!(found.group_segment_fixed_size, 0x0302_0100);
    assert_eq!(found.private_segment_fixed_size, 0x0706_0504);
    assert_eq!(found.kernarg_size, 0x0b0a_0908);
    assert_eq!(found.entry_byte_offset, 0x1716_1514_1312_1110);
    assert_eq!(found.rsrc3, Rsrc3(0x2f2e_2d2c));
    assert_eq!(found.rsrc1, Rsrc1(0x3332_3130));
    assert_eq!(found.rsrc2, Rsrc2(0x3736_3534));
    assert_eq!(found.properties, KernelProperties(0x3938));
    assert_eq!(found.kernarg_preload_length, 0x3a);
    assert_eq!(found.kernarg_preload_offset, 0x3b3a >> 7);
    // Bit 10 of the properties, 0x3938, is not set.
    assert_eq!(found.wave_size(), 64);
}
