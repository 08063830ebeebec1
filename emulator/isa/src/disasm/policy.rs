//! Cache controls.

use std::fmt::Write as _;

use crate::generation::{Generation, Layout};
use crate::inst::{Inst, cache};

/// Appends the cache controls of a scalar load, which CDNA3 did not rename.
pub(super) fn append_scalar(out: &mut String, inst: &Inst, generation: Generation) {
    match generation {
        Generation::Cdna3 | Generation::Cdna4 => append(out, inst, Generation::Cdna2),
        _ => append(out, inst, generation),
    }
}

/// Appends all cache controls of an instruction, each with a space before it.
pub(super) fn append(out: &mut String, inst: &Inst, generation: Generation) {
    if generation.layout() == Layout::Gfx12 {
        temporal_hint(out, inst);
        return;
    }
    for (bit, name) in names(generation) {
        if inst.modifiers.cache & bit != 0 {
            write!(out, " {name}").ok();
        }
    }
}

/// The controls of a generation before RDNA4, in the order of the text.
fn names(generation: Generation) -> &'static [(u8, &'static str)] {
    match generation {
        Generation::Cdna3 | Generation::Cdna4 => {
            &[(cache::GLC, "sc0"), (cache::SLC, "nt"), (cache::SCC, "sc1")]
        }
        _ => &[
            (cache::GLC, "glc"),
            (cache::SLC, "slc"),
            (cache::DLC, "dlc"),
            (cache::SCC, "scc"),
        ],
    }
}

const SCOPES: [&str; 4] = [
    "",
    " scope:SCOPE_SE",
    " scope:SCOPE_DEV",
    " scope:SCOPE_SYS",
];
const SYSTEM: usize = 3;
const DEVICE: usize = 2;

/// RDNA4: how long data stays in caches, and who has to see it.
fn temporal_hint(out: &mut String, inst: &Inst) {
    let (hint, scope) = (
        usize::from(inst.modifiers.policy & 7),
        usize::from(inst.modifiers.policy >> 3 & 3),
    );
    if hint != 0 {
        let name = inst.mnemonic;
        let text = if name.contains("_atomic_") {
            atomic_hint(hint, scope)
        } else {
            hint_of(hint, scope, name.contains("_store"))
        };
        write!(out, " th:{text}").ok();
    }
    out.push_str(SCOPES[scope]);
}

fn atomic_hint(hint: usize, scope: usize) -> String {
    let (returns, once, cascade) = (hint & 1 != 0, hint & 2 != 0, hint & 4 != 0);
    match (cascade, once) {
        (true, _) if scope < DEVICE => format!("TH_ATOMIC_{hint:#x}"),
        (true, true) => "TH_ATOMIC_CASCADE_NT".to_owned(),
        (true, false) => "TH_ATOMIC_CASCADE_RT".to_owned(),
        (false, true) if returns => "TH_ATOMIC_NT_RETURN".to_owned(),
        (false, true) => "TH_ATOMIC_NT".to_owned(),
        (false, false) => "TH_ATOMIC_RETURN".to_owned(),
    }
}

fn hint_of(hint: usize, scope: usize, stores: bool) -> String {
    const NAMES: [&str; 8] = ["RT", "NT", "HT", "", "NT_RT", "RT_NT", "NT_HT", "NT_WB"];
    let name = match hint {
        3 if scope == SYSTEM => "BYPASS",
        3 if stores => "WB",
        3 => "LU",
        7 if !stores => return format!("{hint:#x}"),
        _ => NAMES[hint],
    };
    format!("TH_{}_{name}", if stores { "STORE" } else { "LOAD" })
}
