//! The instruction tables: one row per mnemonic and format of a generation.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::generation::Generation;
use crate::inst::Encoding;
use crate::opcode::Opcode;

/// An opcode space. VOPD has two: its halves number their operations apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Format {
    Sop1,
    Sop2,
    Sopc,
    Sopk,
    Sopp,
    Smem,
    Vop1,
    Vop2,
    Vopc,
    Vop3,
    Vop3p,
    Vop3px,
    Vopdx,
    Vopdy,
    Ds,
    Flat,
    Global,
    Scratch,
    Mubuf,
    Mtbuf,
    Mimg,
    Vsample,
    Exp,
    Vintrp,
    Vinterp,
    Ldsdir,
}

/// Where an operand lies in the encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Field {
    Sdst,
    Ssrc,
    Ssrc0,
    Ssrc1,
    Vdst,
    Src0,
    Src1,
    Src2,
    Vsrc1,
    /// VCC, named in the text though no field encodes it.
    Vcc,
    /// VCC, read but not named.
    HiddenVcc,
    /// EXEC, written but not named.
    HiddenExec,
    /// The 32-bit constant of `v_fmaak` and `s_setreg_imm32`.
    K,
    /// The 16-bit immediate.
    Imm,
    /// An attribute of a triangle and its channel, where others have source 0; `half`: or a half of it.
    Attribute,
    /// Which part of an attribute to move, where others have source 1.
    Parameter,
    /// The message number of `s_sendmsg_rtn`.
    Message,
    Sdata,
    /// A number where loads have their destination: how much to prefetch, what to probe.
    Length,
    Sbase,
    Addr,
    Data,
    Data0,
    Data1,
    Vdata,
    Srsrc,
}

/// The register file that an operand without constants names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum File {
    Scalar,
    Vector,
    Accumulation,
    /// Vector or accumulation registers, as a bit of the encoding says.
    Either,
}

/// How constants print in a source, or what an immediate means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// Registers only.
    Reg,
    B32,
    F16,
    I16,
    F64,
    I64,
    Pf16,
    Pb16,
    Dec,
    Hex,
    /// Decimal up to 64, hexadecimal above.
    Mixed,
    /// Printed unless zero.
    End,
    Waitcnt,
    Sendmsg,
    Hwreg,
    Delay,
    Depctr,
    /// Which operands of vector instructions M0 indexes.
    Indexed,
    /// The generation that code was compiled for.
    Version,
}

/// Whether `op_sel_hi` exists, and which of its values goes without saying.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Halves {
    Fixed,
    HighByDefault,
    LowByDefault,
}

/// VOP3: whose byte `op_sel` chooses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ByteOf {
    /// That of source 0, by the bits for sources 0 and 1, the first of which is the higher.
    Source,
    /// That of the destination, by its own bit and, lower, that of source 2.
    Destination,
}

/// One operand of a row, in the order of the text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Slot {
    pub(crate) field: Field,
    pub(crate) file: File,
    /// Registers that it spans; bits of a number.
    pub(crate) count: u8,
    /// A 16-bit operand that names half a register (RDNA3).
    pub(crate) half: bool,
    pub(crate) style: Style,
}

/// One instruction in one format.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) format: Format,
    pub(crate) code: u16,
    pub(crate) mnemonic: &'static str,
    pub(crate) opcode: Opcode,
    /// The name with a DPP word, if it takes one.
    pub(crate) dpp: Option<&'static str>,
    pub(crate) dpp8: bool,
    /// The name with an SDWA word, if it takes one.
    pub(crate) sdwa: Option<&'static str>,
    /// VOP3 with a scalar destination where others have modifiers.
    pub(crate) scalar_dst: bool,
    /// DS with two 8-bit offsets.
    pub(crate) two_offsets: bool,
    /// DS, always of the global data share.
    pub(crate) global: bool,
    /// A VOP3P matrix instruction of CDNA.
    pub(crate) matrix: bool,
    /// The sources that `neg` and `abs` may apply to.
    pub(crate) signs: u8,
    /// Whether it may clamp its result.
    pub(crate) clamps: bool,
    /// Whether it may scale its result (`omod`).
    pub(crate) scales: bool,
    /// A truth table stands where others have modifiers.
    pub(crate) truth: bool,
    /// VOP3: whether `op_sel` prints as a list.
    pub(crate) selects: bool,
    /// VOP3: whether `op_sel` prints as the number of a byte.
    pub(crate) byte: Option<ByteOf>,
    pub(crate) halves: Halves,
    /// A sparse matrix instruction of RDNA4, whose `op_sel` says which indices it takes.
    pub(crate) indexed: bool,
    pub(crate) image: Option<ImageForm>,
    pub(crate) slots: &'static [Slot],
}

