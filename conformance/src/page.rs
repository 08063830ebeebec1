//! `docs/CONFORMANCE.md`: what is tested, written by the suite itself.

use std::collections::BTreeMap;
use std::fmt::Write;

use redwick_kernels as kernels;

use crate::coverage::Coverage;
use crate::cut::ALL_VARIABLE;
use crate::devices::{EMULATED, RELATED};
use crate::op::DTYPES;

/// An op's line: its family, its name and a cell for each dtype.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The family.
    pub family: &'static str,
    /// The op.
    pub op: &'static str,
    /// A cell for each of [`DTYPES`].
    pub cells: Vec<Coverage>,
}

/// For each target that ran, the number of launches of each kernel by its symbol.
pub type Launches = BTreeMap<&'static str, BTreeMap<&'static str, u64>>;

/// Kernels that no case launches, each with the reason.
pub const EXCUSED: &[(&str, &str)] = &[
    ("quant_matrix_128_", LARGE),
    ("quant_held_", INSTRUCTIONS),
    ("quant_arrange_", INSTRUCTIONS),
    ("decode_", DECODING),
    ("quant_gated_", DECODING),
    ("quant_product_", DECODING),
    ("quantize_normed", DECODING),
    ("gemm_half_", LARGE),
    ("gemm_single_", LARGE),
    (
        "gemm_few_",
        "for few rows by a transposed matrix, in whole packs: the tests of tensor-ops launch it",
    ),
    ("binary_turned_", TURNED),
    ("unary_turned_", TURNED),
    ("affine_turned_", TURNED),
    ("conv_128_", LARGE),
    ("gemv_k_long_", LARGE),
    ("gemv_n_wide_", LARGE),
    ("reduce_rows_", LARGE),
    ("softmax_half_", LARGE),
    ("layer_norm_half_", LARGE),
    ("layer_norm_rows_", LARGE),
    ("gather_row_", LARGE),
    ("scatter_add_row_", LARGE),
    ("upsample_double_", LARGE),
    ("vector_", SEARCHING),
];

/// Why a kernel need not be launched.
pub fn excuse(symbol: &str) -> Option<&'static str> {
    let known = |(start, _): &&(&str, &str)| symbol.starts_with(start);
    EXCUSED.iter().find(known).map(|(_, reason)| *reason)
}

const INSTRUCTIONS: &str =
    "for targets with matrix instructions: the tests of tensor-ops launch it on the others";

const DECODING: &str =
    "a part of no op but of a language model's step: the tests of tensor-ops launch it";

const TURNED: &str =
    "for large transposed operands, of which the cut has few: the tests of tensor-ops launch it";

const SEARCHING: &str =
    "a part of no op but of vector search: the tests of the vector store launch it";

const LARGE: &str =
    "for tensors that fill the device, or rows of their size: the tests of tensor-ops launch it";

