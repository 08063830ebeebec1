//! Items: enum variants, functions, modules, macro calls, and the scopes around them.

use std::ops::Range;

use syn::punctuated::Pair;
use syn::visit::{self, Visit};
use syn::{
    Arm, Attribute, Block, ExprIf, ImplItemFn, ImplItemMacro, ItemEnum, ItemFn, ItemImpl,
    ItemMacro, ItemMod, ItemTrait, ItemUse, Macro, PatOr, Signature, TraitItemFn, Type, Variant,
};

use super::branches::{Branch, clone_with, rival_branches};
use super::{Grafter, behind_feature};
use crate::by_hand::{Action, Row};
use crate::names::{CUDA_TO_ROCM, METAL_TO_ROCM, names_template};
use crate::source::range_of;

/// What the rule for functions looks at, whatever kind of item holds the function.
struct Function<'f> {
    range: Range<usize>,
    attributes: &'f [Attribute],
    signature: &'f Signature,
    body: Option<&'f Block>,
}

impl Grafter<'_> {
    /// `descend` visits what is inside, for a function that is not CUDA's.
    fn function(&mut self, function: &Function<'_>, descend: impl FnOnce(&mut Self)) {
        let name = function.signature.ident.to_string();
        let rivals = function.body.map(rival_branches).unwrap_or_default();
        if let Some(row) = self.row(&name) {
            self.add_rocm_branches(&rivals);
            if let Action::InFront(text) = row.action {
                self.put_in_front(row, function, text);
            }
            self.by_hand(row, function.range.clone(), function.body.map(range_of));
        } else if names_template(&name) && !behind_feature(function.attributes) {
            self.add_rocm_branches(&rivals);
            let clone = clone_with(self.text, function.range.clone(), &rivals);
            self.insert_function(&function.range, &clone);
            self.account(function.range.clone());
        } else {
            self.within(name, descend);
        }
    }

    /// Renames a function, and puts another one in front of the first of its name.
    fn put_in_front(&mut self, row: &Row, function: &Function<'_>, text: &str) {
        if !self.outcome.used_rows.contains(&row.item) {
            self.insert(function.range.start, text.to_owned());
        }
        let name = range_of(&function.signature.ident);
        self.insert(name.end, "_elsewhere".to_owned());
    }

    fn add_rocm_branches(&mut self, rivals: &[Branch]) {
        for rival in rivals {
            self.insert(rival.end(), rival.twin(self.text, &[METAL_TO_ROCM]));
        }
    }

    fn variant(&mut self, variant: &Variant, comma: Option<&syn::Token![,]>) {
        if !names_template(&variant.ident.to_string()) {
            return;
        }
        let range = range_of(variant);
        let clone = CUDA_TO_ROCM.apply(&self.text[range.clone()]);
        match comma {
            Some(comma) => self.insert(range_of(comma).end, format!("\n    {clone},")),
            None => self.insert(range.end, format!(",\n    {clone}")),
        }
        self.account(range);
    }

    fn module(&mut self, item: &ItemMod) {
        let name = item.ident.to_string();
        let declared = item.content.is_none();
        let address = if declared {
            format!("mod {name};")
        } else {
            format!("mod {name} {{}}")
        };
        let behind = behind_feature(&item.attrs);
        if let Some(row) = self.row(&address).filter(|_| behind) {
            self.by_hand(row, range_of(item), None);
        } else if names_template(&name) && !behind {
            self.clone_after(range_of(item));
            self.outcome.cloned_modules.extend(declared.then_some(name));
        } else {
            self.within(name, |this| visit::visit_item_mod(this, item));
        }
    }

    fn macro_item(&mut self, item: &ItemMacro) {
        let name = item.ident.as_ref().map(|ident| format!("{ident}!"));
        if let Some(row) = name.and_then(|name| self.row(&name)) {
            self.by_hand(row, range_of(item), None);
        }
    }
}

impl<'ast> Visit<'ast> for Grafter<'_> {
    fn visit_item_enum(&mut self, item: &'ast ItemEnum) {
        for pair in item.variants.pairs() {
            match pair {
                Pair::Punctuated(variant, comma) => self.variant(variant, Some(comma)),
                Pair::End(variant) => self.variant(variant, None),
            }
        }
    }

    fn visit_item_fn(&mut self, item: &'ast ItemFn) {
        let function = Function {
            range: range_of(item),
            attributes: &item.attrs,
            signature: &item.sig,
            body: Some(&item.block),
        };
        self.function(&function, |this| visit::visit_item_fn(this, item));
    }

    fn visit_impl_item_fn(&mut self, item: &'ast ImplItemFn) {
        let function = Function {
            range: range_of(item),
            attributes: &item.attrs,
            signature: &item.sig,
            body: Some(&item.block),
        };
        self.function(&function, |this| visit::visit_impl_item_fn(this, item));
    }

    fn visit_trait_item_fn(&mut self, item: &'ast TraitItemFn) {
        let function = Function {
            range: range_of(item),
            attributes: &item.attrs,
            signature: &item.sig,
            body: item.default.as_ref(),
        };
        self.function(&function, |this| visit::visit_trait_item_fn(this, item));
    }

    fn visit_item_impl(&mut self, item: &'ast ItemImpl) {
        let name = match &*item.self_ty {
            Type::Path(path) => path
                .path
                .segments
                .last()
                .map(|segment| segment.ident.to_string()),
            _ => None,
        };
        self.within(name.unwrap_or_default(), |this| {
            visit::visit_item_impl(this, item)
        });
    }

    fn visit_item_trait(&mut self, item: &'ast ItemTrait) {
        self.within(item.ident.to_string(), |this| {
            visit::visit_item_trait(this, item)
        });
    }

    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        self.module(item);
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        self.use_declaration(item);
    }

    fn visit_item_macro(&mut self, item: &'ast ItemMacro) {
        self.macro_item(item);
    }

    fn visit_impl_item_macro(&mut self, item: &'ast ImplItemMacro) {
        if names_template(&item.mac.tokens.to_string()) {
            self.clone_after(range_of(item));
        }
    }

    fn visit_macro(&mut self, call: &'ast Macro) {
        let name = call
            .path
            .segments
            .last()
            .map(|segment| format!("{}!", segment.ident));
        if let Some(row) = name.and_then(|name| self.row(&name)) {
            self.by_hand(row, range_of(call), None);
        }
    }

    fn visit_arm(&mut self, arm: &'ast Arm) {
        self.match_arm(arm);
    }

    fn visit_pat_or(&mut self, pattern: &'ast PatOr) {
        self.alternatives(pattern);
    }

    fn visit_expr_if(&mut self, expression: &'ast ExprIf) {
        self.condition(expression);
    }
}
