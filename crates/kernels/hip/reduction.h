// What reductions do with elements: sums, extremes and their places.
//
// As on the CPU, a NaN counts only where it is the first element: it then is the result.
#pragma once
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
    // Where all of `b` lies behind `a`, which then is the first of equals. Where nothing is better
    // than the start, its index stays.
    template <class C>
    DEVICE static Found<C> follow(Found<C> a, Found<C> b) {
        bool better = LEAST ? b.value < a.value : b.value > a.value;
        return better ? b : a;
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

// An element as it is reduced.
template <class T>
DEVICE Partial<T> partial_of(T x) {
    return static_cast<Partial<T>>(computed(x));
}

// Joins an element that lies behind all that joined before.
template <class Op, class T>
DEVICE void join(State<Op, T> &state, Partial<T> value, u32 index) {
    if constexpr (Op::INDEXED) {
        state = Op::follow(state, State<Op, T>{value, index});
    } else {
        state = Op::combine(state, State<Op, T>{value});
    }
}

// --- Combining states of several work-items ------------------------------------------------------

// The state of the lane whose number differs in `mask`.
template <class Op, u32 mask, class S>
DEVICE S exchange_state(S state) {
    state.value = exchange<mask>(state.value);
    if constexpr (Op::INDEXED) state.index = exchange<mask>(state.index);
    return state;
}

// Combines the states of neighbouring lanes.
template <class Op, u32 lanes, u32 mask = 1, class S>
DEVICE S combine_lanes(S state) {
    if constexpr (mask < lanes) {
        const S other = exchange_state<Op, mask>(state);
        return combine_lanes<Op, lanes, mask * 2>(Op::combine(state, other));
    } else {
        return state;
    }
}

// One of two states, by its members: a choice between structs would lie in memory.
template <class Op, class S>
DEVICE S choose(bool second, const S &a, const S &b) {
    S chosen = a;
    chosen.value = second ? b.value : a.value;
    if constexpr (Op::INDEXED) chosen.index = second ? b.index : a.index;
    return chosen;
}

// Combines N states of each of `lanes` neighbouring lanes. Each of a pair of lanes goes on with half
// of the states, which takes fewer exchanges than all: lane `at` gets that of `scattered<N>(at)`.
template <class Op, u32 lanes, u32 N, u32 mask = 1, class S>
DEVICE S scatter_lanes(const S (&states)[N], u32 at) {
    if constexpr (N == 1) {
        return combine_lanes<Op, lanes, mask>(states[0]);
    } else {
        const bool upper = (at & mask) != 0;
        S half[N / 2];
#pragma unroll
        for (u32 k = 0; k < N / 2; k++) {
            const S own = choose<Op>(upper, states[k], states[k + N / 2]);
            const S sent = choose<Op>(upper, states[k + N / 2], states[k]);
            const S other = exchange_state<Op, mask>(sent);
            // The lower lane's elements come first, which decides between zeros of either sign.
            half[k] = Op::combine(choose<Op>(upper, own, other), choose<Op>(upper, other, own));
        }
        return scatter_lanes<Op, lanes, N / 2, mask * 2>(half, at);
    }
}

template <u32 N>
DEVICE u32 scattered(u32 at) {
    u32 which = 0;
    for (u32 half = N / 2; half > 0; half /= 2, at /= 2) which += at % 2 * half;
    return which;
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
    SHARED S partial[N][BLOCK / 2];
    const u32 at = work_item();
    for (u32 half = BLOCK / 2; half >= across; half /= 2) {
        if (at >= half && at < 2 * half) {
            for (u32 k = 0; k < N; k++) partial[k][at - half] = states[k];
        }
        barrier();
        if (at < half) {
            for (u32 k = 0; k < N; k++) states[k] = Op::combine(states[k], partial[k][at]);
        }
        barrier();  // Before others write.
    }
}

// --- Writing results -----------------------------------------------------------------------------

// A result as it is written. Where nothing is better than the start, all are like the first.
template <class Op, class T>
DEVICE void write_result(State<Op, T> state, void *y, u32 output) {
    if constexpr (Op::INDEXED) {
        static_cast<u32 *>(y)[output] = state.index == ~0u ? 0 : state.index;
    } else {
        static_cast<T *>(y)[output] = static_cast<T>(state.value);
    }
}

// A NaN that is the first element is the result.
template <class Op, class T>
DEVICE State<Op, T> kept(State<Op, T> state, Partial<T> first) {
    if constexpr (Op::KEEPS_NAN && is_float<T>) {
        const bool is_nan = first != first;
        state.value = is_nan ? first : state.value;
        if constexpr (Op::INDEXED) state.index = is_nan ? 0 : state.index;
    }
    return state;
}

// Writes the result, or the result of a part. `x` is the first element of the output.
template <class Op, class T>
DEVICE void finish(State<Op, T> state, const T *x, void *y, Partial<T> *values, u32 *indices,
                   u32 output, u32 outputs) {
    const u32 part = block_y();
    if constexpr (Op::KEEPS_NAN && is_float<T>) {
        if (part == 0) state = kept<Op, T>(state, partial_of<T>(*x));
    }
    if (values == nullptr) return write_result<Op, T>(state, y, output);
    const u64 at = static_cast<u64>(part) * outputs + output;
    values[at] = state.value;
    if constexpr (Op::INDEXED) indices[at] = state.index;
}
