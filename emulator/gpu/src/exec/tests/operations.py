"""Makes operations.txt: what each operation must give, by formulas of its own.

Usage: operations.py > operations.txt    (needs llvm-mc-22)

An operation is its spellings, the types of its result and sources, and a formula on Python numbers:
integers have no width, floats are exact fractions that are rounded once at the end. Each row holds
eight sets of sources, one a lane; `,` separates lanes, and lanes beyond repeat.
"""
import math
import re
import struct
import subprocess
from fractions import Fraction

TARGETS = {"gfx90a": "", "gfx942": "", "gfx950": "", "gfx1030": "", "gfx1100": "+real-true16", "gfx1151": "+real-true16", "gfx1201": ""}
FORMATS = {"f16": (11, -14, 15, 16), "f32": (24, -126, 127, 32), "f64": (53, -1022, 1023, 64)}
NAN, INF = math.nan, math.inf
INTEGERS = (0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0x12345678, 0xDEADBEEF, 37)
WIDE = (0, 1, 0x7FFFFFFFFFFFFFFF, 0x8000000000000000, 0xFFFFFFFFFFFFFFFF, 0x123456789ABCDEF0, 0xDEADBEEF00000000, 99)
FLOATS = {
    "f16": (1.0, -2.5, 0.099975586, 65504.0, 5.9604645e-08, 0.33325195, -7.0, 1024.0),
    "f32": (1.0, -2.5, 0.1, 3.0e38, 1.5e-40, 0.333333, -70000.25, 1048576.5),
    "f64": (1.0, -2.5, 0.1, 1.5e300, 5e-320, 1 / 3, -70000.25, 1048576.5),
}
SPECIAL = {kind: (1.0, -2.5, NAN, INF, -INF, 0.0, -0.0, 3.0) for kind in FLOATS}


def width(kind):
    return int(re.sub(r"\D", "", kind))


def is_float(kind):
    return kind[0] == "f"


def rounds_up(mode, sign, whole, rest):
    """Whether a magnitude between two numbers of a format becomes the greater one."""
    if mode == "nearest":
        return rest > Fraction(1, 2) or (rest == Fraction(1, 2) and whole % 2 == 1)
    return rest > 0 and mode == ("down" if sign else "up")


def bits_of(kind, value, mode="nearest"):
    """The bits of a value: integers wrap around, exact fractions round, to nearest even if not told."""
    if not is_float(kind):
        return int(value) & (1 << width(kind)) - 1
    precision, low, high, size = FORMATS[kind]
    if isinstance(value, float) and not math.isfinite(value) or value == 0:
        sign = 1 if math.copysign(1, value) < 0 else 0
        exponent = (1 << size - precision) - 1
        if value == 0:
            return sign << size - 1
        top = exponent << precision - 1
        return top | 1 << precision - 2 if math.isnan(value) else top | sign << size - 1
    exact, sign = Fraction(value), 0
    if exact < 0:
        exact, sign = -exact, 1
    scale = max(math.floor(math.log2(exact)) if exact > Fraction(1, 10**300) else -1022, low)
    while exact >= Fraction(2) ** (scale + 1):
        scale += 1
    while scale > low and exact < Fraction(2) ** scale:
        scale -= 1
    steps = exact / Fraction(2) ** (scale - precision + 1)
    whole = steps.numerator // steps.denominator
    rest = steps - whole
    whole += rounds_up(mode, sign, whole, rest)
    if whole == 1 << precision:
        whole, scale = whole >> 1, scale + 1
    if scale > high and (mode == "zero" or mode == ("up" if sign else "down")):
        return sign << size - 1 | ((1 << size - precision) - 1 << precision - 1) - 1
    if scale > high:
        return sign << size - 1 | (1 << size - precision) - 1 << precision - 1
    field = 0 if whole < 1 << precision - 1 else scale - low + 1
    return sign << size - 1 | field << precision - 1 | whole & (1 << precision - 1) - 1


