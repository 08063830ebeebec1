//! Single instructions: bytes and registers in, registers out.
//!
//! The table holds hand-computed results; the bytes were assembled by LLVM. Each row is also read
//! back by the disassembler, so that a row cannot test another instruction than it says.
#![allow(clippy::unwrap_used)]

use redwick_isa::inst::sreg;

use crate::exec;
use crate::memory::Memory;
use crate::program::{Code, Program};
use crate::step::Flow;
use crate::target::Target;
use crate::wave::Wave;

const TABLE: &str = include_str!("tests/instructions.txt");
/// Where the instruction under test lies.
const ADDRESS: u64 = 0x1000;
/// Vector registers that a test has, and where accumulation registers begin.
const REGISTERS: usize = 64;

struct Bytes {
    target: &'static Target,
    bytes: Vec<u8>,
}

impl Code for Bytes {
    fn bytes_at(&self, address: u64, out: &mut [u8]) -> usize {
        let rest = address
            .checked_sub(ADDRESS)
            .and_then(|at| self.bytes.get(at as usize..));
        let Some(rest) = rest else { return 0 };
        let n = rest.len().min(out.len());
        out[..n].copy_from_slice(&rest[..n]);
        n
    }

    fn target(&self) -> &'static Target {
        self.target
    }
}

/// One row of the table.
struct Row<'t> {
    text: &'t str,
    target: &'t str,
    bytes: Vec<u8>,
    before: &'t str,
    after: &'t str,
}

fn rows() -> impl Iterator<Item = Row<'static>> {
    TABLE
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|text| {
            let columns: Vec<&str> = text.split(" | ").map(str::trim).collect();
            let [target, _, hex, before, after] = columns[..] else {
                panic!("{text}")
            };
            let bytes = (0..hex.len())
                .step_by(2)
                .map(|i| u8::from_str_radix(&hex[i..i + 2], 16).unwrap())
                .collect();
            Row {
                text,
                target,
                bytes,
                before,
                after,
            }
        })
}

/// The value of a register in a lane.
fn value(text: &str, lane: usize, lanes: usize) -> u32 {
    if let Some(float) = text.strip_suffix('f').filter(|_| !text.starts_with("0x")) {
        return float.parse::<f32>().unwrap().to_bits();
    }
    match text {
        "lane" => lane as u32,
        "last" => lanes as u32 - 1,
        "all" => u32::MAX,
        _ => match text.strip_prefix("0x") {
            Some(hex) => u32::from_str_radix(hex, 16).unwrap(),
            None => text.parse::<i64>().unwrap() as u32,
        },
    }
}

/// Splits `v0[3]=5` into register, lane and value.
fn assignment(text: &str) -> (&str, Option<usize>, &str) {
    let (place, value) = text.split_once('=').unwrap();
    match place.split_once('[') {
        Some((name, lane)) => (
            name,
            Some(lane.trim_end_matches(']').parse().unwrap()),
            value,
        ),
        None => (place, None, value),
    }
}

fn set<const L: usize>(wave: &mut Wave<'_, L>, text: &str) {
    let (name, _, text) = assignment(text);
    match name {
        "vcc" | "exec" => {
            let all = if text == "all" {
                u64::MAX
            } else {
                u64::from(value(text, 0, L))
            };
            wave.set_mask(if name == "vcc" { sreg::VCC } else { sreg::EXEC }, all);
        }
        "scc" => wave.scc = value(text, 0, L) != 0,
        _ => {
            let number: usize = name[1..].parse().unwrap();
            match &name[..1] {
                "s" => wave.set_sgpr32(number as u8, value(text, 0, L)),
                _ => wave.vgpr[number] = std::array::from_fn(|lane| value(text, lane, L)),
            }
        }
    }
}

/// What is not as a row says it should be, if anything.
fn difference<const L: usize>(wave: &Wave<'_, L>, text: &str) -> Option<String> {
    let (name, lane, text) = assignment(text);
    let differs = |found: u64, expected: u64| {
        (found != expected).then(|| format!("{name} is {found:#x}, not {expected:#x}"))
    };
    match name {
        "vcc" | "exec" => {
            let all = if text == "all" {
                Wave::<L>::FULL
            } else {
                u64::from(value(text, 0, L))
            };
            differs(
                wave.mask(if name == "vcc" { sreg::VCC } else { sreg::EXEC }),
                all,
            )
        }
        "scc" => differs(u64::from(wave.scc), u64::from(value(text, 0, L))),
        _ => {
            let number: usize = name[1..].parse().unwrap();
            let mut lanes = lane.map_or(0..L, |lane| lane..lane + 1);
            lanes.find_map(|lane| {
                let found = if name.starts_with('s') {
                    wave.sgpr[number]
                } else {
                    wave.vgpr[number][lane]
                };
                let what = differs(u64::from(found), u64::from(value(text, lane, L)))?;
                Some(format!("{what}, in lane {lane}"))
            })
        }
    }
}

/// Runs a row; returns what went wrong.
fn run<const L: usize>(row: &Row<'_>) -> Vec<String> {
    let memory = Memory::new(1 << 16).unwrap();
    let code = Bytes {
        target: Target::find(row.target).unwrap(),
        bytes: row.bytes.clone(),
    };
    let program = Program::<L>::from_code(&code, ADDRESS, &[], REGISTERS, REGISTERS);
    let mut wave = Wave::new(&program, &memory, false);
    // Denormals kept, rounding to nearest, clamped NaNs become 0: what compilers ask for.
    wave.mode.set(0x1f0);
    wave.set_mask(sreg::EXEC, u64::MAX);
    row.before
        .split_whitespace()
        .for_each(|text| set(&mut wave, text));
    let flow = exec::run(&mut wave, 1);
    if flow != Flow::Next {
        return vec![format!("{flow:?} {:?} after {}", wave.trap, row.text)];
    }
    let differences = row
        .after
        .split_whitespace()
        .filter_map(|text| difference(&wave, text));
    differences
        .map(|what| format!("{what} after {}", row.text))
        .collect()
}

#[test]
fn every_row_of_the_table() {
    let (mut count, mut wrong) = (0, Vec::new());
    for row in rows() {
        wrong.extend(if row.target.starts_with("gfx1") {
            run::<32>(&row)
        } else {
            run::<64>(&row)
        });
        count += 1;
    }
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(count > 300, "{count} rows");
}

#[test]
fn rows_say_what_they_test() {
    for row in rows() {
        let generation = row.target.parse().unwrap();
        let inst = redwick_isa::Decoder::new(generation)
            .decode(&row.bytes, ADDRESS)
            .unwrap();
        let name = |text: &str| {
            text.split_whitespace()
                .next()
                .unwrap()
                .replace("_e32", "")
                .replace("_e64", "")
        };
        let assembly = row.text.split(" | ").nth(1).unwrap().trim();
        let found = redwick_isa::disasm::format(&inst, generation, ADDRESS);
        assert_eq!(inst.size as usize, row.bytes.len(), "{}", row.text);
        assert!(
            name(&found) == name(assembly) || inst.mnemonic.contains("co_"),
            "{found}: {}",
            row.text
        );
    }
}
