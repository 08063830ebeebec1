//! What follows the operands.

use std::fmt::Write as _;

use super::{immediate, operand};
use crate::generation::Generation;
use crate::inst::{Dpp, DppControl, Encoding, Inst, Operand, Sdwa, SdwaSelect, SdwaUnused};
use crate::opcode::Opcode;
use crate::table::{ByteOf, Field, File, Halves, Row, Slot, Style};

/// All modifiers of an instruction that reaches no memory, each with a space before it.
pub(super) fn all(inst: &Inst, row: &Row, generation: Generation) -> String {
    let mut out = match inst.encoding {
        Encoding::Mai => matrix(inst, row, generation),
        Encoding::Vop3px => scale_halves(inst) + &matrix(inst, row, generation),
        Encoding::Vop3p => packed(inst, row),
        _ => truth_table(inst, row) + &selected_byte(inst, row) + &selected_halves(inst, row),
    };
    if inst.encoding == Encoding::Vinterp {
        let clamp = if inst.modifiers.clamp { " clamp" } else { "" };
        return format!("{clamp}{out} wait_exp:{}", inst.modifiers.imm);
    }
    if inst.modifiers.clamp {
        out.push_str(" clamp");
    }
    out.push_str(["", " mul:2", " mul:4", " div:2"][usize::from(inst.modifiers.omod & 3)]);
    if let Some(dpp) = &inst.modifiers.dpp {
        lanes(&mut out, dpp, generation);
    }
    if let Some(sdwa) = &inst.modifiers.sdwa {
        parts(&mut out, sdwa, inst, row);
    }
    out
}

/// The table of a function of three bits, unless it is zero everywhere.
fn truth_table(inst: &Inst, row: &Row) -> String {
    if row.truth && inst.modifiers.imm != 0 {
        format!(" bitop3:{}", immediate::truth_table(inst.modifiers.imm))
    } else {
        String::new()
    }
}

/// ` name:[1,0]` from the low bits of `mask`.
fn list(out: &mut String, name: &str, mask: u8, count: usize) {
    let bits: Vec<&str> = (0..count)
        .map(|bit| if mask >> bit & 1 == 1 { "1" } else { "0" })
        .collect();
    write!(out, " {name}:[{}]", bits.join(",")).ok();
}

/// VOP3: the byte that is read or written, the half of an attribute that is read.
fn selected_byte(inst: &Inst, row: &Row) -> String {
    let mask = inst.modifiers.op_sel;
    let byte = match row.byte {
        Some(ByteOf::Source) => (mask & 1) << 1 | mask >> 1 & 1,
        Some(ByteOf::Destination) => mask >> 2 & 3,
        None if row.slot(Field::Attribute).is_some() && mask & 1 == 1 => return " high".to_owned(),
        None => 0,
    };
    match byte {
        0 => String::new(),
        byte => format!(" byte_sel:{byte}"),
    }
}

/// VOP3: which halves are read; the destination's comes last.
fn selected_halves(inst: &Inst, row: &Row) -> String {
    let mut out = String::new();
    let mask = inst.modifiers.op_sel;
    if mask == 0 || !row.selects {
        return out;
    }
    if matches!(
        inst.opcode,
        Opcode::VPermlane16B32
            | Opcode::VPermlanex16B32
            | Opcode::VPermlane16VarB32
            | Opcode::VPermlanex16VarB32
    ) {
        if mask & 3 != 0 {
            list(&mut out, "op_sel", mask, 2);
        }
        return out;
    }
    // The accumulator of v_fmac is a source, and the byte that some conversions write takes two bits.
    let hidden = matches!(
        inst.opcode,
        Opcode::VFmacF16
            | Opcode::VCvtSrFp8F32
            | Opcode::VCvtSrBf8F32
            | Opcode::VCvtScalef32PkFp4F16
            | Opcode::VCvtScalef32PkFp4Bf16
    );
    let sources = row.sources() + usize::from(hidden);
    let target = match row.slot(Field::Vdst) {
        Some(slot) => slot.file != File::Scalar || inst.modifiers.dpp.is_none(),
        None => false,
    };
    let bits = mask & ((1 << sources) - 1)
        | if target {
            (mask >> 3 & 1) << sources
        } else {
            0
        };
    list(&mut out, "op_sel", bits, sources + usize::from(target));
    out
}