/// The kernels that no case launched on a target.
pub fn never_launched(launches: &BTreeMap<&'static str, u64>) -> Vec<&'static str> {
    let symbols = kernels::all().iter().map(|kernel| kernel.symbol);
    let idle = |symbol: &&str| launches.get(symbol).copied().unwrap_or(0) == 0;
    symbols.filter(idle).collect()
}

/// The page.
pub fn page(lines: &[Line], launches: &Launches) -> String {
    let mut page = format!(
        "# What is tested\n\n\
         Written by `cargo xtask conformance`; do not edit. The suite runs every op below on {} \
         emulated targets ({}), in the emulator's checked mode, and compares each result with \
         Candle's CPU backend. Shapes include none, one, primes, one over a power of two and rows \
         longer than a workgroup; layouts include offset, transposed, stepped and broadcast ones. \
         `cargo test` takes a cut of the cases in which every shape and every layout of every \
         operand occurs; `{ALL_VARIABLE}=1` runs all.\n\n",
        EMULATED.len(),
        EMULATED.join(", "),
    );
    ops(&mut page, lines);
    families(&mut page, launches);
    idle(&mut page, launches);
    page
}

/// The table of ops and dtypes.
fn ops(page: &mut String, lines: &[Line]) {
    page.push_str(
        "## Ops and dtypes\n\n\
         ✓ tested on each target against the CPU. `error`: on Candle's CPU backend and not on \
         ROCm, with an error that names op and dtype. `·` not served by Candle's CPU backend either.\n\n",
    );
    let names: Vec<_> = DTYPES.iter().map(|dtype| dtype.as_str()).collect();
    header(page, &["family", "op"], &names);
    for line in lines {
        let cells: Vec<_> = line.cells.iter().map(|cell| cell.sign()).collect();
        row(page, &[line.family, line.op], &cells);
    }
}

/// The table of kernels and targets.
fn families(page: &mut String, launches: &Launches) {
    let _ = write!(
        page,
        "\n## Kernels and targets\n\n\
         How many of a family's kernels the default run of the suite launched. Targets without \
         numbers ({}) are emulated too; a run of everything takes the cut of the cases on them.\n\n",
        RELATED.join(", "),
    );
    let targets: Vec<_> = kernels::targets().collect();
    header(page, &["family", "kernels"], &targets);
    for family in kernels::Family::ALL {
        let symbols: Vec<_> = symbols(family).collect();
        let launched = |target: &&str| match launches.get(target) {
            None => "–".to_owned(),
            Some(counts) => {
                let ran = |symbol: &&&str| counts.get(*symbol).is_some_and(|&count| count > 0);
                symbols.iter().filter(ran).count().to_string()
            }
        };
        let cells: Vec<_> = targets.iter().map(launched).collect();
        let cells: Vec<_> = cells.iter().map(String::as_str).collect();
        row(page, &[family.name(), &symbols.len().to_string()], &cells);
    }
}

fn symbols(family: kernels::Family) -> impl Iterator<Item = &'static str> {
    let of_family = kernels::all()
        .iter()
        .filter(move |kernel| kernel.family == family);
    of_family.map(|kernel| kernel.symbol)
}

/// The kernels that never ran: the excused by their reasons, others one by one.
fn idle(page: &mut String, launches: &Launches) {
    page.push_str("\n## Kernels that no case launches\n\n");
    let mut idle: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (target, counts) in launches {
        for symbol in never_launched(counts) {
            idle.entry(symbol).or_default().push(target);
        }
    }
    if idle.is_empty() {
        page.push_str("None.\n");
    }
    for (start, reason) in EXCUSED {
        let kernels = idle.keys().filter(|symbol| symbol.starts_with(start));
        let count = kernels.count();
        if count > 0 {
            let _ = writeln!(page, "- {count} of `{start}…`: {reason}");
        }
    }
    idle.retain(|symbol, _| excuse(symbol).is_none());
    for (symbol, targets) in idle {
        let _ = writeln!(
            page,
            "- `{symbol}` on {}: no reason is known",
            targets.join(", ")
        );
    }
}

fn header(page: &mut String, left: &[&str], right: &[&str]) {
    row(page, left, right);
    let rules = vec!["---"; left.len()];
    let centred = vec![":-:"; right.len()];
    row(page, &rules, &centred);
}

fn row(page: &mut String, left: &[&str], right: &[&str]) {
    let cells: Vec<_> = left.iter().chain(right).copied().collect();
    let _ = writeln!(page, "| {} |", cells.join(" | "));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kernel_that_never_ran_is_named() {
        let first = kernels::all()[0].symbol;
        let all = kernels::all().iter().map(|kernel| (kernel.symbol, 1));
        let mut counts: BTreeMap<_, _> = all.collect();
        assert_eq!(never_launched(&counts), Vec::<&str>::new());
        counts.insert(first, 0);
        assert_eq!(never_launched(&counts), [first]);
        let page = page(&[], &Launches::from([("gfx942", counts)]));
        assert!(page.contains(&format!("- `{first}` on gfx942: ")), "{page}");
    }

    #[test]
    fn a_line_has_a_cell_for_each_dtype() {
        let line = Line {
            family: "unary",
            op: "exp",
            cells: vec![Coverage::Tested; DTYPES.len()],
        };
        let page = page(&[line], &Launches::new());
        assert!(page.contains("| unary | exp | ✓ | ✓ |"), "{page}");
        assert!(page.contains("None."), "{page}");
    }
}
