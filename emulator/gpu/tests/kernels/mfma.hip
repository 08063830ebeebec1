#include "device.h"

typedef half half4 __attribute__((ext_vector_type(4)));
typedef short short4 __attribute__((ext_vector_type(4)));
typedef short short2 __attribute__((ext_vector_type(2)));
typedef float float4 __attribute__((ext_vector_type(4)));
typedef float float16 __attribute__((ext_vector_type(16)));
typedef float float32 __attribute__((ext_vector_type(32)));
typedef double double4 __attribute__((ext_vector_type(4)));
typedef int int16 __attribute__((ext_vector_type(16)));

// One wave: C = A B with 32 x 8 by 8 x 32 halves.
GLOBAL mfma_32x32x8(const half *a, const half *b, float *c) {
    uint l = tid(), i = l % 32, g = l / 32;
    half4 x, y;
    for (int k = 0; k < 4; k++) {
        x[k] = a[i * 8 + g * 4 + k];
        y[k] = b[(g * 4 + k) * 32 + i];
    }
    float16 d = {};
    d = __builtin_amdgcn_mfma_f32_32x32x8f16(x, y, d, 0, 0, 0);
    for (int v = 0; v < 16; v++) c[(8 * (v / 4) + 4 * g + v % 4) * 32 + i] = d[v];
}

// 16 x 16 by 16 x 16 halves.
GLOBAL mfma_16x16x16(const half *a, const half *b, float *c) {
    uint l = tid(), i = l % 16, g = l / 16;
    half4 x, y;
    for (int k = 0; k < 4; k++) {
        x[k] = a[i * 16 + g * 4 + k];
        y[k] = b[(g * 4 + k) * 16 + i];
    }
    float4 d = {};
    d = __builtin_amdgcn_mfma_f32_16x16x16f16(x, y, d, 0, 0, 0);
    for (int v = 0; v < 4; v++) c[(4 * g + v) * 16 + i] = d[v];
}

// 16 blocks of 4 x 4 by 4 x 4; a block of A for a whole group of blocks where cbsz says so.
GLOBAL mfma_4x4x4(const half *a, const half *b, float *c) {
    uint l = tid(), i = l % 4, g = l / 4;
    half4 x, y;
    for (int k = 0; k < 4; k++) {
        x[k] = a[g * 16 + i * 4 + k];
        y[k] = b[g * 16 + k * 4 + i];
    }
    float4 d = {};
    d = __builtin_amdgcn_mfma_f32_4x4x4f16(x, y, d, 0, 0, 0);
    float4 e = {};
    e = __builtin_amdgcn_mfma_f32_4x4x4f16(x, y, e, 2, 1, 0);
    for (int v = 0; v < 4; v++) {
        c[g * 16 + v * 4 + i] = d[v];
        c[256 + g * 16 + v * 4 + i] = e[v];
    }
}

// 16 x 4 by 4 x 16 doubles.
GLOBAL mfma_f64(const double *a, const double *b, double *c) {
    uint l = tid(), i = l % 16, g = l / 16;
    double4 d = {};
    d = __builtin_amdgcn_mfma_f64_16x16x4f64(a[i * 4 + g], b[g * 16 + i], d, 0, 0, 0);
    for (int v = 0; v < 4; v++) c[(4 * v + g) * 16 + i] = d[v];
}

// 32 x 2 by 2 x 32 floats, twice over, added up.
GLOBAL mfma_f32(const float *a, const float *b, float *c) {
    uint l = tid(), i = l % 32, g = l / 32;
    float16 d = {};
    d = __builtin_amdgcn_mfma_f32_32x32x2f32(a[i * 4 + g], b[g * 32 + i], d, 0, 0, 0);
    d = __builtin_amdgcn_mfma_f32_32x32x2f32(a[i * 4 + 2 + g], b[(2 + g) * 32 + i], d, 0, 0, 0);
    for (int v = 0; v < 16; v++) c[(8 * (v / 4) + 4 * g + v % 4) * 32 + i] = d[v];
}
