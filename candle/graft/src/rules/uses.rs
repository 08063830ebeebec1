//! `use` declarations.

use std::ops::Range;

use syn::{ItemUse, UseTree};

use super::Grafter;
use crate::names::{CUDA_TO_ROCM, names_template};
use crate::source::range_of;

/// The imports of one declaration: those under a name of CUDA's, and how many others there are.
#[derive(Default)]
struct Imports {
    named: Vec<Range<usize>>,
    others: usize,
}

impl Imports {
    fn add(&mut self, tree: &UseTree) {
        match tree {
            _ if is_named(tree) => self.named.push(range_of(tree)),
            UseTree::Path(path) => self.add(&path.tree),
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.add(tree)),
            UseTree::Name(_) | UseTree::Rename(_) | UseTree::Glob(_) => self.others += 1,
        }
    }
}

fn is_named(tree: &UseTree) -> bool {
    match tree {
        UseTree::Path(path) => names_template(&path.ident.to_string()),
        UseTree::Name(name) => names_template(&name.ident.to_string()),
        UseTree::Rename(rename) => names_template(&rename.ident.to_string()),
        UseTree::Glob(_) | UseTree::Group(_) => false,
    }
}

impl Grafter<'_> {
    pub(super) fn use_declaration(&mut self, item: &ItemUse) {
        let mut imports = Imports::default();
        imports.add(&item.tree);
        let path: String = self.text[range_of(&item.tree)]
            .split_whitespace()
            .collect::<Vec<_>>()
            .concat();
        if let Some(row) = self.row(&format!("use {path}")) {
            self.by_hand(row, range_of(item), None);
        } else if imports.others == 0 && !imports.named.is_empty() {
            self.clone_after(range_of(item));
        } else {
            for range in imports.named {
                let twin = CUDA_TO_ROCM.apply(&self.text[range.clone()]);
                self.insert(range.end, format!(", {twin}"));
                self.account(range);
            }
        }
    }
}
