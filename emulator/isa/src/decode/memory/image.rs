//! MIMG, and RDNA4's VIMAGE and VSAMPLE: images.

use super::super::draft::Draft;
use super::super::error::DecodeError;
use super::super::words::{Words, bit, bits};
use super::{CacheBits, cache_bits, policy, row};
use crate::generation::Layout;
use crate::inst::{Dimension, Encoding, Image, Inst, Operand, cache};
use crate::table::{Format, ImageForm};

/// Where fields lie: first bits, or first bit and width.
struct Places {
    words: usize,
    opcode: (u32, u32),
    dimension: u32,
    dmask: u32,
    vdata: u32,
    /// First resource register; units of registers.
    resource: (u32, u32),
    sampler: (u32, u32),
    unit: u32,
    unnormalized: Option<u32>,
    r128: u32,
    a16: u32,
    d16: u32,
    lwe: Option<u32>,
    cache: CacheBits,
}

const GFX10: Places = Places {
    words: 2,
    opcode: (18, 7),
    dimension: 3,
    dmask: 8,
    vdata: 40,
    resource: (48, 5),
    sampler: (53, 5),
    unit: 4,
    unnormalized: Some(12),
    r128: 15,
    a16: 62,
    d16: 63,
    lwe: Some(17),
    cache: &[
        (13, cache::GLC),
        (25, cache::SLC),
        (7, cache::DLC),
        (16, cache::TFE),
    ],
};

const GFX11: Places = Places {
    opcode: (18, 8),
    dimension: 2,
    sampler: (58, 5),
    unnormalized: Some(7),
    a16: 16,
    d16: 17,
    lwe: Some(54),
    cache: &[
        (14, cache::GLC),
        (12, cache::SLC),
        (13, cache::DLC),
        (53, cache::TFE),
    ],
    ..GFX10
};

const GFX12: Places = Places {
    words: 3,
    opcode: (14, 8),
    dimension: 0,
    dmask: 22,
    vdata: 32,
    resource: (41, 9),
    sampler: (55, 9),
    unit: 1,
    unnormalized: None,
    r128: 4,
    a16: 6,
    d16: 5,
    lwe: None,
    cache: &[(55, cache::TFE)],
};

const GFX12_SAMPLE: Places = Places {
    unnormalized: Some(13),
    lwe: Some(40),
    cache: &[(3, cache::TFE)],
    ..GFX12
};

/// RDNA4: where scope and temporal hint start.
const POLICY: u32 = 50;

/// Images without a sampler, and with one where that is told by the opcode alone.
pub(in crate::decode) fn image(words: Words<'_>) -> Result<Inst, DecodeError> {
    let places = match words.generation.layout() {
        Layout::Gfx12 => &GFX12,
        Layout::Gfx11 => &GFX11,
        _ => &GFX10,
    };
    decode(words, places, Format::Mimg)
}

/// RDNA4: images with a sampler.
pub(in crate::decode) fn sample(words: Words<'_>) -> Result<Inst, DecodeError> {
    decode(words, &GFX12_SAMPLE, Format::Vsample)
}

fn decode(words: Words<'_>, places: &Places, format: Format) -> Result<Inst, DecodeError> {
    let word = words.several(places.words)?;
    let layout = words.generation.layout();
    let high = u32::from(layout == Layout::Gfx10) & bits(word, 0, 1);
    let code = bits(word, places.opcode.0, places.opcode.1) | high << 7;
    let row = row(&words, format, "MIMG", code)?;
    let encoding = if format == Format::Vsample {
        Encoding::Vsample
    } else {
        Encoding::Mimg
    };
    let mut draft = Draft::new(words, row, encoding, places.words);
    let form = row.image.unwrap_or_default();
    let modifiers = &mut draft.inst.modifiers;
    modifiers.cache = cache_bits(word, places.cache);
    if layout == Layout::Gfx12 {
        policy(modifiers, word, POLICY, 3, row.is_atomic());
    }
    let mut image = Image {
        addresses: Vec::new(),
        dimension: Dimension::ALL[bits(word, places.dimension, 3) as usize],
        dmask: bits(word, places.dmask, 4) as u8,
        unnormalized: places.unnormalized.is_some_and(|place| bit(word, place)),
        r128: bit(word, places.r128),
        a16: bit(word, places.a16),
        d16: bit(word, places.d16),
        lwe: places.lwe.is_some_and(|place| bit(word, place)),
    };
    let sizes = match form.ray {
        Some(parts) => ray_sizes(&image, &parts, layout),
        None => vec![1; address_size(&image, &form).into()],
    };
    image.addresses = addresses(&mut draft, word, layout, &sizes)?;
    operands(&mut draft, word, places, &form)?;
    draft.inst.image = Some(Box::new(image));
    Ok(draft.finish())
}

