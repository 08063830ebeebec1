"""Learns a generation's instruction table from LLVM's disassembler.

Usage: learn.py CPU [BASE_TABLE] > TABLE

Every opcode of every format is made from numbers, with a different register in each operand
field. From the text that llvm-objdump prints follow the mnemonic, which fields are operands,
their order and width, and how constants print there. One row a line:

    format  opcode  mnemonic  operation  flags  operands...

README.md beside the tables explains flags and operands.
"""
import itertools
import os
import random
import re
import sys

import formats
import images
from fold import fold
from objdump import S_NOP, disassemble

CPU = sys.argv[1]
LITERALS = (0x12345678, 5, 0x3F800000, 0x3C00)
# What LLVM calls an encoding that is none.
LEFT_OUT = re.compile("v_illegal$")


def split(text):
    """A mnemonic, its operands and what follows them."""
    name, _, rest = text.partition(" ")
    rest = re.sub(r"/\*.*?\*/", "", rest)
    parts = [part.strip() for part in re.split(r",(?![^\[(]*[\])])", rest) if part.strip()]
    after = ""
    if parts:
        parts[-1], _, after = parts[-1].partition(" ")
    return name, parts, after


def register(text):
    """(class, first, count, half) of a register operand, or None."""
    if hit := re.fullmatch(r"([vsa])(\d+)(\.[lh])?", text):
        return hit[1], int(hit[2]), 1, "h" if hit[3] else ""
    if hit := re.fullmatch(r"([vsa])\[(\d+):(\d+)\]", text):
        return hit[1], int(hit[2]), int(hit[3]) - int(hit[2]) + 1, ""
    return None


def style(shown):
    """How constants print in a source, from what 0.5, 1/2pi and four literals look like there."""
    half, inverse, wide, five, one32, one16 = shown
    if half is None or "Invalid" in half:
        return "reg"
    if half == "0x3800":
        return "i16"
    if inverse == "0.15915494309189532":
        return "i64" if five and "lit" in five else "f64"
    if wide == "0x5678":
        return "f16"
    if one16 == "lit(0x3c00)":
        return "pf16"
    return "pb16" if one32 == "0x3f800000" else "b32"


def attempts(form):
    """Settings of the operand fields to try: unused ones often have to be zero."""
    yield {}
    names = list(form.fields)
    for count in range(1, len(names) + 1):
        for chosen in itertools.combinations(names, count):
            yield dict.fromkeys(chosen, 0)
    for chosen in ({"src1": 5}, {"src0": 5}, {"src0": 5, "src1": 6}, {"src1": 5, "src2": 6}):
        if set(chosen) <= set(names):
            yield chosen


def best_texts(cpu, form, extras):
    """For each opcode the text that shows most operand fields: (text, size, values, extra)."""
    best = {}
    for extra, values in itertools.product(extras, attempts(form)):
        probes = [form.encode(code, values, extra) for code in range(form.count)]
        for code, hit in enumerate(disassemble(cpu, probes)):
            if not hit:
                continue
            numbers = {(register(op) or (0, -1))[1] for op in split(hit[0])[1]}
            fields = [f for f in form.fields if form.shown(f, values) in numbers and values.get(f) != 0]
            score = ("Invalid" not in hit[0], len(fields), -len(values))
            if code not in best or score > best[code][0]:
                best[code] = (score, *hit, values, extra)
    return {code: found[1:] for code, found in sorted(best.items())}


def field_of(form, reg, values, taken, index):
    for field in form.fields:
        if field not in taken and form.shown(field, values) == reg[1]:
            return field
    return "sdst" if index == 1 and form.name == "vop3" else None


def operand(form, text, values, taken, index):
    """A slot [field, class and count, constant style] from one printed operand."""
    if text in ("vcc", "vcc_lo"):
        return ["vcc", "", ""]
    if text.startswith("0x"):
        return ["k", "", ""]
    if re.fullmatch(r"attr\d+\.[xyzw]", text):
        return ["attribute", "", ""]
    if re.fullmatch(r"p10|p20|p0|invalid_param_\d+", text):
        return ["parameter", "", ""]
    reg = register(text)
    field = reg and field_of(form, reg, values, taken, index)
    if not field:
        return None
    taken.append(field)
    return [field, f"{reg[0]}{reg[2]}{reg[3]}", ""]


