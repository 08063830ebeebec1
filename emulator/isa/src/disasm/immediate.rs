//! The 16-bit immediates of scalar instructions, each with a language of its own.

use super::names;
use crate::generation::{Generation, Layout};
use crate::table::Style;

/// The text of an immediate, None where nothing is printed.
pub(super) fn text(style: Style, imm: i32, generation: Generation) -> Option<String> {
    let value = imm as u16;
    Some(match style {
        Style::Hex => format!("{value:#x}"),
        Style::Mixed if value > 64 => format!("{value:#x}"),
        Style::End if value == 0 => return None,
        Style::Waitcnt => wait_counts(value, generation),
        Style::Sendmsg => names::message(value.into(), generation),
        Style::Hwreg => names::hardware_register(value, generation),
        Style::Delay => delay(value),
        Style::Version => names::version(value),
        Style::Indexed => indexed_operands(value),
        Style::Depctr => dependency_counters(value),
        _ => value.to_string(),
    })
}

/// One digit, or ten, in decimal; others in hexadecimal.
pub(super) fn truth_table(value: i32) -> String {
    if (0..=10).contains(&value) {
        value.to_string()
    } else {
        format!("{value:#x}")
    }
}

/// The operands whose registers M0 indexes; a value with other bits stays a number.
fn indexed_operands(value: u16) -> String {
    if value > 15 {
        return format!("{value:#x}");
    }
    let names = ["SRC0", "SRC1", "SRC2", "DST"].iter().enumerate();
    let shown = names.filter(|(bit, _)| value >> bit & 1 == 1);
    let shown: Vec<&str> = shown.map(|(_, name)| *name).collect();
    format!("gpr_idx({})", shown.join(","))
}

/// `width` bits from bit `low`.
fn bits(value: u16, low: u32, width: u32) -> u16 {
    value >> low & ((1 << width) - 1)
}

/// Counters at their maximum are not waited for, and not printed unless all are.
fn wait_counts(value: u16, generation: Generation) -> String {
    let layout = generation.layout();
    let counts = if layout >= Layout::Gfx11 {
        [
            ("vmcnt", bits(value, 10, 6), 63),
            ("expcnt", bits(value, 0, 3), 7),
            ("lgkmcnt", bits(value, 4, 6), 63),
        ]
    } else {
        let vmcnt = bits(value, 0, 4) | bits(value, 14, 2) << 4;
        let width = if layout == Layout::Gfx9 { 4 } else { 6 };
        [
            ("vmcnt", vmcnt, 63),
            ("expcnt", bits(value, 4, 3), 7),
            ("lgkmcnt", bits(value, 8, width), (1 << width) - 1),
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
