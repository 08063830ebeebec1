"""The operations: spellings, types, formulas. See operations.py."""
import math
from fractions import Fraction

from operations import INF, NAN, SPECIAL, bits_of, op, value_of


def bit(x, n):
    return x >> n & 1


def signed(x, size):
    x &= (1 << size) - 1
    return x - (1 << size) if x >> size - 1 else x


def clamped(x, low, high):
    return max(low, min(high, x))


def highest(x, size):
    return size - x.bit_length() if x else -1


def lowest(x):
    return (x & -x).bit_length() - 1 if x else -1


def middle(*xs):
    return sorted(xs)[1]


def bytes_of(x, size=4):
    return [x >> 8 * i & 255 for i in range(size)]


def exact(formula):
    """Computes with fractions, so that only the result is rounded."""
    return lambda *xs: formula(*[Fraction(x) for x in xs])


def number_wins(choose):
    """Minimum or maximum where a NaN loses, and −0 is less than 0."""
    def chosen(a, b):
        if math.isnan(a) or math.isnan(b):
            return a if math.isnan(b) else b
        return choose(a, b, key=lambda x: (x, math.copysign(1, x)))
    return chosen


def nan_wins(choose):
    return lambda a, b: NAN if math.isnan(a) or math.isnan(b) else number_wins(choose)(a, b)


# Integers of 32 bits.
for names, formula in (
    ("v_and_b32", lambda a, b: a & b), ("v_or_b32", lambda a, b: a | b), ("v_xor_b32", lambda a, b: a ^ b),
    ("v_xnor_b32", lambda a, b: ~(a ^ b)), ("v_add_nc_u32 v_add_u32", lambda a, b: a + b),
    ("v_sub_nc_u32 v_sub_u32", lambda a, b: a - b), ("v_subrev_nc_u32 v_subrev_u32", lambda a, b: b - a),
    ("v_mul_lo_u32", lambda a, b: a * b), ("v_mul_hi_u32", lambda a, b: a * b >> 32),
    ("v_mul_u32_u24", lambda a, b: (a % 2**24) * (b % 2**24)),
    ("v_mul_hi_u32_u24", lambda a, b: (a % 2**24) * (b % 2**24) >> 32),
    ("v_min_u32", min), ("v_max_u32", max), ("v_lshlrev_b32", lambda n, a: a << n % 32),
    ("v_lshrrev_b32", lambda n, a: a >> n % 32), ("v_bfm_b32", lambda n, o: (2 ** (n % 32) - 1) << o % 32),
    ("v_bcnt_u32_b32", lambda a, b: bin(a).count("1") + b),
):
    op(names, "u32", "u32 u32", formula)
for names, formula in (
    ("v_mul_hi_i32", lambda a, b: a * b >> 32), ("v_mul_i32_i24", lambda a, b: signed(a, 24) * signed(b, 24)),
    ("v_mul_hi_i32_i24", lambda a, b: signed(a, 24) * signed(b, 24) >> 32), ("v_min_i32", min), ("v_max_i32", max),
):
    op(names, "i32", "i32 i32", formula)
op("v_ashrrev_i32", "i32", "u32 i32", lambda n, a: a >> n % 32)
op("v_add_nc_i32 v_add_i32", "i32", "i32 i32", lambda a, b: a + b)
op("v_sub_nc_i32 v_sub_i32", "i32", "i32 i32", lambda a, b: a - b)
for suffix in (" clamp",):
    op("v_add_nc_u32 v_add_u32", "u32", "u32 u32", lambda a, b: min(a + b, 2**32 - 1), suffix=suffix)
    op("v_sub_nc_u32 v_sub_u32", "u32", "u32 u32", lambda a, b: max(a - b, 0), suffix=suffix)
    op("v_subrev_nc_u32 v_subrev_u32", "u32", "u32 u32", lambda a, b: max(b - a, 0), suffix=suffix)
    op("v_add_nc_i32 v_add_i32", "i32", "i32 i32", lambda a, b: clamped(a + b, -(2**31), 2**31 - 1), suffix=suffix)
    op("v_sub_nc_i32 v_sub_i32", "i32", "i32 i32", lambda a, b: clamped(a - b, -(2**31), 2**31 - 1), suffix=suffix)
    op("v_add_nc_u16 v_add_u16", "u16", "u16 u16", lambda a, b: min(a + b, 65535), suffix=suffix)
    op("v_sub_nc_u16 v_sub_u16", "u16", "u16 u16", lambda a, b: max(a - b, 0), suffix=suffix)
    op("v_add_nc_i16 v_add_i16", "i16", "i16 i16", lambda a, b: clamped(a + b, -32768, 32767), suffix=suffix)
    op("v_sub_nc_i16 v_sub_i16", "i16", "i16 i16", lambda a, b: clamped(a - b, -32768, 32767), suffix=suffix)
    op("v_mad_u32_u24", "u32", "u32 u32 u32",
       lambda a, b, c: min((a % 2**24) * (b % 2**24) + c, 2**32 - 1), suffix=suffix)
    op("v_mad_i32_i24", "i32", "i32 i32 i32",
       lambda a, b, c: clamped(signed(a, 24) * signed(b, 24) + c, -(2**31), 2**31 - 1), suffix=suffix)
