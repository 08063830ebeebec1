// Rows that LDS holds while their elements are reached in any order: a wave that touches random places
// of a row in memory takes a step of the cache for each line of it, LDS one for each word of a bank.
#pragma once
#include "device.h"

// Work-items of a workgroup, as in the manifest, and the bytes of the longest row.
constexpr u32 ROW_WORKERS = 512, ROW_BYTES = 32768;

// The row from `x` on, into LDS. Reads are under way before `meanwhile` is called.
template <class T, class F>
DEVICE void hold_row(T *row, const T *x, u32 source, F meanwhile) {
    constexpr u32 N = LANES<T>, STEP = ROW_WORKERS * N, STEPS_OF_ROW = ROW_BYTES / 16 / ROW_WORKERS;
    if (source % N != 0 || !aligned<N>(x)) {
        for (u32 i = work_item(); i < source; i += ROW_WORKERS) row[i] = x[i];
        return meanwhile();
    }
    Pack<T, N> packs[STEPS_OF_ROW];
#pragma unroll
    for (u32 k = 0; k < STEPS_OF_ROW; k++) {
        const u32 at = k * STEP + work_item() * N;
        if (at < source) packs[k] = load<N>(x + at);
    }
    meanwhile();
#pragma unroll
    for (u32 k = 0; k < STEPS_OF_ROW; k++) {
        const u32 at = k * STEP + work_item() * N;
        if (at < source) store(row + at, packs[k]);
    }
}

// A work-item's share of `count` neighbouring elements: AHEAD packs of K at a time.
template <u32 K, u32 AHEAD>
struct RowShare {
    static constexpr u32 STEP = ROW_WORKERS * K, SPAN = AHEAD * STEP;
    DEVICE static u32 at(u32 begin, u32 k) { return begin + k * STEP + work_item() * K; }
};
