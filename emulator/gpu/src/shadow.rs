//! Checked mode: which registers hold a value that somebody wrote.
//!
//! Moving an undefined value about is no mistake (compilers do it for lanes and halves that nobody
//! looks at), deciding by it is. So arithmetic passes undefinedness on, and the wave stops where an
//! undefined value becomes an address, is stored, is compared, or leaves its lane for a scalar
//! register.

use redwick_isa::inst::sreg;
use redwick_isa::{Encoding, Inst, Opcode};

use crate::exec;
use crate::fault::FaultKind;
use crate::step::{Base, Bound, Dst, Kind, Src, Step};
use crate::wave::Wave;

/// A run of registers that an instruction reads or writes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Place {
    #[default]
    None,
    /// First row and number of rows.
    Rows(u16, u8),
    /// First scalar register and number.
    Scalars(u8, u8),
}

impl Place {
    /// One of its registers; of a single one, that.
    fn word(self, n: u8) -> Self {
        match self {
            Self::None => Self::None,
            Self::Rows(at, words) => Self::Rows(at + u16::from(n.min(words - 1)), 1),
            Self::Scalars(at, words) => Self::Scalars(at + n.min(words - 1), 1),
        }
    }

    /// Its registers but for the first.
    fn rest(self) -> Self {
        match self {
            Self::Rows(at, words) if words > 1 => Self::Rows(at + 1, words - 1),
            Self::Scalars(at, words) if words > 1 => Self::Scalars(at + 1, words - 1),
            _ => Self::None,
        }
    }
}

/// What undefined sources mean.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Role {
    /// The result is undefined too.
    #[default]
    Passes,
    /// A mistake.
    Decides(&'static str),
    /// A mistake in the first active lane; others are not looked at.
    FirstDecides(&'static str),
    /// Nothing: the result counts as defined.
    Ignores,
}

/// Results, and the sources that they depend on.
#[derive(Clone, Debug, Default)]
struct Flow {
    sources: Vec<Place>,
    results: Vec<Place>,
    /// Each lane depends on one of the two first sources: on the second where this mask is set.
    selector: Option<u8>,
}

/// The most flows of a step: two for each half of a dual-issue instruction.
const FLOWS: usize = 4;

/// What a step reads and writes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Access {
    flows: Vec<Flow>,
    role: Role,
    /// The result is written for all lanes, active or not.
    all_lanes: bool,
}

/// Lanes of each row, and scalars, that were written.
#[derive(Clone, Debug)]
pub(crate) struct Shadow<const L: usize> {
    rows: Vec<u64>,
    scalars: [bool; 128],
}

impl<const L: usize> Shadow<L> {
    pub(crate) fn new(registers: usize) -> Self {
        let mut scalars = [false; 128];
        // VCC, M0 and EXEC always hold something; wave-wide masks of zero are often meant.
        for at in [
            sreg::VCC,
            sreg::VCC + 1,
            sreg::M0,
            sreg::EXEC,
            sreg::EXEC + 1,
        ] {
            scalars[usize::from(at)] = true;
        }
        Self {
            rows: vec![0; registers],
            scalars,
        }
    }
}

impl Access {
    /// What an instruction reads and writes.
    pub(crate) fn of<const L: usize>(inst: &Inst, bound: &Bound<L>, step: &Step<L>) -> Self {
        let words = |kind: Kind, more: u8| (kind.words() as u8).max(more).max(1);
        let sources =
            (0..4).map(|i| source_place(step.src[i], words(bound.src[i], bound.src_words[i])));
        let all: Vec<_> = sources.collect();
        let results = (0..2).map(|i| {
            result_place::<L>(
                step.dst[i],
                bound,
                i,
                words(bound.dst[i], bound.dst_words[i]),
            )
        });
        let selector = match (inst.opcode, step.src[2]) {
            (Opcode::VCndmaskB32, Src::Scalar(at)) => Some(at),
            _ => None,
        };
        Self {
            flows: flows(inst, selector, &all, &results.collect::<Vec<_>>()),
            role: role(inst),
            all_lanes: matches!(inst.encoding, Encoding::Mai)
                || inst.opcode == Opcode::VWritelaneB32,
        }
    }

    /// Both halves of a dual-issue instruction.
    pub(crate) fn and(mut self, other: &Self) -> Self {
        self.flows.extend(other.flows.iter().cloned());
        self.flows.truncate(FLOWS);
        self
    }
}

