"""The memory operations: every spelling, and what they leave. See operations.py.

`mem` is the address of a block of memory, `mem[n]`, `lds[n]` and `scr[n]` are words at byte n of it, of
LDS and of each lane's private memory.
"""
from fractions import Fraction

from operations import bits_of, memory, value_of

RETURNS = ("glc", "sc0", "th:TH_ATOMIC_RETURN")
OLD, DATA, OTHER = 0x80000005, 0x00000007, 0x80000005
WIDE_OLD, WIDE_DATA, WIDE_OTHER = 0x8000000000000005, 0x0000000300000007, 0x8000000000000005


def words(name, at, value, count):
    return [f"{name}[{at + 4 * i}]={value >> 32 * i & 0xFFFFFFFF:#x}" for i in range(count)]


def registers(letter, first, value, count, lane=""):
    return [f"{letter}{first + i}{lane}={value >> 32 * i & 0xFFFFFFFF:#x}" for i in range(count)]


def span(letter, first, count):
    return f"{letter}{first}" if count == 1 else f"{letter}[{first}:{first + count - 1}]"


BUFFER = ["s8=mem", "s10=4096", "s11=0"]


def atomic(names, size, formula, two=False, old=None, data=None, other=None):
    """An atomic on device memory, in each way to address it, with and without a result."""
    count = size // 32
    old = (OLD if count == 1 else WIDE_OLD) if old is None else old
    data = (DATA if count == 1 else WIDE_DATA) if data is None else data
    other = (OTHER if count == 1 else WIDE_OTHER) if other is None else other
    new = formula(old, data, other) & (1 << size) - 1
    v4 = registers("v", 4, data, count) + (registers("v", 4 + count, other, count) if two else [])
    given, vdst = span("v", 4, count * (1 + two)), span("v", 0, count)
    at = ["exec=1", *words("mem", 16, old, count), *v4]
    after = words("mem", 16, new, count)
    got = registers("v", 0, old, count, "[0]")
    flat = ["v2=mem"]
    for returns in RETURNS:
        memory([f"global_atomic_{n} {vdst}, v2, {given}, s[4:5] offset:8 {returns}" for n in names],
               [*at, "s4=mem", "v2=8"], after + got)
        memory([f"flat_atomic_{n} {vdst}, v[2:3], {given} offset:16 {returns}" for n in names], at + flat, after + got)
    memory([f"global_atomic_{n} v[2:3], {given}, off offset:16" for n in names], at + flat, after)
    memory([f"buffer_atomic_{n} {given}, v2, s[8:11], {zero} offen offset:8" for n in names for zero in ("0", "null")],
           [*at, *BUFFER, "v2=8"], after)


def shared(names, size, formula, two=False, swap=False, old=None, data=None, other=None):
    """An atomic on LDS; `swap`: the older spelling takes its two values the other way round."""
    count = size // 32
    old = (OLD if count == 1 else WIDE_OLD) if old is None else old
    data = (DATA if count == 1 else WIDE_DATA) if data is None else data
    other = (OTHER if count == 1 else WIDE_OTHER) if other is None else other
    new = formula(old, data, other) & (1 << size) - 1
    first, second = (other, data) if swap else (data, other)
    before = ["exec=1", "v2=8", *words("lds", 16, old, count), *registers("v", 4, first, count), *registers("v", 8, second, count)]
    given = f"{span('v', 4, count)}" + (f", {span('v', 8, count)}" if two else "")
    after = words("lds", 16, new, count)
    memory([f"ds_{n} v2, {given} offset:8" for n in names], before, after)
    got = registers("v", 0, old, count, "[0]")
    result = span("v", 0, count)
    with_result = [n.replace("_b", "_rtn_b").replace("_u", "_rtn_u").replace("_i", "_rtn_i").replace("_f", "_rtn_f") for n in names]
    memory([f"ds_{n} {result}, v2, {given} offset:8" for n in with_result if n.count("_rtn") == 1], before, after + got)


