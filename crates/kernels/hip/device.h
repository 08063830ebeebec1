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
DEVICE T least(T a, T b) {
    return a < b ? a : b;
}

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
// f32 for f16 and bf16, else the type itself.
template <class T>
using Compute = typename ComputeType<T>::type;

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

// --- Accesses of several elements ----------------------------------------------------------------

// Elements of 4 bytes and more need no alignment beyond their own: the hardware reads 16 bytes at
// any multiple of 4.
template <class T, u32 N>
constexpr u32 PACK_ALIGNMENT = sizeof(T) < 4 ? sizeof(T) * N : sizeof(T);

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
