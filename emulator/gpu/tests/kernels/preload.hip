// Built so that arguments are loaded into scalar registers before the kernel starts.
#include "device.h"

GLOBAL scaled_add(const float *a, const float *b, float *c, uint n, uint factor) {
    uint i = block() * size() + tid();
    if (i < n) c[i] = a[i] + b[i] * factor;
}