def signed(x, size):
    return x - (1 << size) if x >> size - 1 else x


def floats(kind, formula):
    return lambda a, b, c: bits_of(kind, formula(Fraction(value_of(kind, a)), Fraction(value_of(kind, b))))


def pair(kind):
    return lambda a, b, c: sum(floats(kind, lambda x, y: x + y)(a >> 16 * i, b >> 16 * i, 0) << 16 * i for i in range(2))


for size in (32, 64):
    x2 = "" if size == 32 else "_x2"
    for old, new, formula in (
        ("add", "add_u", lambda a, b, c: a + b), ("sub", "sub_u", lambda a, b, c: a - b),
        ("and", "and_b", lambda a, b, c: a & b), ("or", "or_b", lambda a, b, c: a | b),
        ("xor", "xor_b", lambda a, b, c: a ^ b), ("swap", "swap_b", lambda a, b, c: b),
        ("umin", "min_u", lambda a, b, c: min(a, b)), ("umax", "max_u", lambda a, b, c: max(a, b)),
        ("smin", "min_i", lambda a, b, c, s=size: min(signed(a, s), signed(b, s))),
        ("smax", "max_i", lambda a, b, c, s=size: max(signed(a, s), signed(b, s))),
        ("inc", "inc_u", lambda a, b, c: 0 if a >= b else a + 1),
        ("dec", "dec_u", lambda a, b, c: b if a == 0 or a > b else a - 1),
    ):
        atomic([old + x2, f"{new}{size}"], size, formula)
        if old != "swap":
            shared([f"{new}{size}"], size, formula)
        else:
            shared([f"wrxchg_rtn_b{size}", f"storexchg_rtn_b{size}"], size, formula)
    exchange = lambda a, b, c: b if a == c else a
    atomic(["cmpswap" + x2, f"cmpswap_b{size}"], size, exchange, two=True)
    shared([f"cmpstore_b{size}"], size, exchange, two=True)
    shared([f"cmpst_b{size}"], size, exchange, two=True, swap=True)
    shared([f"rsub_u{size}"], size, lambda a, b, c: b - a)
    shared([f"mskor_b{size}"], size, lambda a, b, c: a & ~b | c, two=True)
    kind = f"f{size}"
    number = lambda x, k=kind: bits_of(k, Fraction(x))
    given = {"old": number(2.5), "data": number(-0.75), "other": number(2.5)}
    for names, formula in ((["add"], lambda a, b: a + b), (["min", "min_num", "fmin"], min), (["max", "max_num", "fmax"], max)):
        spelled = [f"{n}_{kind}" for n in names] + [n + x2 for n in names if n[0] == "f"]
        atomic(spelled, size, floats(kind, formula), **given)
        shared(spelled, size, floats(kind, formula), **given)
    atomic([f"cmpswap_{kind}", "fcmpswap" + x2], size, exchange, two=True, **given)
    shared([f"cmpstore_{kind}"], size, exchange, two=True, **given)
    shared([f"cmpst_{kind}"], size, exchange, two=True, swap=True, **given)
atomic(["pk_add_f16"], 32, pair("f16"), old=0x3C004000, data=0x42003800)
shared(["pk_add_f16"], 32, pair("f16"), old=0x3C004000, data=0x42003800)
BRAIN = {"old": 0x3F804000, "data": 0x40403F00}
brain = lambda a, b, c: sum((bits_of("f32", Fraction(value_of("f32", (a >> 16 * i & 0xFFFF) << 16)) + Fraction(
    value_of("f32", (b >> 16 * i & 0xFFFF) << 16))) >> 16) << 16 * i for i in range(2))
