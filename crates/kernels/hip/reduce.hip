// Sums, extremes and their places, over any dimensions.
//
// Each output reduces the elements of the walk `inner`. Where there are too few outputs to fill the
// device, the walk is split into parts of `part_size` elements: the results of the parts go to
// `values` and `indices` ([part][output]), and `reduce_finish` reduces those. Work-items read several
// elements ahead, since one access at a time leaves most of the memory's rate unused.
//
// As on the CPU, a NaN counts only where it is the first element: it then is the result.
#define CHECKED_PACKS
#include "lanes.h"
#include "shapes.h"

template <class C>
struct Extremes {
    static constexpr C lowest = 0, highest = static_cast<C>(~C(0));
};
template <>
struct Extremes<i32> {
    static constexpr i32 highest = 0x7fffffff, lowest = -highest - 1;
};
template <>
struct Extremes<i64> {
    static constexpr i64 highest = 0x7fffffffffffffff, lowest = -highest - 1;
};
template <>
struct Extremes<f32> {
    static constexpr f32 highest = __builtin_inff(), lowest = -__builtin_inff();
};
template <>
struct Extremes<f64> {
    static constexpr f64 highest = __builtin_inf(), lowest = -__builtin_inf();
};

// What integers of less than 32 bits are reduced in; else what elements are computed in.
template <class T>
struct PartialType {
    typedef Compute<T> type;
};
template <>
struct PartialType<u8> {
    typedef u32 type;
};
template <>
struct PartialType<i16> {
    typedef i32 type;
};
template <class T>
using Partial = typename PartialType<T>::type;

// --- The operations: a state, how an element joins it, how two are combined ----------------------

template <class C>
struct Value {
    C value;
};
template <class C>
struct Found {
    C value;
    u32 index;
};

namespace op {
struct Sum {
    static constexpr bool INDEXED = false, KEEPS_NAN = false;
    template <class C>
    DEVICE static Value<C> start() {
        return {C(0)};
    }
    template <class C>
    DEVICE static Value<C> combine(Value<C> a, Value<C> b) {
        return {a.value + b.value};
    }
};

template <bool LEAST>
struct Extreme {
    static constexpr bool INDEXED = false, KEEPS_NAN = true;
    template <class C>
    DEVICE static Value<C> start() {
        return {LEAST ? Extremes<C>::highest : Extremes<C>::lowest};
    }
    // Ignores NaN in `b`; `a` is none, since it began as a number.
    template <class C>
    DEVICE static Value<C> combine(Value<C> a, Value<C> b) {
        bool better = LEAST ? b.value < a.value : b.value > a.value;
        return {better ? b.value : a.value};
    }
};
typedef Extreme<true> Min;
typedef Extreme<false> Max;

template <bool LEAST>
struct ArgExtreme {
    static constexpr bool INDEXED = true, KEEPS_NAN = true;
    template <class C>
    DEVICE static Found<C> start() {
        return {LEAST ? Extremes<C>::highest : Extremes<C>::lowest, ~0u};
    }
    // Of equals the first, which `a` is. Where nothing is better than the start, the index stays.
    template <class C>
    DEVICE static Found<C> follow(Found<C> a, Found<C> b) {
        bool better = LEAST ? b.value < a.value : b.value > a.value;
        return better ? b : a;
    }
    // The first of equals.
    template <class C>
    DEVICE static Found<C> combine(Found<C> a, Found<C> b) {
        bool better = LEAST ? b.value < a.value : b.value > a.value;
        bool first = (b.value == a.value) & (b.index < a.index);
        return (better | first) ? b : a;
    }
};
typedef ArgExtreme<true> ArgMin;
typedef ArgExtreme<false> ArgMax;
}  // namespace op

template <class Op, class C>
struct StateType {
    typedef Value<C> type;
};
template <bool LEAST, class C>
struct StateType<op::ArgExtreme<LEAST>, C> {
    typedef Found<C> type;
};
// An element as it is reduced.
template <class T>
DEVICE Partial<T> partial_of(T x) {
    return static_cast<Partial<T>>(computed(x));
}

template <class Op, class T>
using State = typename StateType<Op, Partial<T>>::type;

template <class Op, class T>
DEVICE State<Op, T> first_state() {
    return Op::template start<Partial<T>>();
}

// Joins an element behind all that joined before: of equals it is not the first.
template <class Op, class T>
DEVICE void join(State<Op, T> &state, Partial<T> value, u32 index) {
    if constexpr (Op::INDEXED) {
        state = Op::follow(state, State<Op, T>{value, index});
    } else {
        state = Op::combine(state, State<Op, T>{value});
    }
}

// Combines the states of neighbouring lanes.
template <class Op, u32 lanes, u32 mask = 1, class S>
DEVICE S combine_lanes(S state) {
    if constexpr (mask < lanes) {
        S other = state;
        other.value = exchange<mask>(state.value);
        if constexpr (Op::INDEXED) other.index = exchange<mask>(state.index);
        return combine_lanes<Op, lanes, mask * 2>(Op::combine(state, other));
    } else {
        return state;
    }
}

template <class Op, class S>
DEVICE S combine_workgroup(S state) {
    constexpr u32 waves = BLOCK / WAVE;
    SHARED S partial[waves];
    state = combine_lanes<Op, WAVE>(state);
    if (lane() == 0) partial[work_item() / WAVE] = state;
    barrier();
    return combine_lanes<Op, waves>(partial[lane() % waves]);
}

