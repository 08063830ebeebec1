//! Disassembles words: `disassemble gfx942 < lines`, each line an instruction's words in
//! hexadecimal. Prints the text, or what is wrong, one line each.

use std::error::Error;
use std::io::{self, BufRead};

use redwick_isa::{Decoder, Generation, disasm};

fn main() -> Result<(), Box<dyn Error>> {
    let target = std::env::args()
        .nth(1)
        .ok_or("usage: disassemble TARGET < WORDS")?;
    let generation: Generation = target.parse()?;
    let decoder = Decoder::new(generation);
    for line in io::stdin().lock().lines() {
        match decoder.decode(&bytes(&line?)?, 0) {
            Ok(inst) => println!("{} | {}", disasm::format(&inst, generation, 0), inst.size),
            Err(error) => println!("{error}"),
        }
    }
    Ok(())
}

fn bytes(line: &str) -> Result<Vec<u8>, std::num::ParseIntError> {
    let words = line
        .split_whitespace()
        .map(|word| u32::from_str_radix(word, 16));
    Ok(words
        .collect::<Result<Vec<_>, _>>()?
        .into_iter()
        .flat_map(u32::to_le_bytes)
        .collect())
}
