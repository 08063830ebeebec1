// What every kernel stands on, in place of all vendor headers: types, work-item ids, barriers,
// 16-byte accesses. The macros REDWICK_WAVE and REDWICK_MATRIX_* come from the manifest's targets.
#pragma once

#define DEVICE __attribute__((device, always_inline)) inline
#define SHARED static __attribute__((shared))
#define KERNEL(block) \
    extern "C" __attribute__((global, amdgpu_flat_work_group_size(block, block))) void

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long u64;
typedef short i16;
typedef int i32;
typedef long i64;
typedef _Float16 f16;
typedef __bf16 bf16;
typedef float f32;
typedef double f64;
struct alignas(16) b128 {
    u64 low, high;
};

// Lanes of a wave; kernels work for either size.
constexpr u32 WAVE = REDWICK_WAVE;
// Work-items of a workgroup and steps of a work-item, as in the manifest.
constexpr u32 BLOCK = 256;
constexpr u32 UNROLL = 1;
// Lanes that share a row in kernels for short rows; a wave holds one or two such groups.
constexpr u32 GROUP = 32;

DEVICE u32 work_item() { return __builtin_amdgcn_workitem_id_x(); }
DEVICE u32 block_x() { return __builtin_amdgcn_workgroup_id_x(); }
DEVICE u32 block_y() { return __builtin_amdgcn_workgroup_id_y(); }
DEVICE u32 block_z() { return __builtin_amdgcn_workgroup_id_z(); }

// All of the workgroup arrive, and see each other's writes to LDS.
DEVICE void barrier() {
    __builtin_amdgcn_fence(__ATOMIC_RELEASE, "workgroup", "local");
    __builtin_amdgcn_s_barrier();
    __builtin_amdgcn_fence(__ATOMIC_ACQUIRE, "workgroup", "local");
}

// Addresses in arguments become pointers of the type that the template wants.
struct In {
    const void *address;
    template <class T>
    DEVICE operator const T *() const {
        return static_cast<const T *>(address);
    }
};
struct Out {
    void *address;
    template <class T>
    DEVICE operator T *() const {
        return static_cast<T *>(address);
    }
};

template <class T>
DEVICE constexpr T least(T a, T b) {
    return a < b ? a : b;
}

// The number as f32, rounded to an odd last bit where it is none: rounding that again, to a type
// with fewer bits, is as rounding once.
DEVICE f32 to_odd(f64 x) {
    f32 near = static_cast<f32>(x);
    f64 back = near;
    u32 bits = __builtin_bit_cast(u32, near);
    if (back == x || x != x || (bits & 1) != 0) return near;
    return __builtin_bit_cast(f32, __builtin_fabs(back) < __builtin_fabs(x) ? bits + 1 : bits - 1);
}

// 4 bits of exponent, 3 of mantissa, no infinity; the conversions are the same on all targets. As in
// the crate `float8`: to the nearest, ties to even, what is too large and infinity to 448.
struct f8e4m3 {
    u8 bits;

    f8e4m3() = default;
    DEVICE explicit f8e4m3(f32 x) : bits(encode(x)) {}
    DEVICE explicit f8e4m3(f64 x) : bits(encode(to_odd(x))) {}

    DEVICE explicit operator f32() const {
        const u32 magnitude = bits & 0x7f;
        // The exponent is biased by 7 here, there by 127.
        u32 number = __builtin_bit_cast(u32, __builtin_bit_cast(f32, magnitude << 20) * 0x1p120f);
        number |= (bits & 0x80u) << 24;
        return __builtin_bit_cast(f32, magnitude == 0x7f ? 0x7fffe000u : number);
    }

    DEVICE static u8 encode(f32 x) {
        const u32 whole = __builtin_bit_cast(u32, x);
        u32 magnitude = whole & 0x7fffffff;
        u32 code;
        if (magnitude > 0x7f800000) {
            code = 0x7f;
        } else if (magnitude < 0x3c800000) {
            // Below 2^-6 numbers are 2^-9 apart, as those above 2^14 are in f32.
            code = __builtin_bit_cast(u32, __builtin_bit_cast(f32, magnitude) + 0x1p14f) & 0xf;
        } else {
            magnitude += 0x7ffff + (magnitude >> 20 & 1);
            code = least((magnitude >> 20) - (120u << 3), 0x7eu);
        }
        return static_cast<u8>(whole >> 24 & 0x80) | static_cast<u8>(code);
    }
};