fn packed(inst: &Inst, row: &Row) -> String {
    let mut out = String::new();
    let (modifiers, count) = (&inst.modifiers, row.sources());
    let default = match row.halves {
        Halves::HighByDefault => (1 << count) - 1,
        _ => 0,
    };
    if modifiers.op_sel != 0 && row.halves != Halves::Fixed {
        list(&mut out, "op_sel", modifiers.op_sel, count);
    }
    if modifiers.op_sel_hi != default && row.halves != Halves::Fixed {
        list(&mut out, "op_sel_hi", modifiers.op_sel_hi, count);
    }
    if row.indexed && modifiers.op_sel != 0 {
        write!(out, " index_key:{}", modifiers.op_sel).ok();
    }
    if row.halves != Halves::LowByDefault {
        if modifiers.neg != 0 {
            list(&mut out, "neg_lo", modifiers.neg, count);
        }
        if modifiers.neg_hi != 0 {
            list(&mut out, "neg_hi", modifiers.neg_hi, count);
        }
    }
    out
}

/// The sources of the instruction that holds a matrix instruction's scales.
pub(super) fn scales(inst: &Inst, generation: Generation) -> Vec<String> {
    let pair = inst.pair.as_ref();
    let Some(pair) = pair.filter(|_| inst.encoding == Encoding::Vop3px) else {
        return Vec::new();
    };
    let sources = pair.src[..2].iter();
    let text = |source: &Operand| operand::sized(*source, generation, 1, Style::B32);
    sources.map(text).collect()
}

/// Which bytes of the scales count. Lists have a place for the third source too.
fn scale_halves(inst: &Inst) -> String {
    let mut out = String::new();
    if let Some(pair) = &inst.pair {
        if pair.modifiers.op_sel != 0 {
            list(&mut out, "op_sel", pair.modifiers.op_sel, 3);
        }
        list(&mut out, "op_sel_hi", pair.modifiers.op_sel_hi, 3);
    }
    out
}

/// A source's slot, narrower where a matrix of 4- or 6-bit floats needs fewer registers.
pub(super) fn mixed_format(inst: &Inst, slot: &Slot, index: usize) -> Slot {
    let mixed = row_is_mixed(inst.opcode) && index < 2;
    let format = [inst.modifiers.cbsz, inst.modifiers.blgp][index.min(1)];
    let count = match format {
        2 | 3 if mixed => 6,
        4 if mixed => 4,
        _ => slot.count,
    };
    Slot { count, ..*slot }
}

fn row_is_mixed(opcode: Opcode) -> bool {
    matches!(
        opcode,
        Opcode::VMfmaF32_16x16x128F8f6f4
            | Opcode::VMfmaF32_32x32x64F8f6f4
            | Opcode::VMfmaScaleF32_16x16x128F8f6f4
            | Opcode::VMfmaScaleF32_32x32x64F8f6f4
    )
}

fn matrix(inst: &Inst, row: &Row, generation: Generation) -> String {
    let mut out = String::new();
    let modifiers = &inst.modifiers;
    if modifiers.cbsz != 0 {
        write!(out, " cbsz:{}", modifiers.cbsz).ok();
    }
    if modifiers.abid != 0 {
        write!(out, " abid:{}", modifiers.abid).ok();
    }
    let signs = generation != Generation::Cdna2 && row.mnemonic.ends_with("_f64");
    match modifiers.blgp {
        0 => {}
        mask if signs => list(&mut out, "neg", mask, 3),
        value => drop(write!(out, " blgp:{value}")),
    }
    out
}

