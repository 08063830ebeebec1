use super::*;

/// A folder that goes away with its value.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str, files: &[(&str, &str)]) -> Self {
        let folder =
            std::env::temp_dir().join(format!("redwick-graft-{}-{name}", std::process::id()));
        for (path, text) in files {
            let path = folder.join(path);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("created");
            std::fs::write(path, text).expect("written");
        }
        Self(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn a_line_that_nothing_accounts_for_is_named() {
    let folder = Folder::new(
        "unaccounted",
        &[
            ("src/lib.rs", "pub mod ops;\n"),
            (
                "src/ops.rs",
                "// CUDA in a comment\n\nstatic A: u8 = 0;\nconst CUDA_LIMIT: u8 = 1;\n",
            ),
        ],
    );
    let error = Tree::graft("candle-other", &folder.0).expect_err("unaccounted");
    let file = folder.0.join("src/ops.rs");
    assert!(
        matches!(&error, Error::Unaccounted(places) if places.len() == 1),
        "{error}"
    );
    let place = format!("{}:4: `CUDA_LIMIT`", file.display());
    assert!(error.to_string().ends_with(&place), "{error}");
}

#[test]
fn an_item_behind_the_feature_is_named_by_its_attribute() {
    let folder = Folder::new(
        "behind",
        &[("src/lib.rs", "\n#[cfg(feature = \"cuda\")]\nmod fast;\n")],
    );
    let error = Tree::graft("candle-other", &folder.0).expect_err("unaccounted");
    assert!(
        error.to_string().contains("lib.rs:2: `\"cuda\"`"),
        "{error}"
    );
}

#[test]
fn a_row_that_fits_nothing_is_named() {
    let folder = Folder::new(
        "unmatched",
        &[("src/lib.rs", "pub mod ops;\n"), ("src/ops.rs", "")],
    );
    let error = Tree::graft("candle-nn", &folder.0).expect_err("no such items");
    assert!(
        error.to_string().contains("src/ops.rs: RmsNorm::cuda_fwd"),
        "{error}"
    );
}

#[test]
fn a_file_that_is_not_rust_is_named() {
    let folder = Folder::new("parse", &[("src/lib.rs", "mod cuda;\nfn (\n")]);
    let error = Tree::graft("candle-other", &folder.0).expect_err("not Rust");
    assert!(error.to_string().contains("lib.rs:2"), "{error}");
}

#[test]
fn a_declared_module_brings_its_file() {
    let folder = Folder::new(
        "files",
        &[
            ("src/lib.rs", "//! Root.\nmod quantized;\n"),
            ("src/quantized/mod.rs", "mod dummy_cuda;\n"),
            ("src/quantized/dummy_cuda.rs", "pub struct CudaThing;\n"),
        ],
    );
    let tree = Tree::graft("candle-other", &folder.0).expect("grafted");
    assert_eq!(tree.get("src/lib.rs"), Some("\nmod quantized;\n"));
    assert_eq!(
        tree.get("src/quantized/dummy_cuda.rs"),
        Some("pub struct CudaThing;\n")
    );
    assert_eq!(
        tree.get("src/quantized/dummy_rocm.rs"),
        Some("pub struct RocmThing;\n")
    );
}

#[test]
fn writing_leaves_nothing_of_an_earlier_tree() {
    let folder = Folder::new("write", &[("src/old.rs", "")]);
    let mut tree = Tree::default();
    tree.files
        .insert("src/a/new.rs".into(), "fn new() {}".into());
    tree.write(&folder.0).expect("written");
    assert!(!folder.0.join("src/old.rs").exists());
    assert_eq!(
        std::fs::read_to_string(folder.0.join("src/a/new.rs")).expect("read"),
        "fn new() {}"
    );
}