// Combines N states of each work-item with those of the work-items at the same place of the other
// slices, `across` work-items each, a power of two. Those of slice 0 get the results.
template <class Op, u32 N, class S>
DEVICE void combine_slices(S (&states)[N], u32 across) {
    SHARED S partial[N][BLOCK];
    const u32 at = work_item();
    for (u32 half = BLOCK / 2; half >= across; half /= 2) {
        if (at >= half && at < 2 * half) {
            for (u32 k = 0; k < N; k++) partial[k][at] = states[k];
        }
        barrier();
        if (at < half) {
            for (u32 k = 0; k < N; k++) states[k] = Op::combine(states[k], partial[k][at + half]);
        }
    }
}

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
        const auto read = [&](u32 i) { return x[offset_in(inner, i)]; };
        read_ahead(begin + worker, end, WORKERS, read, single);
    }
    return state;
}

// A result as it is written. Where nothing is better than the start, all are like the first.
template <class Op, class T>
DEVICE void write_result(State<Op, T> state, void *y, u32 output) {
    if constexpr (Op::INDEXED) {
        static_cast<u32 *>(y)[output] = state.index == ~0u ? 0 : state.index;
    } else {
        static_cast<T *>(y)[output] = static_cast<T>(state.value);
    }
}

// Writes the result, or the result of a part. `x` is the first element of the output.
template <class Op, class T>
DEVICE void finish(State<Op, T> state, const T *x, void *y, Partial<T> *values, u32 *indices,
                   u32 output, u32 outputs) {
    u32 part = block_y();
    if constexpr (Op::KEEPS_NAN && is_float<T>) {
        Partial<T> first = partial_of<T>(*x);
        if (part == 0 && first != first) {
            state.value = first;
            if constexpr (Op::INDEXED) state.index = 0;
        }
    }
    if (values == nullptr) return write_result<Op, T>(state, y, output);
    u64 at = static_cast<u64>(part) * outputs + output;
    values[at] = state.value;
    if constexpr (Op::INDEXED) indices[at] = state.index;
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

// The rows of a workgroup of reduce_group, as in the manifest.
constexpr u32 GROUP_ROWS = 32;

// Whether rows of adjacent elements are at most a pack for each of WORKERS lanes.
template <u32 WORKERS, class T>
DEVICE bool fit_packs(const T *x, const Walk<1> &outer, const Walk<1> &inner) {
    constexpr u32 N = LANES<T>;
    const bool adjacent = inner.rank == 1 && inner.strides[0][0] == 1;
    u32 strides = 0;
    for (u32 dim = 0; dim < outer.rank; dim++) strides |= outer.strides[0][dim];
    const bool even = strides % N == 0 || PACK_ALIGNMENT<T, N> == sizeof(T);
    return adjacent && even && inner.steps <= WORKERS * N && inner.steps % N == 0 && aligned<N>(x);
}

// Several short rows at a time, of at most a pack for each of WORKERS lanes.
template <class Op, u32 WORKERS, class T>
DEVICE void reduce_rows(const T *x, Out y, const Walk<1> &outer, u32 steps) {
    constexpr u32 N = LANES<T>, ROWS = GROUP_ROWS * WORKERS / BLOCK;
    const u32 at = work_item() % WORKERS, outputs = outer.steps;
    const u32 first = block_x() * GROUP_ROWS + work_item() / WORKERS * ROWS;
    if (first >= outputs) return;
    const bool exists = at * N < steps;
    const T *rows[ROWS];
    Pack<T, N> packs[ROWS];
#pragma unroll
    for (u32 r = 0; r < ROWS; r++) {
        rows[r] = x + offset_in(outer, least(first + r, outputs - 1));
        packs[r] = load<N>(rows[r] + (exists ? at * N : 0));
    }
#pragma unroll
    for (u32 r = 0; r < ROWS; r++) {
        State<Op, T> state = first_state<Op, T>();
        if (exists) {
            for (u32 k = 0; k < N; k++) {
                join<Op, T>(state, partial_of<T>(packs[r].at[k]), at * N + k);
            }
        }
        state = combine_lanes<Op, WORKERS>(state);
        if (at == r && first + r < outputs) {
            finish<Op, T>(state, rows[r], y.address, nullptr, nullptr, first + r, outputs);
        }
    }
}

// Few enough lanes that those of a short row all have something to read.
template <class Op, class T>
DEVICE void reduce_group(const T *x, Out y, Partial<T> *, u32 *, u32, u32, const Walk<1> &outer,
                         const Walk<1> &inner) {
    constexpr u32 FEW = 16;
    if (fit_packs<FEW>(x, outer, inner)) return reduce_rows<Op, FEW>(x, y, outer, inner.steps);
    if (fit_packs<2 * FEW>(x, outer, inner)) {
        return reduce_rows<Op, 2 * FEW>(x, y, outer, inner.steps);
    }
#pragma unroll 1
    for (u32 r = work_item() / FEW; r < GROUP_ROWS; r += BLOCK / FEW) {
        const u32 output = block_x() * GROUP_ROWS + r;
        if (output >= outer.steps) return;
        const T *row = x + offset_in(outer, output);
        State<Op, T> state = reduce_range<Op, FEW>(row, inner, 0, inner.steps);
        state = combine_lanes<Op, FEW>(state);
        if (work_item() % FEW == 0) {
            finish<Op, T>(state, row, y.address, nullptr, nullptr, output, outer.steps);
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
// more than 8 would not fit the registers); `across` work-items side by side, a
// power of two, and the others of the workgroup take turns along `inner`.
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
            read_ahead(begin + slice, end, slices, [=](u32 i) { return load<N>(x + i * stride); }, take);
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
    if constexpr (Op::KEEPS_NAN && is_float<T>) {
        Partial<T> first = values[output];
        if (first != first) {
            states[0].value = first;
            if constexpr (Op::INDEXED) states[0].index = 0;
        }
    }
    write_result<Op, T>(states[0], y.address, output);
}
