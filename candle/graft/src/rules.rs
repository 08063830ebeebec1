//! The rules: what of CUDA's is cloned for ROCm, and where the clone goes.
//!
//! CUDA is the template rather than Metal, since Metal lacks a part of what a backend can do. The
//! rules, one function each:
//!
//! | Candle has | ROCm gets | |
//! |---|---|---|
//! | an enum variant named after CUDA | its clone, the next variant | [`items`] |
//! | a function, or a module written out, named after CUDA | its clone, the next item | [`items`] |
//! | `mod dummy_cuda;` | its clone, and the clone of the file | [`items`] |
//! | a macro call among a type's functions that names CUDA | its clone | [`items`] |
//! | a `use` of CUDA's names alone | its clone | [`uses`] |
//! | a `use` of them among others | the names, beside them | [`uses`] |
//! | a match arm on CUDA's variant | its clone, the next arm | [`branches`] |
//! | CUDA's variant among alternatives | one more alternative | [`branches`] |
//! | `if device.is_cuda() { … }` | `if device.is_rocm() { … } else` in front | [`branches`] |
//!
//! A function named after CUDA says in its Metal arm what it answers to any other backend. So it
//! gets a ROCm arm cloned from that one, and its clone gets a CUDA arm in the same way.
//!
//! What stands behind the `cuda` feature is CUDA's own implementation, and none of the above
//! applies to it: it is a matter of [`crate::by_hand`]. A `use` is the exception, since it
//! implements nothing.

mod branches;
mod items;
mod uses;

use std::ops::Range;

use syn::visit::Visit;

use crate::by_hand::{Action, Row};
use crate::names::CUDA_TO_ROCM;
use crate::source::{Edit, indent_at};

/// What the rules make of one file.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// The edits to the file.
    pub(crate) edits: Vec<Edit>,
    /// The bytes that a rule or a row answers for.
    pub(crate) accounted: Vec<Range<usize>>,
    /// Modules declared by a clone, by the original's name: their files are cloned too.
    pub(crate) cloned_modules: Vec<String>,
    /// The addresses of the rows that were used.
    pub(crate) used_rows: Vec<&'static str>,
}

/// Applies the rules, and the rows for this file, to a parsed file.
pub(crate) fn apply(text: &str, file: &syn::File, rows: &[&'static Row]) -> Outcome {
    let mut grafter = Grafter {
        text,
        rows,
        scope: Vec::new(),
        outcome: Outcome::default(),
    };
    grafter.visit_file(file);
    grafter.outcome
}

struct Grafter<'a> {
    text: &'a str,
    rows: &'a [&'static Row],
    /// The names of the items around the one being visited.
    scope: Vec<String>,
    outcome: Outcome,
}

impl Grafter<'_> {
    fn insert(&mut self, at: usize, text: String) {
        self.outcome.edits.push(Edit {
            range: at..at,
            text,
        });
    }

    fn account(&mut self, range: Range<usize>) {
        self.outcome.accounted.push(range);
    }

    /// Puts the clone of `range` on a line of its own after it.
    fn clone_after(&mut self, range: Range<usize>) {
        let clone = CUDA_TO_ROCM.apply(&self.text[range.clone()]);
        let indent = indent_at(self.text, range.start);
        self.insert(range.end, format!("\n{indent}{clone}"));
        self.account(range);
    }

    /// Puts a function after the one that covers `range`.
    fn insert_function(&mut self, range: &Range<usize>, text: &str) {
        let indent = indent_at(self.text, range.start);
        self.insert(range.end, format!("\n\n{indent}{text}"));
    }

    fn within(&mut self, name: String, visit: impl FnOnce(&mut Self)) {
        self.scope.push(name);
        visit(self);
        self.scope.pop();
    }

    /// The row for the item called `name` within the current scope.
    fn row(&self, name: &str) -> Option<&'static Row> {
        let mut address = self.scope.join("::");
        if !address.is_empty() {
            address.push_str("::");
        }
        address.push_str(name);
        self.rows.iter().copied().find(|row| row.item == address)
    }

    /// Does what `row` says about the item that covers `range`, the body of which, if it is a
    /// function, covers `body`.
    fn by_hand(&mut self, row: &'static Row, range: Range<usize>, body: Option<Range<usize>>) {
        match (row.action, body) {
            (Action::After(text), _) => self.insert(range.end, text.to_owned()),
            (Action::AtEnd(text), _) => {
                self.insert(self.end_of_last_block(&range), text.to_owned())
            }
            (Action::Body(text), Some(body)) => {
                let signature = CUDA_TO_ROCM.apply(&self.text[range.start..body.start]);
                self.insert_function(&range, &format!("{signature}{{ {text} }}"));
            }
            // The function was put there when the item's name was at hand.
            (Action::Leave | Action::Body(_) | Action::InFront(_), _) => {}
        }
        self.account(range);
        self.outcome.used_rows.push(row.item);
    }

    /// Where the block ends that the last rule of a `macro_rules!` expands to.
    fn end_of_last_block(&self, range: &Range<usize>) -> usize {
        let text = &self.text[range.clone()];
        let mut braces = text.rmatch_indices('}').map(|(at, _)| range.start + at);
        braces.nth(1).unwrap_or(range.end)
    }
}

/// Whether the attributes put an item behind the `cuda` feature.
fn behind_feature(attributes: &[syn::Attribute]) -> bool {
    let predicates = attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident("cfg"));
    predicates
        .filter_map(|cfg| cfg.parse_args::<syn::Meta>().ok())
        .any(|meta| asks_for(&meta))
}

fn asks_for(predicate: &syn::Meta) -> bool {
    match predicate {
        syn::Meta::NameValue(pair) => {
            pair.path.is_ident("feature")
                && matches!(&pair.value, syn::Expr::Lit(value)
                if matches!(&value.lit, syn::Lit::Str(name) if name.value() == "cuda"))
        }
        syn::Meta::List(list) if !list.path.is_ident("not") => list
            .parse_args_with(
                syn::punctuated::Punctuated::<syn::Meta, syn::Token![,]>::parse_terminated,
            )
            .is_ok_and(|inner| inner.iter().any(asks_for)),
        _ => false,
    }
}

#[cfg(test)]
mod tests;