def value_of(kind, bits):
    bits &= (1 << width(kind)) - 1
    if kind[0] == "i":
        return bits - (1 << width(kind)) if bits >> width(kind) - 1 else bits
    if kind[0] != "f":
        return bits
    code = {"f16": "<e", "f32": "<f", "f64": "<d"}[kind]
    return struct.unpack(code, bits.to_bytes(width(kind) // 8, "little"))[0]


def samples(kind, shift, special):
    """Eight operands as bits, in an order of the source's own."""
    if is_float(kind):
        pool = [bits_of(kind, Fraction(x) if math.isfinite(x) and x != 0 else x)
                for x in (SPECIAL if special else FLOATS)[kind]]
    else:
        pool = WIDE if width(kind) == 64 else INTEGERS
    stride = (1, 3, 5)[shift]
    return [pool[(i * stride + shift) % 8] & (1 << width(kind)) - 1 for i in range(8)]


ROWS = []


def op(names, result, sources, formula, special=False, suffix="", scalar=False, inputs=None, scc=None,
       aliased=()):
    """One operation: `formula` on the sources' values gives the value of the result, `scc` that of SCC.

    On `aliased` targets LLVM takes the spelling for another operation.
    """
    kinds = sources.split()
    given = inputs or [samples(kind, i, special) for i, kind in enumerate(kinds)]
    expected, flags = [], []
    for lane in range(8):
        values = [value_of(kind, operand[lane]) for kind, operand in zip(kinds, given)]
        value = formula(*values)
        expected.append(int(value) if result in ("mask", "exec", "scc") else bits_of(result, value))
        if scc:
            flags.append(int(scc(*values)))
    ROWS.append((names.split(), result, kinds, given, expected, suffix, scalar, flags, aliased))


def register(letter, number, kind, half):
    if width(kind) == 64:
        return f"{letter}[{number}:{number + 1}]"
    return f"{letter}{number}.l" if half and width(kind) == 16 and letter == "v" else f"{letter}{number}"


def listed(values):
    return hex(values[0]) if len(set(values)) == 1 else ",".join(hex(value) for value in values)


def place(letter, number, kind, values):
    """What a register holds, word by word."""
    words = [f"{letter}{number}={listed([value & 0xFFFFFFFF for value in values])}"]
    if width(kind) == 64:
        words.append(f"{letter}{number + 1}={listed([value >> 32 for value in values])}")
    return words


def spellings(row):
    """Ways to write a row, one of which the target knows: (text, before, after)."""
    names, result, kinds, given, expected, suffix, scalar, flags, _ = row
    flag = [f"scc={listed(flags)}"] if flags else []
    letter = "s" if scalar else "v"
    for name in names:
        for half in (False, True):
            operands = [register(letter, 4 + 2 * i, kind, half) for i, kind in enumerate(kinds)]
            before = [word for i, kind in enumerate(kinds) for word in place(letter, 4 + 2 * i, kind, given[i])]
            if result == "scc":
                yield f"{name} {', '.join(operands)}{suffix}", before, [f"scc={listed(expected)}"]
                continue
            if result == "exec":
                pattern = "".join(str(bit) for bit in reversed(expected))
                yield f"{name} {', '.join(operands)}", before, [f"exec=0b{pattern}"]
                yield f"{name} vcc, {', '.join(operands)}", before, [f"exec=0b{pattern}", f"vcc=0b{pattern}"]
                continue
            if result == "mask":
                pattern = "".join(str(bit) for bit in reversed(expected))
                for mask in ("vcc", "vcc_lo"):
                    yield " ".join([name, ", ".join([mask, *operands]) + suffix]), before, [f"vcc=0b{pattern}"]
                continue
            target = register(letter, 0, result, half)
            yield (" ".join([name, ", ".join([target, *operands]) + suffix]),
                   before + place(letter, 0, result, [0] * 8), place(letter, 0, result, expected) + flag)


def assemble(target, texts):
    """The bytes of each text, None where the target has no such instruction."""
    command = ["llvm-mc-22", "-triple=amdgcn", f"-mcpu={target}", "-show-encoding", f"-mattr={TARGETS[target]}"]
    tried = subprocess.run(command, input="\n".join(texts) + "\n", capture_output=True, text=True)
    bad = {int(hit) for hit in re.findall(r"<stdin>:(\d+):\d+: error", tried.stderr)}
    good = [number for number in range(1, len(texts) + 1) if number not in bad]
    kept = subprocess.run(command, input="\n".join(texts[n - 1] for n in good) + "\n", capture_output=True, text=True)
    encodings = re.findall(r"encoding: \[([^\]]*)\]", kept.stdout)
    assert len(encodings) == len(good), (target, len(encodings), len(good), kept.stderr[:500])
    found = {n: text.replace("0x", "").replace(",", "") for n, text in zip(good, encodings)}
    return [found.get(n) for n in range(1, len(texts) + 1)]


def memory(texts, before, after, aliased=()):
    """Any operation: ways to write it, and what registers and memory hold before and after."""
    ROWS.append((texts, before, after, aliased))


def main():
    import matrix_list  # noqa: F401  (all fill ROWS)
    import memory_list  # noqa: F401
    import operations_list  # noqa: F401
    import state_list  # noqa: F401
    print("# Made by operations.py. Encodings | assembly | before | after; the latter as in instructions.txt.")
    written = []
    for index, row in enumerate(ROWS):
        if len(row) == 4:
            written += [(index, (text, row[1], row[2])) for text in row[0]]
        else:
            written += [(index, spelling) for spelling in spellings(row)]
    lines = {}
    for target in TARGETS:
        done = set()
        encodings = assemble(target, [spelling[0] for _, spelling in written])
        for number, ((index, _), encoding) in enumerate(zip(written, encodings)):
            aliased = target.startswith(tuple(ROWS[index][-1]))
            if encoding and index not in done and not aliased:
                done.add(index)
                lines.setdefault(number, []).append(f"{target}:{encoding}")
    for number, encodings in sorted(lines.items()):
        index, (text, before, after) = written[number]
        row = ROWS[index]
        for lane in (2, 4, 5, 6) if len(row) > 4 and row[6] else (None,):
            print(" | ".join([" ".join(encodings), text, picked(before, lane), picked(after, lane)]))


def picked(words, lane):
    """What one lane has, or all of them: scalars have one value each, in a row for each of a few."""
    if lane is None:
        return " ".join(words)
    split = [(word.split("=")[0], word.split("=")[1].split(",")) for word in words]
    return " ".join(f"{name}={values[lane % len(values)]}" for name, values in split)


if __name__ == "__main__":
    import sys
    sys.modules["operations"] = sys.modules["__main__"]
    main()
