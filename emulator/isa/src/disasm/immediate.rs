//! The 16-bit immediates of scalar instructions, each with a language of its own.

use crate::generation::Generation;
use crate::table::Style;

/// The text of an immediate, None where nothing is printed.
pub(super) fn text(style: Style, imm: i32, generation: Generation) -> Option<String> {
    let value = imm as u16;
    Some(match style {
        Style::Hex => format!("{value:#x}"),
        Style::Mixed if value > 64 => format!("{value:#x}"),
        Style::End if value == 0 => return None,
        Style::Waitcnt => wait_counts(value, generation),
        Style::Sendmsg => message(value.into(), generation),
        Style::Hwreg => hardware_register(value, generation),
        Style::Delay => delay(value),
        Style::Depctr => dependency_counters(value),
        _ => value.to_string(),
    })
}

/// `width` bits from bit `low`.
fn bits(value: u16, low: u32, width: u32) -> u16 {
    value >> low & ((1 << width) - 1)
}

/// Counters at their maximum are not waited for, and not printed unless all are.
fn wait_counts(value: u16, generation: Generation) -> String {
    let counts = if generation.is_rdna() {
        [
            ("vmcnt", bits(value, 10, 6), 63),
            ("expcnt", bits(value, 0, 3), 7),
            ("lgkmcnt", bits(value, 4, 6), 63),
        ]
    } else {
        let vmcnt = bits(value, 0, 4) | bits(value, 14, 2) << 4;
        [
            ("vmcnt", vmcnt, 63),
            ("expcnt", bits(value, 4, 3), 7),
            ("lgkmcnt", bits(value, 8, 4), 15),
        ]
    };
    let all = counts.iter().all(|(_, count, most)| count == most);
    let shown = counts
        .iter()
        .filter(|(_, count, most)| all || count != most);
    shown
        .map(|(name, count, _)| format!("{name}({count})"))
        .collect::<Vec<_>>()
        .join(" ")
}

const CDNA_REGISTERS: [(u16, &str); 17] = [
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
    // From here on CDNA3 only.
    (20, "XCC_ID"),
    (21, "SQ_PERF_SNAPSHOT_DATA"),
    (22, "SQ_PERF_SNAPSHOT_DATA1"),
    (23, "SQ_PERF_SNAPSHOT_PC_LO"),
    (24, "SQ_PERF_SNAPSHOT_PC_HI"),
];

const CDNA2_REGISTERS: usize = 12;