atomic(["pk_add_bf16"], 32, brain, **BRAIN)
shared(["pk_add_bf16"], 32, brain, **BRAIN)
atomic(["cond_sub_u32"], 32, lambda a, b, c: a - b if a >= b else a)
atomic(["csub", "csub_u32", "sub_clamp_u32"], 32, lambda a, b, c: max(a - b, 0), old=3)
shared(["cond_sub_u32"], 32, lambda a, b, c: a - b if a >= b else a)
shared(["sub_clamp_u32"], 32, lambda a, b, c: max(a - b, 0), old=3)
memory(["ds_wrap_rtn_b32 v0, v2, v4, v6 offset:8"], ["exec=1", "v2=8", "lds[16]=9", "v4=5", "v6=3"], ["lds[16]=4", "v0[0]=9"])

# Loads and stores. The bytes in memory count up from 0x81, a hole of signs.
BYTES = sum((0x81 + 17 * i & 255) << 8 * i for i in range(16))


def spread(value, bits, sign):
    value &= (1 << bits) - 1
    return (value - (1 << bits) if sign and value >> bits - 1 else value) & 0xFFFFFFFF


LOADS = [(["dword", "b32"], 1, lambda old: BYTES), (["dwordx2", "b64"], 2, lambda old: BYTES),
         (["dwordx3", "b96"], 3, lambda old: BYTES), (["dwordx4", "b128"], 4, lambda old: BYTES),
         (["ubyte", "u8"], 1, lambda old: spread(BYTES, 8, False)), (["sbyte", "i8"], 1, lambda old: spread(BYTES, 8, True)),
         (["ushort", "u16"], 1, lambda old: spread(BYTES, 16, False)), (["sshort", "i16"], 1, lambda old: spread(BYTES, 16, True)),
         (["ubyte_d16", "d16_u8"], 1, lambda old: old & 0xFFFF0000 | spread(BYTES, 8, False)),
         (["sbyte_d16", "d16_i8"], 1, lambda old: old & 0xFFFF0000 | spread(BYTES, 8, True) & 0xFFFF),
         (["short_d16", "d16_b16"], 1, lambda old: old & 0xFFFF0000 | spread(BYTES, 16, False)),
         (["ubyte_d16_hi", "d16_hi_u8"], 1, lambda old: old & 0xFFFF | spread(BYTES, 8, False) << 16),
         (["sbyte_d16_hi", "d16_hi_i8"], 1, lambda old: old & 0xFFFF | (spread(BYTES, 8, True) & 0xFFFF) << 16),
         (["short_d16_hi", "d16_hi_b16"], 1, lambda old: old & 0xFFFF | spread(BYTES, 16, False) << 16)]
STORES = [(["dword", "b32"], 4, 0), (["dwordx2", "b64"], 8, 0), (["dwordx3", "b96"], 12, 0), (["dwordx4", "b128"], 16, 0),
          (["byte", "b8"], 1, 0), (["short", "b16"], 2, 0), (["byte_d16_hi", "d16_hi_b8"], 1, 16),
          (["short_d16_hi", "d16_hi_b16"], 2, 16)]
