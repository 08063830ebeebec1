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
from objdump import accepted, disassemble

# Encodings that LLVM itself marks as meaningless, that only graphics use, and that LLVM misprints:
# a bar behind the wrong operand, a bit lost from a quad's lanes.
UNWANTED = re.compile(r"vcc(_lo)?\||_mix(lo|hi)_f16_e64_dpp.*quad_perm|/\*|MSG_GS|SYSMSG|MSG_GS_DONE|(^|[ ,])null([ ,]|$)")
PLAIN, SPECIAL = 2, 1
IMAGES = ("mimg", "vsample")


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
        tries = [(index, probes.words_of(rng, gfx, forms, row)) for index, row in enumerate(rows)
                 for _ in range(150 if row[0] in IMAGES else 10)]
        hits = []
        for start in range(0, len(tries), 2000):
            hits += disassemble(cpu, [words for _, words in tries[start : start + 2000]])
        for (index, words), hit in zip(tries, hits):
            if not hit or unwanted(hit[0], gfx > 9) or rows[index][0] in IMAGES and not hit[0].startswith("image_"):
                continue
            lines = kept.setdefault((index, kind(hit[0])), [])
            if len(lines) < most(rows[index], hit[0]):
                lines.append(" ".join(f"{word:08x}" for word in words[: hit[1] // 4]) + "\t" + hit[0])
    lines = list({line: None for key in sorted(kept, key=lambda key: key[0]) for line in kept[key]})
    print("\n".join(without_short_addresses(cpu, lines)))


def most(row, text):
    """How many lines of one sort to keep of a row; of those of images not all will do."""
    return 60 if row[0] in IMAGES else PLAIN if " " not in kind(text) else SPECIAL


def without_short_addresses(cpu, lines):
    """Leaves out images that print with the registers that are there, where an address needs more."""
    taken, kept = accepted(cpu, [line.split("\t")[1] for line in lines]), {}
    for line, right in zip(lines, taken):
        name = line.split("\t")[1].split(" ")[0]
        group = kept.setdefault(name if name.startswith("image_") else line, [])
        if not name.startswith("image_") or right and len(group) < PLAIN:
            group.append(line)
    return [line for group in kept.values() for line in group]


if __name__ == "__main__":
    main(*sys.argv[1:])
