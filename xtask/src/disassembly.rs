//! `cargo xtask disassembly`: code objects through the project's decoder, and against LLVM's.

use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use object::{Object, ObjectSection, SectionKind};
use redwick_code_object::CodeObject;
use redwick_isa::{Decoder, Generation, disasm};

/// LLVM's disassembler, whose spelling is the reference.
const OBJDUMP: &str = "llvm-objdump-22";

/// Differences shown of one file.
const SHOWN: usize = 20;

/// Disassemble code objects.
#[derive(Args)]
pub(crate) struct Options {
    /// Compare with `llvm-objdump-22` instead of printing.
    #[arg(long)]
    check: bool,
    /// Code objects, or folders of them; all shipped ones if none are named.
    paths: Vec<PathBuf>,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let shipped = [crate::root().join("crates/kernels/code-objects")];
    let roots = if options.paths.is_empty() {
        &shipped[..]
    } else {
        &options.paths
    };
    let mut files = Vec::new();
    for root in roots {
        collect(root, &mut files)?;
    }
    files.sort();
    ensure!(
        !files.is_empty(),
        "no code object under {roots:?}; `cargo xtask kernels` builds them"
    );
    if !options.check {
        return files.iter().try_for_each(|file| print(file));
    }
    let mut instructions = 0;
    for file in &files {
        instructions += check(file).with_context(|| file.display().to_string())?;
    }
    println!(
        "{instructions} instructions of {} code objects read as LLVM reads them",
        files.len()
    );
    Ok(())
}

/// All code objects at or below `path`.
fn collect(path: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    if path.is_dir() {
        for entry in fs::read_dir(path).with_context(|| path.display().to_string())? {
            let below = entry?.path();
            if below.is_dir() || is_code_object(&below) {
                collect(&below, files)?;
            }
        }
    } else {
        files.push(path.to_owned());
    }
    Ok(())
}

fn is_code_object(path: &Path) -> bool {
    path.extension()
        .is_some_and(|extension| extension == "hsaco" || extension == "xz")
}

/// A file's code object, unpacked.
fn load(path: &Path) -> Result<Vec<u8>> {
    let stored = fs::read(path).with_context(|| path.display().to_string())?;
    if path.extension().is_none_or(|extension| extension != "xz") {
        return Ok(stored);
    }
    let mut object = Vec::new();
    lzma_rust2::XzReader::new(&stored[..], false).read_to_end(&mut object)?;
    Ok(object)
}

/// A code object's executable bytes.
struct Code {
    generation: Generation,
    address: u64,
    bytes: Vec<u8>,
}

impl Code {
    fn parse(data: &[u8], generation: Generation) -> Result<Self> {
        let file = object::File::parse(data)?;
        let text = file
            .sections()
            .find(|section| section.kind() == SectionKind::Text);
        let text = text.context("no section holds code")?;
        Ok(Self {
            generation,
            address: text.address(),
            bytes: text.data()?.to_vec(),
        })
    }

    /// The instruction at `address`, as text and length.
    fn text(&self, address: u64) -> Result<(String, usize)> {
        let offset = address
            .checked_sub(self.address)
            .and_then(|offset| usize::try_from(offset).ok());
        let bytes = offset
            .and_then(|offset| self.bytes.get(offset..))
            .context("address outside the code")?;
        let inst = Decoder::new(self.generation).decode(bytes, address)?;
        Ok((
            disasm::format(&inst, self.generation, address),
            inst.size.into(),
        ))
    }
}

fn print(path: &Path) -> Result<()> {
    let data = load(path)?;
    let code = Code::parse(&data, CodeObject::parse(&data)?.target().parse()?)?;
    println!("{} ({})", path.display(), code.generation);
    for (address, inst) in Decoder::new(code.generation).decode_text(&code.bytes, code.address)? {
        println!(
            "{address:8x}  {}",
            disasm::format(&inst, code.generation, address)
        );
    }
    Ok(())
}

/// Compares every instruction of a code object and returns how many there are.
fn check(path: &Path) -> Result<usize> {
    let data = load(path)?;
    let code = Code::parse(&data, CodeObject::parse(&data)?.target().parse()?)?;
    let lines = reference(&data)?;
    ensure!(!lines.is_empty(), "{OBJDUMP} prints no instruction");
    let mut differences = Vec::new();
    for line in &lines {
        let own = match code.text(line.address) {
            Ok((text, size)) if text == line.text && size == line.size => continue,
            Ok((text, size)) => format!("{text} ({size} bytes)"),
            Err(error) => error.to_string(),
        };
        differences.push(format!(
            "{:x}: {} ({} bytes) is read as {own}",
            line.address, line.text, line.size
        ));
    }
    if !differences.is_empty() {
        let shown = differences
            .iter()
            .take(SHOWN)
            .cloned()
            .collect::<Vec<_>>()
            .join("\n");
        bail!(
            "{} of {} instructions differ:\n{shown}",
            differences.len(),
            lines.len()
        );
    }
    Ok(lines.len())
}

/// One instruction as LLVM prints it.
struct Line {
    address: u64,
    text: String,
    size: usize,
}

fn reference(object: &[u8]) -> Result<Vec<Line>> {
    let mut file = tempfile::NamedTempFile::new()?;
    file.write_all(object)?;
    let output = Command::new(OBJDUMP).arg("-d").arg(file.path()).output();
    let output = output.with_context(|| format!("cannot run {OBJDUMP}: install LLVM 22"))?;
    ensure!(
        output.status.success(),
        "{OBJDUMP} failed: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(parse)
        .collect())
}

/// `  text  // 000000001234: 7E000200 <label>`
fn parse(line: &str) -> Option<Line> {
    let (text, comment) = line.rsplit_once("// ")?;
    let (address, words) = comment.split_once(": ")?;
    let words = words.split(" <").next()?;
    Some(Line {
        address: u64::from_str_radix(address, 16).ok()?,
        text: text.trim().to_owned(),
        size: words.split_whitespace().count() * 4,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_line_of_objdump() {
        let line = parse("\ts_cbranch_scc1 65520    // 000000001234: BF85FFF0 <kernel+0x34>");
        let line = line.expect("an instruction");
        assert_eq!(
            (line.address, line.text.as_str(), line.size),
            (0x1234, "s_cbranch_scc1 65520", 4)
        );
        assert!(parse("0000000000001900 <kernel>:").is_none());
    }
}
