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
    u32 element;  // its number
};

// The order in which steps take the elements. In that of memory neighbours read and write together.
// Where each goes to a random place along the middle, those that are at work at a time touch all of
// it; in strips of 2^`strip` columns they touch what caches hold. `right` is then the number of strips.
struct Order {
    const Divisor &right, &count;
    u32 strip;

    // Elements of a row.
    DEVICE u32 columns() const { return right.divisor << strip; }

    DEVICE Place place(u32 step) const {
        Place place;
        place.element = step;
        if (strip == 0) {
            place.right = right.split(step);
            place.i = count.split(step);
            place.left = step;
            return place;
        }
        const u32 column = step & ((1u << strip) - 1);
        step >>= strip;
        place.i = count.split(step);
        place.right = (right.split(step) << strip) + column;
        place.left = step;
        place.element = (place.left * count.divisor + place.i) * columns() + place.right;
        return place;
    }
};