def constant_styles(cpu, form, rows):
    """Fills in how constants print, for every source that may hold one."""
    probes, targets = [], []
    for code, (_, size, values, extra, slots) in rows.items():
        literal_fits = (form.words == 1 or formats.layout(cpu) >= 10) and size == 4 * form.words
        for index, slot in enumerate(slots):
            if not re.match(r"s?src", slot[0]):
                continue
            for constant in (240, 248):
                probes.append(form.encode(code, {**values, slot[0]: constant}, extra))
            for literal in LITERALS:
                words = form.encode(code, {**values, slot[0]: 255}, extra, literal)
                probes.append(words if literal_fits else [S_NOP])
            targets.append((slot, index))
    texts = disassemble(cpu, probes)
    for number, (slot, index) in enumerate(targets):
        shown = []
        for hit in texts[6 * number : 6 * number + 6]:
            raw = hit[0].partition(" ")[2] if hit else ""
            parts = [part.strip() for part in re.split(r",(?![^\[(]*[\])])", raw)]
            part = parts[index] if hit and index < len(parts) and hit[0] != "s_nop 0" else None
            shown.append(part if part is None or "Invalid" in part else part.split(" ")[0])
        slot[2] = style(shown)
        # Their own constant leaves no room for a literal to tell half from whole floats by.
        if slot[2] == "b32" and texts[6 * number] and re.match(r"v_(fma|mad)[am]k_f16", texts[6 * number][0]):
            slot[2] = "f16"


SIGN_BITS = {"vop3": (61, 62, 63), "vop3p": (61, 62, 63)}
LANES = (("dpp", 0xFA, 0xFF00E440), ("dpp8", 0xE9, 0xFAC68840), ("sdwa", 0xF9, 0x06060640), ("sdwa", 0xF9, 0x00060640))


def lane_name(form, name, flag):
    stem = re.sub(r"_e(32|64)$", "", name)
    if form.name == "vopc" and flag != "sdwa":
        return stem
    return stem + ("_e64_" if form.words == 2 else "_") + flag.rstrip("8")


def matrix(name):
    return name.startswith(("v_mfma", "v_smfmac", "v_accvgpr")) and name != "v_mfma_ld_scale_b32"


class Question:
    """Something to try on a row: words, and what flag a text answers with."""

    def __init__(self, words, answer):
        self.words, self.answer = words, answer


def lane_questions(form, code, values, name):
    """Which extra words the instruction takes, and which sources may change sign with them."""
    for flag, source, word in LANES:
        expected = lane_name(form, name, flag)
        with_lanes = {**values, "src0": source}
        yield Question(form.encode(code, with_lanes, 0, word),
                       lambda text, flag=flag, expected=expected: flag if text.split(" ")[0] == expected else "")
        signs = {"dpp": (20, 22), "sdwa": (20, 28)}.get(flag, ()) if form.words == 1 else ()
        for index, bit in enumerate(signs):
            yield Question(form.encode(code, with_lanes, 0, word | 1 << bit),
                           lambda text, index=index: f"neg{index}" if re.search(r" -v[\d\[]", text) else "")


def modifier_questions(form, code, values, extra):
    """VOP3 and VOP3P: which modifiers show in the text."""
    for index in range(3):
        pattern = r"neg_lo|[ ,]-[vsa]"
        yield Question(form.encode(code, values, extra | 1 << 61 + index),
                       lambda text, index=index, pattern=pattern: f"neg{index}" if re.search(pattern, text) else "")
    yield Question(form.encode(code, values, extra | 1 << 15), lambda text: "clamp" if " clamp" in text else "")
    yield Question(form.encode(code, values, extra | 1 << 59), lambda text: "omod" if " mul:2" in text else "")
    yield Question(form.encode(code, values, extra | 1 << 8), lambda text: "truth" if " bitop3:" in text else "")
    if form.name == "vop3":
        for bit, flag in ((11, "bytesrc"), (14, "bytedst")):
            yield Question(form.encode(code, values, extra | 1 << bit),
                           lambda text, flag=flag: flag if " byte_sel:2" in text else "")
    if form.name in ("vop3", "vinterp"):
        yield Question(form.encode(code, values, extra | 1 << 11), lambda text: "sel" if " op_sel:" in text else "")


