// Sums, extremes and their places, over any dimensions.
//
// Each output reduces the elements of the walk `inner`. Where there are too few outputs to fill the
// device, the walk is split into parts of `part_size` elements: the results of the parts go to
// `values` and `indices` ([part][output]), and `reduce_finish` reduces those. Work-items read several
// elements ahead, since one access at a time leaves most of the memory's rate unused.
#define CHECKED_PACKS
#include "reduction.h"

// --- Reading what is reduced ---------------------------------------------------------------------

DEVICE u64 offset_in(const Walk<1> &walk, u32 step) {
    u64 offset[1];
    walk.locate(step, offset);
    return offset[0];
}

// Calls join(what read(i) gave, i) for each `step`th i from `begin` to `end`, AHEAD reads at a time.
template <class R, class J>
DEVICE void read_ahead(u32 begin, u32 end, u32 step, R read, J join) {
    constexpr u32 AHEAD = 4;
    for (u32 i = begin; i < end; i += AHEAD * step) {
        decltype(read(i)) found[AHEAD];
#pragma unroll
        for (u32 k = 0; k < AHEAD; k++) {
            found[k] = {};
            if (i + k * step < end) found[k] = read(i + k * step);
        }
#pragma unroll
        for (u32 k = 0; k < AHEAD; k++) {
            if (i + k * step < end) join(found[k], i + k * step);
        }
    }
}

// Joins the elements from `begin` to `end` of a walk, WORKERS work-items taking turns.
template <class Op, u32 WORKERS, class T>
DEVICE State<Op, T> reduce_range(const T *x, const Walk<1> &inner, u32 begin, u32 end) {
    State<Op, T> state = first_state<Op, T>();
    const u32 worker = WORKERS == 1 ? 0 : work_item() % WORKERS;
    constexpr u32 N = LANES<T>;
    const bool adjacent = inner.rank == 1 && inner.strides[0][0] == 1;
    const auto single = [&](T value, u32 i) { join<Op, T>(state, partial_of<T>(value), i); };
    if (WORKERS > 1 && adjacent && (begin | end) % N == 0 && aligned<N>(x)) {
        const auto read = [=](u32 i) { return load<N>(x + i); };
        read_ahead(begin + worker * N, end, WORKERS * N, read, [&](const Pack<T, N> &pack, u32 i) {
            for (u32 k = 0; k < N; k++) single(pack.at[k], i + k);
        });
    } else if (inner.rank <= 1) {
        const u64 stride = inner.strides[0][0];
        read_ahead(begin + worker, end, WORKERS, [=](u32 i) { return x[i * stride]; }, single);
    } else {
        for (u32 i = begin + worker; i < end; i += WORKERS) single(x[offset_in(inner, i)], i);
    }
    return state;
}

// --- The kernels ---------------------------------------------------------------------------------

template <class Op, class T>
DEVICE void reduce_block(const T *x, Out y, Partial<T> *values, u32 *indices, u32, u32 part_size,
                         const Walk<1> &outer, const Walk<1> &inner) {
    u32 output = block_x();
    x += offset_in(outer, output);
    u32 begin = block_y() * part_size, end = least(begin + part_size, inner.steps);
    State<Op, T> state = reduce_range<Op, BLOCK>(x, inner, begin, end);
    state = combine_workgroup<Op>(state);
    if (work_item() == 0) finish<Op>(state, x, y.address, values, indices, output, outer.steps);
}

template <class Op, class T>
DEVICE void reduce_group(const T *x, Out y, Partial<T> *, u32 *, u32, u32, const Walk<1> &outer,
                         const Walk<1> &inner) {
    u32 output = block_x() * (BLOCK / GROUP) + work_item() / GROUP;
    if (output >= outer.steps) return;
    x += offset_in(outer, output);
    State<Op, T> state = reduce_range<Op, GROUP>(x, inner, 0, inner.steps);
    state = combine_lanes<Op, GROUP>(state);
    if (work_item() % GROUP == 0) {
        finish<Op, T>(state, x, y.address, nullptr, nullptr, output, outer.steps);
    }
}

// Lanes that share a row of reduce_rows, the packs that each holds at a time, and the rows of a
// workgroup, as in the manifest.
constexpr u32 SHARING = 16, HELD = 4, ROWS = BLOCK / SHARING * HELD;

// Rows of at most PACKS packs for each lane, HELD / PACKS of them at a time.
template <class Op, u32 PACKS, class T>
DEVICE void reduce_rows_of(const T *x, u64 stride, Out y, u32 first, u32 outputs, u32 columns) {
    constexpr u32 N = LANES<T>, R = HELD / PACKS;
    const u32 at = work_item() % SHARING;
    Pack<T, N> packs[R][PACKS];
#pragma unroll
    for (u32 r = 0; r < R; r++) {
        const T *row = x + least(first + r, outputs - 1) * stride;
#pragma unroll
        for (u32 p = 0; p < PACKS; p++) {
            const u32 column = (p * SHARING + at) * N;
            packs[r][p] = load<N>(row + (column < columns ? column : 0));
        }
    }
    State<Op, T> states[R];
#pragma unroll
    for (u32 r = 0; r < R; r++) {
        states[r] = first_state<Op, T>();
#pragma unroll
        for (u32 p = 0; p < PACKS; p++) {
            const u32 column = (p * SHARING + at) * N;
            if (column >= columns) continue;
            for (u32 k = 0; k < N; k++) {
                join<Op, T>(states[r], partial_of<T>(packs[r][p].at[k]), column + k);
            }
        }
    }
    const State<Op, T> state = scatter_lanes<Op, SHARING>(states, at);
    const u32 output = first + scattered<R>(at);
    if (at < R && output < outputs) {
        finish<Op, T>(state, x + output * stride, y.address, nullptr, nullptr, output, outputs);
    }
}

