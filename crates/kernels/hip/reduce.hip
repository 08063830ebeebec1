// Sums, extremes and their places, over any dimensions.
//
// Each output reduces the elements of the walk `inner`. Where there are too few outputs to fill the
// device, the walk is split into parts of `part_size` elements: the results of the parts go to
// `values` and `indices` ([part][output]), and `reduce_finish` reduces those.
//
// As on the CPU, a NaN counts only where it is the first element: it then is the result.
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
template <class Op, class T>
using State = typename StateType<Op, Partial<T>>::type;

template <class Op, class T>
DEVICE State<Op, T> first_state() {
    return Op::template start<Partial<T>>();
}

template <class Op, class T>
DEVICE void join(State<Op, T> &state, Partial<T> value, u32 index) {
    if constexpr (Op::INDEXED) {
        state = Op::combine(state, State<Op, T>{value, index});
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

// --- Reading what is reduced ---------------------------------------------------------------------

DEVICE u64 offset_in(const Walk<1> &walk, u32 step) {
    u64 offset[1];
    walk.locate(step, offset);
    return offset[0];
}

// Joins the elements from `begin` to `end` of a walk, WORKERS work-items taking turns.
template <class Op, u32 WORKERS, class T>
DEVICE State<Op, T> reduce_range(const T *x, const Walk<1> &inner, u32 begin, u32 end) {
    State<Op, T> state = first_state<Op, T>();
    const u32 worker = WORKERS == 1 ? 0 : work_item() % WORKERS;
    constexpr u32 N = LANES<T>;
    const bool adjacent = inner.rank == 1 && inner.strides[0][0] == 1;
    if (WORKERS > 1 && adjacent && (begin | end) % N == 0 && aligned<N>(x)) {
        for (u32 i = begin + worker * N; i < end; i += WORKERS * N) {
            Pack<T, N> pack = load<N>(x + i);
            for (u32 k = 0; k < N; k++) join<Op, T>(state, static_cast<Partial<T>>(pack.at[k]), i + k);
        }
    } else if (inner.rank <= 1) {
        for (u32 i = begin + worker; i < end; i += WORKERS) {
            u64 offset = static_cast<u64>(i) * inner.strides[0][0];
            join<Op, T>(state, static_cast<Partial<T>>(x[offset]), i);
        }
    } else {
        for (u32 i = begin + worker; i < end; i += WORKERS) {
            join<Op, T>(state, static_cast<Partial<T>>(x[offset_in(inner, i)]), i);
        }
    }
    return state;
}

// Writes the result, or the result of a part. `x` is the first element of the output.
template <class Op, class T>
DEVICE void finish(State<Op, T> state, const T *x, void *y, Partial<T> *values, u32 *indices,
                   u32 output, u32 outputs) {
    u32 part = block_y();
    if constexpr (Op::KEEPS_NAN && is_float<T>) {
        Partial<T> first = static_cast<Partial<T>>(*x);
        if (part == 0 && first != first) {
            state.value = first;
            if constexpr (Op::INDEXED) state.index = 0;
        }
    }
    if (values == nullptr) {
        if constexpr (Op::INDEXED) {
            static_cast<u32 *>(y)[output] = state.index;
        } else {
            static_cast<T *>(y)[output] = static_cast<T>(state.value);
        }
        return;
    }
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
// more than 8, with indices 4, would not fit the registers); GROUP
// work-items side by side, and the others of the workgroup take turns along `inner`.
template <class Op, class T>
DEVICE void reduce_columns_wide(const T *x, Out y, Partial<T> *values, u32 *indices, u32,
                                u32 part_size, const Walk<1> &outer, const Walk<1> &inner) {
    constexpr u32 N = least(LANES<T>, Op::INDEXED ? 4u : 8u), SLICES = BLOCK / GROUP, COLUMNS = GROUP * N;
    SHARED State<Op, T> partial[SLICES][COLUMNS];
    const u32 slice = work_item() / GROUP, column = work_item() % GROUP * N;
    const u32 first = block_x() * COLUMNS;
    State<Op, T> states[N];
    for (u32 k = 0; k < N; k++) states[k] = first_state<Op, T>();
    if (first + column < outer.steps) {
        const T *from = x + offset_in(outer, first + column);
        const u32 begin = block_y() * part_size, end = least(begin + part_size, inner.steps);
        for (u32 i = begin + slice; i < end; i += SLICES) {
            Pack<T, N> pack = load<N>(from + offset_in(inner, i));
            for (u32 k = 0; k < N; k++) {
                join<Op, T>(states[k], static_cast<Partial<T>>(pack.at[k]), i);
            }
        }
    }
    for (u32 k = 0; k < N; k++) partial[slice][column + k] = states[k];
    barrier();
    for (u32 at = work_item(); at < COLUMNS; at += BLOCK) {
        const u32 output = first + at;
        if (output >= outer.steps) break;
        State<Op, T> state = partial[0][at];
        for (u32 k = 1; k < SLICES; k++) state = Op::combine(state, partial[k][at]);
        finish<Op>(state, x + offset_in(outer, output), y.address, values, indices, output,
                   outer.steps);
    }
}

template <class Op, class T>
DEVICE void reduce_finish(const Partial<T> *values, const u32 *indices, Out y, u32 outputs,
                          u32 parts) {
    u32 output = block_x() * BLOCK + work_item();
    if (output >= outputs) return;
    State<Op, T> state = first_state<Op, T>();
    for (u32 part = 0; part < parts; part++) {
        u64 at = static_cast<u64>(part) * outputs + output;
        u32 index = 0;
        if constexpr (Op::INDEXED) index = indices[at];
        join<Op, T>(state, values[at], index);
    }
    if constexpr (Op::KEEPS_NAN && is_float<T>) {
        Partial<T> first = values[output];
        if (first != first) {
            state.value = first;
            if constexpr (Op::INDEXED) state.index = 0;
        }
    }
    if constexpr (Op::INDEXED) {
        static_cast<u32 *>(y.address)[output] = state.index;
    } else {
        static_cast<T *>(y.address)[output] = static_cast<T>(state.value);
    }
}