fn lanes(out: &mut String, dpp: &Dpp, generation: Generation) {
    if let DppControl::Dpp8(lanes) = dpp.control {
        write!(out, " dpp8:[{}]", numbers(&lanes)).ok();
        out.push_str(if dpp.fetch_inactive { " fi:1" } else { "" });
        return;
    }
    write!(out, " {}", control(dpp.control)).ok();
    write!(
        out,
        " row_mask:{:#x} bank_mask:{:#x}",
        dpp.row_mask, dpp.bank_mask
    )
    .ok();
    if dpp.bound_ctrl {
        out.push_str(" bound_ctrl:1");
    }
    if dpp.fetch_inactive && generation.is_rdna() {
        out.push_str(" fi:1");
    }
}

fn numbers(values: &[u8]) -> String {
    values
        .iter()
        .map(u8::to_string)
        .collect::<Vec<_>>()
        .join(",")
}

fn control(control: DppControl) -> String {
    match control {
        DppControl::QuadPerm(lanes) => format!("quad_perm:[{}]", numbers(&lanes)),
        DppControl::Dpp8(lanes) => format!("dpp8:[{}]", numbers(&lanes)),
        DppControl::RowShl(count) => format!("row_shl:{count}"),
        DppControl::RowShr(count) => format!("row_shr:{count}"),
        DppControl::RowRor(count) => format!("row_ror:{count}"),
        DppControl::WaveShl => "wave_shl:1".to_owned(),
        DppControl::WaveRol => "wave_rol:1".to_owned(),
        DppControl::WaveShr => "wave_shr:1".to_owned(),
        DppControl::WaveRor => "wave_ror:1".to_owned(),
        DppControl::RowMirror => "row_mirror".to_owned(),
        DppControl::RowHalfMirror => "row_half_mirror".to_owned(),
        DppControl::RowBcast15 => "row_bcast:15".to_owned(),
        DppControl::RowBcast31 => "row_bcast:31".to_owned(),
        DppControl::RowNewbcast(lane) => format!("row_newbcast:{lane}"),
        DppControl::RowShare(lane) => format!("row_share:{lane}"),
        DppControl::RowXmask(mask) => format!("row_xmask:{mask}"),
    }
}

fn parts(out: &mut String, sdwa: &Sdwa, inst: &Inst, row: &Row) {
    // Conversions from 8-bit floats always write all of their destination.
    let whole = matches!(
        inst.opcode,
        Opcode::VCvtF32Bf8 | Opcode::VCvtF32Fp8 | Opcode::VCvtPkF32Bf8 | Opcode::VCvtPkF32Fp8
    );
    if inst.encoding != Encoding::Vopc && row.slot(Field::Vdst).is_some() && !whole {
        let unused = match sdwa.dst_unused {
            SdwaUnused::Pad => "PAD",
            SdwaUnused::Sext => "SEXT",
            SdwaUnused::Preserve => "PRESERVE",
        };
        write!(
            out,
            " dst_sel:{} dst_unused:UNUSED_{unused}",
            select(sdwa.dst_sel)
        )
        .ok();
    }
    write!(out, " src0_sel:{}", select(sdwa.src_sel[0])).ok();
    if row.slot(Field::Vsrc1).is_some() {
        write!(out, " src1_sel:{}", select(sdwa.src_sel[1])).ok();
    }
}

fn select(part: SdwaSelect) -> &'static str {
    match part {
        SdwaSelect::Byte0 => "BYTE_0",
        SdwaSelect::Byte1 => "BYTE_1",
        SdwaSelect::Byte2 => "BYTE_2",
        SdwaSelect::Byte3 => "BYTE_3",
        SdwaSelect::Word0 => "WORD_0",
        SdwaSelect::Word1 => "WORD_1",
        SdwaSelect::Dword => "DWORD",
    }
}
