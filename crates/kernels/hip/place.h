// Places along an indexed dimension.
#pragma once
#include "walk.h"

// Indices of this value are skipped, as in Candle: the highest of their type.
template <class Index>
DEVICE bool is_absent(Index index) {
    constexpr bool is_signed = Index(-1) < Index(0);
    constexpr u64 highest = ~0ul >> (64 - 8 * sizeof(Index) + is_signed);
    return index == static_cast<Index>(highest);
}

// An element of a tensor of (left, count, right) elements.
struct Place {
    u32 left, i, right;
    DEVICE Place(u32 step, const Divisor &right_size, const Divisor &count) {
        right = right_size.split(step);
        i = count.split(step);
        left = step;
    }
};