fn operands(
    draft: &mut Draft<'_>,
    word: u128,
    places: &Places,
    form: &ImageForm,
) -> Result<(), DecodeError> {
    let data = Operand::Vgpr(bits(word, places.vdata, 8) as u8);
    let stores = draft.row.mnemonic.starts_with("image_store");
    let returns = !draft.row.is_atomic() || draft.inst.modifiers.cache & cache::GLC != 0;
    if !stores && returns {
        draft.dst(data);
    }
    let field = |(low, width)| bits(word, low, width) * places.unit;
    let resource = draft.scalar(field(places.resource))?;
    let sampler = if form.sampler {
        draft.scalar(field(places.sampler))?
    } else {
        Operand::None
    };
    draft.inst.src = [Operand::None, resource, sampler, Operand::None];
    if stores || draft.row.is_atomic() {
        draft.inst.src[3] = data;
    }
    Ok(())
}

/// How many registers hold the address.
fn address_size(image: &Image, form: &ImageForm) -> u8 {
    let (coordinates, gradients) = image.dimension.sizes();
    let parts = if form.coordinates { coordinates } else { 0 } + u8::from(form.lod);
    let parts = if image.a16 { parts.div_ceil(2) } else { parts };
    let slopes = match (form.gradients, form.half_gradients) {
        (false, _) => 0,
        (true, false) => gradients,
        // Those of either direction are packed apart.
        (true, true) => (gradients / 2).next_multiple_of(2),
    };
    form.extra + parts + slopes
}

/// The tuples of registers that hold a ray. Directions and their inverses share one if they are
/// halves.
fn ray_sizes(image: &Image, parts: &[u8; 5], layout: Layout) -> Vec<u8> {
    let parts = if image.a16 { &parts[..4] } else { parts };
    if layout == Layout::Gfx10 {
        vec![1; usize::from(parts.iter().sum::<u8>())]
    } else {
        parts.to_vec()
    }
}

/// The address's registers: one tuple, or a list with further registers after the first words.
fn addresses(
    draft: &mut Draft<'_>,
    word: u128,
    layout: Layout,
    sizes: &[u8],
) -> Result<Vec<(u8, u8)>, DecodeError> {
    let first = bits(word, if layout == Layout::Gfx12 { 64 } else { 32 }, 8) as u8;
    let total: u8 = sizes.iter().sum();
    let separate = match layout {
        Layout::Gfx10 => bits(word, 1, 2) != 0,
        Layout::Gfx11 => bit(word, 0),
        _ => true,
    };
    if !separate {
        // There are tuples of up to twelve registers, and of sixteen.
        return Ok(vec![(first, if total > 12 { 16 } else { total })]);
    }
    let mut numbers = vec![first];
    match layout {
        Layout::Gfx12 => {
            numbers.extend((1..4).map(|index| bits(word, 64 + 8 * index, 8) as u8));
            numbers
                .extend((draft.inst.encoding == Encoding::Mimg).then(|| bits(word, 56, 8) as u8));
        }
        _ => {
            let extra = if layout == Layout::Gfx10 {
                bits(word, 1, 2)
            } else {
                1
            };
            for _ in 0..extra {
                let more = draft.extra_word()?;
                numbers.extend((0..4).map(|index| bits(more, 8 * index, 8) as u8));
            }
        }
    }
    split(draft, &numbers, sizes, layout)
}

/// Spreads the parts over the registers; before RDNA3 each has one, from then on the last takes
/// what is left.
fn split(
    draft: &Draft<'_>,
    numbers: &[u8],
    sizes: &[u8],
    layout: Layout,
) -> Result<Vec<(u8, u8)>, DecodeError> {
    if sizes.len() <= numbers.len() {
        return Ok(numbers.iter().copied().zip(sizes.iter().copied()).collect());
    }
    if layout == Layout::Gfx10 {
        let count = numbers.len() as u32;
        return Err(draft
            .words
            .unknown_value("count of address registers", count));
    }
    let (head, last) = numbers.split_at(numbers.len() - 1);
    let rest = sizes[head.len()..].iter().sum();
    let mut found: Vec<(u8, u8)> = head.iter().copied().zip(sizes.iter().copied()).collect();
    found.push((last[0], rest));
    Ok(found)
}
