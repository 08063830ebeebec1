"""The instruction formats: where opcode and operand fields lie."""


def vgpr(number):
    """A vector register in a 9-bit source field."""
    return 256 + number


# field: (low bit, width, probe value, registers a unit if not one); probe values differ so that the text tells fields apart
SCALAR = {"sdst": (16, 7, 32), "ssrc0": (0, 8, 64), "ssrc1": (8, 8, 16)}
VECTOR = {"vdst": (17, 8, 32), "src0": (0, 9, vgpr(64)), "vsrc1": (9, 8, 96)}
VOP3 = {"vdst": (0, 8, 32), "src0": (32, 9, vgpr(64)), "src1": (41, 9, vgpr(96)), "src2": (50, 9, vgpr(128))}
DS = {"vdst": (56, 8, 32), "data1": (48, 8, 64), "data0": (40, 8, 96), "addr": (32, 8, 128)}
FLAT = {"vdst": (56, 8, 32), "data": (40, 8, 96), "addr": (32, 8, 128)}
MUBUF = {"vdata": (40, 8, 32), "addr": (32, 8, 128), "srsrc": (48, 5, 2, 4)}
SMEM = {"sdata": (6, 7, 32), "sbase": (0, 6, 8, 2)}
# RDNA4 has formats of three words, and names its resources by number of register.
FLAT12 = {"vdst": (32, 8, 32), "data": (55, 8, 96), "addr": (64, 8, 128)}
MUBUF12 = {"vdata": (32, 8, 32), "addr": (64, 8, 128), "srsrc": (41, 9, 8)}


class Format:
    """One format: fixed bits, place and count of opcodes, operand fields."""

    def __init__(self, name, base, shift, count, fields, words=1, high=None):
        """`high`: place of the opcode's fourth bit, where that is away from the others."""
        self.name, self.base, self.shift, self.count = name, base, shift, count
        self.fields, self.words, self.high = fields, words, high

    def opcode(self, code):
        """The opcode's bits in their places."""
        return code << self.shift if self.high is None else (code & 7) << self.shift | code >> 3 << self.high

    def encode(self, code, values=None, extra=0, literal=None):
        """The words of opcode `code` with probe values in its fields, some replaced by `values`."""
        bits = self.base | self.opcode(code) | extra
        for name, (low, width, value, *_) in self.fields.items():
            value = (values or {}).get(name, value)
            bits |= (value & (1 << width) - 1) << low
        words = [bits >> 32 * index & 0xFFFFFFFF for index in range(self.words)]
        return words + ([] if literal is None else [literal])

    def shown(self, field, values):
        """The register number under which `field` prints."""
        _, _, value, *unit = self.fields[field]
        value = values.get(field, value)
        return (value - 256 if value >= 256 else value) * (unit or [1])[0]


def pick(fields, *names):
    return {name: fields[name] for name in names}


def layout(cpu):
    """Which encodings a target has: 9 (GCN and CDNA), 10 (RDNA1 and 2), 11 (RDNA3) or 12 (RDNA4)."""
    return int(cpu[3:-2])


def alu(gfx):
    """Formats whose operands are learned from the text alone."""
    vop3 = (0x35 if gfx >= 10 else 0x34) << 26
    vop3p = 0xCC << 24 if gfx >= 10 else 0x1A7 << 23
    return [
        Format("sop1", 0x17D << 23, 8, 256, pick(SCALAR, "sdst", "ssrc0")),
        Format("sop2", 2 << 30, 23, 0x60, SCALAR),
        Format("sopc", 0x17E << 23, 16, 128, pick(SCALAR, "ssrc0", "ssrc1")),
        Format("vop1", 0x3F << 25, 9, 256, pick(VECTOR, "vdst", "src0")),
        Format("vop2", 0, 25, 62, VECTOR),
        Format("vopc", 0x3E << 25, 17, 256, pick(VECTOR, "src0", "vsrc1")),
        Format("vop3", vop3, 16, 1024 if gfx >= 10 else 0x380, VOP3, 2),
        Format("vop3p", vop3p, 16, 128, VOP3, 2),
    ] + ([Format("vinterp", 0xCD << 24, 16, 16, VOP3, 2)] if gfx >= 11 else [])


# Where the generations differ: bits that tell a form, and the saddr that means none.
GLC = {9: 1 << 16, 10: 1 << 16, 11: 1 << 14, 12: 1 << 52}
NO_SADDR = {9: 0x7F << 48, 10: 0x7D << 48, 11: 0x7C << 48, 12: 0x7C}
SCRATCH_VADDR = {9: 1 << 13, 10: 0, 11: 1 << 55, 12: 1 << 49}
GDS = {9: 1 << 16, 10: 1 << 17, 11: 1 << 17}
OFFEN = {9: 1 << 12, 10: 1 << 12, 11: 1 << 54, 12: 1 << 62}


def memory(gfx):
    """Formats with one layout each; only presence and width of registers are learned."""
    smem = {9: 0x30 << 26, 10: 0x3D << 26 | 0x7D << 57}.get(gfx, 0x3D << 26 | 0x7C << 57)
    scalar = Format("smem", smem, *((13, 64) if gfx == 12 else (18, 256)), SMEM, 2)
    share = Format("ds", 0x36 << 26, 17 if gfx == 9 else 18, 256, DS, 2)
    if gfx == 12:
        mubuf = Format("mubuf", 0x31 << 26 | 1 << 55 | 0x7C, 14, 128, MUBUF12, 3)
        mtbuf = Format("mtbuf", 0x31 << 26 | 0x80 << 14 | 1 << 55 | 0x7C, 14, 16, MUBUF12, 3)
    else:
        typed = 0x3A << 26 | 0x80 << 56
        mtbuf = Format("mtbuf", typed, 16, 16, MUBUF, 2, 53) if gfx == 10 else Format("mtbuf", typed, 15, 16, MUBUF, 2)
        mubuf = Format("mubuf", 0x38 << 26 | 0x80 << 56, 18, 128 if gfx == 9 else 256, MUBUF, 2)
    return [
        (scalar, [1 << 17 if gfx == 9 else 0, 0]),
        (share, [0, GDS.get(gfx, 0)]),
        *((segment(gfx, *which), [SCRATCH_VADDR[gfx] if which[0] == "scratch" else GLC[gfx], 0])
          for which in (("flat", 0), ("global", 2), ("scratch", 1))),
        (mubuf, [OFFEN[gfx], 0]),
        (mtbuf, [OFFEN[gfx], 0]),
    ]


def segment(gfx, name, number):
    """FLAT, SCRATCH or GLOBAL."""
    absent = NO_SADDR[gfx] if gfx > 9 or name != "flat" else 0
    if gfx == 12:
        return Format(name, 0x3B << 26 | number << 24 | absent, 14, 128, FLAT12, 3)
    place = 16 if gfx == 11 else 14
    return Format(name, 0x37 << 26 | number << place | absent, 18, 128, FLAT, 2)
