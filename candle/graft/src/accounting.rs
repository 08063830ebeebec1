//! Every place that names the template backend must be accounted for by a rule.
//!
//! The check goes over tokens, so that it sees all code (types, calls, strings, attributes) and no
//! comment: what a comment says of CUDA is not the compiler's business, nor ours.

use std::ops::Range;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use crate::names::names_template;

/// A token that names the template backend.
#[derive(Debug)]
pub(crate) struct Mention {
    pub(crate) at: usize,
    pub(crate) token: String,
}

/// The mentions in `tokens` that lie in none of the ranges `accounted`.
pub(crate) fn unaccounted(tokens: TokenStream, accounted: &[Range<usize>]) -> Vec<Mention> {
    let mut mentions = Vec::new();
    collect(tokens, &mut mentions);
    mentions.retain(|mention| !accounted.iter().any(|range| range.contains(&mention.at)));
    mentions
}

fn collect(tokens: TokenStream, mentions: &mut Vec<Mention>) {
    for tree in tokens {
        match tree {
            TokenTree::Group(group) if is_doc(&group) => {}
            TokenTree::Group(group) => collect(group.stream(), mentions),
            TokenTree::Punct(_) => {}
            TokenTree::Ident(ident) => note(ident.to_string(), ident.span(), mentions),
            TokenTree::Literal(literal) => note(literal.to_string(), literal.span(), mentions),
        }
    }
}

fn note(token: String, span: proc_macro2::Span, mentions: &mut Vec<Mention>) {
    if names_template(&token) {
        mentions.push(Mention {
            at: span.byte_range().start,
            token,
        });
    }
}

/// Whether the group is the `[doc = "…"]` that a doc comment is to the parser.
fn is_doc(group: &proc_macro2::Group) -> bool {
    let first = group.stream().into_iter().next();
    group.delimiter() == Delimiter::Bracket
        && matches!(first, Some(TokenTree::Ident(ident)) if ident == "doc")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mentions(text: &str, accounted: &[Range<usize>]) -> Vec<String> {
        let tokens = text.parse().expect("tokens");
        unaccounted(tokens, accounted)
            .into_iter()
            .map(|mention| mention.token)
            .collect()
    }

    #[test]
    fn code_strings_and_attributes_count_and_comments_do_not() {
        let text = r#"
            //! About CUDA.
            /// Cuda.
            #[cfg(feature = "cuda")] // cuda
            fn f(d: CudaDevice) { bail!("no cuda") }
        "#;
        assert_eq!(
            mentions(text, &[]),
            ["\"cuda\"", "CudaDevice", "\"no cuda\""]
        );
    }

    #[test]
    fn accounted_ranges_are_left_out() {
        let text = "struct CudaA; struct CudaB;";
        assert_eq!(mentions(text, std::slice::from_ref(&(0..13))), ["CudaB"]);
    }
}
