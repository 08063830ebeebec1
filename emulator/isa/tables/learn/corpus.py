"""Writes the test corpus of a generation: encodings of every table row and LLVM's text for them.

Usage: corpus.py CPU TABLE > CORPUS

One line an instruction: its words in hexadecimal, a tab, the text. Every mnemonic of the table
appears, with DPP and SDWA words where it takes them.
"""
import random
import re
import sys

import formats
import probes
from objdump import disassemble

# Encodings that LLVM itself marks as meaningless, that only graphics use, and that LLVM misprints:
# a bar behind the wrong operand, a bit lost from a quad's lanes.
UNWANTED = re.compile(r"vcc(_lo)?\||_mix(lo|hi)_f16_e64_dpp.*quad_perm|/\*|MSG_GS|SYSMSG|MSG_GS_DONE|(^|[ ,])null([ ,]|$)")
PLAIN, SPECIAL = 2, 1


def kind(text):
    """Which sort of line a text is: at most so many of each sort and row are kept."""
    mnemonic = text.split(" ")[0]
    special = re.search(r"dpp8|row_|quad_perm|wave_|_sdwa", text)
    return mnemonic + (" dpp8" if "dpp8" in text else " lanes" if special else "")


def unwanted(text, rdna):
    return bool(UNWANTED.search(text)) and not (rdna and "null" in text and "/*" not in text)


def main(cpu, table):
    gfx = formats.layout(cpu)
    rng, forms = random.Random(7), probes.all_forms(gfx)
    rows, kept = list(probes.rows(table)), {}
    for _ in range(4):
        tries = [(index, probes.words_of(rng, gfx, forms, row)) for index, row in enumerate(rows) for _ in range(10)]
        hits = []
        for start in range(0, len(tries), 2000):
            hits += disassemble(cpu, [words for _, words in tries[start : start + 2000]])
        for (index, words), hit in zip(tries, hits):
            if not hit or unwanted(hit[0], gfx > 9):
                continue
            lines = kept.setdefault((index, kind(hit[0])), [])
            if len(lines) < (PLAIN if " " not in kind(hit[0]) else SPECIAL):
                lines.append(" ".join(f"{word:08x}" for word in words[: hit[1] // 4]) + "\t" + hit[0])
    lines = {line: None for key in sorted(kept, key=lambda key: key[0]) for line in kept[key]}
    print("\n".join(lines))


if __name__ == "__main__":
    main(*sys.argv[1:])
