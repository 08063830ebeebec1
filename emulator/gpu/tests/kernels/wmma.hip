#include "device.h"

typedef half half16 __attribute__((ext_vector_type(16)));
typedef float float8 __attribute__((ext_vector_type(8)));
typedef int int4v __attribute__((ext_vector_type(4)));
typedef int int8v __attribute__((ext_vector_type(8)));

// One wave: 16 x 16 by 16 x 16 halves, summed in floats.
GLOBAL wmma_f32(const half *a, const half *b, float *c) {
    uint l = tid(), i = l % 16, g = l / 16;
    half16 x, y;
    for (int k = 0; k < 16; k++) {
        x[k] = a[i * 16 + k];
        y[k] = b[k * 16 + i];
    }
    float8 d = {};
    d = __builtin_amdgcn_wmma_f32_16x16x16_f16_w32(x, y, d);
    for (int v = 0; v < 8; v++) c[(2 * v + g) * 16 + i] = d[v];
}

// The same, summed in halves.
GLOBAL wmma_f16(const half *a, const half *b, half *c) {
    uint l = tid(), i = l % 16, g = l / 16;
    half16 x, y;
    for (int k = 0; k < 16; k++) {
        x[k] = a[i * 16 + k];
        y[k] = b[k * 16 + i];
    }
    half16 d = {};
    d = __builtin_amdgcn_wmma_f16_16x16x16_f16_w32(x, y, d, false);
    for (int v = 0; v < 8; v++) c[(2 * v + g) * 16 + i] = d[2 * v];
}

// Signed bytes by unsigned bytes.
GLOBAL wmma_i32(const int *a, const int *b, int *c) {
    uint l = tid(), i = l % 16, g = l / 16;
    int4v x, y;
    for (int k = 0; k < 4; k++) {
        x[k] = a[i * 4 + k];
        y[k] = b[i * 4 + k];
    }
    int8v d = {};
    d = __builtin_amdgcn_wmma_i32_16x16x16_iu8_w32(true, x, false, y, d, false);
    for (int v = 0; v < 8; v++) c[(2 * v + g) * 16 + i] = d[v];
}