/// Which sources each register of the result depends on.
fn flows(inst: &Inst, selector: Option<u8>, sources: &[Place], results: &[Place]) -> Vec<Flow> {
    let Some([low, high]) = words(inst, sources) else {
        return vec![Flow {
            selector,
            ..flow(sources, results)
        }];
    };
    let first = flow(&low, &[results[0].word(0)]);
    let others: Vec<_> = [results[0].rest()]
        .into_iter()
        .chain(results[1..].iter().copied())
        .collect();
    vec![first, flow(&high, &others)]
}

fn flow(sources: &[Place], results: &[Place]) -> Flow {
    Flow {
        sources: sources.to_vec(),
        results: results.to_vec(),
        selector: None,
    }
}

/// What the first word of a result of several depends on, and what the others do, where those are
/// not all words of the sources.
fn words(inst: &Inst, sources: &[Place]) -> Option<[Vec<Place>; 2]> {
    use Opcode as O;
    let m = &inst.modifiers;
    let selected = |select: u8| {
        let word = |(i, place): (usize, &Place)| place.word(select >> i & 1);
        sources.iter().enumerate().map(word).collect::<Vec<_>>()
    };
    match inst.opcode {
        O::VPkAddF32 | O::VPkMulF32 | O::VPkFmaF32 => {
            Some([selected(m.op_sel), selected(m.op_sel_hi)])
        }
        O::VPkMovB32 => {
            let [low, high] = [0, 1].map(|i| vec![sources[i].word(m.op_sel >> i & 1)]);
            Some([low, high])
        }
        // Arithmetic on 64 bits carries upwards only.
        O::VMadU64U32 | O::VMadI64I32 | O::VLshlAddU64 | O::VLshlrevB64 | O::VMovB64 => {
            Some([selected(0), sources.to_vec()])
        }
        _ => None,
    }
}

/// Lanes whose result is defined, for each flow.
pub(crate) type Defined = [u64; FLOWS];

fn source_place(src: Src, words: u8) -> Place {
    match src {
        Src::Row(row) | Src::Modified(Base::Row(row)) => Place::Rows(row, words),
        Src::Scalar(at) | Src::Modified(Base::Scalar(at)) => Place::Scalars(at, words),
        _ => Place::None,
    }
}

fn result_place<const L: usize>(dst: Dst, bound: &Bound<L>, i: usize, words: u8) -> Place {
    match dst {
        Dst::None => Place::None,
        Dst::Row(row) => Place::Rows(row, words),
        Dst::Scalar(at) if bound.vector && bound.dst[i] == Kind::None => {
            Place::Scalars(at, (L / 32) as u8)
        }
        Dst::Scalar(at) => Place::Scalars(at, words),
    }
}

fn role(inst: &Inst) -> Role {
    use Encoding as E;
    match inst.encoding {
        E::Smem => Role::Decides("as an address"),
        E::Ds | E::Flat | E::Global | E::Scratch | E::Mubuf => {
            Role::Decides("as an address or stored value")
        }
        E::Vopc => Role::Decides("in a comparison"),
        E::Mai => Role::Ignores,
        _ if exec::crosses_lanes(inst) => Role::Ignores,
        _ if inst.opcode == Opcode::VReadfirstlaneB32 => Role::FirstDecides("as a scalar"),
        _ => Role::Passes,
    }
}

