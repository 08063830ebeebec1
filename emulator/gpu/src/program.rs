//! A kernel's instructions, decoded once into steps.
//!
//! Decoding follows the control flow from the kernel's entry. Where the flow is indirect (calls
//! through registers), the rest of the code segment is decoded too.

mod resolve;

use std::collections::HashMap;

use redwick_isa::{Inst, Opcode};

use crate::exec::{self, Level};
use crate::module::Image;
use crate::setup::PRELOAD_PROLOGUE;
use crate::shadow::Access;
use crate::step::Step;
use crate::target::Target;
use crate::wave::{SAVED, TEMPORARIES};

/// A kernel's instructions, for the wave size that it wants.
#[derive(Debug)]
pub(crate) enum AnyProgram {
    Wave32(Program<32>),
    Wave64(Program<64>),
}

impl AnyProgram {
    pub(crate) fn decode(image: &Image, kernel: &redwick_code_object::Kernel) -> Self {
        match kernel.descriptor.wave_size() {
            32 if image.target.is_rdna() => Self::Wave32(Program::decode(image, kernel)),
            _ => Self::Wave64(Program::decode(image, kernel)),
        }
    }
}

/// A kernel's instructions for waves of `L` lanes.
#[derive(Debug)]
pub(crate) struct Program<const L: usize> {
    pub(crate) steps: Vec<Step<L>>,
    /// What each step reads and writes, for checked mode.
    pub(crate) accesses: Vec<Access>,
    /// Index of the first step.
    pub(crate) entry: u32,
    /// Rows that are registers: vector registers, then accumulation registers.
    pub(crate) registers: usize,
    /// Row of the first accumulation register.
    pub(crate) accumulators: usize,
    /// Constants, in the rows behind the registers.
    pub(crate) constants: Vec<u32>,
    instructions: Vec<Inst>,
    /// Device address → index of its step.
    index: HashMap<u64, u32>,
    pub(crate) target: &'static Target,
    /// Results may have to be rounded otherwise than to nearest even.
    pub(crate) rounds: bool,
}

impl<const L: usize> Program<L> {
    /// The row of the first temporary.
    #[inline(always)]
    pub(crate) fn temporaries(&self) -> usize {
        self.registers + self.constants.len()
    }

    /// All rows of a wave's vector file.
    pub(crate) fn rows(&self) -> usize {
        self.temporaries() + TEMPORARIES + SAVED
    }

    /// The step at a device address.
    pub(crate) fn step_at(&self, address: u64) -> Option<u32> {
        self.index.get(&address).copied()
    }

    /// Instructions that cannot be executed, and why.
    pub(crate) fn refused(&self) -> Vec<String> {
        let numbered = (0..).zip(&self.steps);
        let refused =
            numbered.filter_map(|(number, step)| Some((number, step.refusal.as_deref()?)));
        refused
            .map(|(number, (bytes, reason))| {
                let (address, text) = self.describe(number);
                format!(
                    "{address:#x}: {} {bytes:02x?}: {reason}",
                    text.unwrap_or_default()
                )
            })
            .collect()
    }

    /// Address and assembly text of a step.
    pub(crate) fn describe(&self, step: u32) -> (u64, Option<String>) {
        let Some(step) = self.steps.get(step as usize) else {
            return (0, None);
        };
        let text = |inst| resolve::text(inst, self.target.generation, step.address);
        (
            step.address,
            self.instructions.get(step.inst as usize).map(text),
        )
    }

    fn decode(image: &Image, kernel: &redwick_code_object::Kernel) -> Self {
        let descriptor = &kernel.descriptor;
        let rdna = image.target.is_rdna();
        let granule = if rdna && L == 64 { 4 } else { 8 };
        let registers = descriptor.rsrc1.vgprs(granule) as usize;
        let accumulators = if rdna {
            registers
        } else {
            descriptor.rsrc3.cdna_accum_offset() as usize
        };
        let prologue = if descriptor.kernarg_preload_length > 0 {
            PRELOAD_PROLOGUE
        } else {
            0
        };
        let entry = image.base + kernel.entry_address() + prologue;
        let segments = image
            .code
            .segments()
            .iter()
            .filter(|segment| segment.access.execute);
        let ranges: Vec<_> = segments
            .map(|s| (image.base + s.address, image.base + s.end()))
            .collect();
        Self::from_code(
            image,
            entry,
            &ranges,
            registers,
            accumulators.min(registers),
            descriptor.rsrc1.float_mode_bits() & 15 != 0,
        )
    }

