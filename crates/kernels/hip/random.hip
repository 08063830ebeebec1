// Random numbers from a counter: Philox4x32-10 of J. K. Salmon et al., "Parallel random numbers: as
// easy as 1, 2, 3" (2011). A block of the generator is four words, a function of the block's number
// and the seed alone.
//
// The numbers are the same on all targets: what follows uses operations that IEEE 754 defines to
// the last bit, and no fused ones but where it says so.
#include "device.h"

#pragma clang fp contract(off)

struct Words {
    u32 at[4];
};

DEVICE u32 high_half(u32 a, u32 b) { return static_cast<u32>(static_cast<u64>(a) * b >> 32); }

DEVICE Words philox(u64 number, u64 seed) {
    Words c = {{static_cast<u32>(number), static_cast<u32>(number >> 32), 0, 0}};
    u32 k0 = static_cast<u32>(seed), k1 = static_cast<u32>(seed >> 32);
#pragma unroll
    for (u32 round = 0; round < 10; round++) {
        constexpr u32 M0 = 0xd2511f53, M1 = 0xcd9e8d57;
        u32 high0 = high_half(M0, c.at[0]), high1 = high_half(M1, c.at[2]);
        c = {{high1 ^ c.at[1] ^ k0, M1 * c.at[2], high0 ^ c.at[3] ^ k1, M0 * c.at[0]}};
        k0 += 0x9e3779b9;
        k1 += 0xbb67ae85;
    }
    return c;
}

// Numbers of type C of one block.
template <class C>
constexpr u32 PER_BLOCK = 16 / sizeof(C);

// The bits that make one number.
template <class C>
DEVICE typename UnsignedOf<sizeof(C)>::type word(const Words &words, u32 i) {
    if constexpr (sizeof(C) == 8) {
        return static_cast<u64>(words.at[2 * i + 1]) << 32 | words.at[2 * i];
    } else {
        return words.at[i];
    }
}

// 24 or 53 bits of a word as a number of [0, 1), exactly.
DEVICE f32 fraction(u32 bits) { return static_cast<f32>(bits >> 8) * 0x1p-24f; }
DEVICE f64 fraction(u64 bits) { return static_cast<f64>(bits >> 11) * 0x1p-53; }

// Writes the pack of numbers that `f` makes of this work-item's block. `y` begins a storage.
template <class T, class F>
DEVICE void for_block(T *y, u64 seed, u64 first, u64 n, F f) {
    constexpr u32 N = PER_BLOCK<Compute<T>>;
    const u64 block = static_cast<u64>(block_x()) * BLOCK + work_item();
    const u64 element = block * N;
    if (element >= n) return;
    const Pack<T, N> pack = f(philox(first + block, seed));
    if (element + N <= n) {
        store(y + element, pack);
        return;
    }
#pragma unroll
    for (u32 i = 0; i < N; i++) {
        if (element + i < n) y[element + i] = pack.at[i];
    }
}

DEVICE void bits(u32 *y, u64 seed, u64 first, u64 n, u64, u64, u64) {
    for_block(y, seed, first, n, [](const Words &words) {
        return Pack<u32, 4>{{words.at[0], words.at[1], words.at[2], words.at[3]}};
    });
}

// low + u * span. What rounds to the end of the range, or beyond, becomes `last`, the number before.
template <class T>
DEVICE void random_uniform(T *y, u64 seed, u64 first, u64 n, u64 low, u64 span, u64 last) {
    typedef Compute<T> C;
    const C from = from_scalar<C>(low), width = from_scalar<C>(span), end = from_scalar<C>(last);
    for_block(y, seed, first, n, [=](const Words &words) {
        Pack<T, PER_BLOCK<C>> pack;
#pragma unroll
        for (u32 i = 0; i < PER_BLOCK<C>; i++) {
            T x = static_cast<T>(from + fraction(word<C>(words, i)) * width);
            pack.at[i] = static_cast<C>(x) > end ? static_cast<T>(end) : x;
        }
        return pack;
    });
}

// --- The normal distribution ---------------------------------------------------------------------

DEVICE f32 fused(f32 a, f32 b, f32 c) { return __builtin_fmaf(a, b, c); }
DEVICE f64 fused(f64 a, f64 b, f64 c) { return __builtin_fma(a, b, c); }
DEVICE f32 root(f32 x) { return __builtin_sqrtf(x); }
DEVICE f64 root(f64 x) { return __builtin_sqrt(x); }

