//! A source file as text, the byte ranges of its syntax, and the edits made to it.

use std::ops::Range;

use syn::spanned::Spanned;

/// Text put in place of a byte range, which is empty for an insertion.
#[derive(Debug)]
pub(crate) struct Edit {
    pub(crate) range: Range<usize>,
    pub(crate) text: String,
}

/// The bytes that a piece of syntax covers in the file it was parsed from, attributes and doc
/// comments included.
pub(crate) fn range_of(node: &impl Spanned) -> Range<usize> {
    node.span().byte_range()
}

/// The line, from 1, on which `offset` lies.
pub(crate) fn line_at(text: &str, offset: usize) -> usize {
    text.as_bytes()[..offset]
        .iter()
        .filter(|&&byte| byte == b'\n')
        .count()
        + 1
}

/// The blanks that the line of `offset` begins with.
pub(crate) fn indent_at(text: &str, offset: usize) -> &str {
    let line = text[..offset].rfind('\n').map_or(0, |newline| newline + 1);
    let blanks = text[line..].len() - text[line..].trim_start_matches(' ').len();
    &text[line..line + blanks]
}

/// `text` with all edits made. Those at one place keep the order in which they were asked for.
pub(crate) fn apply(text: &str, mut edits: Vec<Edit>) -> String {
    edits.sort_by_key(|edit| edit.range.start);
    let mut out = String::with_capacity(text.len() * 5 / 4);
    let mut done = 0;
    for edit in edits {
        out.push_str(&text[done..edit.range.start]);
        out.push_str(&edit.text);
        done = edit.range.end;
    }
    out.push_str(&text[done..]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_are_made_in_the_order_of_the_text() {
        let edits = vec![
            Edit {
                range: 4..4,
                text: "Y".into(),
            },
            Edit {
                range: 0..1,
                text: String::new(),
            },
            Edit {
                range: 4..4,
                text: "Z".into(),
            },
        ];
        assert_eq!(apply("abcdef", edits), "bcdYZef");
    }

    #[test]
    fn lines_and_indents() {
        let text = "fn a() {\n    b\n}";
        assert_eq!(line_at(text, 0), 1);
        assert_eq!(line_at(text, 13), 2);
        assert_eq!(indent_at(text, 13), "    ");
    }
}
