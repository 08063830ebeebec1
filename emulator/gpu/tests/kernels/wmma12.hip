#include "device.h"

typedef half half8 __attribute__((ext_vector_type(8)));
typedef half half16 __attribute__((ext_vector_type(16)));
typedef float float8 __attribute__((ext_vector_type(8)));
typedef int int2v __attribute__((ext_vector_type(2)));
typedef int int8v __attribute__((ext_vector_type(8)));

// One wave: 16 x 16 by 16 x 16 halves, summed in floats. Lane l holds k = 8 (l / 16) and on, and rows
// 8 (l / 16) and on of the result.
GLOBAL wmma_f32(const half *a, const half *b, float *c) {
    uint l = tid(), i = l % 16, g = l / 16;
    half8 x, y;
    for (int k = 0; k < 8; k++) {
        x[k] = a[i * 16 + 8 * g + k];
        y[k] = b[(8 * g + k) * 16 + i];
    }
    float8 d = {};
    d = __builtin_amdgcn_wmma_f32_16x16x16_f16_w32_gfx12(x, y, d);
    for (int v = 0; v < 8; v++) c[(8 * g + v) * 16 + i] = d[v];
}

// The same, summed in halves.
GLOBAL wmma_f16(const half *a, const half *b, half *c) {
    uint l = tid(), i = l % 16, g = l / 16;
    half8 x, y;
    for (int k = 0; k < 8; k++) {
        x[k] = a[i * 16 + 8 * g + k];
        y[k] = b[(8 * g + k) * 16 + i];
    }
    half8 d = {};
    d = __builtin_amdgcn_wmma_f16_16x16x16_f16_w32_gfx12(x, y, d);
    for (int v = 0; v < 8; v++) c[(8 * g + v) * 16 + i] = d[v];
}

// Signed bytes by unsigned bytes; B by columns.
GLOBAL wmma_i32(const int *a, const int *b, int *c) {
    uint l = tid(), i = l % 16, g = l / 16;
    int2v x = {a[i * 4 + 2 * g], a[i * 4 + 2 * g + 1]}, y = {b[i * 4 + 2 * g], b[i * 4 + 2 * g + 1]};
    int8v d = {};
    d = __builtin_amdgcn_wmma_i32_16x16x16_iu8_w32_gfx12(true, x, false, y, d, false);
    for (int v = 0; v < 8; v++) c[(8 * g + v) * 16 + i] = d[v];
}

// E4M3 by E5M2; B by columns.
GLOBAL wmma_fp8(const int *a, const int *b, float *c) {
    uint l = tid(), i = l % 16, g = l / 16;
    int2v x = {a[i * 4 + 2 * g], a[i * 4 + 2 * g + 1]}, y = {b[i * 4 + 2 * g], b[i * 4 + 2 * g + 1]};
    float8 d = {};
    d = __builtin_amdgcn_wmma_f32_16x16x16_fp8_bf8_w32_gfx12(x, y, d);
    for (int v = 0; v < 8; v++) c[(8 * g + v) * 16 + i] = d[v];
}

// A sparse A: 16 x 32, of every four elements the second and the fourth are stored.
GLOBAL swmmac(const half *a, const half *b, float *c) {
    uint l = tid(), i = l % 16, g = l / 16;
    half8 x;
    half16 y;
    for (int k = 0; k < 8; k++) x[k] = a[i * 16 + 8 * g + k];
    for (int k = 0; k < 16; k++) y[k] = b[(16 * g + k) * 16 + i];
    float8 d = {};
    d = __builtin_amdgcn_swmmac_f32_16x16x32_f16_w32(x, y, d, 0xdddd);
    for (int v = 0; v < 8; v++) c[(8 * g + v) * 16 + i] = d[v];
}