const RDNA3_REGISTERS: [(u16, &str); 15] = [
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

fn hardware_register(value: u16, generation: Generation) -> String {
    let (number, offset, width) = (bits(value, 0, 6), bits(value, 6, 5), bits(value, 11, 5) + 1);
    let known: &[(u16, &str)] = match generation {
        Generation::Cdna2 => &CDNA_REGISTERS[..CDNA2_REGISTERS],
        Generation::Cdna3 => &CDNA_REGISTERS,
        Generation::Rdna3 => &RDNA3_REGISTERS,
    };
    let name = match known.iter().find(|(known, _)| *known == number) {
        Some((_, name)) => format!("HW_REG_{name}"),
        None => number.to_string(),
    };
    if (offset, width) == (0, 32) {
        format!("hwreg({name})")
    } else {
        format!("hwreg({name}, {offset}, {width})")
    }
}

const CDNA_MESSAGES: [(u16, &str); 8] = [
    (1, "INTERRUPT"),
    (4, "SAVEWAVE"),
    (5, "STALL_WAVE_GEN"),
    (6, "HALT_WAVES"),
    (7, "ORDERED_PS_DONE"),
    (8, "EARLY_PRIM_DEALLOC"),
    (9, "GS_ALLOC_REQ"),
    (10, "GET_DOORBELL"),
];

const RDNA3_MESSAGES: [(u16, &str); 13] = [
    (1, "INTERRUPT"),
    (2, "HS_TESSFACTOR"),
    (3, "DEALLOC_VGPRS"),
    (5, "STALL_WAVE_GEN"),
    (6, "HALT_WAVES"),
    (9, "GS_ALLOC_REQ"),
    (128, "RTN_GET_DOORBELL"),
    (129, "RTN_GET_DDID"),
    (130, "RTN_GET_TMA"),
    (131, "RTN_GET_REALTIME"),
    (132, "RTN_SAVE_WAVE"),
    (133, "RTN_GET_TBA"),
    (134, "RTN_GET_TBA_TO_PC"),
];

/// A message to the rest of the chip. Graphics messages, which carry an operation, stay numbers.
pub(super) fn message(imm: i32, generation: Generation) -> String {
    let value = imm as u16;
    let (known, number, operation, stream): (&[(u16, &str)], _, _, _) = if generation.is_rdna() {
        (&RDNA3_MESSAGES, bits(value, 0, 8), 0, 0)
    } else {
        (
            &CDNA_MESSAGES,
            bits(value, 0, 4),
            bits(value, 4, 3),
            bits(value, 8, 2),
        )
    };
    let named = known.iter().find(|(known, _)| *known == number);
    match named.filter(|_| operation == 0 && stream == 0) {
        Some((_, name)) => format!("sendmsg(MSG_{name})"),
        None if value == number | operation << 4 | stream << 8 => {
            format!("sendmsg({number}, {operation}, {stream})")
        }
        None => value.to_string(),
    }
}

const DELAY_CAUSES: [&str; 12] = [
    "NO_DEP",
    "VALU_DEP_1",
    "VALU_DEP_2",
    "VALU_DEP_3",
    "VALU_DEP_4",
    "TRANS32_DEP_1",
    "TRANS32_DEP_2",
    "TRANS32_DEP_3",
    "FMA_ACCUM_CYCLE_1",
    "SALU_CYCLE_1",
    "SALU_CYCLE_2",
    "SALU_CYCLE_3",
];

const DELAY_SKIPS: [&str; 6] = ["SAME", "NEXT", "SKIP_1", "SKIP_2", "SKIP_3", "SKIP_4"];

fn delay(value: u16) -> String {
    let parts = [
        ("instid0", bits(value, 0, 4), &DELAY_CAUSES[..], "instid"),
        ("instskip", bits(value, 4, 3), &DELAY_SKIPS[..], "instskip"),
        ("instid1", bits(value, 7, 4), &DELAY_CAUSES[..], "instid"),
    ];
    let shown =
        parts
            .iter()
            .filter(|(_, number, ..)| *number != 0)
            .map(|(name, number, names, kind)| {
                let unknown = format!("/* invalid {kind} value */");
                format!(
                    "{name}({})",
                    names.get(usize::from(*number)).copied().unwrap_or(&unknown)
                )
            });
    let text = shown.collect::<Vec<_>>().join(" | ");
    if text.is_empty() {
        "0".to_owned()
    } else {
        text
    }
}

/// Name, first bit and width of the counters, in the order of the text.
const COUNTERS: [(&str, u32, u32); 7] = [
    ("hold_cnt", 7, 1),
    ("sa_sdst", 0, 1),
    ("va_vdst", 12, 4),
    ("va_sdst", 9, 3),
    ("va_ssrc", 8, 1),
    ("va_vcc", 1, 1),
    ("vm_vsrc", 2, 3),
];

/// Counters at their maximum are not printed unless all are.
fn dependency_counters(value: u16) -> String {
    let used: u16 = COUNTERS
        .iter()
        .map(|(_, low, width)| ((1 << width) - 1) << low)
        .sum();
    if value & !used != 0 {
        return format!("{value:#x}");
    }
    let shown = COUNTERS
        .iter()
        .filter(|(_, low, width)| value == used || bits(value, *low, *width) != (1 << width) - 1);
    let texts =
        shown.map(|(name, low, width)| format!("depctr_{name}({})", bits(value, *low, *width)));
    texts.collect::<Vec<_>>().join(" ")
}
