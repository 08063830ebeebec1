#include "device.h"

GLOBAL vector_add(const float *a, const float *b, float *c, uint n) {
    uint i = block() * size() + tid();
    if (i < n) c[i] = a[i] + b[i];
}

DEVICE float wave_sum(float x) {
    for (int mask = 1; mask < WAVE; mask *= 2) x += shuffle_xor(x, mask);
    return x;
}

DEVICE float wave_max(float x) {
    for (int mask = 1; mask < WAVE; mask *= 2) x = __builtin_fmaxf(x, shuffle_xor(x, mask));
    return x;
}

GLOBAL BOUNDS(256) reduce_sum(const float *in, float *out, uint n) {
    SHARED static float partial[32];
    float sum = 0;
    for (uint i = tid(); i < n; i += size()) sum += in[block() * n + i];
    sum = wave_sum(sum);
    if (lane() == 0) partial[tid() / WAVE] = sum;
    barrier();
    if (tid() == 0) {
        float total = 0;
        for (uint i = 0; i < (size() + WAVE - 1) / WAVE; i++) total += partial[i];
        out[block()] = total;
    }
}

GLOBAL BOUNDS(256) softmax(const float *in, float *out, uint n) {
    SHARED static float partial[64];
    const float *row = in + block() * n;
    uint waves = (size() + WAVE - 1) / WAVE;
    float top = -__builtin_inff();
    for (uint i = tid(); i < n; i += size()) top = __builtin_fmaxf(top, row[i]);
    top = wave_max(top);
    if (lane() == 0) partial[tid() / WAVE] = top;
    barrier();
    for (uint i = 0; i < waves; i++) top = __builtin_fmaxf(top, partial[i]);
    float sum = 0;
    for (uint i = tid(); i < n; i += size()) sum += __builtin_expf(row[i] - top);
    sum = wave_sum(sum);
    if (lane() == 0) partial[32 + tid() / WAVE] = sum;
    barrier();
    sum = 0;
    for (uint i = 0; i < waves; i++) sum += partial[32 + i];
    for (uint i = tid(); i < n; i += size()) out[block() * n + i] = __builtin_expf(row[i] - top) / sum;
}

// C = A B, all n x n, n a multiple of 32; 256 work-items, 4 results each.
GLOBAL BOUNDS(256) gemm(const float *a, const float *b, float *c, uint n) {
    SHARED static float ta[32][33], tb[32][33];
    uint x = tid() % 32, y = tid() / 32, column = block() * 32 + x, row = block_y() * 32 + y;
    float sum[4] = {};
    for (uint k = 0; k < n; k += 32) {
        for (int i = 0; i < 4; i++) {
            ta[y + 8 * i][x] = a[(row + 8 * i) * n + k + x];
            tb[y + 8 * i][x] = b[(k + y + 8 * i) * n + column];
        }
        barrier();
        for (int j = 0; j < 32; j++)
            for (int i = 0; i < 4; i++) sum[i] = __builtin_fmaf(ta[y + 8 * i][j], tb[j][x], sum[i]);
        barrier();
    }
    for (int i = 0; i < 4; i++) c[(row + 8 * i) * n + column] = sum[i];
}

GLOBAL histogram(const uint *in, uint *bins, uint n) {
    uint i = block() * size() + tid();
    if (i < n) __hip_atomic_fetch_add(&bins[in[i] % 16], 1u, __ATOMIC_RELAXED, __HIP_MEMORY_SCOPE_AGENT);
}

GLOBAL float_atomic(const float *in, float *out, uint n) {
    uint i = block() * size() + tid();
    if (i < n) __hip_atomic_fetch_add(out, in[i], __ATOMIC_RELAXED, __HIP_MEMORY_SCOPE_AGENT);
}

// Private memory with indices that only run time knows.
GLOBAL private_array(const uint *in, uint *out, uint n) {
    uint i = block() * size() + tid();
    if (i >= n) return;
    volatile uint table[16];
    for (uint k = 0; k < 16; k++) table[(k * 5 + i) % 16] = k * i;
    out[i] = table[in[i] % 16] + table[(in[i] + 7) % 16];
}

struct Item { half a, b; };
GLOBAL halves(const Item *in, Item *out, uint n) {
    uint i = block() * size() + tid();
    if (i >= n) return;
    Item x = in[i];
    out[i].a = x.a * x.b + (half)1.5f;
    out[i].b = (half)((float)x.a / (float)x.b);
}

GLOBAL divide(const double *in, double *out, const unsigned long *ints, unsigned long *ints_out, uint n) {
    uint i = block() * size() + tid();
    if (i + 1 >= n) return;
    out[i] = in[i] / in[i + 1];
    ints_out[i] = ints[i] / (ints[i + 1] % 1000 + 1);
}

GLOBAL launch_shape(uint *out) {
    uint *size = (uint *)out;
    if (tid() + tid_y() == 0 && block() + block_y() == 0) {
        size[0] = __builtin_amdgcn_workgroup_size_x();
        size[1] = __builtin_amdgcn_workgroup_size_y();
        size[2] = __builtin_amdgcn_grid_size_x();
        size[3] = WAVE;
    }
}

// Private memory by an address that could lead anywhere.
__attribute__((device, noinline)) uint total(const uint *values, uint n) {
    uint sum = 0;
    for (uint i = 0; i < n; i++) sum += values[i] * (i + 1);
    return sum;
}

GLOBAL flat_addresses(const uint *in, uint *out, uint n) {
    SHARED static uint shared[256];
    uint i = block() * size() + tid();
    uint mine[8];
    for (uint k = 0; k < 8; k++) mine[(k + i) % 8] = in[i % n] + k;
    shared[tid()] = i;
    barrier();
    uint wide[3] = {total(mine, 8), total(&shared[tid() / 8 * 8], 8), total(in, n)};
    if (i < n)
        for (uint k = 0; k < 3; k++) out[i * 3 + k] = wide[k];
}

// Three axes of work-items and workgroups.
GLOBAL axes(uint *out) {
    uint x = block() * size() + tid();
    uint y = block_y() * __builtin_amdgcn_workgroup_size_y() + tid_y();
    uint z = __builtin_amdgcn_workgroup_id_z() * __builtin_amdgcn_workgroup_size_z() + __builtin_amdgcn_workitem_id_z();
    uint width = __builtin_amdgcn_grid_size_x(), height = __builtin_amdgcn_grid_size_y();
    out[(z * height + y) * width + x] = x | y << 8 | z << 16;
}