    /// Decodes the code that is reached from `entry`; `ranges` are where code may be at all; `rounds`:
    /// it starts in another rounding mode than to nearest even.
    pub(crate) fn from_code(
        code: &dyn Code,
        entry: u64,
        ranges: &[(u64, u64)],
        registers: usize,
        accumulators: usize,
        rounds: bool,
    ) -> Self {
        let mut program = Self {
            steps: Vec::new(),
            accesses: Vec::new(),
            entry: 0,
            registers,
            accumulators,
            constants: Vec::new(),
            instructions: Vec::new(),
            index: HashMap::new(),
            target: code.target(),
            rounds,
        };
        let mut decoder = Decoder {
            code,
            found: HashMap::new(),
            indirect: false,
        };
        decoder.follow(vec![entry]);
        if decoder.indirect {
            ranges.iter().for_each(|range| decoder.sweep(*range));
        }
        let sets = |found: &Decoded| match found {
            Decoded::Inst(inst) => exec::sets_rounding(inst),
            Decoded::Unknown(_) => false,
        };
        program.rounds |= decoder.found.values().any(sets);
        program.assemble(code, decoder.found);
        program.entry = program.step_at(entry).unwrap_or(0);
        program
    }

    /// Turns instructions into steps. Step 0 is where a flow ends that leads nowhere.
    fn assemble(&mut self, code: &dyn Code, found: HashMap<u64, Decoded>) {
        let mut found: Vec<_> = found.into_iter().collect();
        found.sort_by_key(|(address, _)| *address);
        self.index = found
            .iter()
            .zip(1..)
            .map(|((address, _), index)| (*address, index))
            .collect();
        // `Gpu::new` has made sure that there is one.
        let level = Level::detect().unwrap_or(Level::Portable);
        let mut resolver = resolve::Resolver::new(self, code, level);
        resolver.add_nowhere();
        for (address, decoded) in found {
            resolver.add(address, decoded);
        }
        resolver.finish();
    }
}

/// Where instructions come from.
pub(crate) trait Code {
    /// Copies the code at a device address; returns how many bytes there are.
    fn bytes_at(&self, address: u64, out: &mut [u8]) -> usize;
    fn target(&self) -> &'static Target;
}

/// What was found at an address.
pub(crate) enum Decoded {
    /// An instruction.
    Inst(Inst),
    /// Bytes that are none; why.
    Unknown(String),
}

/// Finds the instructions of a kernel.
struct Decoder<'a> {
    code: &'a dyn Code,
    found: HashMap<u64, Decoded>,
    /// Some flow goes where only a register says.
    indirect: bool,
}

impl Decoder<'_> {
    /// Decodes all that is reached from `open`.
    fn follow(&mut self, mut open: Vec<u64>) {
        while let Some(mut address) = open.pop() {
            while !self.found.contains_key(&address) {
                let decoded = resolve::decode(self.code, address);
                let next = self.successors(address, &decoded, &mut open);
                self.found.insert(address, decoded);
                match next {
                    Some(next) => address = next,
                    None => break,
                }
            }
        }
    }

    /// Notes branch targets in `open`; returns the address behind, if the flow goes on there.
    fn successors(&mut self, address: u64, decoded: &Decoded, open: &mut Vec<u64>) -> Option<u64> {
        let Decoded::Inst(inst) = decoded else {
            return None;
        };
        let behind = address + u64::from(inst.size);
        if exec::is_direct_branch(inst.opcode) {
            open.push(branch_target(behind, inst));
        }
        self.indirect |= matches!(
            inst.opcode,
            Opcode::SSetpcB64 | Opcode::SSwappcB64 | Opcode::SRfeB64
        );
        let ends = matches!(
            inst.opcode,
            Opcode::SEndpgm | Opcode::SBranch | Opcode::SSetpcB64 | Opcode::SCodeEnd
        );
        (!ends).then_some(behind)
    }

    /// Decodes a whole range, wherever an instruction can be made out.
    fn sweep(&mut self, (start, end): (u64, u64)) {
        let mut address = start;
        while address < end {
            let decoded = resolve::decode(self.code, address);
            let size = match &decoded {
                Decoded::Inst(inst) => u64::from(inst.size),
                Decoded::Unknown(_) => 4,
            };
            self.found.entry(address).or_insert(decoded);
            address += size.max(4);
        }
    }
}

/// Where a direct branch goes: its immediate counts words from the instruction behind it.
pub(crate) fn branch_target(behind: u64, inst: &Inst) -> u64 {
    behind.wrapping_add_signed(i64::from(inst.modifiers.imm) * 4)
}
