//! The crate's root, which our own `lib.rs` takes in by `include!`.

use syn::AttrStyle;

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
}
