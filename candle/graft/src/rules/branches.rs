//! Where code branches over the backends: match arms, alternatives of a pattern, conditions.

use std::ops::Range;

use syn::visit::{self, Visit};
use syn::{Arm, Block, Expr, ExprIf, Pat, PatOr, Path};

use super::{Grafter, behind_feature};
use crate::names::{CUDA_TO_ROCM, METAL_TO_CUDA, Renaming, names_template};
use crate::source::{indent_at, range_of};

/// A match arm, or one alternative of a pattern.
pub(super) struct Branch {
    range: Range<usize>,
    /// What stands between it and its twin.
    separator: &'static str,
}

impl Branch {
    fn arm(arm: &Arm) -> Self {
        let closed = arm.comma.is_some() || matches!(&*arm.body, Expr::Block(_));
        Self {
            range: range_of(arm),
            separator: if closed { "\n" } else { ",\n" },
        }
    }

    fn alternative(pattern: &Pat) -> Self {
        Self {
            range: range_of(pattern),
            separator: " | ",
        }
    }

    pub(super) fn end(&self) -> usize {
        self.range.end
    }

    /// The text to insert behind the branch for another backend to have the same.
    pub(super) fn twin(&self, text: &str, renamings: &[Renaming]) -> String {
        let branch = text[self.range.clone()].to_owned();
        let renamed = renamings
            .iter()
            .fold(branch, |text, renaming| renaming.apply(&text));
        let on_new_line = self.separator.ends_with('\n');
        let indent = if on_new_line {
            indent_at(text, self.range.start)
        } else {
            ""
        };
        format!("{}{indent}{renamed}", self.separator)
    }
}

/// The clone of `range` in which each of `branches`, which are another backend's, is followed by
/// its twin for the template: the clone treats it as one of the others.
pub(super) fn clone_with(text: &str, range: Range<usize>, branches: &[Branch]) -> String {
    let mut clone = String::new();
    let mut done = range.start;
    for branch in branches {
        clone.push_str(&CUDA_TO_ROCM.apply(&text[done..branch.end()]));
        clone.push_str(&branch.twin(text, &[CUDA_TO_ROCM, METAL_TO_CUDA]));
        done = branch.end();
    }
    clone.push_str(&CUDA_TO_ROCM.apply(&text[done..range.end]));
    clone
}

/// The branches on Metal's variant in the body of a function of CUDA's.
pub(super) fn rival_branches(body: &Block) -> Vec<Branch> {
    let mut rivals = Rivals(Vec::new());
    rivals.visit_block(body);
    rivals.0
}

struct Rivals(Vec<Branch>);

impl<'ast> Visit<'ast> for Rivals {
    fn visit_arm(&mut self, arm: &'ast Arm) {
        match &arm.pat {
            Pat::Or(pattern) => {
                let rivals = pattern.cases.iter().filter(|case| is_on(case, "Metal"));
                self.0.extend(rivals.map(Branch::alternative));
            }
            pattern if is_on(pattern, "Metal") => self.0.push(Branch::arm(arm)),
            _ => visit::visit_arm(self, arm),
        }
    }
}

/// Whether a pattern asks for the variant of `backend`.
fn is_on(pattern: &Pat, backend: &str) -> bool {
    variant_on(pattern, backend).is_some()
}

/// The path by which a pattern asks for the variant of `backend`, as in `Device::Cuda`.
fn variant_on(pattern: &Pat, backend: &str) -> Option<String> {
    let mut finder = VariantFinder {
        backend,
        found: None,
    };
    finder.visit_pat(pattern);
    finder.found
}

struct VariantFinder<'b> {
    backend: &'b str,
    found: Option<String>,
}

impl<'ast> Visit<'ast> for VariantFinder<'_> {
    fn visit_path(&mut self, path: &'ast Path) {
        let names: Vec<String> = path
            .segments
            .iter()
            .map(|part| part.ident.to_string())
            .collect();
        if names.len() > 1 && names.last().is_some_and(|name| name == self.backend) {
            self.found
                .get_or_insert(names[names.len() - 2..].join("::"));
        }
    }
}

impl Grafter<'_> {
    pub(super) fn match_arm(&mut self, arm: &Arm) {
        let variant = match &arm.pat {
            Pat::Or(_) => None,
            pattern => variant_on(pattern, "Cuda"),
        };
        let Some(variant) = variant else {
            return visit::visit_arm(self, arm);
        };
        if let Some(row) = self.row(&variant) {
            self.by_hand(row, range_of(arm), None);
        } else if !behind_feature(&arm.attrs) {
            let branch = Branch::arm(arm);
            self.insert(branch.end(), branch.twin(self.text, &[CUDA_TO_ROCM]));
            self.account(branch.range);
        }
    }

    pub(super) fn alternatives(&mut self, pattern: &PatOr) {
        for case in pattern.cases.iter().filter(|case| is_on(case, "Cuda")) {
            let branch = Branch::alternative(case);
            self.insert(branch.end(), branch.twin(self.text, &[CUDA_TO_ROCM]));
            self.account(branch.range);
        }
    }

    pub(super) fn condition(&mut self, expression: &ExprIf) {
        if is_predicate(&expression.cond) {
            let branch =
                range_of(&expression.if_token).start..range_of(&expression.then_branch).end;
            let twin = CUDA_TO_ROCM.apply(&self.text[branch.clone()]);
            self.insert(branch.start, format!("{twin} else "));
            self.account(branch);
            if let Some((_, otherwise)) = &expression.else_branch {
                self.visit_expr(otherwise);
            }
        } else {
            visit::visit_expr_if(self, expression);
        }
    }
}

/// Whether a condition is a call like `device.is_cuda()` and nothing else.
fn is_predicate(condition: &Expr) -> bool {
    matches!(condition, Expr::MethodCall(call)
        if call.args.is_empty() && names_template(&call.method.to_string()))
}