for names, formula in (
    ("v_and_or_b32", lambda a, b, c: a & b | c), ("v_or3_b32", lambda a, b, c: a | b | c),
    ("v_xor3_b32", lambda a, b, c: a ^ b ^ c), ("v_add3_u32", lambda a, b, c: a + b + c),
    ("v_xad_u32", lambda a, b, c: (a ^ b) + c), ("v_lshl_add_u32", lambda a, n, c: (a << n % 32) + c),
    ("v_add_lshl_u32", lambda a, b, n: (a + b) << n % 32), ("v_lshl_or_b32", lambda a, n, c: a << n % 32 | c),
    ("v_min3_u32", min), ("v_max3_u32", max), ("v_med3_u32", middle),
    ("v_maxmin_u32", lambda a, b, c: min(max(a, b), c)), ("v_minmax_u32", lambda a, b, c: max(min(a, b), c)),
    ("v_bfi_b32", lambda m, a, b: m & a | ~m & b), ("v_bfe_u32", lambda a, o, n: (a >> o % 32) % 2 ** (n % 32)),
    ("v_alignbit_b32", lambda a, b, n: (a << 32 | b) >> n % 32),
    ("v_alignbyte_b32", lambda a, b, n: (a << 32 | b) >> 8 * (n % 4)),
    ("v_mad_u32_u24", lambda a, b, c: (a % 2**24) * (b % 2**24) + c),
    ("v_sad_u8", lambda a, b, c: sum(abs(x - y) for x, y in zip(bytes_of(a), bytes_of(b))) + c),
    ("v_sad_hi_u8", lambda a, b, c: (sum(abs(x - y) for x, y in zip(bytes_of(a), bytes_of(b))) << 16) + c),
    ("v_sad_u16", lambda a, b, c: abs(a % 65536 - b % 65536) + abs((a >> 16) - (b >> 16)) + c),
    ("v_sad_u32", lambda a, b, c: abs(a - b) + c),
    ("v_msad_u8", lambda a, b, c: sum(abs(x - y) for x, y in zip(bytes_of(a), bytes_of(b)) if y) + c),
    ("v_lerp_u8", lambda a, b, c: sum((x + y + z % 2 >> 1) << 8 * i for i, (x, y, z) in
                                      enumerate(zip(bytes_of(a), bytes_of(b), bytes_of(c))))),
):
    op(names, "u32", "u32 u32 u32", formula)
op("v_cvt_pk_u8_f32", "u32", "f32 u32 u32",
   lambda x, n, old: old & ~(255 << 8 * (n % 4)) | round(x) << 8 * (n % 4),
   inputs=[[bits_of("f32", Fraction(x)) for x in (1, 2.5, 3.5, 200, 254.6, 0, 17.25, 99.5)], list(range(8)), [0x01020304] * 8])
op("v_perm_b32", "u32", "u32 u32 u32", lambda a, b, s: sum(
    (bytes_of(b)[x] if x < 4 else bytes_of(a)[x - 4] if x < 8 else 255 * bit((a << 32 | b), 16 * (x - 8) + 15)
     if x < 12 else 0 if x == 12 else 255) << 8 * i for i, x in enumerate(bytes_of(s))),
   inputs=[[0x81223344] * 8, [0x5566F788] * 8, [0x07060504, 0x03020100, 0x0B0A0908, 0x0C0D0E0F, 0x00010203, 0x04000C0D, 0x08090A0B, 0x00FF0C07]])
for names, formula in (
    ("v_min3_i32", min), ("v_max3_i32", max), ("v_med3_i32", middle),
    ("v_maxmin_i32", lambda a, b, c: min(max(a, b), c)), ("v_minmax_i32", lambda a, b, c: max(min(a, b), c)),
    ("v_mad_i32_i24", lambda a, b, c: signed(a, 24) * signed(b, 24) + c),
):
    op(names, "i32", "i32 i32 i32", formula)
op("v_bfe_i32", "i32", "u32 u32 u32",
   lambda a, o, n: signed(a >> o % 32, n % 32) if n % 32 else 0)
op("v_mad_i32_i16", "i32", "i16 i16 i32", lambda a, b, c: a * b + c)
op("v_mad_u32_u16", "u32", "u16 u16 u32", lambda a, b, c: a * b + c)
for names, formula in (
    ("v_mov_b32", lambda a: a), ("v_not_b32", lambda a: ~a), ("v_bfrev_b32", lambda a: int(f"{a:032b}"[::-1], 2)),
    ("v_clz_i32_u32 v_ffbh_u32", lambda a: highest(a, 32)), ("v_ctz_i32_b32 v_ffbl_b32", lowest),
    ("v_cls_i32 v_ffbh_i32", lambda a: highest(a ^ (2**32 - 1 if bit(a, 31) else 0), 32)),
):
    op(names, "u32", "u32", formula)
TABLE = 0b10110010
truth = lambda size: lambda a, b, c: sum(bit(TABLE, 4 * bit(a, i) + 2 * bit(b, i) + bit(c, i)) << i for i in range(size))
op("v_bitop3_b32", "u32", "u32 u32 u32", truth(32), suffix=f" bitop3:{TABLE:#x}")
op("v_bitop3_b16", "u16", "u16 u16 u16", truth(16), suffix=f" bitop3:{TABLE:#x}")
op("v_prng_b32", "u32", "u32", lambda a: a << 1 ^ (197 if a >> 31 else 0))
op("v_mov_b64", "u64", "u64", lambda a: a)
op("v_sat_pk_u8_i16", "u16", "u32", lambda a: clamped(signed(a, 16), 0, 255) | clamped(signed(a >> 16, 16), 0, 255) << 8)
for names, formula in (("v_qsad_pk_u16_u8", lambda x, y: abs(x - y)), ("v_mqsad_pk_u16_u8", lambda x, y: abs(x - y) if y else 0)):
    op(names, "u64", "u64 u32 u64", lambda a, b, c, f=formula: sum(
        ((sum(f(x, y) for x, y in zip(bytes_of(a >> 8 * i), bytes_of(b))) + (c >> 16 * i) % 65536) % 65536) << 16 * i
        for i in range(4)))