impl<const L: usize> Wave<'_, L> {
    /// Marks scalar registers as written.
    pub(crate) fn mark_sgprs(&mut self, at: u8, words: u8) {
        if let Some(shadow) = &mut self.shadow {
            shadow.scalars[usize::from(at & 127)..]
                .iter_mut()
                .take(usize::from(words))
                .for_each(|s| *s = true);
        }
    }

    /// Marks all lanes of a row as written.
    pub(crate) fn mark_row(&mut self, row: usize) {
        if let Some(shadow) = &mut self.shadow {
            shadow.rows[row] = u64::MAX;
        }
    }

    /// Looks at what a step is about to read.
    pub(crate) fn check_sources(&self, access: &Access) -> Result<Defined, FaultKind> {
        let everywhere = [u64::MAX; FLOWS];
        let Some(shadow) = &self.shadow else {
            return Ok(everywhere);
        };
        if access.role == Role::Ignores {
            return Ok(everywhere);
        }
        let mut defined = everywhere;
        for (lanes, flow) in defined.iter_mut().zip(&access.flows) {
            *lanes = match flow.selector {
                Some(at) => shadow.selected(&flow.sources, self.mask(at)),
                None => flow
                    .sources
                    .iter()
                    .fold(u64::MAX, |all, p| all & shadow.defined(*p)),
            };
        }
        let all = defined.iter().fold(u64::MAX, |all, lanes| all & lanes);
        let (lanes, usage) = match access.role {
            Role::Decides(usage) => (self.exec(), usage),
            Role::FirstDecides(usage) => (self.first_active(), usage),
            Role::Passes | Role::Ignores => return Ok(defined),
        };
        match (lanes & !all, access.role) {
            (0, Role::FirstDecides(_)) => Ok(everywhere),
            (0, _) => Ok(defined),
            _ => Err(self.undefined(shadow, access, lanes, usage)),
        }
    }

    /// The first active lane; lane 0 where none is.
    fn first_active(&self) -> u64 {
        match self.exec() {
            0 => 1,
            exec => exec & exec.wrapping_neg(),
        }
    }

    /// Names the register that is undefined in some of the lanes.
    fn undefined(
        &self,
        shadow: &Shadow<L>,
        access: &Access,
        exec: u64,
        usage: &'static str,
    ) -> FaultKind {
        for place in access.flows.iter().flat_map(|flow| &flow.sources) {
            match *place {
                Place::Rows(first, n) => {
                    for row in first..first + u16::from(n) {
                        let missing = exec & !shadow.row(row);
                        if missing != 0 {
                            let lane = Some(missing.trailing_zeros());
                            return FaultKind::UninitialisedRegister {
                                register: self.row_name(row),
                                lane,
                                usage,
                            };
                        }
                    }
                }
                Place::Scalars(first, n) => {
                    let missing =
                        (first..first + n).find(|at| !shadow.scalars[usize::from(at & 127)]);
                    if let Some(at) = missing {
                        return FaultKind::UninitialisedRegister {
                            register: format!("s{at}"),
                            lane: None,
                            usage,
                        };
                    }
                }
                Place::None => {}
            }
        }
        FaultKind::Unsupported("an undefined source without a name".to_owned())
    }

    fn row_name(&self, row: u16) -> String {
        match usize::from(row).checked_sub(self.program.accumulators) {
            Some(n) => format!("a{n}"),
            None => format!("v{row}"),
        }
    }

    /// Notes what a step wrote: `defined` as [`check_sources`](Self::check_sources) returned it.
    pub(crate) fn note_results(&mut self, access: &Access, defined: Defined) {
        let exec = if access.all_lanes {
            u64::MAX
        } else {
            self.exec()
        };
        let Some(shadow) = &mut self.shadow else {
            return;
        };
        for (flow, &defined) in access.flows.iter().zip(&defined) {
            for place in &flow.results {
                shadow.note(*place, exec, defined);
            }
        }
    }
}

impl<const L: usize> Shadow<L> {
    fn row(&self, row: u16) -> u64 {
        // Constants and temporaries are always defined.
        self.rows.get(usize::from(row)).copied().unwrap_or(u64::MAX)
    }

    /// Lanes where a selection is defined: where the source that it takes is, and the mask.
    fn selected(&self, sources: &[Place], mask: u64) -> u64 {
        let [no, yes, by] =
            [0, 1, 2].map(|i| sources.get(i).map_or(u64::MAX, |p| self.defined(*p)));
        by & (mask & yes | !mask & no)
    }

    /// Notes a result: active lanes are defined where its sources were.
    fn note(&mut self, place: Place, exec: u64, defined: u64) {
        match place {
            Place::None => {}
            Place::Rows(first, n) => {
                let rows = self
                    .rows
                    .iter_mut()
                    .skip(usize::from(first))
                    .take(usize::from(n));
                rows.for_each(|lanes| *lanes = *lanes & !exec | exec & defined);
            }
            Place::Scalars(first, n) => {
                let whole = exec & Wave::<'_, L>::FULL & !defined == 0;
                (first..first + n).for_each(|at| self.scalars[usize::from(at & 127)] = whole);
            }
        }
    }

    fn defined(&self, place: Place) -> u64 {
        match place {
            Place::None => u64::MAX,
            Place::Rows(first, n) => {
                (first..first + u16::from(n)).fold(u64::MAX, |all, row| all & self.row(row))
            }
            Place::Scalars(first, n) => {
                let written = (first..first + n).all(|at| self.scalars[usize::from(at & 127)]);
                if written { u64::MAX } else { 0 }
            }
        }
    }
}