// Short rows of adjacent elements, whole packs of them and at most HELD for each lane.
template <class Op, class T>
DEVICE void reduce_rows(const T *x, Out y, Partial<T> *, u32 *, u32, u32, const Walk<1> &outer,
                        const Walk<1> &inner) {
    constexpr u32 STEP = SHARING * LANES<T>;
    const u32 outputs = outer.steps, columns = inner.steps;
    const u64 stride = outer.strides[0][0];
    const u32 first = block_x() * ROWS + work_item() / SHARING * HELD;
    if (columns <= STEP) {
        reduce_rows_of<Op, 1>(x, stride, y, first, outputs, columns);
    } else if (columns <= 2 * STEP) {
#pragma unroll 1
        for (u32 r = 0; r < HELD; r += 2) {
            reduce_rows_of<Op, 2>(x, stride, y, first + r, outputs, columns);
        }
    } else {
#pragma unroll 1
        for (u32 r = 0; r < HELD; r++) {
            reduce_rows_of<Op, HELD>(x, stride, y, first + r, outputs, columns);
        }
    }
}

template <class Op, class T>
DEVICE void reduce_columns(const T *x, Out y, Partial<T> *values, u32 *indices, u32, u32 part_size,
                           const Walk<1> &outer, const Walk<1> &inner) {
    u32 output = block_x() * BLOCK + work_item();
    if (output >= outer.steps) return;
    x += offset_in(outer, output);
    u32 begin = block_y() * part_size, end = least(begin + part_size, inner.steps);
    State<Op, T> state = reduce_range<Op, 1>(x, inner, begin, end);
    finish<Op>(state, x, y.address, values, indices, output, outer.steps);
}

// As reduce_columns, N neighbouring outputs a work-item, which it reads in one access (the states of
// more than 8 would not fit the registers); `across` work-items side by side, a power of two, and the
// others of the workgroup take turns along `inner`.
template <class Op, class T>
DEVICE void reduce_columns_wide(const T *x, Out y, Partial<T> *values, u32 *indices, u32 across,
                                u32 part_size, const Walk<1> &outer, const Walk<1> &inner) {
    constexpr u32 N = least(LANES<T>, 8u);
    const u32 slice = work_item() / across, slices = BLOCK / across;
    const u32 output = (block_x() * across + work_item() % across) * N;
    const bool exists = output < outer.steps;
    State<Op, T> states[N];
    for (u32 k = 0; k < N; k++) states[k] = first_state<Op, T>();
    if (exists) {
        x += offset_in(outer, output);
        const u32 begin = block_y() * part_size, end = least(begin + part_size, inner.steps);
        const auto take = [&](const Pack<T, N> &pack, u32 i) {
            for (u32 k = 0; k < N; k++) join<Op, T>(states[k], partial_of<T>(pack.at[k]), i);
        };
        if (inner.rank == 1) {
            const u64 stride = inner.strides[0][0];
            read_ahead(begin + slice, end, slices, [=](u32 i) { return load<N>(x + i * stride); },
                       take);
        } else {
            const auto read = [&](u32 i) { return load<N>(x + offset_in(inner, i)); };
            read_ahead(begin + slice, end, slices, read, take);
        }
    }
    combine_slices<Op>(states, across);
    if (slice != 0 || !exists) return;
    for (u32 k = 0; k < N; k++) {
        finish<Op>(states[k], x + k, y.address, values, indices, output + k, outer.steps);
    }
}

// `across` outputs a workgroup, a power of two; the work-items of each take turns.
template <class Op, class T>
DEVICE void reduce_finish(const Partial<T> *values, const u32 *indices, Out y, u32 outputs,
                          u32 parts, u32 across) {
    typedef State<Op, T> S;
    const u32 output = block_x() * across + work_item() % across;
    S states[1] = {first_state<Op, T>()};
    if (output < outputs) {
        const auto read = [=](u32 part) {
            const u64 at = static_cast<u64>(part) * outputs + output;
            S state;
            state.value = values[at];
            if constexpr (Op::INDEXED) state.index = indices[at];
            return state;
        };
        read_ahead(work_item() / across, parts, BLOCK / across, read,
                   [&](S part, u32) { states[0] = Op::combine(states[0], part); });
    }
    combine_slices<Op>(states, across);
    if (work_item() >= across || output >= outputs) return;
    write_result<Op, T>(kept<Op, T>(states[0], values[output]), y.address, output);
}