def packed_questions(form, code, values):
    """How `op_sel_hi` counts as unset: all ones (sel1), all zeros (sel0); else it never prints."""
    yield Question(form.encode(code, values, 3 << 59 | 1 << 14), lambda text: "sel0" if "op_sel_hi" in text else "")
    yield Question(form.encode(code, values), lambda text: "sel1" if "op_sel_hi" in text else "")
    yield Question(form.encode(code, values, 3 << 59 | 1 << 11 | 1 << 14),
                   lambda text: "index" if " index_key:" in text else "")


def questions(form, code, values, extra, name):
    if matrix(name) or "src0" not in form.fields:
        return
    yield from lane_questions(form, code, values, name)
    if form.words == 2:
        yield from modifier_questions(form, code, values, extra)
    if form.name == "vop3p":
        yield from packed_questions(form, code, values)


def learn_flags(cpu, form, rows):
    """The flags of every row of a format, from one pass through the disassembler."""
    asked = []
    for code, (text, _, values, extra, slots) in rows.items():
        scalar = form.name == "vop3" and any(slot[0] == "sdst" for slot in slots)
        asked += [(code, scalar, q) for q in questions(form, code, values, extra, split(text)[0])]
    flags = {code: set() for code in rows}
    for (code, scalar, question), hit in zip(asked, disassemble(cpu, [q.words for _, _, q in asked])):
        flag = question.answer(hit[0]) if hit else ""
        if flag and not (scalar and flag == "sel"):
            flags[code].add(flag)
    return {code: combine(found) for code, found in flags.items()}


def combine(found):
    """neg0, neg2 → neg5: one flag with the mask of sources that may change sign."""
    mask = sum(1 << int(flag[3]) for flag in found if flag.startswith("neg"))
    rest = sorted(flag for flag in found if not flag.startswith("neg"))
    if "sel0" in rest and "sel1" in rest:
        rest.remove("sel1")
    return rest + ([f"neg{mask}"] if mask else [])


# What the text does not show, or shows in a way that misleads.
KNOWN = {
    "v_writelane_b32": [["vdst", "v1", ""], ["src0", "s1", "b32"], ["src1", "s1", "b32"]],
    "v_readlane_b32": [["vdst", "s1", ""], ["src0", "v1", "reg"], ["src1", "s1", "b32"]],
    "s_sendmsg_rtn_b32": [["sdst", "s1", ""], ["message", "", ""]],
    "s_prefetch_inst": [["sbase", "s2", ""], ["length", "s5", ""]],
    "s_prefetch_data": [["sbase", "s2", ""], ["length", "s5", ""]],
    "s_buffer_prefetch_data": [["sbase", "s4", ""], ["length", "s5", ""]],
    "s_prefetch_inst_pc_rel": [["length", "s5", ""]],
    "s_prefetch_data_pc_rel": [["length", "s5", ""]],
    "s_atc_probe": [["length", "s7", ""], ["sbase", "s2", ""]],
    "s_atc_probe_buffer": [["length", "s7", ""], ["sbase", "s4", ""]],
    "s_set_gpr_idx_on": [["ssrc0", "s1", "b32"], ["imm", "indexed", ""]],
    "s_sendmsg_rtn_b64": [["sdst", "s2", ""], ["message", "", ""]],
}


def matrix_file(name, field):
    """Operands of matrix instructions are in either file; the indices of sparse ones are not."""
    return "v" if name.startswith("v_smfmac") and field == "src2" else "x"


ROWS = []


