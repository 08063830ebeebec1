//! A whole package: every file read, grafted, checked and written.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::accounting;
use crate::by_hand::{Row, Table, table};
use crate::crate_root;
use crate::error::{Error, Unaccounted};
use crate::names::{CUDA_TO_ROCM, names_template};
use crate::rules;
use crate::source::{self, line_at};

/// The file that our own `lib.rs` includes.
const ROOT: &str = "src/lib.rs";

/// The grafted source of a package: the text of each file by its path within the package, as in
/// `src/lib.rs`.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Tree {
    files: BTreeMap<String, String>,
}

impl Tree {
    /// Grafts the source of `package`, which lies in the folder `pristine`.
    ///
    /// # Errors
    /// Whatever of the source names CUDA without a rule for it, or cannot be read.
    pub fn graft(package: &str, pristine: &Path) -> Result<Self, Error> {
        Grafting::new(package, pristine).run()
    }

    /// The text of one file.
    pub fn get(&self, path: &str) -> Option<&str> {
        self.files.get(path).map(String::as_str)
    }

    /// Writes the tree into `folder`, where nothing of an earlier one stays.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn write(&self, folder: &Path) -> Result<(), Error> {
        let old = folder.join("src");
        if old.exists() {
            std::fs::remove_dir_all(&old).map_err(io(&old))?;
        }
        for (path, text) in &self.files {
            let path = folder.join(path);
            if let Some(parent) = path.parent() {
                std::fs::create_dir_all(parent).map_err(io(parent))?;
            }
            std::fs::write(&path, text).map_err(io(&path))?;
        }
        Ok(())
    }
}

/// One package on its way from pristine to grafted.
struct Grafting<'a> {
    pristine: &'a Path,
    table: &'static Table,
    tree: Tree,
    unaccounted: Vec<(String, Unaccounted)>,
    /// Files that are cloned from top to bottom: the original's path and the clone's.
    cloned_files: Vec<(String, String)>,
    unused_rows: Vec<&'static Row>,
}

impl<'a> Grafting<'a> {
    fn new(package: &str, pristine: &'a Path) -> Self {
        let table = table(package);
        Self {
            pristine,
            table,
            tree: Tree::default(),
            unaccounted: Vec::new(),
            cloned_files: Vec::new(),
            unused_rows: table.rows.iter().collect(),
        }
    }

    fn run(mut self) -> Result<Tree, Error> {
        for path in rust_files(self.pristine, &self.pristine.join("src"))? {
            let text = self.read(&path)?;
            let grafted = self.file(&path, &text)?;
            self.tree.files.insert(path, grafted);
        }
        self.clone_files()?;
        self.check()?;
        Ok(self.tree)
    }

    fn file(&mut self, path: &str, text: &str) -> Result<String, Error> {
        if !self.concerns(path, text) {
            return Ok(text.to_owned());
        }
        let file = syn::parse_file(text).map_err(|error| self.parse_error(path, &error))?;
        let mut edits = crate_root::without_macros(&file, self.table.macros);
        if path == ROOT {
            edits.extend(crate_root::without_inner_attributes(text, &file));
        }
        if !self.is_cudas_own(path) {
            edits.extend(self.apply_rules(path, text, &file)?);
        }
        Ok(source::apply(text, edits))
    }

    /// Whether there can be anything to do in a file: most are spared the parsing.
    fn concerns(&self, path: &str, text: &str) -> bool {
        let defines = |name: &&str| text.contains(&format!("macro_rules! {name}"));
        let named = || names_template(text) || self.table.rows.iter().any(|row| row.file == path);
        path == ROOT
            || self.table.macros.iter().any(defines)
            || (named() && !self.is_cudas_own(path))
    }

    fn is_cudas_own(&self, path: &str) -> bool {
        self.table
            .files
            .iter()
            .any(|entry| is_or_holds(entry, path))
    }

