// Dot products of four bytes, by the instruction that the target has for it.
#pragma once
#include "device.h"

// c + the sum of the products of four signed bytes. Targets without such an instruction take the plain
// form.
DEVICE i32 dot4(u32 a, u32 b, i32 c) {
#if defined(REDWICK_DOT4_SIGNED)
    return __builtin_amdgcn_sdot4(a, b, c, false);
#elif defined(REDWICK_DOT4_MIXED)
    return __builtin_amdgcn_sudot4(true, a, true, b, c, false);
#else
    for (u32 i = 0; i < 32; i += 8) {
        c += static_cast<i32>(static_cast<signed char>(a >> i)) *
             static_cast<i32>(static_cast<signed char>(b >> i));
    }
    return c;
#endif
}
