//! Candle's tests are taken from its pristine source.

use std::path::Path;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let out = std::env::var("OUT_DIR").unwrap_or_default();
    match redwick_graft::pristine::locate("candle-core", Path::new(&out)) {
        Ok(folder) => {
            println!(
                "cargo::rustc-env=CANDLE_CORE_TESTS={}",
                folder.join("tests").display()
            );
        }
        Err(error) => println!("cargo::error={error}"),
    }
}
