"""Varied encodings of every table row, as words: the raw material of the corpus."""
import random

import formats
import images

SCALARS = [4, 8, 33, 100, 106, 126, 124, 128, 133, 193, 200, 240, 243, 245, 247, 248, 255]
PLAIN_SCALARS = [4, 8, 33, 98, 106, 126]
LITERALS = [0x12345678, 5, 0x3F800000, 0x3C00, 0xFFFFFFFF, 0x80000000, 0x1000, 0xFFF0, 0x7FFF]


def rows(path):
    for line in open(path):
        if line.startswith(("like", "without")):
            continue
        fmt, code, mnemonic, operation, flags, *slots = line.split()
        yield fmt, int(code, 16), mnemonic, flags.split(","), slots


def vgpr(rng):
    return 256 + rng.randrange(240)


def source(rng, literals=True):
    code = rng.choice(SCALARS + [256 + rng.randrange(256) for _ in SCALARS])
    return code if literals or code != 255 else 130


def dpp_word(rng, rdna):
    controls = [rng.randrange(256), 0x101, 0x10F, 0x112, 0x121, 0x140, 0x141, 0x150, 0x15F]
    controls += [0x160, 0x16F] if rdna else [0x130, 0x134, 0x138, 0x13C, 0x142, 0x143]
    signs = rng.choice([0, 0, rng.randrange(16)])
    return (rng.randrange(256) | rng.choice(controls) << 8 | signs << 20 | rng.randrange(2) << 19
            | (rng.randrange(2) << 18 if rdna else 0) | rng.choice([0xFF, rng.randrange(256)]) << 24)


def sdwa_word(rng, compare, two):
    word = rng.randrange(256) | rng.randrange(7) << 16 | (rng.randrange(7) << 24 if two else 0)
    word |= rng.choice([0, 0, rng.randrange(4)]) << 20 | (rng.choice([0, 0, rng.randrange(4)]) << 28 if two else 0)
    if rng.randrange(4) == 0:
        word = word & ~(3 << 20) | 1 << 19
    if compare:
        return word | (rng.choice([0, 0x80 | rng.choice(PLAIN_SCALARS)]) << 8)
    return word | rng.randrange(7) << 8 | rng.randrange(3) << 11 | rng.choice([0, 1]) << 13


def even(values, form, rng, matrix):
    """Register pairs start at even numbers on CDNA; matrices are wide and end before v255."""
    for field in values:
        if field.startswith("v") or values[field] >= 256:
            if matrix:
                values[field] = values[field] & 0x100 | values[field] % 200
            if rng.randrange(8):
                values[field] &= ~1
    return values


def fill(rng, form, literals=True):
    """Random operands: vector registers mostly, scalars and constants where they may be."""
    values = {}
    for field in form.fields:
        if field in ("ssrc0", "ssrc1"):
            values[field] = rng.choice(SCALARS)
        elif field == "sdst":
            values[field] = rng.choice(PLAIN_SCALARS)
        elif field.startswith("src"):
            values[field] = source(rng, literals)
        else:
            values[field] = rng.randrange(256)
    return values


