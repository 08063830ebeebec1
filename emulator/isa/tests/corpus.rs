//! The decoder and disassembler against LLVM's texts, for every mnemonic of every table.
//!
//! `tests/corpus/*.txt` are made by `tables/learn/corpus.py`: words, a tab, LLVM's text.

use std::collections::HashSet;

use redwick_isa::{DecodeError, Decoder, Generation, disasm};

const CORPORA: [(Generation, &str); 7] = [
    (Generation::Cdna2, include_str!("corpus/cdna2.txt")),
    (Generation::Cdna3, include_str!("corpus/cdna3.txt")),
    (Generation::Cdna4, include_str!("corpus/cdna4.txt")),
    (Generation::Rdna2, include_str!("corpus/rdna2.txt")),
    (Generation::Rdna3, include_str!("corpus/rdna3.txt")),
    (Generation::Rdna35, include_str!("corpus/rdna35.txt")),
    (Generation::Rdna4, include_str!("corpus/rdna4.txt")),
];

const TABLES: [(Generation, &str); 7] = [
    (Generation::Cdna2, include_str!("../tables/cdna2.txt")),
    (Generation::Cdna3, include_str!("../tables/cdna3.txt")),
    (Generation::Cdna4, include_str!("../tables/cdna4.txt")),
    (Generation::Rdna2, include_str!("../tables/rdna2.txt")),
    (Generation::Rdna3, include_str!("../tables/rdna3.txt")),
    (Generation::Rdna35, include_str!("../tables/rdna35.txt")),
    (Generation::Rdna4, include_str!("../tables/rdna4.txt")),
];

fn bytes(words: &str) -> Vec<u8> {
    let words = words
        .split(' ')
        .map(|word| u32::from_str_radix(word, 16).expect("a word"));
    words.flat_map(u32::to_le_bytes).collect()
}

/// What the crate makes of a line, if it is not the line's text.
fn difference(generation: Generation, line: &str) -> Option<String> {
    let (words, expected) = line.split_once('\t').expect("words, a tab and a text");
    let bytes = bytes(words);
    let found = match Decoder::new(generation).decode(&bytes, 0) {
        Ok(inst) if usize::from(inst.size) == bytes.len() => disasm::format(&inst, generation, 0),
        Ok(inst) => format!("{} bytes", inst.size),
        Err(error) => error.to_string(),
    };
    (found != expected).then(|| format!("{generation} {words}: {expected}\n  read as {found}"))
}

#[test]
fn reads_like_llvm() {
    let differences: Vec<String> = CORPORA
        .iter()
        .flat_map(|(generation, corpus)| corpus.lines().map(|line| (*generation, line)))
        .filter_map(|(generation, line)| difference(generation, line))
        .collect();
    let shown = differences.iter().take(60).cloned().collect::<Vec<_>>();
    assert!(
        differences.is_empty(),
        "{} differ\n{}",
        differences.len(),
        shown.join("\n")
    );
}

#[test]
fn covers_every_mnemonic() {
    for ((generation, table), (_, corpus)) in TABLES.into_iter().zip(CORPORA) {
        let texts = corpus.lines().filter_map(|line| line.split_once('\t'));
        let seen: HashSet<&str> = texts
            .flat_map(|(_, text)| text.split(" :: "))
            .filter_map(|half| half.split(' ').next())
            .collect();
        let names = table
            .lines()
            .filter(|row| !row.starts_with("like") && !row.starts_with("without"))
            .filter_map(|row| row.split_whitespace().nth(2));
        let missing: Vec<&str> = names.filter(|name| !seen.contains(name)).collect();
        assert!(
            missing.is_empty(),
            "{generation}: not in the corpus: {missing:?}"
        );
    }
}

/// A scaled matrix instruction without its second half is the instruction that holds the scales.
fn stands_alone(text: &str) -> bool {
    text.starts_with("v_mfma_scale")
}

#[test]
fn a_cut_instruction_is_called_truncated() {
    for (generation, corpus) in CORPORA {
        let decoder = Decoder::new(generation);
        for line in corpus.lines() {
            let (words, text) = line.split_once('\t').expect("words, a tab and a text");
            let bytes = bytes(words);
            for length in (0..bytes.len()).filter(|_| !stands_alone(text)) {
                let cut = decoder.decode(&bytes[..length], 0x40);
                let truncated = matches!(
                    cut,
                    Err(DecodeError::Truncated { address: 0x40, needed, available })
                        if needed > length && available == length
                );
                assert!(truncated, "{generation} {text}: {length} bytes are {cut:?}");
            }
        }
    }
}

#[test]
fn survives_any_bytes() {
    // A full-period generator: reproducible, and it visits every format many times.
    let mut state = 1u64;
    let mut next = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 32) as u32
    };
    for generation in Generation::ALL {
        let decoder = Decoder::new(generation);
        for _ in 0..200_000 {
            let words = [next(), next(), next(), next()]
                .map(u32::to_le_bytes)
                .concat();
            let length = 1 + next() as usize % words.len();
            if let Ok(inst) = decoder.decode(&words[..length], 0x1000) {
                assert!(usize::from(inst.size) <= length);
                assert!(!disasm::format(&inst, generation, 0x1000).is_empty());
            }
        }
    }
}
