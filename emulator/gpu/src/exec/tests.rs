//! Single instructions: bytes and registers in, registers out.
//!
//! Of the two tables one holds hand-computed results, the other those of formulas in Python (beside
//! it); the bytes were assembled by LLVM. Each row is also read back by the disassembler, so that a row
//! cannot test another instruction than it says.
#![allow(clippy::unwrap_used)]

use redwick_isa::inst::sreg;

use crate::exec;
use crate::lds::Lds;
use crate::memory::Memory;
use crate::program::{Code, Program};
use crate::step::Flow;
use crate::target::Target;
use crate::wave::{Scratch, Wave};

const BY_HAND: &str = include_str!("tests/instructions.txt");
const BY_FORMULA: &str = include_str!("tests/operations.txt");
/// Where the instruction under test lies.
const ADDRESS: u64 = 0x1000;
/// Vector registers that a test has, and where accumulation registers begin.
const REGISTERS: usize = 64;
/// Bytes of memory and of LDS that a test has.
const BLOCK: u64 = 4096;
/// Bytes of private memory of each lane.
const PRIVATE: u32 = 64;

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

/// One row of a table, for one target.
struct Row {
    /// The whole row.
    text: &'static str,
    target: &'static str,
    assembly: &'static str,
    bytes: Vec<u8>,
    before: &'static str,
    after: &'static str,
}

fn columns<const N: usize>(text: &'static str) -> [&'static str; N] {
    let columns: Vec<&str> = text.split(" | ").map(str::trim).collect();
    columns.try_into().unwrap_or_else(|_| panic!("{text}"))
}

fn lines(table: &'static str) -> impl Iterator<Item = &'static str> {
    table
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
}

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len())
        .step_by(2)
        .map(|i| u8::from_str_radix(&hex[i..i + 2], 16).unwrap())
        .collect()
}

fn rows() -> impl Iterator<Item = Row> {
    let by_hand = lines(BY_HAND).map(|text| {
        let [target, assembly, hex, before, after] = columns(text);
        let bytes = bytes(hex);
        Row {
            text,
            target,
            assembly,
            bytes,
            before,
            after,
        }
    });
    let by_formula = lines(BY_FORMULA).flat_map(|text| {
        let [encodings, assembly, before, after] = columns(text);
        encodings.split_whitespace().map(move |encoding| {
            let (target, hex) = encoding.split_once(':').unwrap();
            let bytes = bytes(hex);
            Row {
                text,
                target,
                assembly,
                bytes,
                before,
                after,
            }
        })
    });
    by_hand.chain(by_formula)
}

/// The value of a register in a lane; lanes beyond those of a list repeat it.
fn value(text: &str, lane: usize, lanes: usize) -> u32 {
    let list: Vec<&str> = text.split(',').collect();
    if list.len() > 1 {
        return value(list[lane % list.len()], lane, lanes);
    }
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

/// A lane mask: `all`, a number, or bits (`0b01`) that repeat.
fn mask(text: &str, lanes: usize) -> u64 {
    if let Some(bits) = text.strip_prefix("0b") {
        let pattern = u64::from_str_radix(bits, 2).unwrap();
        return (0..lanes)
            .filter(|lane| pattern >> (lane % bits.len()) & 1 != 0)
            .fold(0, |mask, lane| mask | 1 << lane);
    }
    match text {
        "all" => u64::MAX >> (64 - lanes),
        _ => u64::from(value(text, 0, lanes)),
    }
}

/// Splits `v0[3]=5` into name, index and value.
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

/// Letter and number of a register.
fn register(name: &str) -> (&str, usize) {
    let (letter, number) = name.split_at(1);
    (letter, number.trim_end_matches('+').parse().unwrap())
}

/// A wave and the block of memory that it may use.
struct Stage<'m, const L: usize> {
    wave: Wave<'m, L>,
    block: u64,
}