template <class C>
struct Format;
template <>
struct Format<f32> {
    typedef u32 Bits;
    static constexpr u32 MANTISSA = 23, LOG_TERMS = 5, SIN_TERMS = 5;
    static constexpr i32 BIAS = 127;
};
template <>
struct Format<f64> {
    typedef u64 Bits;
    static constexpr u32 MANTISSA = 52, LOG_TERMS = 11, SIN_TERMS = 9;
    static constexpr i32 BIAS = 1023;
};

// ln(x) of a normal number above 0: x = m 2^e with m near 1, ln m = 2 artanh((m - 1) / (m + 1)).
template <class C>
DEVICE C logarithm(C x) {
    typedef Format<C> F;
    typedef typename F::Bits Bits;
    constexpr Bits ONE = static_cast<Bits>(F::BIAS) << F::MANTISSA;
    constexpr Bits FRACTION = (Bits(1) << F::MANTISSA) - 1;
    const Bits bits = __builtin_bit_cast(Bits, x);
    i32 exponent = static_cast<i32>(bits >> F::MANTISSA) - F::BIAS;
    C m = __builtin_bit_cast(C, (bits & FRACTION) | ONE);
    if (m > C(1.41421356237309504880)) {
        m *= C(0.5);
        exponent++;
    }
    const C t = (m - 1) / (m + 1), square = t * t;
    C series = 0;
#pragma unroll
    for (u32 k = F::LOG_TERMS; k > 0; k--) series = fused(series, square, C(1.0 / (2 * k + 1)));
    const C twice = t + t;
    const C tail = fused(series * square, twice, twice);
    return fused(static_cast<C>(exponent), C(0.69314718055994530942), tail);
}

constexpr f64 one_over_factorial(u32 k) { return k < 2 ? 1.0 : one_over_factorial(k - 1) / k; }

// From term k on, the Taylor series of sin(x) / x (`odd` 1) and of cos(x) (`odd` 0) over x^(2k), for
// x of [0, pi / 4].
template <u32 odd, u32 k, class C>
DEVICE C circle_series(C square) {
    constexpr C term = C(one_over_factorial(2 * k + odd) * (k % 2 == 0 ? 1 : -1));
    if constexpr (k == Format<C>::SIN_TERMS) {
        return term;
    } else {
        return fused(circle_series<odd, k + 1>(square), square, term);
    }
}

template <class C>
struct Pair {
    C first, second;
};

// The cosine and sine of a whole turn times a word: three bits pick the eighth of the circle.
template <class C, class Word>
DEVICE Pair<C> direction(Word bits) {
    const u32 eighth = static_cast<u32>(bits >> (8 * sizeof(Word) - 3));
    C within = fraction(static_cast<Word>(bits << 3));
    if (eighth % 2 == 1) within = 1 - within;
    const C angle = within * C(0.78539816339744830962);
    const C square = angle * angle;
    C cosine = circle_series<0, 0>(square), sine = circle_series<1, 0>(square) * angle;
    const bool swap = ((eighth + 1) & 2) != 0;
    C x = swap ? sine : cosine, y = swap ? cosine : sine;
    return {((eighth + 2) & 4) != 0 ? -x : x, (eighth & 4) != 0 ? -y : y};
}

// Above 0 and at most 1, finer towards 0.
DEVICE f32 above_zero(u32 bits) { return static_cast<f32>(bits) * 0x1p-32f + 0x1p-33f; }
DEVICE f64 above_zero(u64 bits) { return static_cast<f64>(bits) * 0x1p-64 + 0x1p-65; }

// Two numbers of mean 0 and deviation 1 from two words, by Box and Muller's transform.
template <class C, class Word>
DEVICE Pair<C> standard_pair(Word radius, Word angle) {
    const C r = root(C(-2) * logarithm(above_zero(radius)));
    Pair<C> way = direction<C>(angle);
    return {r * way.first, r * way.second};
}

template <class T>
DEVICE void random_normal(T *y, u64 seed, u64 first, u64 n, u64 mean, u64 deviation, u64) {
    typedef Compute<T> C;
    const C middle = from_scalar<C>(mean), spread = from_scalar<C>(deviation);
    for_block(y, seed, first, n, [=](const Words &words) {
        Pack<T, PER_BLOCK<C>> pack;
#pragma unroll
        for (u32 i = 0; i < PER_BLOCK<C>; i += 2) {
            Pair<C> z = standard_pair<C>(word<C>(words, i), word<C>(words, i + 1));
            pack.at[i] = static_cast<T>(middle + spread * z.first);
            pack.at[i + 1] = static_cast<T>(middle + spread * z.second);
        }
        return pack;
    });
}