# 64 bits.
op("v_lshlrev_b64", "u64", "u32 u64", lambda n, a: a << n % 64)
op("v_lshrrev_b64", "u64", "u32 u64", lambda n, a: a >> n % 64)
op("v_ashrrev_i64", "i64", "u32 i64", lambda n, a: a >> n % 64)
op("v_lshl_add_u64", "u64", "u64 u32 u64", lambda a, n, c: (a << n) + c, inputs=[[3, 2**63, 5, 2**60, 7, 1, 2, 9], [0, 1, 2, 3, 4, 1, 2, 3], [2**64 - 1, 1, 2, 3, 4, 5, 6, 7]])

# 16 bits.
for names, formula in (
    ("v_add_nc_u16 v_add_u16", lambda a, b: a + b), ("v_sub_nc_u16 v_sub_u16", lambda a, b: a - b),
    ("v_subrev_u16", lambda a, b: b - a), ("v_mul_lo_u16", lambda a, b: a * b), ("v_min_u16", min), ("v_max_u16", max),
    ("v_lshlrev_b16", lambda n, a: a << n % 16), ("v_lshrrev_b16", lambda n, a: a >> n % 16),
    ("v_and_b16", lambda a, b: a & b), ("v_or_b16", lambda a, b: a | b), ("v_xor_b16", lambda a, b: a ^ b),
):
    op(names, "u16", "u16 u16", formula)
for names, formula in (("v_min_i16", min), ("v_max_i16", max), ("v_add_nc_i16 v_add_i16", lambda a, b: a + b),
                       ("v_sub_nc_i16 v_sub_i16", lambda a, b: a - b)):
    op(names, "i16", "i16 i16", formula)
op("v_ashrrev_i16", "i16", "u16 i16", lambda n, a: a >> n % 16)
op("v_not_b16", "u16", "u16", lambda a: ~a)
op("v_mov_b16", "u16", "u16", lambda a: a)
for names, formula in (("v_min3_u16", min), ("v_max3_u16", max), ("v_med3_u16", middle), ("v_mad_u16", lambda a, b, c: a * b + c)):
    op(names, "u16", "u16 u16 u16", formula)
for names, formula in (("v_min3_i16", min), ("v_max3_i16", max), ("v_med3_i16", middle), ("v_mad_i16", lambda a, b, c: a * b + c)):
    op(names, "i16", "i16 i16 i16", formula)
op("v_cvt_i32_i16", "i32", "i16", lambda a: a)
op("v_cvt_u32_u16", "u32", "u16", lambda a: a)
op("v_pack_b32_f16", "u32", "u16 u16", lambda a, b: a | b << 16, inputs=[[0x3C00, 0xBC00, 1, 0x7BFF, 0, 0x8000, 0x1234, 0x4321], [0x4000] * 8])

# Packed 16 bits: the operation on each half.
def halves(kind, formula, count=2):
    def packed(*xs):
        parts = [bits_of(kind, formula(*[value_of(kind, x >> 16 * i) for x in xs])) for i in range(2)]
        return parts[0] | parts[1] << 16
    return "u32", " ".join(["u32"] * count), packed


for names, kind, formula in (
    ("v_pk_add_u16", "u16", lambda a, b: a + b), ("v_pk_sub_u16", "u16", lambda a, b: a - b),
    ("v_pk_add_i16", "i16", lambda a, b: a + b), ("v_pk_sub_i16", "i16", lambda a, b: a - b),
    ("v_pk_mul_lo_u16", "u16", lambda a, b: a * b), ("v_pk_min_u16", "u16", min), ("v_pk_max_u16", "u16", max),
    ("v_pk_min_i16", "i16", min), ("v_pk_max_i16", "i16", max), ("v_pk_lshlrev_b16", "u16", lambda n, a: a << n % 16),
    ("v_pk_lshrrev_b16", "u16", lambda n, a: a >> n % 16), ("v_pk_ashrrev_i16", "i16", lambda n, a: a >> n % 16),
):
    op(names, *halves(kind, formula))
op("v_pk_mad_u16", *halves("u16", lambda a, b, c: a * b + c, 3))
op("v_pk_mad_i16", *halves("i16", lambda a, b, c: a * b + c, 3))
op("v_pk_add_u16", *halves("u16", lambda a, b: min(a + b, 65535)), suffix=" clamp")
op("v_pk_sub_u16", *halves("u16", lambda a, b: max(a - b, 0)), suffix=" clamp")
op("v_pk_sub_i16", *halves("i16", lambda a, b: clamped(a - b, -32768, 32767)), suffix=" clamp")
PAIRS = [[0x3C004000, 0xC5007800, 0x00010400, 0xB800BC00, 0x2E663555, 0x7BFF0000, 0x80003C01, 0x44004200],
         [0x40003C00, 0x3C00F800, 0x3C004000, 0x42004500, 0x3C003C00, 0x3C008000, 0x00003C00, 0xC4000001],
         [0x00000000, 0x38003800, 0x04000400, 0x3C003C00, 0x42004200, 0xBC00BC00, 0x3C003C00, 0x44004400]]
for names, formula in (
    ("v_pk_add_f16", exact(lambda a, b: a + b)), ("v_pk_mul_f16", exact(lambda a, b: a * b)),
    ("v_pk_max_f16 v_pk_max_num_f16", number_wins(max)), ("v_pk_min_f16 v_pk_min_num_f16", number_wins(min)),
    ("v_pk_minimum_f16", nan_wins(min)), ("v_pk_maximum_f16", nan_wins(max)),
):
    zero = (lambda f: lambda a, b: -0.0 if f(a, b) == 0 and math.copysign(1, a) * math.copysign(1, b) < 0 else f(a, b))
    op(names, *halves("f16", zero(formula) if "mul" in names else formula), inputs=PAIRS[:2])
op("v_pk_fma_f16", *halves("f16", exact(lambda a, b, c: a * b + c), 3), inputs=[PAIRS[0][:4] * 2, PAIRS[1][:4] * 2, [0x38003800] * 8])

