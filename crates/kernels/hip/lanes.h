// Exchanging values between lanes of a wave, and reducing over a workgroup.
#pragma once
#include "device.h"

DEVICE u32 lane() {
    u32 low = __builtin_amdgcn_mbcnt_lo(~0u, 0);
    return WAVE == 64 ? __builtin_amdgcn_mbcnt_hi(~0u, low) : low;
}

// The 32 bits of the lane whose number differs in `mask`, which is below 32 and a power of two.
template <u32 mask>
DEVICE u32 exchange_word(u32 x) {
    if constexpr (mask == 1) {
        return __builtin_amdgcn_update_dpp(x, x, 0xb1, 0xf, 0xf, false);  // quad_perm 1 0 3 2
    } else if constexpr (mask == 2) {
        return __builtin_amdgcn_update_dpp(x, x, 0x4e, 0xf, 0xf, false);  // quad_perm 2 3 0 1
    } else if constexpr (mask < 32) {
        return __builtin_amdgcn_ds_swizzle(x, mask << 10 | 0x1f);  // lane ^ mask
    } else {
        return __builtin_amdgcn_ds_bpermute((lane() ^ mask) * 4, x);
    }
}

template <u32 mask, class T>
DEVICE T exchange(T x) {
    if constexpr (sizeof(T) == 8) {
        u64 bits = __builtin_bit_cast(u64, x);
        u64 high = exchange_word<mask>(static_cast<u32>(bits >> 32));
        return __builtin_bit_cast(T, high << 32 | exchange_word<mask>(static_cast<u32>(bits)));
    } else {
        return __builtin_bit_cast(T, exchange_word<mask>(__builtin_bit_cast(u32, x)));
    }
}

// Combines the values of `lanes` neighbouring lanes; all of them get the result. The operation
// must commute, since each of a pair puts itself first.
template <u32 lanes, u32 mask = 1, class T, class F>
DEVICE T reduce_lanes(T x, F combine) {
    if constexpr (mask < lanes) {
        return reduce_lanes<lanes, mask * 2>(combine(x, exchange<mask>(x)), combine);
    } else {
        return x;
    }
}

// Combines the values of all WORKERS work-items of a workgroup; all of them get the result.
template <u32 WORKERS = BLOCK, class T, class F>
DEVICE T reduce_workgroup(T x, F combine) {
    constexpr u32 waves = WORKERS / WAVE;
    SHARED T partial[waves];
    x = reduce_lanes<WAVE>(x, combine);
    if (lane() == 0) partial[work_item() / WAVE] = x;
    barrier();
    x = partial[lane() % waves];
    x = reduce_lanes<waves>(x, combine);
    barrier();  // Before another reduction writes.
    return x;
}

struct Sum {
    template <class T>
    DEVICE T operator()(T a, T b) const {
        return a + b;
    }
};

// Ignores NaN.
struct Largest {
    template <class T>
    DEVICE T operator()(T a, T b) const {
        return a < b ? b : a;
    }
    DEVICE f32 operator()(f32 a, f32 b) const { return __builtin_fmaxf(a, b); }
    DEVICE f64 operator()(f64 a, f64 b) const { return __builtin_fmax(a, b); }
};
