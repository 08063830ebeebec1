//! Makes the kernel tables and argument structs from `manifest.toml`.

mod generate;
#[allow(dead_code, reason = "xtask makes the entry points from the same file")]
mod manifest;

use std::path::Path;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo:rerun-if-changed=manifest.toml");
    println!("cargo:rerun-if-changed=build");
    println!("cargo:rerun-if-changed=code-objects");
    let root = std::env::var("CARGO_MANIFEST_DIR")?;
    let text = std::fs::read_to_string(Path::new(&root).join("manifest.toml"))?;
    let manifest = manifest::Manifest::parse(&text)?;
    let code = generate::rust(&manifest, Path::new(&root))?;
    let out = std::env::var("OUT_DIR")?;
    std::fs::write(Path::new(&out).join("generated.rs"), code)?;
    Ok(())
}