/// What an image instruction's address consists of, and whether there is a sampler.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ImageForm {
    /// Offset, bias and reference value to compare with: one register each.
    pub(crate) extra: u8,
    pub(crate) coordinates: bool,
    pub(crate) gradients: bool,
    pub(crate) half_gradients: bool,
    /// A level of detail, or the least one.
    pub(crate) lod: bool,
    pub(crate) sampler: bool,
    /// Always four channels, whichever `dmask` says.
    pub(crate) gathers: bool,
    /// Instead of all that a ray: registers of its node, extent, origin, direction and its inverse.
    pub(crate) ray: Option<[u8; 5]>,
}

include!(concat!(env!("OUT_DIR"), "/rows.rs"));

impl Row {
    /// The operand in `field`, if the row has one.
    pub(crate) fn slot(&self, field: Field) -> Option<&'static Slot> {
        self.slots.iter().find(|slot| slot.field == field)
    }

    /// How many sources the row has.
    pub(crate) fn sources(&self) -> usize {
        use Field::{Src0, Src1, Src2};
        self.slots
            .iter()
            .filter(|slot| matches!(slot.field, Src0 | Src1 | Src2))
            .count()
    }
}

/// Rows by opcode and by name.
#[derive(Debug, Default)]
pub(crate) struct Table {
    by_code: HashMap<(Format, u16), &'static Row>,
    by_name: HashMap<(Format, &'static str), &'static Row>,
}

/// A generation's rows.
#[derive(Debug)]
pub(crate) struct Rows {
    /// The generation that most are the same as.
    base: Option<&'static Rows>,
    /// What that one has and this one has not.
    without: &'static [(Format, u16)],
    own: &'static [Row],
}

impl Rows {
    /// Those of the base too.
    fn all(&self) -> Vec<&'static Row> {
        let inherited = self.base.map(Rows::all).unwrap_or_default();
        let kept = inherited
            .into_iter()
            .filter(|row| !self.without.contains(&(row.format, row.code)));
        kept.chain(self.own).collect()
    }
}

impl Table {
    fn new(rows: &Rows) -> Self {
        let mut table = Self::default();
        for row in rows.all() {
            table.by_code.insert((row.format, row.code), row);
            for name in [Some(row.mnemonic), row.dpp, row.sdwa]
                .into_iter()
                .flatten()
            {
                table.by_name.entry((row.format, name)).or_insert(row);
            }
        }
        table
    }

    /// The table of a generation.
    pub(crate) fn of(generation: Generation) -> &'static Self {
        static TABLES: [LazyLock<Table>; 7] = [
            LazyLock::new(|| Table::new(&CDNA2)),
            LazyLock::new(|| Table::new(&CDNA3)),
            LazyLock::new(|| Table::new(&CDNA4)),
            LazyLock::new(|| Table::new(&RDNA2)),
            LazyLock::new(|| Table::new(&RDNA3)),
            LazyLock::new(|| Table::new(&RDNA35)),
            LazyLock::new(|| Table::new(&RDNA4)),
        ];
        &TABLES[generation as usize]
    }

    pub(crate) fn by_code(&self, format: Format, code: u32) -> Option<&'static Row> {
        let code = u16::try_from(code).ok()?;
        self.by_code.get(&(format, code)).copied()
    }

    /// The row that made an instruction; `second` asks for the second half of a VOPD pair.
    pub(crate) fn by_name(
        &self,
        encoding: Encoding,
        name: &str,
        second: bool,
    ) -> Option<&'static Row> {
        let format = format_of(encoding, second);
        self.by_name.get(&(format, name)).copied()
    }
}

fn format_of(encoding: Encoding, second: bool) -> Format {
    match encoding {
        Encoding::Sop1 => Format::Sop1,
        Encoding::Sop2 => Format::Sop2,
        Encoding::Sopc => Format::Sopc,
        Encoding::Sopk => Format::Sopk,
        Encoding::Sopp => Format::Sopp,
        Encoding::Smem => Format::Smem,
        Encoding::Vop1 => Format::Vop1,
        Encoding::Vop2 => Format::Vop2,
        Encoding::Vopc => Format::Vopc,
        Encoding::Vop3 | Encoding::Vop3Sd => Format::Vop3,
        Encoding::Vop3p | Encoding::Mai => Format::Vop3p,
        Encoding::Vop3px => Format::Vop3px,
        Encoding::Vopd if second => Format::Vopdy,
        Encoding::Vopd => Format::Vopdx,
        Encoding::Ds => Format::Ds,
        Encoding::Flat => Format::Flat,
        Encoding::Global => Format::Global,
        Encoding::Scratch => Format::Scratch,
        Encoding::Mubuf => Format::Mubuf,
        Encoding::Mtbuf => Format::Mtbuf,
        Encoding::Exp => Format::Exp,
        Encoding::Vintrp => Format::Vintrp,
        Encoding::Vinterp => Format::Vinterp,
        Encoding::Ldsdir => Format::Ldsdir,
        Encoding::Mimg => Format::Mimg,
        Encoding::Vsample => Format::Vsample,
    }
}