impl<const L: usize> Stage<'_, L> {
    /// Device address of a word of a lane's private memory.
    fn private(&self, at: usize, lane: usize) -> u64 {
        self.wave.scratch.base + ((at / 4 * L + lane) * 4) as u64
    }

    fn set(&mut self, text: &str) {
        let (name, index, text) = assignment(text);
        let at = index.unwrap_or_default();
        let wave = &mut self.wave;
        match name {
            "vcc" => wave.set_mask(sreg::VCC, mask(text, L)),
            "exec" => wave.set_mask(sreg::EXEC, mask(text, L)),
            "scc" => wave.scc = value(text, 0, L) != 0,
            "mode" => wave.mode.set(value(text, 0, L)),
            "m0" => wave.set_sgpr32(sreg::M0, value(text, 0, L)),
            "mem" => {
                let word = value(text, 0, L).to_le_bytes();
                assert!(wave.memory.store(self.block + at as u64, word));
            }
            "lds" => assert!(wave.lds.store(at as u32, value(text, 0, L).to_le_bytes())),
            "scr" => {
                for lane in 0..L {
                    let word = value(text, lane, L).to_le_bytes();
                    assert!(self.wave.memory.store(self.private(at, lane), word));
                }
            }
            _ => self.set_register(name, text),
        }
    }

    fn set_register(&mut self, name: &str, text: &str) {
        let (letter, number) = register(name);
        if let Some(offset) = text.strip_prefix("mem") {
            let offset = offset.strip_prefix('+').unwrap_or("0");
            let address = self.block + offset.parse::<u64>().unwrap();
            self.set_register(&format!("{letter}{number}"), &(address as u32).to_string());
            let high = format!("{letter}{}", number + 1);
            return self.set_register(&high, &(address >> 32).to_string());
        }
        let old = if name.ends_with('+') {
            self.wave.sgpr[number]
        } else {
            0
        };
        match letter {
            "s" => self.wave.set_sgpr32(number as u8, old + value(text, 0, L)),
            _ => self.wave.vgpr[number] = std::array::from_fn(|lane| value(text, lane, L)),
        }
    }

    /// What is not as a row says it should be, if anything.
    fn difference(&self, text: &str) -> Option<String> {
        let (name, index, text) = assignment(text);
        let (wave, at) = (&self.wave, index.unwrap_or_default());
        let differs = |found: u64, expected: u64| {
            (found != expected).then(|| format!("{name} is {found:#x}, not {expected:#x}"))
        };
        let word = |bytes: Option<[u8; 4]>| u64::from(u32::from_le_bytes(bytes.unwrap()));
        let expected = |lane| u64::from(value(text, lane, L));
        match name {
            "vcc" => differs(wave.mask(sreg::VCC), mask(text, L)),
            "exec" => differs(wave.mask(sreg::EXEC), mask(text, L)),
            "mode" => differs(u64::from(wave.mode.bits()), expected(0)),
            "scc" => differs(u64::from(wave.scc), expected(0)),
            "mem" => differs(word(wave.memory.load(self.block + at as u64)), expected(0)),
            "lds" => differs(word(wave.lds.load(at as u32)), expected(0)),
            "scr" => (0..L).find_map(|lane| {
                let found = word(wave.memory.load(self.private(at, lane)));
                differs(found, expected(lane))
            }),
            _ => {
                let (letter, number) = register(name);
                let mut lanes = index.map_or(0..L, |lane| lane..lane + 1);
                lanes.find_map(|lane| {
                    let found = match letter {
                        "s" => wave.sgpr[number],
                        _ => wave.vgpr[number][lane],
                    };
                    let what = differs(u64::from(found), expected(lane))?;
                    Some(format!("{what}, in lane {lane}"))
                })
            }
        }
    }
}

/// Runs a row; returns what went wrong.
fn run<const L: usize>(row: &Row) -> Vec<String> {
    let memory = Memory::new(1 << 16).unwrap();
    let block = memory.alloc(BLOCK, 256).unwrap();
    let private = memory.alloc(u64::from(PRIVATE) * 64, 256).unwrap();
    let code = Bytes {
        target: Target::find(row.target).unwrap(),
        bytes: row.bytes.clone(),
    };
    let rounds = row.before.contains("mode=");
    let program = Program::<L>::from_code(&code, ADDRESS, &[], REGISTERS, REGISTERS, rounds);
    let mut wave = Wave::new(&program, &memory, false);
    wave.lds = Lds::new(BLOCK as usize, false);
    wave.scratch = Scratch {
        base: private,
        size: PRIVATE,
    };
    // Denormals kept, rounding to nearest, clamped NaNs become 0: what compilers ask for.
    wave.mode.set(0x1f0);
    wave.set_mask(sreg::EXEC, u64::MAX);
    let mut stage = Stage { wave, block };
    row.before
        .split_whitespace()
        .for_each(|text| stage.set(text));
    let flow = exec::run(&mut stage.wave, 1);
    if flow != Flow::Next {
        let trap = &stage.wave.trap;
        return vec![format!(
            "{flow:?} {trap:?} after {}: {}",
            row.target, row.text
        )];
    }
    let differences = row
        .after
        .split_whitespace()
        .filter_map(|text| stage.difference(text));
    differences
        .map(|what| format!("{what} after {}: {}", row.target, row.text))
        .collect()
}

#[test]
fn every_row_of_the_tables() {
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
    assert!(count > 8000, "{count} rows");
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
        assert_eq!(inst.size as usize, row.bytes.len(), "{}", row.text);
        // LLVM takes older spellings too; where it has several, operations.py has chosen.
        if !BY_HAND.contains(row.text) {
            continue;
        }
        let found = redwick_isa::disasm::format(&inst, generation, ADDRESS);
        assert!(
            name(&found) == name(row.assembly) || inst.mnemonic.contains("co_"),
            "{found}: {}",
            row.text
        );
    }
}