SET = 0x5A5A5A5A
for names, count, formula in LOADS:
    vdst, after = span("v", 0, count), registers("v", 0, formula(SET), count)
    here, there = words("mem", 16, BYTES, 4), words("scr", 16, BYTES, 4)
    memory([f"global_load_{n} {vdst}, v2, s[4:5] offset:8" for n in names], [f"v0={SET:#x}", "s4=mem", "v2=8", *here], after)
    memory([f"global_load_{n} {vdst}, v[2:3], off offset:-16" for n in names], [f"v0={SET:#x}", "v2=mem+32", *here], after)
    memory([f"flat_load_{n} {vdst}, v[2:3] offset:16" for n in names], [f"v0={SET:#x}", "v2=mem", *here], after)
    memory([f"flat_load_{n} {vdst}, v[2:3] offset:16" for n in names],
           [f"v0={SET:#x}", "v2=0", "v3=0x10000", *words("lds", 16, BYTES, 4)], after)
    memory([f"flat_load_{n} {vdst}, v[2:3] offset:16" for n in names], [f"v0={SET:#x}", "v2=0", "v3=0x20000", *there], after)
    memory([f"scratch_load_{n} {vdst}, v2, off offset:8" for n in names], [f"v0={SET:#x}", "v2=8", *there], after)
    memory([f"scratch_load_{n} {vdst}, off, s4 offset:8" for n in names], [f"v0={SET:#x}", "s4=8", *there], after)
    for zero in ("0", "null"):
        memory([f"buffer_load_{n} {vdst}, v2, s[8:11], {zero} offen offset:8" for n in names],
               [f"v0={SET:#x}", *BUFFER, "v2=8", *here], after)
        # An index counts strides; what is beyond the last record reads 0.
        memory([f"buffer_load_{n} {vdst}, v2, s[8:11], {zero} idxen offset:8" for n in names],
               [f"v0={SET:#x}", "s8=mem", "s9+=0x80000", "s10=2", "s11=0", "v2=1", *here], after)
    spelled = {"dword": "b32", "dwordx2": "b64", "dwordx3": "b96", "dwordx4": "b128", "ubyte": "u8", "sbyte": "i8",
               "ushort": "u16", "sshort": "i16", "ubyte_d16": "u8_d16", "sbyte_d16": "i8_d16", "short_d16": "u16_d16",
               "ubyte_d16_hi": "u8_d16_hi", "sbyte_d16_hi": "i8_d16_hi", "short_d16_hi": "u16_d16_hi"}[names[0]]
    memory([f"ds_{load}_{spelled} {vdst}, v2 offset:8" for load in ("read", "load")],
           [f"v0={SET:#x}", "v2=8", *words("lds", 16, BYTES, 4)], after)
