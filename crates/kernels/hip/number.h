// Results in a dtype that the launcher names: 0 for f32, 1 for f16, 2 for bf16.
#pragma once
#include "device.h"

DEVICE void write_number(void *y, u64 at, f32 value, u32 to) {
    if (to == 0) {
        static_cast<f32 *>(y)[at] = value;
    } else if (to == 1) {
        static_cast<f16 *>(y)[at] = static_cast<f16>(value);
    } else {
        static_cast<bf16 *>(y)[at] = static_cast<bf16>(value);
    }
}
