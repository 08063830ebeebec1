"""Matrix operations, of matrices whose elements are all the same: D = K·a·b + c. See operations.py.

The layouts are tested by kernels; this tests formats, sizes and registers of every operation that the
instruction tables name.
"""
import re
from fractions import Fraction
from pathlib import Path

from operations import bits_of, memory

TABLES = Path(__file__).resolve().parents[4] / "isa" / "tables"
# Bits of a word whose elements are all 2 (A) and all 3 (B).
WORDS = {
    "f32": (0x40000000, 0x40400000), "xf32": (0x40000000, 0x40400000), "f16": (0x40004000, 0x42004200),
    "bf16": (0x40004000, 0x40404040), "i8": (0x02020202, 0x03030303), "iu8": (0x02020202, 0x03030303),
    "iu4": (0x22222222, 0x33333333), "f64": (0x40000000, 0x40080000),
}
EIGHT = {"fnuz": {"fp8": (0x48484848, 0x4C4C4C4C), "bf8": (0x44444444, 0x46464646)},
         "ocp": {"fp8": (0x40404040, 0x44444444), "bf8": (0x40404040, 0x42424242)}}


# What the emulator does not execute.
UNKNOWN = {"v_mfma_i32_16x16x64_i8", "v_mfma_i32_32x32x32_i8"}


def result_words(kind, value):
    if kind == "i32":
        return value
    if kind == "bf16":
        return (bits_of("f32", Fraction(value)) >> 16) * 0x10001
    bits = bits_of(kind, Fraction(value))
    return bits * 0x10001 if kind == "f16" else bits


def registers(slots, field):
    return int(re.search(rf"{field}=[vxas](\d+)", slots)[1])


def span(first, count):
    return f"v{first}" if count == 1 else f"v[{first}:{first + count - 1}]"


def formats_of(eight):
    return {**WORDS, **EIGHT[eight]}


def sparse(name, operation, result, depth, slots, formats, other):
    """Of every four elements of A two are stored, wherever they belong: D = K/2·a·b + D."""
    parts = operation.split("_")
    right = parts[-1]
    left = parts[-2] if parts[-2] in ("fp8", "bf8") else right
    counts = [registers(slots, field) for field in ("vdst", "src0", "src1")]
    before = [f"v{40 + i}={formats[left][0]:#x}" for i in range(counts[1])]
    before += [f"v{48 + i}={formats[right][1]:#x}" for i in range(counts[2])]
    # Places 0 and 2, 1 and 3, 0 and 3, 1 and 2 in turn.
    before += ["v56=0x9c8d9c8d", *(f"v{i}={result_words(result, 1):#x}" for i in range(counts[0]))]
    value = result_words(result, 6 * depth + 1)
    memory([f"{name} {span(0, counts[0])}, {span(40, counts[1])}, {span(48, counts[2])}, v56"], before,
           [f"v{i}={value:#x}" for i in (0, counts[0] - 1)], aliased=other)


def lines_of(table):
    """The columns of a table's rows, those included that it shares with the table it is like."""
    lines = [line.split(None, 5) for line in (TABLES / table).read_text().splitlines()]
    bases = [other for word, other, *_ in lines if word == "like"]
    without = [tuple(columns[1:3]) for columns in lines if columns[0] == "without"]
    shared = [columns for base in bases for columns in lines_of(f"{base}.txt") if tuple(columns[:2]) not in without]
    own = [columns for columns in lines if columns[0] not in ("like", "without")]
    return sorted(shared + own, key=lambda columns: columns[1])


def rows(table, eight):
    seen = set()
    for columns in lines_of(table):
        name, operation, slots = columns[2], columns[3], columns[-1]
        hit = re.match(r"v_(?:mfma|wmma|smfmac|swmmac)_(\w?\w\d+)_(\d+)x\d+x(\d+)", operation)
        if not hit or operation in seen or "f8f6f4" in operation or operation in UNKNOWN:
            continue
        seen.add(operation)
        result, depth = hit[1], int(hit[3])
        eights = re.search("fp8|bf8", operation)
        # FNUZ on gfx942, OCP on gfx950 and gfx1201.
        other = () if not eights or table[0] == "r" else ("gfx942",) if eight == "ocp" else ("gfx950",)
        if operation[2:4] in ("sm", "sw"):
            sparse(name, operation, result, depth // 2, slots, formats_of(eight), other)
            continue
        parts = operation.replace("_rdna4", "").split("_")
        right = parts[-1]
        left = parts[-2] if parts[-2] in ("fp8", "bf8") else right
        formats = formats_of(eight)
        counts = [registers(slots, field) for field in ("vdst", "src0", "src1", "src2")]
        a, b = formats[left][0], formats[right][1]
        before = []
        for first, count, word in ((40, counts[1], a), (48, counts[2], b)):
            # The low half of an f64 is zero.
            before += [f"v{first + i}={0 if right == 'f64' and i % 2 == 0 else word:#x}" for i in range(count)]
        value = result_words(result, 6 * depth + (0 if result == "i32" else 1))
        narrow = result in ("f16", "bf16") and counts[0] == 8
        low = (lambda x: x & 0xFFFF) if narrow else (lambda x: x)
        wide = result == "f64"
        before += [f"v{i}=0" for i in range(counts[0])]
        # What a constant is in both halves of a register is not tested.
        halves = result == "bf16" or result == "f16" and not narrow
        constant = "0" if result == "i32" or halves else "1.0"
        if halves:
            value = result_words(result, 6 * depth)
        if wide:
            after = [f"v{i}={value >> 32 * (i % 2) & 0xFFFFFFFF:#x}" for i in (0, counts[0] - 1)]
        else:
            after = [f"v{i}={low(value):#x}" for i in (0, counts[0] - 1)]
        memory([f"{name} {span(0, counts[0])}, {span(40, counts[1])}, {span(48, counts[2])}, {constant}"], before, after,
               aliased=(*other, "gfx12") if table != "rdna4.txt" else ("gfx9", "gfx11"))


rows("cdna2.txt", "fnuz")
rows("cdna3.txt", "fnuz")
rows("cdna4.txt", "ocp")
rows("rdna3.txt", "ocp")
rows("rdna4.txt", "ocp")
