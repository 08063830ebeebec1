//! Names of hardware registers and of messages, a list a generation.

use crate::generation::{Generation, Layout};

/// Numbers and their names.
type Names = &'static [(u16, &'static str)];

/// The registers that `s_getreg` and `s_setreg` reach.
fn registers(generation: Generation) -> Names {
    match generation {
        Generation::Cdna2 => &CDNA_REGISTERS[..CDNA2_REGISTERS],
        Generation::Cdna3 | Generation::Cdna4 => CDNA_REGISTERS,
        Generation::Rdna2 => RDNA2_REGISTERS,
        Generation::Rdna3 | Generation::Rdna35 => RDNA3_REGISTERS,
        Generation::Rdna4 => RDNA4_REGISTERS,
    }
}

const CDNA_REGISTERS: Names = &[
    (1, "MODE"),
    (2, "STATUS"),
    (3, "TRAPSTS"),
    (4, "HW_ID"),
    (5, "GPR_ALLOC"),
    (6, "LDS_ALLOC"),
    (7, "IB_STS"),
    (15, "SH_MEM_BASES"),
    (16, "TBA_LO"),
    (17, "TBA_HI"),
    (18, "TMA_LO"),
    (19, "TMA_HI"),
    // From here on not on CDNA2.
    (20, "XCC_ID"),
    (21, "SQ_PERF_SNAPSHOT_DATA"),
    (22, "SQ_PERF_SNAPSHOT_DATA1"),
    (23, "SQ_PERF_SNAPSHOT_PC_LO"),
    (24, "SQ_PERF_SNAPSHOT_PC_HI"),
];

const CDNA2_REGISTERS: usize = 12;

const RDNA2_REGISTERS: Names = &[
    (1, "MODE"),
    (2, "STATUS"),
    (3, "TRAPSTS"),
    (5, "GPR_ALLOC"),
    (6, "LDS_ALLOC"),
    (7, "IB_STS"),
    (15, "SH_MEM_BASES"),
    (16, "TBA_LO"),
    (17, "TBA_HI"),
    (18, "TMA_LO"),
    (19, "TMA_HI"),
    (20, "FLAT_SCR_LO"),
    (21, "FLAT_SCR_HI"),
    (23, "HW_ID1"),
    (24, "HW_ID2"),
    (25, "POPS_PACKER"),
    (29, "SHADER_CYCLES"),
];

const RDNA3_REGISTERS: Names = &[
    (1, "MODE"),
    (2, "STATUS"),
    (3, "TRAPSTS"),
    (5, "GPR_ALLOC"),
    (6, "LDS_ALLOC"),
    (7, "IB_STS"),
    (15, "SH_MEM_BASES"),
    (18, "PERF_SNAPSHOT_PC_LO"),
    (19, "PERF_SNAPSHOT_PC_HI"),
    (20, "FLAT_SCR_LO"),
    (21, "FLAT_SCR_HI"),
    (23, "HW_ID1"),
    (24, "HW_ID2"),
    (27, "PERF_SNAPSHOT_DATA"),
    (29, "SHADER_CYCLES"),
];

const RDNA4_REGISTERS: Names = &[
    (1, "WAVE_MODE"),
    (2, "WAVE_STATUS"),
    (4, "WAVE_STATE_PRIV"),
    (5, "WAVE_GPR_ALLOC"),
    (6, "WAVE_LDS_ALLOC"),
    (7, "IB_STS"),
    (10, "PERF_SNAPSHOT_DATA"),
    (11, "PERF_SNAPSHOT_PC_LO"),
    (12, "PERF_SNAPSHOT_PC_HI"),
    (15, "PERF_SNAPSHOT_DATA1"),
    (16, "PERF_SNAPSHOT_DATA2"),
    (17, "WAVE_EXCP_FLAG_PRIV"),
    (18, "WAVE_EXCP_FLAG_USER"),
    (19, "WAVE_TRAP_CTRL"),
    (20, "WAVE_SCRATCH_BASE_LO"),
    (21, "WAVE_SCRATCH_BASE_HI"),
    (23, "WAVE_HW_ID1"),
    (24, "WAVE_HW_ID2"),
    (26, "WAVE_SCHED_MODE"),
    (29, "SHADER_CYCLES_LO"),
    (30, "SHADER_CYCLES_HI"),
    (31, "WAVE_DVGPR_ALLOC_LO"),
    (32, "WAVE_DVGPR_ALLOC_HI"),
];

/// `width` bits from bit `low`.
fn bits(value: u16, low: u32, width: u32) -> u16 {
    value >> low & ((1 << width) - 1)
}

/// A register, and which of its bits if not all.
pub(super) fn hardware_register(value: u16, generation: Generation) -> String {
    let (number, offset, width) = (bits(value, 0, 6), bits(value, 6, 5), bits(value, 11, 5) + 1);
    let name = match find(registers(generation), number) {
        Some(name) => format!("HW_REG_{name}"),
        None => number.to_string(),
    };
    if (offset, width) == (0, 32) {
        format!("hwreg({name})")
    } else {
        format!("hwreg({name}, {offset}, {width})")
    }
}