def alu(rng, gfx, form, code, mnemonic, flags, slots, abid=None):
    rdna = gfx >= 10
    values = fill(rng, form, rdna or form.words == 1)
    if not slots:
        return form.encode(code, dict.fromkeys(values, 0))
    matrix = mnemonic.startswith(("v_mfma", "v_smfmac"))
    if matrix:
        values["src0"], values["src1"] = vgpr(rng), vgpr(rng)
        values["src2"] = rng.choice([vgpr(rng), vgpr(rng), 128, 242]) if "mfma" in mnemonic else vgpr(rng)
    if not rdna:
        values = even(values, form, rng, matrix)
    if gfx == 12 and form.words == 1 and rng.randrange(2):  # 16-bit operands are in the first half
        values = {field: value & ~0x80 if field.startswith("v") or value >= 256 else value for field, value in values.items()}
    if "wmma" in mnemonic:
        values = {"vdst": rng.randrange(240), "src0": vgpr(rng), "src1": vgpr(rng), "src2": rng.choice([vgpr(rng), 128])}
    if ":reg" in " ".join(slots) and not matrix:
        values = {field: vgpr(rng) if ":reg" in slot and field == "src0" else values[field]
                  for field in values for slot in [next((x for x in slots if x.startswith(field)), "")]}
    names = " ".join(slots)
    tail = rng.choice(LITERALS)
    if "vdst=s" in names:
        values["vdst"] = rng.choice(PLAIN_SCALARS)
    if "src1=s" in names:
        values["src1"] = rng.choice(PLAIN_SCALARS + [129])
    if "src0=s" in names:
        values["src0"] = rng.choice(PLAIN_SCALARS + [129])
    if form.name == "vinterp":
        values = {field: value | 256 if field != "vdst" else value for field, value in values.items()}
    elif "swmmac" in mnemonic:
        values["src2"] = vgpr(rng)
    elif not matrix and ("src2=s" in names or "src2=v1:reg" in names or "src2=v2:reg" in names):
        values["src2"] = rng.choice(PLAIN_SCALARS)
    if "attribute" in names:
        values.update(src1=rng.randrange(3) if "parameter" in names else vgpr(rng), src2=vgpr(rng))
    way = rng.choice(["plain", "plain", *flags])
    if way in ("dpp", "dpp8", "sdwa"):
        values["src0"] = {"dpp": 0xFA, "dpp8": rng.choice([0xE9, 0xEA]), "sdwa": 0xF9}[way]
        tail = rng.getrandbits(32)
        if way == "dpp":
            tail = dpp_word(rng, rdna)
        elif way == "sdwa":
            tail = sdwa_word(rng, form.name == "vopc", "vsrc1" in names)
        for other in ("src1", "src2"):
            if other in values and values[other] < 256 and "reg" not in names:
                values[other] = 256 + rng.randrange(256)
            elif values.get(other) == 255:  # no literal beside such a word
                values[other] = 129
    if mnemonic == "v_mfma_ld_scale_b32":
        values.update(vdst=0, src2=0, src0=source(rng, False), src1=source(rng, False))
    extra = modifiers(rng, form, flags, slots)
    if mnemonic.endswith("f8f6f4"):
        extra = extra & ~(15 << 11) | (abid or 0) << 11
    if "truth" in flags:
        extra |= rng.getrandbits(3) << 8 | rng.getrandbits(5) << 59
    return form.encode(code, values, extra, tail)


def modifiers(rng, form, flags, slots):
    """Random modifiers of VOP3 and VOP3P, of those that the row has."""
    extra = 0
    signs = next((int(flag[3:]) for flag in flags if flag.startswith("neg")), 0)
    sources = sum(slot.startswith("src") for slot in slots)
    used = (1 << sources) - 1
    if form.words == 2 and "mai" not in flags:
        extra |= rng.choice([0, rng.randrange(8) & signs]) << 61
        extra |= rng.choice([0, 1]) << 15 if "clamp" in flags else 0
        extra |= rng.choice([0, rng.randrange(4)]) << 59 if "omod" in flags else 0
    if form.name == "vinterp":
        return extra | rng.randrange(8) << 8 | (rng.randrange(16) if "sel" in flags else 0) << 11
    if form.name == "vop3" and "sd" not in flags:
        extra |= rng.choice([0, rng.randrange(8) & signs]) << 8
        target = 8 if any(slot.startswith("vdst=v") for slot in slots) else 0
        extra |= rng.choice([0, rng.randrange(16) & (used | target)]) << 11 if "sel" in flags else 0
        extra |= rng.randrange(4) << 11 if "bytesrc" in flags else 0
        extra |= rng.randrange(4) << 13 if "bytedst" in flags else 0
    if "sd" in flags:
        extra |= rng.choice(PLAIN_SCALARS) << 8
    if form.name == "vop3p" and "mai" in flags:
        extra |= rng.choice([0, rng.getrandbits(8)]) << 8 | rng.choice([0, rng.randrange(32)]) << 59
    elif form.name == "vop3p":
        high = rng.choice([7, rng.randrange(8)])
        extra |= (high & 3) << 59 | (high >> 2) << 14
        extra |= rng.choice([0, rng.randrange(8) & used]) << 11 | rng.choice([0, rng.randrange(8) & signs]) << 8
    return extra


