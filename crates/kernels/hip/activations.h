// Activations as bytes: of 32 neighbouring values, value = step * quant, with the sums of both halves'
// quants, which products with weights that have a zero point or a min want. The bytes of all rows
// come first, then the steps.
#pragma once
#include "device.h"

struct alignas(8) Steps {
    f32 step;
    i16 low, high;
};