fn find(names: Names, number: u16) -> Option<&'static str> {
    let named = names.iter().find(|(known, _)| *known == number)?;
    Some(named.1)
}

/// Messages without an operation.
fn messages(layout: Layout) -> Names {
    match layout {
        Layout::Gfx9 => &GFX9_MESSAGES[..GFX9_MESSAGES.len() - 1],
        Layout::Gfx10 => GFX9_MESSAGES,
        Layout::Gfx11 => &GFX11_MESSAGES[..GFX11_MESSAGES.len() - 1],
        Layout::Gfx12 => &GFX11_MESSAGES[2..],
    }
}

const GFX9_MESSAGES: Names = &[
    (1, "INTERRUPT"),
    (4, "SAVEWAVE"),
    (5, "STALL_WAVE_GEN"),
    (6, "HALT_WAVES"),
    (7, "ORDERED_PS_DONE"),
    (8, "EARLY_PRIM_DEALLOC"),
    (9, "GS_ALLOC_REQ"),
    (10, "GET_DOORBELL"),
    // RDNA2 alone.
    (11, "GET_DDID"),
];

const GFX11_MESSAGES: Names = &[
    (5, "STALL_WAVE_GEN"),
    (6, "HALT_WAVES"),
    // RDNA4 too, from here on.
    (1, "INTERRUPT"),
    (2, "HS_TESSFACTOR"),
    (3, "DEALLOC_VGPRS"),
    (9, "GS_ALLOC_REQ"),
    (128, "RTN_GET_DOORBELL"),
    (129, "RTN_GET_DDID"),
    (130, "RTN_GET_TMA"),
    (131, "RTN_GET_REALTIME"),
    (132, "RTN_SAVE_WAVE"),
    (133, "RTN_GET_TBA"),
    (134, "RTN_GET_TBA_TO_PC"),
    // RDNA4 alone.
    (135, "RTN_GET_SE_AID_ID"),
];

/// A message to the rest of the chip.
pub(super) fn message(imm: i32, generation: Generation) -> String {
    let (value, layout) = (imm as u16, generation.layout());
    let operations = layout < Layout::Gfx11;
    let (number, operation, stream) = if operations {
        (bits(value, 0, 4), bits(value, 4, 3), bits(value, 8, 2))
    } else {
        (bits(value, 0, 8), 0, 0)
    };
    if let Some(text) = graphics(number, operation, stream).filter(|_| operations) {
        return format!("sendmsg({text})");
    }
    match find(messages(layout), number).filter(|_| operation == 0 && stream == 0) {
        Some(name) => format!("sendmsg(MSG_{name})"),
        None if value == number | operation << 4 | stream << 8 => {
            format!("sendmsg({number}, {operation}, {stream})")
        }
        None => value.to_string(),
    }
}

const VERSIONS: Names = &[(0, "GFX7"), (4, "GFX10"), (6, "GFX11"), (9, "GFX12")];
const VERSION_FLAGS: Names = &[
    (0x2000, "W64_BIT"),
    (0x4000, "W32_BIT"),
    (0x8000, "MDP_BIT"),
];

/// The generation that code was compiled for, its wave size, and a debugger's bit.
pub(super) fn version(value: u16) -> String {
    let base = value & 0x1fff;
    if base > 0xff {
        return format!("{value:#x}");
    }
    let known = find(VERSIONS, base).map(|name| format!("UC_VERSION_{name}"));
    let mut out = known.unwrap_or_else(|| base.to_string());
    let set = VERSION_FLAGS.iter().filter(|(bit, _)| value & bit != 0);
    for (_, name) in set {
        let inner = if out.contains('|') {
            format!("({out})")
        } else {
            out
        };
        out = format!("{inner}|UC_VERSION_{name}");
    }
    out
}

const STREAM_OPERATIONS: [&str; 4] = ["NOP", "CUT", "EMIT", "EMIT_CUT"];
const SYSTEM_OPERATIONS: Names = &[(1, "ECC_ERR_INTERRUPT"), (2, "REG_RD"), (4, "TTRACE_PC")];

/// Messages that carry an operation, before RDNA3: to the geometry stage and to the system.
fn graphics(number: u16, operation: u16, stream: u16) -> Option<String> {
    match (number, operation) {
        (2 | 3, 1..=3) => {
            let name = if number == 2 { "GS" } else { "GS_DONE" };
            let done = STREAM_OPERATIONS[usize::from(operation)];
            Some(format!("MSG_{name}, GS_OP_{done}, {stream}"))
        }
        (3, 0) if stream == 0 => Some("MSG_GS_DONE, GS_OP_NOP".to_owned()),
        (15, _) if stream == 0 => {
            find(SYSTEM_OPERATIONS, operation).map(|name| format!("MSG_SYSMSG, SYSMSG_OP_{name}"))
        }
        _ => None,
    }
}