# Bits of cache controls and of forms, where setting any of them is an instruction still.
CACHE = {9: (16, 17, 25), 10: (12, 16, 17), 11: (13, 14, 15), 12: (50, 51, 52, 53, 54)}
BUFFER_CACHE = {9: (14, 15, 16, 17), 10: (14, 15, 54, 55), 11: (12, 13, 14, 53), 12: (22, 50, 51, 52, 53, 54)}
SCALAR_CACHE = {9: (16,), 10: (14, 16), 11: (13, 14), 12: (21, 22, 23, 24)}


def flags_of(rng, places):
    """None, or some, of the bits at `places`."""
    return sum(rng.randrange(2) << place for place in places) if rng.randrange(2) else 0


def memory(rng, gfx, form, code, flags, slots):
    names = [slot.split("=")[0] for slot in slots]
    bits = form.base | form.opcode(code)
    for field, (place, width, *_) in form.fields.items():
        if field in names or form.name in ("flat", "global", "scratch"):
            value = rng.choice([4, 8, 12, 20]) if field in ("sdata", "sbase", "srsrc") else rng.randrange(256)
            value &= ~1 if gfx == 9 and rng.randrange(4) else 255
            bits |= (value & (1 << width) - 1) << place
    bits = MEMORY[form.name](rng, gfx, form, bits, flags if form.name == "ds" else names)
    return [bits >> 32 * word & 0xFFFFFFFF for word in range(form.words)]


def share(rng, gfx, form, bits, flags):
    bits |= rng.getrandbits(16) if rng.randrange(3) else 0
    if "gds" in flags:
        return bits | formats.GDS[gfx]
    return bits | flags_of(rng, {9: (25,), 10: (17,), 11: (17,), 12: ()}[gfx])


def flat(rng, gfx, form, bits, names):
    place = 0 if gfx == 12 else 48
    absent = formats.NO_SADDR[gfx] >> place
    bits &= ~(0x7F << place)
    if rng.randrange(3):
        width = {9: 13, 10: 12, 11: 13, 12: 24}[gfx] - (form.name == "flat" and gfx < 12)
        bits |= rng.getrandbits(width) << (72 if gfx == 12 else 0)
    scalar = absent if form.name == "flat" else rng.choice([absent, 4, 8, 106])
    if gfx == 10 and form.name == "scratch":
        scalar = rng.choice([scalar, scalar, 0x7F])
    bits |= (scalar if gfx > 9 or form.name != "flat" else 0) << place | flags_of(rng, CACHE[gfx])
    return bits | flags_of(rng, {9: (13, 55), 10: (13,), 11: (55,), 12: (49,)}[gfx])


def buffer(rng, gfx, form, bits, names):
    if gfx == 12:
        bits = bits & ~0x7F | (rng.getrandbits(24) << 72 if rng.randrange(3) else 0)
        return bits | rng.choice([4, 124, 125]) | flags_of(rng, (62, 63)) | flags_of(rng, BUFFER_CACHE[gfx])
    bits &= ~(0xFF << 56)
    if not names:
        return bits & ~(3 << 12) | flags_of(rng, (14, 15))
    bits |= rng.getrandbits(12) if rng.randrange(3) else 0
    bits |= rng.choice([128, 4, 124, 125, 129]) << 56 | rng.choice([0, 1, 2, 3]) << (54 if gfx == 11 else 12)
    return bits | flags_of(rng, BUFFER_CACHE[gfx])


def typed(rng, gfx, form, bits, names):
    fmt = rng.choice([rng.randrange(128), 1])
    if gfx == 12:
        return buffer(rng, gfx, form, bits, names) & ~(0x7F << 55) | fmt << 55
    places = {9: (14, 53, 54, 55), 10: (14, 15, 54, 55), 11: (12, 13, 14, 53)}[gfx]
    bits = bits & ~(0xFF << 56) | (rng.getrandbits(12) if rng.randrange(3) else 0) | fmt << 19
    bits |= rng.choice([128, 4, 124, 125, 129]) << 56 | rng.choice([0, 1, 2, 3]) << (54 if gfx == 11 else 12)
    return bits | flags_of(rng, places)


