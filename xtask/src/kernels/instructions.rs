//! What a kernel's instructions show: how wide it reads, and whether it uses matrix instructions.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use object::{Object, ObjectSection, SectionKind};
use redwick_code_object::CodeObject;
use redwick_isa::{Decoder, Generation};

/// What was found in the instructions of one kernel.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Found {
    /// Bits of the widest load from device memory by a lane.
    pub(super) load_bits: u32,
    /// Matrix instructions (MFMA, WMMA).
    pub(super) matrix: usize,
}

impl Found {
    fn count(&mut self, name: &str) {
        if name.starts_with("v_mfma") || name.starts_with("v_wmma") {
            self.matrix += 1;
        }
        self.load_bits = self.load_bits.max(load_bits(name).unwrap_or(0));
    }
}

/// Bits that a load of global memory brings a lane, from the instruction's name: `global_load_b128`.
fn load_bits(name: &str) -> Option<u32> {
    let starts = ["global_load_", "buffer_load_", "flat_load_"];
    let kind = starts.iter().find_map(|start| name.strip_prefix(start))?;
    let size = kind.rsplit('_').next()?;
    size.trim_start_matches(|c: char| c.is_ascii_alphabetic())
        .parse()
        .ok()
}

/// What the instructions of each kernel of a code object show, by its name.
pub(super) fn of(bytes: &[u8], object: &CodeObject) -> Result<BTreeMap<String, Found>> {
    let generation: Generation = object.target().parse()?;
    let file = object::File::parse(bytes)?;
    let mut sections = file.sections();
    let text = sections
        .find(|section| section.kind() == SectionKind::Text)
        .context("no section holds code")?;
    let (start, code) = (text.address(), text.data()?);
    let mut all = BTreeMap::new();
    for kernel in object.kernels() {
        let symbol = object
            .symbol(&kernel.name)
            .with_context(|| kernel.name.clone())?;
        let from = symbol.address.checked_sub(start).map(|from| from as usize);
        let range = from.and_then(|from| code.get(from..from + symbol.size as usize));
        let range = range.with_context(|| format!("{} lies outside the code", kernel.name))?;
        let mut found = Found::default();
        for (_, inst) in Decoder::new(generation).decode_text(range, symbol.address)? {
            found.count(inst.opcode.name());
        }
        all.insert(kernel.name.clone(), found);
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_are_read_from_names() {
        assert_eq!(load_bits("global_load_b128"), Some(128));
        assert_eq!(load_bits("global_load_d16_hi_u8"), Some(8));
        assert_eq!(load_bits("buffer_load_b32"), Some(32));
        assert_eq!(load_bits("global_store_b128"), None);
        assert_eq!(load_bits("ds_load_b64"), None);
    }

    #[test]
    fn matrix_instructions_are_counted() {
        let mut found = Found::default();
        for name in [
            "v_mfma_f32_32x32x8f16",
            "v_wmma_f32_16x16x16_f16",
            "v_add_f32",
        ] {
            found.count(name);
        }
        assert_eq!(
            found,
            Found {
                load_bits: 0,
                matrix: 2
            }
        );
    }
}