for names, count, shift in STORES:
    data = registers("v", 4, BYTES, 4)
    old = (1 << 128) - 1
    new = old & ~((1 << 8 * count) - 1) | (BYTES >> shift) & (1 << 8 * count) - 1
    given = span("v", 4, max(count // 4, 1))
    here, after = words("mem", 16, old, 4) + data, words("mem", 16, new, 4)
    memory([f"global_store_{n} v2, {given}, s[4:5] offset:8" for n in names], ["s4=mem", "v2=8", *here], after)
    memory([f"flat_store_{n} v[2:3], {given} offset:16" for n in names], ["v2=mem", *here], after)
    memory([f"flat_store_{n} v[2:3], {given} offset:16" for n in names],
           ["v2=0", "v3=0x20000", *words("scr", 16, old, 4), *data], words("scr", 16, new, 4))
    memory([f"flat_store_{n} v[2:3], {given} offset:16" for n in names],
           ["v2=0", "v3=0x10000", *words("lds", 16, old, 4), *data], words("lds", 16, new, 4))
    memory([f"scratch_store_{n} v2, {given}, off offset:8" for n in names],
           ["v2=8", *words("scr", 16, old, 4), *data], words("scr", 16, new, 4))
    for zero in ("0", "null"):
        memory([f"buffer_store_{n} {given}, v2, s[8:11], {zero} offen offset:8" for n in names], [*BUFFER, "v2=8", *here], after)
    name = {"dword": "b32", "dwordx2": "b64", "dwordx3": "b96", "dwordx4": "b128", "byte": "b8", "short": "b16",
            "byte_d16_hi": "b8_d16_hi", "short_d16_hi": "b16_d16_hi"}[names[0]]
    memory([f"ds_{store}_{name} v2, {given} offset:8" for store in ("write", "store")],
           ["v2=8", *words("lds", 16, old, 4), *data], words("lds", 16, new, 4))
LOW, HIGH = BYTES & 0xFFFFFFFF, BYTES >> 32 & 0xFFFFFFFF
for size, unit in ((32, 4), (64, 8)):
    count = size // 32
    value, other = BYTES & (1 << size) - 1, BYTES >> size & (1 << size) - 1
    for suffix, stride, offset in (("", unit, 3), ("st64", unit * 64, 1)):
        place = 8 + offset * stride
        both = words("lds", 8, value, count) + words("lds", place, other, count)
        named = "_stride64" if suffix else ""
        memory([f"ds_{n} {span('v', 0, 2 * count)}, v2 offset1:{offset}" for n in (f"read2{suffix}_b{size}", f"load_2addr{named}_b{size}")],
               ["v2=8", *both], registers("v", 0, value, count) + registers("v", count, other, count))
        given = registers("v", 4, value, count) + registers("v", 8, other, count)
        operands = f"{span('v', 4, count)}, {span('v', 8, count)} offset1:{offset}"
        memory([f"ds_{n} v2, {operands}" for n in (f"write2{suffix}_b{size}", f"store_2addr{named}_b{size}")], ["v2=8", *given], both)
        memory([f"ds_{n} {span('v', 0, 2 * count)}, v2, {operands}" for n in (f"wrxchg2{suffix}_rtn_b{size}", f"storexchg_2addr{named}_rtn_b{size}")],
               ["exec=1", "v2=8", *given, *words("lds", 8, 0x1122334455667788, count), *words("lds", place, 0x99AABBCCDDEEFF00, count)],
               both + registers("v", 0, 0x1122334455667788, count, "[0]") + registers("v", count, 0x99AABBCCDDEEFF00, count, "[0]"))
for n, count in (("b32", 1), ("b64", 2), ("b96", 3), ("b128", 4)):
    name = {"b32": "dword", "b64": "dwordx2", "b96": "", "b128": "dwordx4"}[n]
    sdst = "s12" if count == 1 else f"s[12:{11 + count}]"
    after = registers("s", 12, BYTES, count)
    memory([f"s_load_{x} {sdst}, s[4:5], 16" for x in (n, name)], ["s4=mem", *words("mem", 16, BYTES, 4)], after)
    memory([f"s_buffer_load_{x} {sdst}, s[8:11], 16" for x in (n, name)], [*BUFFER, *words("mem", 16, BYTES, 4)], after)
for n, bits, sign in (("u8", 8, False), ("i8", 8, True), ("u16", 16, False), ("i16", 16, True)):
    after = [f"s12={spread(BYTES >> 8, bits, sign):#x}"]
    memory([f"s_load_{n} s12, s[4:5], 17"], ["s4=mem", *words("mem", 16, BYTES, 4)], after)
    memory([f"s_buffer_load_{n} s12, s[8:11], 17"], [*BUFFER, *words("mem", 16, BYTES, 4)], after)
# Straight to LDS: at M0 and the offset, a word for each lane.
for n, value in (("dword", LOW), ("ubyte", spread(BYTES, 8, False)), ("sbyte", spread(BYTES, 8, True)),
                 ("ushort", spread(BYTES, 16, False)), ("sshort", spread(BYTES, 16, True))):
    before = ["m0=32", "s4=mem", "v2=8", *words("mem", 16, BYTES, 4)]
    memory([f"global_load_lds_{n} v2, s[4:5] offset:8", f"global_load_{n} v2, s[4:5] offset:8 lds"], before,
           [f"lds[40]={value:#x}", f"lds[44]={value:#x}"])
    memory([f"buffer_load_{n} v2, s[8:11], 0 offen offset:8 lds"], ["m0=32", *BUFFER, "v2=8", *words("mem", 16, BYTES, 4)],
           [f"lds[40]={value:#x}", f"lds[44]={value:#x}"])
memory(["ds_append v0 offset:8"], ["m0=16", "exec=7", "lds[24]=5"], ["lds[24]=8", "v0[0]=5", "v0[2]=5"])
memory(["ds_consume v0 offset:8"], ["m0=16", "exec=7", "lds[24]=5"], ["lds[24]=2", "v0[0]=5", "v0[2]=5"])