def scalar_memory(rng, gfx, form, bits, names):
    bits |= flags_of(rng, SCALAR_CACHE[gfx])
    if "sbase" not in names and "length" not in names:
        return bits
    if "length" in names:
        bits |= rng.randrange(32) << 6
    constant = rng.choice([0, 8, 0x1234, 0xFFFFF0 | 8 if gfx == 12 else 0x1FFFF0 | 8])
    if gfx > 9:
        bits |= constant << 32
        return bits & ~(0x7F << 57) | rng.choice([4, 106, 124, 125]) << 57 if rng.randrange(2) else bits
    if rng.randrange(3) == 0:
        return bits | rng.choice([4, 106, 124]) << 32
    return bits | 1 << 17 | constant << 32


MEMORY = {"ds": share, "flat": flat, "global": flat, "scratch": flat, "mubuf": buffer, "mtbuf": typed, "smem": scalar_memory}


def immediates(rng, name, code):
    value = rng.choice([0, 0, 1, 4, 7, 0x40, 0x64, 0xFFFF, 0x8234, rng.randrange(0x10000)])
    if name == "sopp":
        return [0x17F << 23 | code << 16 | value, 0]
    return [0xB << 28 | code << 23 | rng.choice([5, 8, 106]) << 16 | value, rng.choice(LITERALS)]


def dual(rng, x, y):
    if x == 8 or y == 8:  # v_dual_mov_b32 has one source
        return [0x32 << 26 | x << 22 | y << 17 | source(rng, False) | (rng.randrange(256) << 9 if x != 8 else 0),
                rng.randrange(256) << 24 | rng.randrange(128) << 17 | source(rng, False)
                | (rng.randrange(256) << 9 if y != 8 else 0), rng.choice(LITERALS)]
    bits = 0x32 << 26 | x << 22 | y << 17 | rng.randrange(256) << 9 | source(rng)
    bits |= (rng.randrange(256) << 24 | rng.randrange(128) << 17 | rng.randrange(256) << 9 | source(rng)) << 32
    return [bits & 0xFFFFFFFF, bits >> 32, rng.choice(LITERALS)]


SMALL = {"exp": 0xF8 << 24, "vintrp": 0x32 << 26, "ldsdir": 0xCE << 24}


def words_of(rng, gfx, forms, row):
    """One random encoding of a row."""
    name, code, mnemonic, flags, slots = row
    if name in ("sopp", "sopk"):
        return immediates(rng, name, code)
    if name in ("mimg", "vsample"):
        return images.words_of(rng, gfx, name, code)
    if name in SMALL:
        return [SMALL[name] | (rng.getrandbits(26 if name != "ldsdir" else 22) & ~(3 << 20 if name == "ldsdir" else 0))
                & ~(3 << 16 if name == "vintrp" else 0) | code << {"ldsdir": 20, "vintrp": 16}.get(name, 0), rng.getrandbits(32)]
    if name == "vop3px":
        scales = [0xD3AC0000 | rng.randrange(4) << 11, source(rng, False) | source(rng, False) << 9 | rng.randrange(4) << 27]
        return scales + alu(rng, gfx, forms["vop3p"], code, mnemonic, flags, slots, 1)
    if name == "vopdx":
        return dual(rng, code, rng.randrange(19))
    if name == "vopdy":
        return dual(rng, rng.randrange(14), code)
    form = forms[name]
    if name in MEMORY:
        return memory(rng, gfx, form, code, flags, slots)
    return alu(rng, gfx, form, code, mnemonic, flags, slots)


def all_forms(gfx):
    forms = {form.name: form for form in formats.alu(gfx)}
    forms.update({form.name: form for form, _ in formats.memory(gfx)})
    return forms


def probes(path, gfx, count, seed=1):
    """`count` encodings of every row of the table at `path`."""
    rng = random.Random(seed)
    forms = all_forms(gfx)
    return [words_of(rng, gfx, forms, row) for row in rows(path) for _ in range(count)]
