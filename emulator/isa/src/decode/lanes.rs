//! DPP and SDWA words.

use super::draft::Draft;
use super::error::DecodeError;
use super::source::{DPP8, DPP16};
use super::words::{Words, bit, bits};
use crate::inst::{self, Dpp, DppControl, Operand, SdwaSelect, SdwaUnused};
use crate::table::{Field, Row, Style};

/// Takes the DPP word that source code `code` announces, if it does: the vector register read.
/// The word's own sign modifiers count in formats that have none (`signs`).
pub(super) fn dpp(
    draft: &mut Draft<'_>,
    code: u32,
    signs: bool,
) -> Result<Option<u8>, DecodeError> {
    let Some(name) = draft.row.dpp else {
        return Ok(None);
    };
    let eight = DPP8.contains(&code) && draft.row.dpp8;
    if !eight && code != DPP16 {
        return Ok(None);
    }
    draft.inst.mnemonic = name;
    let word = draft.extra_word()?;
    let dpp = if eight {
        lanes_of_eight(word, code)
    } else {
        rows(&draft.words, word)?
    };
    if signs && !eight {
        let signed = draft.row.signs;
        draft.inst.modifiers.neg = (bits(word, 20, 1) | bits(word, 22, 1) << 1) as u8 & signed;
        draft.inst.modifiers.abs = (bits(word, 21, 1) | bits(word, 23, 1) << 1) as u8 & signed;
    }
    draft.inst.modifiers.dpp = Some(dpp);
    Ok(Some(bits(word, 0, 8) as u8))
}

fn lanes_of_eight(word: u128, code: u32) -> Dpp {
    let lanes = std::array::from_fn(|lane| bits(word, 8 + 3 * lane as u32, 3) as u8);
    Dpp {
        control: DppControl::Dpp8(lanes),
        row_mask: 0xf,
        bank_mask: 0xf,
        bound_ctrl: false,
        fetch_inactive: code == DPP8[1],
    }
}

fn rows(words: &Words<'_>, word: u128) -> Result<Dpp, DecodeError> {
    let code = bits(word, 8, 9);
    let control = control(code, words.generation.is_rdna());
    Ok(Dpp {
        control: control.ok_or_else(|| words.unknown_value("DPP control", code))?,
        row_mask: bits(word, 28, 4) as u8,
        bank_mask: bits(word, 24, 4) as u8,
        bound_ctrl: bit(word, 19),
        fetch_inactive: bit(word, 18) && words.generation.is_rdna(),
    })
}

fn control(code: u32, rdna: bool) -> Option<DppControl> {
    let low = (code & 0xf) as u8;
    Some(match code {
        0..=0xff => {
            DppControl::QuadPerm(std::array::from_fn(|lane| (code >> (2 * lane)) as u8 & 3))
        }
        0x101..=0x10f => DppControl::RowShl(low),
        0x111..=0x11f => DppControl::RowShr(low),
        0x121..=0x12f => DppControl::RowRor(low),
        0x130 if !rdna => DppControl::WaveShl,
        0x134 if !rdna => DppControl::WaveRol,
        0x138 if !rdna => DppControl::WaveShr,
        0x13c if !rdna => DppControl::WaveRor,
        0x140 => DppControl::RowMirror,
        0x141 => DppControl::RowHalfMirror,
        0x142 if !rdna => DppControl::RowBcast15,
        0x143 if !rdna => DppControl::RowBcast31,
        0x150..=0x15f if rdna => DppControl::RowShare(low),
        0x150..=0x15f => DppControl::RowNewbcast(low),
        0x160..=0x16f if rdna => DppControl::RowXmask(low),
        _ => return None,
    })
}

/// What an SDWA word says about operands; the rest is in the modifiers.
pub(super) struct Sdwa {
    pub(super) src0: Operand,
    pub(super) scalar_src1: bool,
    /// A comparison's destination other than VCC.
    pub(super) mask: Option<Operand>,
}

/// The sources that an SDWA word may negate: of floats, but not of packed ones.
fn signs(row: &Row) -> u8 {
    let packed = row
        .slot(Field::Src0)
        .is_some_and(|slot| slot.style == Style::Pf16);
    if packed { 0 } else { row.signs }
}

/// Takes the SDWA word.
pub(super) fn sdwa(draft: &mut Draft<'_>) -> Result<Sdwa, DecodeError> {
    let word = draft.extra_word()?;
    let compare = draft.inst.encoding == inst::Encoding::Vopc;
    let signs = signs(draft.row);
    let modifiers = &mut draft.inst.modifiers;
    modifiers.neg = (bits(word, 20, 1) | bits(word, 28, 1) << 1) as u8 & signs;
    modifiers.abs = (bits(word, 21, 1) | bits(word, 29, 1) << 1) as u8 & signs;
    if !compare {
        modifiers.clamp = bit(word, 13);
        modifiers.omod = bits(word, 14, 2) as u8;
    }
    let selection = selection(draft, word, compare)?;
    draft.inst.modifiers.sdwa = Some(selection);
    let number = bits(word, 0, 8);
    Ok(Sdwa {
        src0: if bit(word, 23) {
            draft.scalar(number)?
        } else {
            Operand::Vgpr(number as u8)
        },
        scalar_src1: bit(word, 31),
        mask: if compare && bit(word, 15) {
            Some(draft.scalar(bits(word, 8, 7))?)
        } else {
            None
        },
    })
}

fn selection(draft: &Draft<'_>, word: u128, compare: bool) -> Result<inst::Sdwa, DecodeError> {
    let (words, signs) = (&draft.words, signs(draft.row));
    let pick = |low| {
        let code = bits(word, low, 3);
        select(code).ok_or_else(|| words.unknown_value("SDWA selection", code))
    };
    let unused = bits(word, 11, 2);
    Ok(inst::Sdwa {
        dst_sel: if compare { SdwaSelect::Dword } else { pick(8)? },
        dst_unused: match unused {
            _ if compare => SdwaUnused::Pad,
            0 => SdwaUnused::Pad,
            1 => SdwaUnused::Sext,
            2 => SdwaUnused::Preserve,
            _ => return Err(words.unknown_value("SDWA dst_unused", unused)),
        },
        src_sel: [pick(16)?, pick(24)?],
        // Floats change sign instead.
        src_sext: [
            bit(word, 19) && signs & 1 == 0,
            bit(word, 27) && signs & 2 == 0,
        ],
    })
}

fn select(code: u32) -> Option<SdwaSelect> {
    const ALL: [SdwaSelect; 7] = [
        SdwaSelect::Byte0,
        SdwaSelect::Byte1,
        SdwaSelect::Byte2,
        SdwaSelect::Byte3,
        SdwaSelect::Word0,
        SdwaSelect::Word1,
        SdwaSelect::Dword,
    ];
    ALL.get(code as usize).copied()
}
