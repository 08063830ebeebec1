//! Project tasks, one file each: `cargo xtask <task>`.

mod disassembly;
mod tidy;

use clap::Parser;

/// Project tasks.
#[derive(Parser)]
#[command(name = "cargo xtask")]
enum Task {
    /// Disassemble code objects, or check the disassembler on them.
    Disassembly(disassembly::Options),
    /// Check the invariants of the source tree.
    Tidy,
}

fn main() -> anyhow::Result<()> {
    match Task::parse() {
        Task::Disassembly(options) => disassembly::run(&options),
        Task::Tidy => tidy::run(),
    }
}

/// The root of the workspace.
fn root() -> &'static std::path::Path {
    std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}