# Dot products.
def dot(size, a_signed, b_signed, sum_signed):
    def formula(a, b, c):
        parts = lambda x, s: [signed(x >> size * i, size) if s else (x >> size * i) % 2**size for i in range(32 // size)]
        return sum(x * y for x, y in zip(parts(a, a_signed), parts(b, b_signed))) + c
    return formula


NO_SIGNS = ("gfx11", "gfx12")
op("v_dot4_i32_i8", "u32", "u32 u32 u32", dot(8, True, True, True), aliased=NO_SIGNS)
op("v_dot4_u32_u8", "u32", "u32 u32 u32", dot(8, False, False, False))
op("v_dot8_i32_i4", "u32", "u32 u32 u32", dot(4, True, True, True), aliased=NO_SIGNS)
op("v_dot8_u32_u4", "u32", "u32 u32 u32", dot(4, False, False, False))
op("v_dot2_i32_i16", "u32", "u32 u32 u32", dot(16, True, True, True))
op("v_dot2_u32_u16", "u32", "u32 u32 u32", dot(16, False, False, False))
for signs in range(4):
    for names, size in (("v_dot4_i32_iu8", 8), ("v_dot8_i32_iu4", 4)):
        op(names, "u32", "u32 u32 u32", dot(size, signs & 1, signs & 2, True), suffix=f" neg_lo:[{signs & 1},{signs >> 1},0]")
op("v_dot4_i32_i8", "i32", "u32 u32 i32", lambda a, b, c: clamped(dot(8, True, True, True)(a, b, c), -(2**31), 2**31 - 1), suffix=" clamp",
   aliased=NO_SIGNS)
op("v_dot4_u32_u8", "u32", "u32 u32 u32", lambda a, b, c: min(dot(8, False, False, False)(a, b, c), 2**32 - 1), suffix=" clamp")
op("v_dot2_f32_f16", "f32", "u32 u32 f32", lambda a, b, c: Fraction(c) + sum(
    Fraction(value_of("f16", a >> 16 * i)) * Fraction(value_of("f16", b >> 16 * i)) for i in range(2)),
   inputs=[[0x3C004000, 0xC5003C00] * 4, [0x40003C00, 0x3C003800] * 4, [bits_of("f32", Fraction(3)), 0] * 4])


def e4m3(x):
    x &= 255
    exponent, fraction = x >> 3 & 15, Fraction(x & 7, 8)
    value = fraction * Fraction(1, 64) if exponent == 0 else (1 + fraction) * Fraction(2) ** (exponent - 7)
    return -value if x >> 7 else value


def e5m2(x):
    x &= 255
    exponent, fraction = x >> 2 & 31, Fraction(x & 3, 4)
    value = fraction * Fraction(1, 2**14) if exponent == 0 else (1 + fraction) * Fraction(2) ** (exponent - 15)
    return -value if x >> 7 else value


for a, first in (("fp8", e4m3), ("bf8", e5m2)):
    for b, second in (("fp8", e4m3), ("bf8", e5m2)):
        op(f"v_dot4_f32_{a}_{b}", "f32", "u32 u32 f32", lambda x, y, c, f=first, g=second: Fraction(c) + sum(
            f(x >> 8 * i) * g(y >> 8 * i) for i in range(4)),
           inputs=[[0x38404448, 0xB8404448] * 4, [0x383C4044, 0x40BC3844] * 4, [bits_of("f32", Fraction(3)), 0] * 4])

# Floats.
for kind in ("f16", "f32", "f64"):
    two, three = f"{kind} {kind}", f"{kind} {kind} {kind}"
    op(f"v_add_{kind}", kind, two, exact(lambda a, b: a + b))
    op(f"v_mul_{kind}", kind, two, exact(lambda a, b: a * b))
    op(f"v_sub_{kind}", kind, two, exact(lambda a, b: a - b))
    op(f"v_subrev_{kind}", kind, two, exact(lambda a, b: b - a))
    op(f"v_fma_{kind}", kind, three, exact(lambda a, b, c: a * b + c))
    op(f"v_min_{kind} v_min_num_{kind}", kind, two, number_wins(min), special=True)
    op(f"v_max_{kind} v_max_num_{kind}", kind, two, number_wins(max), special=True)
    op(f"v_minimum_{kind}", kind, two, nan_wins(min), special=True)
    op(f"v_maximum_{kind}", kind, two, nan_wins(max), special=True)
    low, high, least, most = number_wins(min), number_wins(max), nan_wins(min), nan_wins(max)
    for names, formula in (
        (f"v_min3_{kind} v_min3_num_{kind}", lambda a, b, c: low(low(a, b), c)),
        (f"v_max3_{kind} v_max3_num_{kind}", lambda a, b, c: high(high(a, b), c)),
        (f"v_minmax_{kind} v_minmax_num_{kind}", lambda a, b, c: high(low(a, b), c)),
        (f"v_maxmin_{kind} v_maxmin_num_{kind}", lambda a, b, c: low(high(a, b), c)),
        (f"v_minimum3_{kind}", lambda a, b, c: least(least(a, b), c)),
        (f"v_maximum3_{kind}", lambda a, b, c: most(most(a, b), c)),
        (f"v_minimummaximum_{kind}", lambda a, b, c: most(least(a, b), c)),
        (f"v_maximumminimum_{kind}", lambda a, b, c: least(most(a, b), c)),
    ):
        op(names, kind, three, formula, special=True)
    op(f"v_med3_{kind} v_med3_num_{kind}", kind, three, middle)
    op(f"v_trunc_{kind}", kind, kind, lambda a: math.copysign(math.trunc(a), a))
    op(f"v_ceil_{kind}", kind, kind, lambda a: math.copysign(math.ceil(a), a))
    op(f"v_floor_{kind}", kind, kind, lambda a: math.copysign(math.floor(a), a))
    op(f"v_rndne_{kind}", kind, kind, lambda a: math.copysign(round(a), a))
    op(f"v_fract_{kind}", kind, kind, lambda a: min(Fraction(a) - math.floor(a), 1 - Fraction(1, 2 ** {"f16": 11, "f32": 24, "f64": 53}[kind])))
    op(f"v_frexp_mant_{kind}", kind, kind, lambda a: math.frexp(a)[0])
    powers = [bits_of(kind, Fraction(2) ** n) for n in (-8, -2, 0, 2, 4, 6, 8, 10)]
    op(f"v_rcp_{kind}", kind, kind, lambda a: 1 / Fraction(a), inputs=[powers])
    op(f"v_sqrt_{kind}", kind, kind, math.sqrt, inputs=[powers])
    op(f"v_rsq_{kind}", kind, kind, lambda a: 1 / math.sqrt(a), inputs=[powers])
    if kind != "f64":
        small = [bits_of(kind, Fraction(n)) for n in (-8, -3, 0, 1, 2, 5, 9, 10)]
        op(f"v_exp_{kind}", kind, kind, lambda a: Fraction(2) ** int(a), inputs=[small])
        op(f"v_log_{kind}", kind, kind, math.log2, inputs=[powers])
        quarters = [bits_of(kind, Fraction(n, 4)) for n in range(8)]
        op(f"v_sin_{kind}", kind, kind, lambda a: (0, 1, 0, -1)[int(4 * a) % 4], inputs=[[x for x in quarters if x != quarters[2] and x != quarters[6]] + quarters[:2]])
    order = {"lt": lambda a, b: a < b, "eq": lambda a, b: a == b, "le": lambda a, b: a <= b, "gt": lambda a, b: a > b,
             "lg": lambda a, b: a < b or a > b, "ge": lambda a, b: a >= b,
             "o": lambda a, b: not (math.isnan(a) or math.isnan(b))}
    for name, test in list(order.items()):
        opposite = {"lt": "nlt", "eq": "neq", "le": "nle", "gt": "ngt", "lg": "nlg", "ge": "nge", "o": "u"}[name]
        op(f"v_cmp_{name}_{kind}", "mask", two, test, special=True)
        op(f"v_cmp_{opposite}_{kind}", "mask", two, lambda a, b, t=test: not t(a, b), special=True)
        op(f"v_cmpx_{name}_{kind}", "exec", two, test, special=True)
        op(f"v_cmpx_{opposite}_{kind}", "exec", two, lambda a, b, t=test: not t(a, b), special=True)
        op(f"s_cmp_{name}_{kind}", "scc", two, test, special=True, scalar=True)
        op(f"s_cmp_{opposite}_{kind}", "scc", two, lambda a, b, t=test: not t(a, b), special=True, scalar=True)
    op(f"v_cmp_f_{kind}", "mask", two, lambda a, b: False, special=True)
    op(f"v_cmp_t_{kind} v_cmp_tru_{kind}", "mask", two, lambda a, b: True, special=True)
    if kind != "f64":
        op(f"s_add_{kind}", kind, two, exact(lambda a, b: a + b), scalar=True)
        op(f"s_sub_{kind}", kind, two, exact(lambda a, b: a - b), scalar=True)
        op(f"s_mul_{kind}", kind, two, exact(lambda a, b: a * b), scalar=True)
        op(f"s_min_num_{kind}", kind, two, low, special=True, scalar=True)
        op(f"s_max_num_{kind}", kind, two, high, special=True, scalar=True)
        op(f"s_minimum_{kind}", kind, two, least, special=True, scalar=True)
        op(f"s_maximum_{kind}", kind, two, most, special=True, scalar=True)
        op(f"s_ceil_{kind}", kind, kind, lambda a: math.copysign(math.ceil(a), a), scalar=True)
        op(f"s_floor_{kind}", kind, kind, lambda a: math.copysign(math.floor(a), a), scalar=True)
        op(f"s_trunc_{kind}", kind, kind, lambda a: math.copysign(math.trunc(a), a), scalar=True)
        op(f"s_rndne_{kind}", kind, kind, lambda a: math.copysign(round(a), a), scalar=True)
        op(f"v_s_rcp_{kind}", kind, kind, lambda a: 1 / Fraction(a), inputs=[powers], scalar=True)
        op(f"v_s_sqrt_{kind}", kind, kind, math.sqrt, inputs=[powers], scalar=True)
        op(f"v_s_rsq_{kind}", kind, kind, lambda a: 1 / math.sqrt(a), inputs=[powers], scalar=True)
        op(f"v_s_exp_{kind}", kind, kind, lambda a: Fraction(2) ** int(a), inputs=[small], scalar=True)
        op(f"v_s_log_{kind}", kind, kind, math.log2, inputs=[powers], scalar=True)
for kind in ("f16", "f32", "f64"):
    # Signalling and quiet NaN, −∞, −1, −denormal, −0, 0, denormal.
    size, mantissa = {"f16": (16, 10), "f32": (32, 23), "f64": (64, 52)}[kind]
    sign, top = 1 << size - 1, (1 << size - 1) - (1 << mantissa)
    classes = [top | 1, top | 1 << mantissa - 1, sign | top, sign | 1 << size - 3, sign | 1, sign, 0, 1]
    for only in (1, 0xA4, 0x3FF):
        chosen = [bit(only, i) for i in range(8)]
        op(f"v_cmp_class_{kind}", "mask", f"{kind} u32", lambda a, b, c=iter(chosen): next(c), inputs=[classes, [only] * 8])
        op(f"v_cmpx_class_{kind}", "exec", f"{kind} u32", lambda a, b, c=iter(chosen): next(c), inputs=[classes, [only] * 8])
op("v_frexp_exp_i32_f32", "i32", "f32", lambda a: math.frexp(a)[1])
op("v_frexp_exp_i32_f64", "i32", "f64", lambda a: math.frexp(a)[1])
op("v_frexp_exp_i16_f16", "i16", "f16", lambda a: math.frexp(a)[1])
COUNTS = [x & 0xFFFFFFFF for x in (0, 1, -1, 10, -20, 3, -3, 100)]
op("v_ldexp_f32", "f32", "f32 i32", lambda a, n: Fraction(a) * Fraction(2) ** n, inputs=[[bits_of("f32", Fraction(1.25))] * 8, COUNTS])
op("v_ldexp_f64", "f64", "f64 i32", lambda a, n: Fraction(a) * Fraction(2) ** n, inputs=[[bits_of("f64", Fraction(1.25))] * 8, COUNTS])
op("v_mul_legacy_f32 v_mul_dx9_zero_f32", "f32", "f32 f32", lambda a, b: 0 if a == 0 or b == 0 else Fraction(a) * Fraction(b),
   inputs=[[bits_of("f32", x if not math.isfinite(x) else Fraction(x)) for x in (1, 2, 3, 0.5, INF, 0, 7, 9)],
           [bits_of("f32", x if not math.isfinite(x) else Fraction(x)) for x in (3, -2, 1, 0.25, 0, INF, 2, 0)]])

# Conversions.
UNITS = [bits_of("f32", Fraction(x)) for x in (1, -1, 0.5, 0.3333333, -0.7654321, 2.00390625, -3, 0.1)]
BIG = [bits_of("f32", Fraction(x)) for x in (1.5, -1.5, 2.5, 3e9, -3e9, 5e9, 0.75, -0.25)]
BIG64 = [bits_of("f64", Fraction(x)) for x in (1.5, -1.5, 2.5, 3e9, -3e9, 5e9, 0.75, -0.25)]
SHORT = [bits_of("f16", Fraction(x)) for x in (1.5, -1.5, 2.5, 40000, -40000, 60000, 0.75, -0.25)]
for names, result, kind, inputs, formula in (
    ("v_cvt_i32_f32", "i32", "f32", BIG, lambda a: clamped(math.trunc(a), -(2**31), 2**31 - 1)),
    ("v_cvt_u32_f32", "u32", "f32", BIG, lambda a: clamped(math.trunc(a), 0, 2**32 - 1)),
    ("v_cvt_i32_f64", "i32", "f64", BIG64, lambda a: clamped(math.trunc(a), -(2**31), 2**31 - 1)),
    ("v_cvt_u32_f64", "u32", "f64", BIG64, lambda a: clamped(math.trunc(a), 0, 2**32 - 1)),
    ("v_cvt_i16_f16", "i16", "f16", SHORT, lambda a: clamped(math.trunc(a), -32768, 32767)),
    ("v_cvt_u16_f16", "u16", "f16", SHORT, lambda a: clamped(math.trunc(a), 0, 65535)),
    ("v_cvt_rpi_i32_f32 v_cvt_nearest_i32_f32", "i32", "f32", BIG, lambda a: clamped(math.floor(a + 0.5), -(2**31), 2**31 - 1)),
    ("v_cvt_flr_i32_f32 v_cvt_floor_i32_f32", "i32", "f32", BIG, lambda a: clamped(math.floor(a), -(2**31), 2**31 - 1)),
    ("v_cvt_f16_f32", "f16", "f32", BIG[:3] + BIG[6:] + [bits_of("f32", Fraction(x)) for x in (1.0004882, 65519, 6e-8)], Fraction),
    ("v_cvt_norm_i16_f16", "i16", "f16", SHORT, lambda a: round(Fraction(clamped(a, -1, 1)) * 32767)),
    ("v_cvt_norm_u16_f16", "u16", "f16", SHORT, lambda a: round(Fraction(clamped(a, 0, 1)) * 65535)),
):
    op(names, result, kind, formula, inputs=[inputs])
for scalar in ("i32", "u32"):
    op(f"s_cvt_f32_{scalar}", "f32", scalar, Fraction, scalar=True)
op("s_cvt_i32_f32", "i32", "f32", lambda a: clamped(math.trunc(a), -(2**31), 2**31 - 1), inputs=[BIG], scalar=True)
op("s_cvt_u32_f32", "u32", "f32", lambda a: clamped(math.trunc(a), 0, 2**32 - 1), inputs=[BIG], scalar=True)
op("s_cvt_f32_f16", "f32", "f16", Fraction, inputs=[SHORT], scalar=True)
op("s_cvt_hi_f32_f16", "f32", "u32", lambda a: Fraction(value_of("f16", a >> 16)), inputs=[[x << 16 for x in SHORT]], scalar=True)
op("s_cvt_f16_f32", "f16", "f32", Fraction, inputs=[BIG[:3] + BIG[6:] + BIG[:3]], scalar=True)
op("s_cvt_pk_rtz_f16_f32", "u32", "f32 f32", lambda a, b: bits_of("f16", Fraction(a)) | bits_of("f16", Fraction(b)) << 16,
   inputs=[BIG[:3] + BIG[6:] + BIG[:3], BIG[6:] + BIG[:3] * 2], scalar=True)
brain = lambda x: bits_of("f32", Fraction(x)) + 0x7FFF + bit(bits_of("f32", Fraction(x)), 16) >> 16
op("v_cvt_pk_f16_f32", "u32", "f32 f32", lambda a, b: bits_of("f16", Fraction(a)) | bits_of("f16", Fraction(b)) << 16, inputs=[UNITS, UNITS[::-1]])
op("v_cvt_pk_bf16_f32", "u32", "f32 f32", lambda a, b: brain(a) | brain(b) << 16, inputs=[UNITS, UNITS[::-1]])
op("v_cvt_f32_bf16", "f32", "u16", lambda a: Fraction(value_of("f32", a << 16)), inputs=[[0x3F80, 0xC020, 0x4049, 1, 0x7F00, 0x3DCD, 0xBF80, 0x4120]])
op("v_cvt_f32_i32", "f32", "i32", Fraction)
op("v_cvt_f32_u32", "f32", "u32", Fraction)
op("v_cvt_f64_i32", "f64", "i32", Fraction)
op("v_cvt_f64_u32", "f64", "u32", Fraction)
op("v_cvt_f16_i16", "f16", "i16", Fraction)
op("v_cvt_f16_u16", "f16", "u16", Fraction)
op("v_cvt_f32_f16", "f32", "f16", Fraction)
op("v_cvt_f32_f64", "f32", "f64", Fraction)
op("v_cvt_f64_f32", "f64", "f32", Fraction)
for n in range(4):
    op(f"v_cvt_f32_ubyte{n}", "f32", "u32", lambda a, n=n: Fraction(a >> 8 * n & 255))
op("v_cvt_off_f32_i4", "f32", "u32", lambda a: Fraction(signed(a, 4), 16))
UNIT = [bits_of("f32", Fraction(x)) for x in (1, -1, 0.5, 0.25, -0.75, 2, -3, 0.1)]
UNIT16 = [bits_of("f16", Fraction(x)) for x in (1, -1, 0.5, 0.25, -0.75, 2, -3, 0.1)]
both = lambda f: lambda a, b: f(a) & 0xFFFF | (f(b) & 0xFFFF) << 16
for kind, inputs in (("f32", UNIT), ("f16", UNIT16)):
    op(f"v_cvt_pknorm_i16_{kind} v_cvt_pk_norm_i16_{kind}", "u32", f"{kind} {kind}",
       both(lambda a: round(Fraction(clamped(a, -1, 1)) * 32767)), inputs=[inputs, inputs[::-1]])
    op(f"v_cvt_pknorm_u16_{kind} v_cvt_pk_norm_u16_{kind}", "u32", f"{kind} {kind}",
       both(lambda a: round(Fraction(clamped(a, 0, 1)) * 65535)), inputs=[inputs, inputs[::-1]])
op("v_cvt_pk_i16_i32", "u32", "i32 i32", both(lambda a: clamped(a, -32768, 32767)))
op("v_cvt_pk_u16_u32", "u32", "u32 u32", both(lambda a: clamped(a, 0, 65535)))
op("v_cvt_pk_i16_f32", "u32", "f32 f32", both(lambda a: clamped(math.trunc(a), -32768, 32767)), inputs=[BIG, BIG[::-1]])
op("v_cvt_pk_u16_f32", "u32", "f32 f32", both(lambda a: clamped(math.trunc(a), 0, 65535)), inputs=[BIG, BIG[::-1]])

# Comparisons of integers.
for kind in ("i16", "u16", "i32", "u32", "i64", "u64"):
    two = f"{kind} {kind}"
    for name, test in (("lt", lambda a, b: a < b), ("eq", lambda a, b: a == b), ("le", lambda a, b: a <= b),
                       ("gt", lambda a, b: a > b), ("ne", lambda a, b: a != b), ("ge", lambda a, b: a >= b),
                       ("f", lambda a, b: False), ("t", lambda a, b: True)):
        op(f"v_cmp_{name}_{kind}", "mask", two, test)
        op(f"v_cmpx_{name}_{kind}", "exec", two, test)
        scalar = "lg" if name == "ne" else name
        op(f"s_cmp_{scalar}_{kind}", "scc", two, test, scalar=True)

# Scalars.
nonzero32 = lambda f: lambda *xs: f(*xs) % 2**32 != 0
nonzero64 = lambda f: lambda *xs: f(*xs) % 2**64 != 0
for name, formula in (("and", lambda a, b: a & b), ("or", lambda a, b: a | b), ("xor", lambda a, b: a ^ b),
                      ("nand", lambda a, b: ~(a & b)), ("nor", lambda a, b: ~(a | b)), ("xnor", lambda a, b: ~(a ^ b)),
                      ("andn2", lambda a, b: a & ~b), ("orn2", lambda a, b: a | ~b)):
    other = {"andn2": "and_not1", "orn2": "or_not1"}.get(name, name)
    op(f"s_{other}_b32 s_{name}_b32", "u32", "u32 u32", formula, scalar=True, scc=nonzero32(formula))
    op(f"s_{other}_b64 s_{name}_b64", "u64", "u64 u64", formula, scalar=True, scc=nonzero64(formula))
over = lambda f: lambda *xs: not -(2**31) <= f(*xs) < 2**31
for names, result, formula, scc in (
    ("s_add_co_u32 s_add_u32", "u32", lambda a, b: a + b, lambda a, b: a + b >= 2**32),
    ("s_sub_co_u32 s_sub_u32", "u32", lambda a, b: a - b, lambda a, b: a < b),
    ("s_add_co_i32 s_add_i32", "i32", lambda a, b: a + b, over(lambda a, b: a + b)),
    ("s_sub_co_i32 s_sub_i32", "i32", lambda a, b: a - b, over(lambda a, b: a - b)),
    ("s_min_u32", "u32", min, lambda a, b: a < b), ("s_max_u32", "u32", max, lambda a, b: a > b),
    ("s_min_i32", "i32", min, lambda a, b: a < b), ("s_max_i32", "i32", max, lambda a, b: a > b),
    ("s_lshl_b32", "u32", lambda a, n: a << n % 32, nonzero32(lambda a, n: a << n % 32)),
    ("s_lshr_b32", "u32", lambda a, n: a >> n % 32, nonzero32(lambda a, n: a >> n % 32)),
    ("s_absdiff_i32", "i32", lambda a, b: abs(signed(a - b, 32)), lambda a, b: a != b),
    ("s_mul_i32", "u32", lambda a, b: a * b, None), ("s_mul_hi_u32", "u32", lambda a, b: a * b >> 32, None),
    ("s_mul_hi_i32", "i32", lambda a, b: a * b >> 32, None),
    ("s_bfm_b32", "u32", lambda n, o: (2 ** (n % 32) - 1) << o % 32, None),
    ("s_pack_ll_b32_b16", "u32", lambda a, b: a % 65536 | b << 16, None),
    ("s_pack_lh_b32_b16", "u32", lambda a, b: a % 65536 | b >> 16 << 16, None),
    ("s_pack_hh_b32_b16", "u32", lambda a, b: a >> 16 | b >> 16 << 16, None),
    ("s_pack_hl_b32_b16", "u32", lambda a, b: a >> 16 | b << 16, None),
    ("s_lshl1_add_u32", "u32", lambda a, b: (a << 1) + b, lambda a, b: (a << 1) + b >= 2**32),
    ("s_lshl2_add_u32", "u32", lambda a, b: (a << 2) + b, lambda a, b: (a << 2) + b >= 2**32),
    ("s_lshl3_add_u32", "u32", lambda a, b: (a << 3) + b, lambda a, b: (a << 3) + b >= 2**32),
    ("s_lshl4_add_u32", "u32", lambda a, b: (a << 4) + b, lambda a, b: (a << 4) + b >= 2**32),
    ("s_bfe_u32", "u32", lambda a, b: (a >> b % 32) % 2 ** min(b >> 16 & 127, 64),
     nonzero32(lambda a, b: (a >> b % 32) % 2 ** min(b >> 16 & 127, 64))),
):
    op(names, result, f"{result} {result}", formula, scalar=True, scc=scc)
op("s_ashr_i32", "i32", "i32 u32", lambda a, n: a >> n % 32, scalar=True, scc=lambda a, n: a >> n % 32 != 0)
op("s_ashr_i64", "i64", "i64 u32", lambda a, n: a >> n % 64, scalar=True)
op("s_lshl_b64", "u64", "u64 u32", lambda a, n: a << n % 64, scalar=True)
op("s_lshr_b64", "u64", "u64 u32", lambda a, n: a >> n % 64, scalar=True)
op("s_bfm_b64", "u64", "u32 u32", lambda n, o: (2 ** (n % 64) - 1) << o % 64, scalar=True)
op("s_add_nc_u64", "u64", "u64 u64", lambda a, b: a + b, scalar=True)
op("s_sub_nc_u64", "u64", "u64 u64", lambda a, b: a - b, scalar=True)
op("s_mul_u64", "u64", "u64 u64", lambda a, b: a * b, scalar=True)
reverse = lambda size: lambda a: int(f"{a:0{size}b}"[::-1], 2)
quads = lambda a, size: [int(a >> 4 * i & 15 != 0) for i in range(size // 4)]
for size in (32, 64):
    kind = f"u{size}"
    whole = lambda a, size=size: sum(15 * x << 4 * i for i, x in enumerate(quads(a, size)))
    gathered = lambda a, size=size: sum(x << i for i, x in enumerate(quads(a, size)))
    ones = lambda a: bin(a).count("1")
    for names, result, formula, scc in (
        (f"s_not_b{size}", kind, lambda a: ~a, lambda a, size=size: a != 2**size - 1),
        (f"s_brev_b{size}", kind, reverse(size), None), (f"s_mov_b{size}", kind, lambda a: a, None),
        (f"s_bcnt1_i32_b{size}", "u32", ones, lambda a: a != 0),
        (f"s_bcnt0_i32_b{size}", "u32", lambda a, size=size: size - ones(a), lambda a, size=size: a != 2**size - 1),
        (f"s_ff1_i32_b{size} s_ctz_i32_b{size}", "u32", lowest, None),
        (f"s_ff0_i32_b{size}", "u32", lambda a, size=size: lowest(~a % 2**size), None),
        (f"s_flbit_i32_b{size} s_clz_i32_u{size}", "u32", lambda a, size=size: highest(a, size), None),
        (f"s_wqm_b{size}", kind, whole, lambda a: a != 0), (f"s_quadmask_b{size}", kind, gathered, lambda a: a != 0),
    ):
        op(names, result, kind, formula, scalar=True, scc=scc)
op("s_flbit_i32 s_cls_i32", "u32", "u32", lambda a: highest(a ^ (2**32 - 1 if bit(a, 31) else 0), 32), scalar=True)
op("s_flbit_i32_i64 s_cls_i32_i64", "u32", "u64", lambda a: highest(a ^ (2**64 - 1 if bit(a, 63) else 0), 64), scalar=True)
op("s_abs_i32", "i32", "i32", abs, scalar=True, scc=lambda a: a != 0)
op("s_sext_i32_i8", "i32", "u32", lambda a: signed(a, 8), scalar=True)
op("s_sext_i32_i16", "i32", "u32", lambda a: signed(a, 16), scalar=True)
op("s_bitreplicate_b64_b32", "u64", "u32", lambda a: sum(3 * bit(a, i) << 2 * i for i in range(32)), scalar=True)
op("s_bitcmp0_b32", "scc", "u32 u32", lambda a, n: not bit(a, n % 32), scalar=True)
op("s_bitcmp1_b32", "scc", "u32 u32", lambda a, n: bit(a, n % 32), scalar=True)
op("s_bitcmp0_b64", "scc", "u64 u32", lambda a, n: not bit(a, n % 64), scalar=True)
op("s_bitcmp1_b64", "scc", "u64 u32", lambda a, n: bit(a, n % 64), scalar=True)
op("s_bitset1_b32", "u32", "u32", lambda n: 1 << n % 32, scalar=True)
op("s_bitset1_b64", "u64", "u32", lambda n: 1 << n % 64, scalar=True)
op("s_bitset0_b64", "u64", "u32", lambda n: 0, scalar=True)