// --- Types that kernels compute in ---------------------------------------------------------------

template <class T>
struct ComputeType {
    typedef T type;
};
template <>
struct ComputeType<f16> {
    typedef f32 type;
};
template <>
struct ComputeType<bf16> {
    typedef f32 type;
};
template <>
struct ComputeType<f8e4m3> {
    typedef f32 type;
};
// f32 for f16, bf16 and f8e4m3, else the type itself.
template <class T>
using Compute = typename ComputeType<T>::type;

// An element in the type that kernels compute in. bf16 is the upper half of f32; where there is an
// instruction for that, it is slower than the shift.
template <class T>
DEVICE Compute<T> computed(T x) {
    if constexpr (__is_same(T, bf16)) {
        return __builtin_bit_cast(f32, static_cast<u32>(__builtin_bit_cast(u16, x)) << 16);
    } else {
        return static_cast<Compute<T>>(x);
    }
}

template <class T>
constexpr bool is_float = false;
template <>
constexpr bool is_float<f16> = true;
template <>
constexpr bool is_float<bf16> = true;
template <>
constexpr bool is_float<f32> = true;
template <>
constexpr bool is_float<f64> = true;
template <>
constexpr bool is_float<f8e4m3> = true;

// Whether results are rounded to 16 bits, so that the hardware's approximations do.
template <class T>
constexpr bool is_half = is_float<T> && sizeof(T) == 2;

// A number of the launcher's `Scalar`: the low bits are the number in the compute type.
template <class C>
DEVICE C from_scalar(u64 bits) {
    if constexpr (sizeof(C) == 8) {
        return __builtin_bit_cast(C, bits);
    } else if constexpr (sizeof(C) == 4) {
        return __builtin_bit_cast(C, static_cast<u32>(bits));
    } else {
        return static_cast<C>(bits);
    }
}

// The unsigned integer of a size in bytes.
template <u32 size>
struct UnsignedOf;
template <>
struct UnsignedOf<1> {
    typedef u8 type;
};
template <>
struct UnsignedOf<2> {
    typedef u16 type;
};
template <>
struct UnsignedOf<4> {
    typedef u32 type;
};
template <>
struct UnsignedOf<8> {
    typedef u64 type;
};

// --- Accesses of several elements ----------------------------------------------------------------

// Elements of 4 bytes and more need no alignment beyond their own: the hardware reads 16 bytes at
// any multiple of 4. Where it does not (REDWICK_ALIGNED_READS, of the manifest's targets), sources
// that look at addresses before they read packs define CHECKED_PACKS; others read elements.
#if defined(REDWICK_ALIGNED_READS) && defined(CHECKED_PACKS)
template <class T, u32 N>
constexpr u32 PACK_ALIGNMENT = sizeof(T) * N < 16 ? sizeof(T) * N : 16;
#else
template <class T, u32 N>
constexpr u32 PACK_ALIGNMENT = sizeof(T) < 4 ? sizeof(T) * N : sizeof(T);
#endif

template <class T, u32 N>
struct alignas(PACK_ALIGNMENT<T, N>) Pack {
    T at[N];
};

template <class T>
constexpr u32 LANES = 16 / sizeof(T);

template <u32 N, class T>
DEVICE Pack<T, N> load(const T *from) {
    return *reinterpret_cast<const Pack<T, N> *>(from);
}
template <u32 N, class T>
DEVICE void store(T *to, const Pack<T, N> &pack) {
    *reinterpret_cast<Pack<T, N> *>(to) = pack;
}

// Whether packs of N elements may be accessed at each of the addresses, which are multiples of the
// elements' sizes.
template <u32 N, class... T>
DEVICE bool aligned(const T *...address) {
    return (
        (PACK_ALIGNMENT<T, N> == sizeof(T) ||
         reinterpret_cast<u64>(address) % PACK_ALIGNMENT<T, N> == 0) &&
        ...);
}
