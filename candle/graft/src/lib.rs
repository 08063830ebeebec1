//! Pristine Candle in, Candle with an AMD backend out.
//!
//! Candle has three backends, and their arms are all over its source: variants, match arms,
//! functions by the dozen. This crate adds a fourth without a fork. Wherever Candle has an arm for
//! CUDA, it inserts the same for ROCm, found by `syn` and made by renaming (`rules`); what is not
//! to be cloned is in one table (`by_hand`); and **whatever names CUDA and is in neither is an
//! error with its file and line** (`accounting`), so that a new release of Candle cannot lose an
//! arm silently.
//!
//! It runs inside Cargo. The packages `candle-core`, `candle-nn` and `candle-transformers` of this
//! repository stand in for those of crates.io, by `[patch.crates-io]`. Each has a build script of
//! one line, [`build_script`], that asks Cargo for the verified source of the release
//! ([`pristine`]) and writes the grafted tree to `OUT_DIR`; each `lib.rs` includes the tree's root.
//! So none of Candle's source is kept here, and compiler messages carry its own line numbers up to
//! the first insertion of a file.

mod accounting;
mod by_hand;
mod crate_root;
mod error;
mod names;
pub mod pristine;
mod rules;
mod source;
mod tree;

use std::path::PathBuf;

pub use error::{Error, Unaccounted};
pub use tree::Tree;

/// The whole of a build script: grafts `package` into `OUT_DIR`, or says why not and fails.
pub fn build_script(package: &str) {
    // The graft and its lock file are part of this program, so a change of theirs runs it again.
    println!("cargo::rerun-if-changed=build.rs");
    if let Err(error) = graft_into_out_dir(package) {
        for line in error.to_string().lines() {
            println!("cargo::error={line}");
        }
    }
}

fn graft_into_out_dir(package: &str) -> Result<(), Error> {
    let out = std::env::var_os("OUT_DIR").ok_or(Error::NotABuildScript("OUT_DIR"))?;
    let out = PathBuf::from(out);
    let pristine = pristine::locate(package, &out)?;
    Tree::graft(package, &pristine)?.write(&out)
}