    fn apply_rules(
        &mut self,
        path: &str,
        text: &str,
        file: &syn::File,
    ) -> Result<Vec<source::Edit>, Error> {
        let rows: Vec<&Row> = self
            .table
            .rows
            .iter()
            .filter(|row| row.file == path)
            .collect();
        let outcome = rules::apply(text, file, &rows);
        self.unused_rows
            .retain(|row| row.file != path || !outcome.used_rows.contains(&row.item));
        self.note_clones(path, &outcome.cloned_modules);
        self.note_unaccounted(path, text, &outcome)?;
        Ok(outcome.edits)
    }

    fn note_clones(&mut self, path: &str, modules: &[String]) {
        let folder = module_folder(path);
        for module in modules {
            let clone = CUDA_TO_ROCM.apply(module);
            self.cloned_files.push((
                format!("{folder}{module}.rs"),
                format!("{folder}{clone}.rs"),
            ));
        }
    }

    fn note_unaccounted(
        &mut self,
        path: &str,
        text: &str,
        outcome: &rules::Outcome,
    ) -> Result<(), Error> {
        let tokens = text.parse().map_err(|error: proc_macro2::LexError| {
            self.parse_error(path, &syn::Error::new(error.span(), &error))
        })?;
        for mention in accounting::unaccounted(tokens, &outcome.accounted) {
            let file = self.pristine.join(path);
            let line = line_at(text, mention.at);
            let place = Unaccounted {
                file,
                line,
                token: mention.token,
            };
            self.unaccounted.push((path.to_owned(), place));
        }
        Ok(())
    }

    /// What the rules made of these files one by one does not count.
    fn clone_files(&mut self) -> Result<(), Error> {
        for (original, clone) in std::mem::take(&mut self.cloned_files) {
            let text = self.read(&original)?;
            self.tree.files.insert(clone, CUDA_TO_ROCM.apply(&text));
            self.unaccounted.retain(|(path, _)| *path != original);
            self.tree.files.insert(original, text);
        }
        Ok(())
    }

    fn read(&self, path: &str) -> Result<String, Error> {
        let file = self.pristine.join(path);
        std::fs::read_to_string(&file).map_err(io(&file))
    }

    fn check(&mut self) -> Result<(), Error> {
        let unaccounted = std::mem::take(&mut self.unaccounted);
        if !unaccounted.is_empty() {
            return Err(Error::Unaccounted(
                unaccounted.into_iter().map(|(_, it)| it).collect(),
            ));
        }
        let unused: Vec<String> = self
            .unused_rows
            .iter()
            .map(|row| format!("{}: {}", row.file, row.item))
            .collect();
        if unused.is_empty() {
            Ok(())
        } else {
            Err(Error::Unmatched(unused))
        }
    }

    fn parse_error(&self, path: &str, error: &syn::Error) -> Error {
        Error::Parse {
            file: self.pristine.join(path),
            line: error.span().start().line,
            reason: error.to_string(),
        }
    }
}

/// Whether `entry` of the table is the file `path` or a folder around it.
fn is_or_holds(entry: &str, path: &str) -> bool {
    path == entry || (entry.ends_with('/') && path.starts_with(entry))
}

/// The folder, with its slash, in which the modules declared by the file `path` lie.
fn module_folder(path: &str) -> String {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    match name {
        "lib.rs" | "mod.rs" => format!("{folder}/"),
        other => format!("{folder}/{}/", other.trim_end_matches(".rs")),
    }
}

/// The Rust files under `folder`, by their paths within `root` with forward slashes.
fn rust_files(root: &Path, folder: &Path) -> Result<Vec<String>, Error> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).map_err(io(&folder))? {
            let path = entry.map_err(io(&folder))?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(relative(root, &path));
            }
        }
    }
    files.sort();
    Ok(files)
}

fn relative(root: &Path, path: &Path) -> String {
    let path = path.strip_prefix(root).unwrap_or(path);
    let parts: Vec<_> = path.iter().map(|part| part.to_string_lossy()).collect();
    parts.join("/")
}

pub(crate) fn io(path: &Path) -> impl FnOnce(std::io::Error) -> Error {
    let path = PathBuf::from(path);
    |source| Error::Io { path, source }
}

#[cfg(test)]
mod tests;