def emit(form, code, name, flags, slots):
    if LEFT_OUT.search(name):
        return
    texts = [field + ("=" + kind if kind else "") + (":" + const if const else "") for field, kind, const in slots]
    ROWS.append(f"{form:7} {code:#05x} {name:32} {fold(name[:-4] if name.endswith(('_e32', '_e64')) else name, formats.layout(CPU)):30} "
          f"{','.join(flags) or '-':14} {' '.join(texts)}".rstrip())


def learn_alu(cpu, form):
    rows = {}
    extras = [3 << 59 | 1 << 14, 0] if form.name == "vop3p" else [0]
    for code, (text, size, values, extra) in best_texts(cpu, form, extras).items():
        taken = []
        ops = split(text)[1]
        slots = [operand(form, op, values, taken, i) for i, op in enumerate(ops)]
        if split(text)[2] == "high":  # all that an attribute's field may hold
            slots = [["attribute", "h", ""] if slot and slot[0] == "attribute" else slot for slot in slots]
        if all(slots) or split(text)[0] in KNOWN:
            rows[code] = (text, size, values, extra, [slot for slot in slots if slot])
    constant_styles(cpu, form, rows)
    flags = learn_flags(cpu, form, rows)
    for code, (text, _, _, _, slots) in rows.items():
        name = split(text)[0]
        slots = KNOWN.get(name, slots)
        if re.match("v_cmpx", name) and not any(slot[0] in ("vcc", "vdst") for slot in slots):
            slots = [["~exec", "", ""], *slots]
        if matrix(name) and not name.startswith("v_accvgpr"):
            slots = [[field, matrix_file(name, field) + kind[1:], const] for field, kind, const in slots]
        extra = ["mai"] if matrix(name) else []
        if form.name == "vop3" and any(slot[0] == "sdst" for slot in slots):
            extra.append("sd")
        emit(form.name, code, name, extra + flags[code], slots)
        if name.endswith("f8f6f4"):
            emit("vop3px", code, name.replace("mfma_", "mfma_scale_"), extra + flags[code], slots)


IMMEDIATES = (
    (r"s_(c?branch|call|subvector)", "dec"), (r"s_set_gpr_idx_mode", "indexed"), (r"s_endpgm$", "end"), (r"s_waitcnt$", "waitcnt"), (r"s_version", "version"), (r"s_sendmsg", "sendmsg"),
    (r"s_[gs]etreg", "hwreg"), (r"s_delay_alu", "delay"), (r"s_waitcnt_depctr|s_wait_alu", "depctr"),
    (r"s_(nop|setkill|sethalt|sleep|trap|barrier_wait|denorm_mode|setprio|incperflevel|decperflevel)", "mixed"), (r"", "hex"),
)


def learn_immediates(cpu):
    """SOPP and SOPK: the mnemonic says what the 16 bits mean."""
    for name, base, shift, count in (("sopp", 0x17F << 23, 16, 128), ("sopk", 0xB << 28, 23, 29)):
        for code in range(count):
            word = base | code << shift
            probes = [[word | 5 << 16 * (name == "sopk") | 0x1234, 7], [word, 7], [word | 7, 7]]
            if name == "sopk":
                probes = [[word | 5 << 16 | 0x1234, 7], [word | 0x1234, 7]]
            hit = next((hit for hit in disassemble(cpu, probes) if hit), None)
            if not hit:
                continue
            mnemonic, ops, _ = split(hit[0])
            kind = next(kind for pattern, kind in IMMEDIATES if re.match(pattern, mnemonic))
            slots = []
            for op in ops:
                reg = register(op)
                source = reg and mnemonic.startswith(("s_cmpk", "s_setreg", "s_waitcnt", "s_cbranch"))
                slots.append(["ssrc" if source else "sdst", f"s{reg[2]}", ""] if reg else ["imm", kind, ""])
            if mnemonic == "s_setreg_imm32_b32":
                slots = [["imm", kind, ""], ["k", "", ""]]
            if mnemonic == "s_endpgm":
                slots = [["imm", kind, ""]]
            emit(name, code, mnemonic, [], slots)


