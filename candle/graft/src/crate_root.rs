//! What it takes for our own `lib.rs` to take in the crate's root by `include!`.

use syn::visit::Visit;
use syn::{AttrStyle, ItemMacro};

use crate::source::{Edit, range_of};

/// The removal of a root's inner attributes, its `//!` documentation among them: an included file
/// may not begin with any. This is the one thing that is taken away from Candle's text.
pub(crate) fn without_inner_attributes(text: &str, file: &syn::File) -> Vec<Edit> {
    let inner = file
        .attrs
        .iter()
        .filter(|attribute| matches!(attribute.style, AttrStyle::Inner(_)));
    inner
        .map(range_of)
        .map(|range| Edit {
            text: newlines(&text[range.clone()]),
            range,
        })
        .collect()
}

/// Switches off the definitions of those macros that our `lib.rs` defines.
pub(crate) fn without_macros(file: &syn::File, names: &[&str]) -> Vec<Edit> {
    let mut definitions = Definitions {
        names,
        starts: Vec::new(),
    };
    definitions.visit_file(file);
    definitions
        .starts
        .into_iter()
        .map(|at| Edit {
            range: at..at,
            text: "#[cfg(any())]\n".to_owned(),
        })
        .collect()
}

struct Definitions<'a> {
    names: &'a [&'a str],
    starts: Vec<usize>,
}

impl<'ast> Visit<'ast> for Definitions<'_> {
    fn visit_item_macro(&mut self, item: &'ast ItemMacro) {
        let is_listed = |ident: &syn::Ident| self.names.iter().any(|name| ident == name);
        if item.ident.as_ref().is_some_and(is_listed) {
            self.starts.push(range_of(item).start);
        }
    }
}

/// As many line ends as `text` has, so that the lines below keep their numbers.
fn newlines(text: &str) -> String {
    text.chars()
        .filter(|&character| character == '\n')
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::apply;

    #[test]
    fn inner_attributes_go_and_the_rest_stays_in_its_line() {
        let text = "//! About.\n#![allow(unused)]\n/// One.\npub fn one() {}\n";
        let file = syn::parse_file(text).expect("Rust");
        let edits = without_inner_attributes(text, &file);
        assert_eq!(apply(text, edits), "\n\n/// One.\npub fn one() {}\n");
    }

    #[test]
    fn listed_macros_are_switched_off() {
        let text =
            "#[macro_export]\nmacro_rules! bail { () => {}; }\nmacro_rules! other { () => {}; }\n";
        let file = syn::parse_file(text).expect("Rust");
        let edits = without_macros(&file, &["bail"]);
        assert_eq!(apply(text, edits), format!("#[cfg(any())]\n{text}"));
    }
}
