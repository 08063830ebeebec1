// Kernels of custom ops with one to three operands, in place and not, and some that go wrong.

extern "C" __global__ void scale(const float *x, float *y, float factor, unsigned n) {
    const unsigned i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) y[i] = x[i] * factor;
}

extern "C" __global__ void add(const float *a, const float *b, float *y, unsigned n) {
    const unsigned i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) y[i] = a[i] + b[i];
}

extern "C" __global__ void multiply_add(const float *a, const float *b, const float *c, float *y,
                                        unsigned n) {
    const unsigned i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) y[i] = a[i] * b[i] + c[i];
}

extern "C" __global__ void scale_in_place(float *x, float factor, unsigned n) {
    const unsigned i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) x[i] *= factor;
}

extern "C" __global__ void add_in_place(float *x, const float *a, unsigned n) {
    const unsigned i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) x[i] += a[i];
}

extern "C" __global__ void multiply_add_in_place(float *x, const float *a, const float *b,
                                                 unsigned n) {
    const unsigned i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) x[i] += a[i] * b[i];
}

// A matrix by its strides, in elements.
struct Matrix {
    unsigned rows, columns, row_stride, column_stride;
};

extern "C" __global__ void copy_strided(const float *x, float *y, Matrix m) {
    const unsigned i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < m.rows * m.columns) {
        y[i] = x[i / m.columns * m.row_stride + i % m.columns * m.column_stride];
    }
}

// Writes far outside.
extern "C" __global__ void astray(float *y) {
    y[(1ull << 40) + threadIdx.x] = 1.0f;
}

// Takes blocks of at most 64 threads.
extern "C" __global__ __attribute__((amdgpu_flat_work_group_size(1, 64))) void small_block(unsigned *y) {
    y[threadIdx.x] = blockDim.x;
}

// Its name is one of C++.
__global__ void cplusplus(unsigned *y) {
    y[threadIdx.x] = 1;
}
