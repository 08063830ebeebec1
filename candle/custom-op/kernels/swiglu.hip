// The gated unit of Llama's feed-forward layers: `y = gate * sigmoid(gate) * up`.
// Compiles as it is with hipRTC, or with hipcc after `#include <hip/hip_runtime.h>`.

extern "C" __global__ void swiglu(const float *gate, const float *up, float *y, unsigned n) {
    const unsigned i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) {
        const float g = gate[i];
        y[i] = g / (1.0f + expf(-g)) * up[i];
    }
}