def learn_memory(cpu, form, extras):
    for code, (text, _, values, _) in best_texts(cpu, form, extras).items():
        name, ops, _ = split(text)
        taken, slots = [], []
        for index, op in enumerate(ops):
            reg = register(op)
            field = reg and field_of(form, reg, values, taken, index)
            if field:
                taken.append(field)
                slots.append([field, f"{reg[0]}{reg[2]}", ""])
        two = form.name == "ds" and re.search(r"2addr|read2|write2|xchg2", name)
        emit(form.name, code, name, ["two"] * bool(two) + ["gds"] * text.endswith(" gds"), KNOWN.get(name, slots))


def learn_dual(cpu):
    """VOPD: the X and the Y half have opcode spaces of their own."""
    base = 0x32 << 26 | 4 << 9 | 0x101 | (3 << 56 | 4 << 49 | 9 << 41 | 0x106 << 32)
    for half, shift, count in (("vopdx", 22, 16), ("vopdy", 17, 32)):
        for code in range(count):
            bits = [base | code << shift | (0 if half == "vopdx" else 0), (base & ~(0xFF << 9)) | code << shift]
            bits.append(base & ~(0xFF << 41) | code << shift)
            hits = disassemble(cpu, [[word & 0xFFFFFFFF, word >> 32] for word in bits])
            hit = next((hit for hit in hits if hit), None)
            if not hit:
                continue
            text = hit[0].split(" :: ")[half == "vopdy"]
            name, ops, _ = split(text)
            constants = {"f16": "pf16", "bf16": "pb16"}.get(name.rsplit("_", 1)[1], "b32")
            slots = [["vdst", "v1", ""], ["src0", "v1", constants]]
            slots += [["vsrc1", "v1", ""] if op.startswith("v") else ["k", "", ""] for op in ops[2:]]
            slots += [["~vcc", "", ""]] if "cndmask" in name else []
            emit(half, code, name, [], slots)


# Formats of one or a few instructions: first word, and where the opcode is and how far it goes.
SMALL = {10: [("exp", 0xF8 << 24, 0, 1), ("vintrp", 0x32 << 26, 16, 3)],
         11: [("exp", 0xF8 << 24, 0, 1), ("ldsdir", 0xCE << 24, 20, 2)],
         12: [("exp", 0xF8 << 24, 0, 1), ("ldsdir", 0xCE << 24, 20, 2)]}


def learn_small(cpu):
    for form, base, shift, count in SMALL.get(formats.layout(cpu), []):
        for code, hit in enumerate(disassemble(cpu, [[base | code << shift | 0xF * (form == "exp"), 0] for code in range(count)])):
            emit(form, code, split(hit[0])[0], [], [])


def learn_images(cpu):
    gfx, rng = formats.layout(cpu), random.Random(5)
    for form, count in images.forms(gfx):
        tries = [(code, images.words_of(rng, gfx, form, code)) for code in range(count) for _ in range(60)]
        hits = zip(tries, disassemble(cpu, [words for _, words in tries]))
        names = {code: split(hit[0])[0] for (code, _), hit in hits if hit and hit[0].startswith("image_")}
        for code, name in sorted(names.items()):
            emit(form, code, name, images.flags(name, gfx), images.slots(name))


def main(cpu):
    gfx = formats.layout(cpu)
    for form in formats.alu(gfx):
        learn_alu(cpu, form)
    learn_immediates(cpu)
    for form, extras in formats.memory(gfx):
        learn_memory(cpu, form, extras)
    if gfx >= 11:
        learn_dual(cpu)
    learn_small(cpu)
    learn_images(cpu)
    show(sys.argv[2:])


def show(bases):
    """Prints the rows, or what is new in them over the table of another generation."""
    for base in bases:
        known = [line.rstrip() for line in open(base)]
        names = {tuple(line.split()[:2]) for line in ROWS}
        print("like", os.path.basename(base).removesuffix(".txt"))
        for line in known:
            if tuple(line.split()[:2]) not in names:
                print("without", *line.split()[:2])
        ROWS[:] = [line for line in ROWS if line not in known]
    print("\n".join(ROWS))


if __name__ == "__main__":
    main(CPU)
