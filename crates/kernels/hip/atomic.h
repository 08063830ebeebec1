// Additions to device memory from many work-items at once, in no order.
#pragma once
#include "device.h"

// `to` = f(`to`) for elements smaller than a word: their word is replaced if it is still what was
// read. Its other bytes are read and written back, so memory comes in whole words.
template <class T, class F>
DEVICE void atomic_update_part(T *to, F f) {
    constexpr u32 MASK = sizeof(T) == 1 ? 0xff : 0xffff;
    u32 *word = reinterpret_cast<u32 *>(__builtin_align_down(reinterpret_cast<char *>(to), 4));
    const u32 shift = static_cast<u32>(reinterpret_cast<u64>(to) % 4) * 8;
    u32 old = __hip_atomic_load(word, __ATOMIC_RELAXED, __HIP_MEMORY_SCOPE_AGENT);
    u32 next;
    do {
        typedef typename UnsignedOf<sizeof(T)>::type Bits;
        T value = __builtin_bit_cast(T, static_cast<Bits>(old >> shift));
        u32 part = __builtin_bit_cast(Bits, f(value));
        next = (old & ~(MASK << shift)) | part << shift;
    } while (!__hip_atomic_compare_exchange_strong(word, &old, next, __ATOMIC_RELAXED,
                                                   __ATOMIC_RELAXED, __HIP_MEMORY_SCOPE_AGENT));
}

// The memory is this device's own, and sums of numbers below the normal ones may become 0: with
// that, floats are added by one instruction where the target has it.
template <class T>
DEVICE void atomic_add(T *to, T value) {
    if constexpr (sizeof(T) < 4) {
        typedef Compute<T> C;
        atomic_update_part(to, [=](T old) {
            return static_cast<T>(static_cast<C>(old) + static_cast<C>(value));
        });
    } else {
        [[clang::atomic(no_remote_memory, no_fine_grained_memory, ignore_denormal_mode)]] {
            __hip_atomic_fetch_add(to, value, __ATOMIC_RELAXED, __HIP_MEMORY_SCOPE_AGENT);
        }
    }
}

DEVICE void atomic_max(u32 *to, u32 value) {
    __hip_atomic_fetch_max(to, value, __ATOMIC_RELAXED, __HIP_MEMORY_SCOPE_AGENT);
}

// Additions to LDS from the work-items of a workgroup.
DEVICE void local_atomic_add(f32 *to, f32 value) {
    __hip_atomic_fetch_add(to, value, __ATOMIC_RELAXED, __HIP_MEMORY_SCOPE_WORKGROUP);
}
