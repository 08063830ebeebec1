"""The instruction formats: where opcode and operand fields lie."""


def vgpr(number):
    """A vector register in a 9-bit source field."""
    return 256 + number


# field: (low bit, width, probe value); probe values differ so that the text tells fields apart
SCALAR = {"sdst": (16, 7, 32), "ssrc0": (0, 8, 64), "ssrc1": (8, 8, 16)}
VECTOR = {"vdst": (17, 8, 32), "src0": (0, 9, vgpr(64)), "vsrc1": (9, 8, 96)}
VOP3 = {"vdst": (0, 8, 32), "src0": (32, 9, vgpr(64)), "src1": (41, 9, vgpr(96)), "src2": (50, 9, vgpr(128))}
DS = {"vdst": (56, 8, 32), "data1": (48, 8, 64), "data0": (40, 8, 96), "addr": (32, 8, 128)}
FLAT = {"vdst": (56, 8, 32), "data": (40, 8, 96), "addr": (32, 8, 128)}
MUBUF = {"vdata": (40, 8, 32), "addr": (32, 8, 128), "srsrc": (48, 5, 2)}
SMEM = {"sdata": (6, 7, 32), "sbase": (0, 6, 8)}
SCALED = {"srsrc": 4, "sbase": 2}


class Format:
    """One format: fixed bits, place and count of opcodes, operand fields."""

    def __init__(self, name, base, shift, count, fields, words=1):
        self.name, self.base, self.shift, self.count = name, base, shift, count
        self.fields, self.words = fields, words

    def encode(self, code, values=None, extra=0, literal=None):
        """The words of opcode `code` with probe values in its fields, some replaced by `values`."""
        bits = self.base | code << self.shift | extra
        for name, (low, width, value) in self.fields.items():
            value = (values or {}).get(name, value)
            bits |= (value & (1 << width) - 1) << low
        words = [bits & 0xFFFFFFFF] + ([bits >> 32] if self.words == 2 else [])
        return words + ([] if literal is None else [literal])

    def shown(self, field, values):
        """The register number under which `field` prints."""
        value = values.get(field, self.fields[field][2])
        return (value - 256 if value >= 256 else value) * SCALED.get(field, 1)


def pick(fields, *names):
    return {name: fields[name] for name in names}


def alu(rdna3):
    """Formats whose operands are learned from the text alone."""
    vop3 = (0x35 if rdna3 else 0x34) << 26
    vop3p = 0xCC << 24 if rdna3 else 0x1A7 << 23
    return [
        Format("sop1", 0x17D << 23, 8, 256, pick(SCALAR, "sdst", "ssrc0")),
        Format("sop2", 2 << 30, 23, 0x60, SCALAR),
        Format("sopc", 0x17E << 23, 16, 128, pick(SCALAR, "ssrc0", "ssrc1")),
        Format("vop1", 0x3F << 25, 9, 256, pick(VECTOR, "vdst", "src0")),
        Format("vop2", 0, 25, 62, VECTOR),
        Format("vopc", 0x3E << 25, 17, 256, pick(VECTOR, "src0", "vsrc1")),
        Format("vop3", vop3, 16, 1024 if rdna3 else 0x380, VOP3, 2),
        Format("vop3p", vop3p, 16, 128, VOP3, 2),
    ]


def memory(rdna3):
    """Formats with one layout each; only presence and width of registers are learned."""
    shift = 18 if rdna3 else 17
    segment = 16 if rdna3 else 14
    no_saddr = (0x7C if rdna3 else 0x7F) << 48
    glc = 1 << 14 if rdna3 else 1 << 16
    flat = 0x37 << 26
    smem = 0x3D << 26 | 0x7C << 57 if rdna3 else 0x30 << 26
    constant = 0 if rdna3 else 1 << 17
    offen = 1 << 54 if rdna3 else 1 << 12
    vaddr = 1 << 55 if rdna3 else 1 << 13
    return [
        (Format("smem", smem, 18, 256, SMEM, 2), [constant, 0]),
        (Format("ds", 0x36 << 26, shift, 256, DS, 2), [0]),
        (Format("flat", flat | (no_saddr if rdna3 else 0), 18, 128, FLAT, 2), [glc, 0]),
        (Format("global", flat | 2 << segment | no_saddr, 18, 128, FLAT, 2), [glc, 0]),
        (Format("scratch", flat | 1 << segment | no_saddr, 18, 128, FLAT, 2), [vaddr, 0]),
        (Format("mubuf", 0x38 << 26 | 0x80 << 56, 18, 256 if rdna3 else 128, MUBUF, 2), [offen, 0]),
    ]
