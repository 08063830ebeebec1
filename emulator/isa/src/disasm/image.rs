//! Images.

use std::fmt::Write as _;

use super::operand::sized;
use super::policy;
use crate::generation::{Generation, Layout};
use crate::inst::{Image, Inst, Operand, cache};
use crate::table::{Field, ImageForm, Row, Style};

pub(super) fn image(inst: &Inst, row: &Row, generation: Generation) -> String {
    let Some(image) = &inst.image else {
        return String::new();
    };
    let form = row.image.unwrap_or_default();
    let [_, resource, sampler, stored] = inst.src;
    let data = if inst.dst[0] == Operand::None {
        stored
    } else {
        inst.dst[0]
    };
    let mut parts = vec![sized(
        data,
        generation,
        data_size(inst, image, row),
        Style::Reg,
    )];
    parts.push(addresses(image, generation));
    // With `r128` the hardware reads four; the text names eight all the same.
    let count = if form.ray.is_none() { 8 } else { 4 };
    parts.push(sized(resource, generation, count, Style::Reg));
    if form.sampler {
        parts.push(sized(sampler, generation, 4, Style::Reg));
    }
    // LLVM separates some forms from their operands by two spaces.
    let listed = form.sampler && image.addresses.len() > 1;
    let space = if listed && generation.layout() < Layout::Gfx12 {
        " "
    } else {
        ""
    };
    let mut out = format!("{space}{}", parts.join(", "));
    modifiers(&mut out, inst, image, &form, generation);
    out
}

/// Registers of data: one a channel, or a half of one, and one more for the texture's state.
fn data_size(inst: &Inst, image: &Image, row: &Row) -> u8 {
    if let Some(slot) = row.slot(Field::Vdata) {
        return slot.count;
    }
    let form = row.image.unwrap_or_default();
    let channels = if form.gathers {
        4
    } else {
        (image.dmask.count_ones() as u8).max(1)
    };
    let packed = if image.d16 {
        channels.div_ceil(2)
    } else {
        channels
    };
    packed + u8::from(inst.modifiers.cache & cache::TFE != 0)
}

fn addresses(image: &Image, generation: Generation) -> String {
    let texts = image
        .addresses
        .iter()
        .map(|(first, count)| sized(Operand::Vgpr(*first), generation, *count, Style::Reg));
    let texts: Vec<String> = texts.collect();
    if texts.len() == 1 {
        texts.concat()
    } else {
        format!("[{}]", texts.join(", "))
    }
}

fn modifiers(
    out: &mut String,
    inst: &Inst,
    image: &Image,
    form: &ImageForm,
    generation: Generation,
) {
    if form.ray.is_some() {
        out.push_str(if image.a16 { " a16" } else { "" });
        return;
    }
    if image.dmask != 0 {
        write!(out, " dmask:{:#x}", image.dmask).ok();
    }
    write!(out, " dim:SQ_RSRC_IMG_{}", image.dimension.name()).ok();
    out.push_str(if image.unnormalized { " unorm" } else { "" });
    let unified = generation.layout() == Layout::Gfx12;
    if !unified {
        policy::append(out, inst, generation);
    }
    let tfe = inst.modifiers.cache & cache::TFE != 0;
    if unified {
        policy::append(out, inst, generation);
    }
    for (set, name) in [
        (image.r128, " r128"),
        (image.a16, " a16"),
        (tfe, " tfe"),
        (image.lwe, " lwe"),
        (image.d16, " d16"),
    ] {
        out.push_str(if set { name } else { "" });
    }
}
