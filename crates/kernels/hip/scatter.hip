// Writing and adding at indices.
//
// The source has (left, count, right) elements, the destination (left, target, right). Indices are
// first brought into one form: adjacent u32, NOWHERE where an element goes nowhere. There is one for
// each element of the source, or, `shared`, one for each of `count`.
//
// Of several elements that go to one place the last is written, as on the CPU.
#define CHECKED_PACKS
#include "atomic.h"
#include "held_row.h"
#include "place.h"

constexpr u32 NOWHERE = ~0u;

// One outside the destination is noted in `fault`.
template <class Index>
DEVICE void index_normal(const Index *ids, u32 *y, u32 *fault, u32 target, const Walk<1> &walk) {
    u32 step = block_x() * BLOCK + work_item();
    if (step >= walk.steps) return;
    u64 offset[1];
    walk.locate(step, offset);
    Index index = ids[offset[0]];
    bool inside = static_cast<u64>(static_cast<i64>(index)) < target;
    if (!inside && !is_absent(index)) *fault = 1;
    y[step] = inside && !is_absent(index) ? static_cast<u32>(index) : NOWHERE;
}

// Where element (left, i, right) of the source goes.
struct Route {
    u32 target, columns;

    DEVICE u64 to(u32 left, u32 index, u32 right) const {
        return (static_cast<u64>(left) * target + index) * columns + right;
    }
};

// --- Steps for the elements of the source --------------------------------------------------------

// Steps of a work-item, as in the manifest: reads that do not wait for each other.
constexpr u32 STEPS = 4;

// Calls write(where to, what read(where from) gave, place along the dimension) for the elements that
// go somewhere. An index that is outside is noted in `fault`.
template <class R, class W>
DEVICE void for_source(const u32 *ids, u32 *fault, u32 n, u32 target, u32 shared, const Order &order,
                       R read, W write) {
    Place places[STEPS];
    u32 indices[STEPS];
    decltype(read(n)) found[STEPS];
#pragma unroll
    for (u32 k = 0; k < STEPS; k++) {
        const u32 step = (block_x() * STEPS + k) * BLOCK + work_item();
        indices[k] = NOWHERE;
        found[k] = {};
        if (step >= n) continue;
        places[k] = order.place(step);
        indices[k] = ids[shared ? places[k].i : places[k].element];
        found[k] = read(places[k].element);
    }
#pragma unroll
    for (u32 k = 0; k < STEPS; k++) {
        const u32 index = indices[k];
        if (index < target) {
            const Route route = {target, order.columns()};
            write(route.to(places[k].left, index, places[k].right), found[k], places[k].i);
        } else if (index != NOWHERE) {
            *fault = 1;
        }
    }
}

template <class T>
DEVICE void scatter_add(const u32 *ids, const T *x, T *y, const u32 *, u32 *fault, u32 n, u32 target,
                        u32 shared, u32 strip, const Divisor &right, const Divisor &count) {
    for_source(
        ids, fault, n, target, shared, Order{right, count, strip}, [=](u32 from) { return x[from]; },
        [=](u64 to, T value, u32) { atomic_add(y + to, value); });
}

// Of those that go to a place the last leaves its number, from 1, in `places`, which begins as 0.
DEVICE void claim(const u32 *ids, const void *, const void *, u32 *places, u32 *fault, u32 n,
                  u32 target, u32 shared, u32 strip, const Divisor &right, const Divisor &count) {
    for_source(
        ids, fault, n, target, shared, Order{right, count, strip}, [](u32) { return 0u; },
        [=](u64 to, u32, u32 i) { atomic_max(places + to, i + 1); });
}

template <class T>
DEVICE void scatter_claimed(const u32 *ids, const T *x, T *y, const u32 *places, u32 *fault, u32 n,
                            u32 target, u32 shared, u32 strip, const Divisor &right,
                            const Divisor &count) {
    for_source(
        ids, fault, n, target, shared, Order{right, count, strip}, [=](u32 from) { return x[from]; },
        [=](u64 to, T value, u32 i) {
            if (places[to] == i + 1) y[to] = value;
        });
}

// --- Along the last dimension: rows that LDS holds ------------------------------------------------

// Calls f(i) for the first element i of each pack of K, of `count` elements, that is this work-item's.
template <u32 K, class F>
DEVICE void for_packs(u32 count, F f) {
    for (u32 i = work_item() * K; i < count; i += ROW_WORKERS * K) f(i);
}

// Adds at the places of a row, K neighbouring elements at a time. Whether an index was outside.
template <class T, u32 K>
DEVICE bool add_to_row(f32 *row, const u32 *ids, const T *x, u32 target, u32 count) {
    constexpr u32 AHEAD = 2;
    typedef RowShare<K, AHEAD> R;
    bool outside = false;
    for (u32 begin = 0; begin < count; begin += R::SPAN) {
        Pack<u32, K> indices[AHEAD];
        Pack<T, K> added[AHEAD];
#pragma unroll
        for (u32 k = 0; k < AHEAD; k++) {
            if (R::at(begin, k) >= count) break;
            indices[k] = load<K>(ids + R::at(begin, k));
            added[k] = load<K>(x + R::at(begin, k));
        }
#pragma unroll
        for (u32 k = 0; k < AHEAD; k++) {
            if (R::at(begin, k) >= count) break;
            for (u32 i = 0; i < K; i++) {
                const u32 to = indices[k].at[i];
                outside |= to >= target && to != NOWHERE;
                if (to < target) local_atomic_add(row + to, computed(added[k].at[i]));
            }
        }
    }
    return outside;
}

// The row of `y` to LDS, and back, K neighbouring elements at a time.
template <u32 K, class T>
DEVICE void read_row(f32 *row, const T *y, u32 target) {
    for_packs<K>(target, [=](u32 i) {
        const Pack<T, K> pack = load<K>(y + i);
        for (u32 k = 0; k < K; k++) row[i + k] = computed(pack.at[k]);
    });
}
template <u32 K, class T>
DEVICE void write_row(T *y, const f32 *row, u32 target) {
    for_packs<K>(target, [=](u32 i) {
        Pack<T, K> pack;
        for (u32 k = 0; k < K; k++) pack.at[k] = static_cast<T>(row[i + k]);
        store(y + i, pack);
    });
}

// A workgroup for each row: y[l][id] += x[l][i], `id` = ids[l * ids_stride + i], in any order.
template <class T>
DEVICE void scatter_add_row(const u32 *ids, const T *x, T *y, u32 *fault, u32 target, u32 count,
                            u32 ids_stride) {
    constexpr u32 K = 4;
    alignas(16) SHARED f32 row[ROW_BYTES / sizeof(f32)];
    const u64 at = block_x();
    ids += at * ids_stride;
    x += at * count;
    y += at * target;
    const bool packs = target % K == 0 && aligned<K>(y);
    if (packs) {
        read_row<K>(row, y, target);
    } else {
        read_row<1>(row, y, target);
    }
    barrier();
    bool outside;
    if (count % K == 0 && aligned<K>(ids) && aligned<K>(x)) {
        outside = add_to_row<T, K>(row, ids, x, target, count);
    } else {
        outside = add_to_row<T, 1>(row, ids, x, target, count);
    }
    barrier();
    if (packs) {
        write_row<K>(y, row, target);
    } else {
        write_row<1>(y, row, target);
    }
    if (outside) *fault = 1;
}

// --- A work-item for each left and right, one index after the other ------------------------------

template <class F>
DEVICE void for_columns(const u32 *ids, u32 *fault, u32 n, u32 target, u32 shared,
                        const Divisor &right, const Divisor &count, F f) {
    u32 left = block_x() * BLOCK + work_item();
    if (left >= n) return;
    u32 at = right.split(left);
    u32 from = left * count.divisor * right.divisor + at;
    for (u32 i = 0; i < count.divisor; i++, from += right.divisor) {
        u32 index = ids[shared ? i : from];
        if (index < target) {
            f(Route{target, right.divisor}.to(left, index, at), from);
        } else if (index != NOWHERE) {
            *fault = 1;
        }
    }
}

template <class T>
DEVICE void scatter_in_order(const u32 *ids, const T *x, T *y, const u32 *, u32 *fault, u32 n,
                             u32 target, u32 shared, u32, const Divisor &right,
                             const Divisor &count) {
    for_columns(ids, fault, n, target, shared, right, count,
                [=](u64 to, u32 from) { y[to] = x[from]; });
}

// Rounded after each addition, as on the CPU.
template <class T>
DEVICE T sum_of(T a, T b) {
    return static_cast<T>(static_cast<Compute<T>>(a) + static_cast<Compute<T>>(b));
}

template <class T>
DEVICE void scatter_add_in_order(const u32 *ids, const T *x, T *y, const u32 *, u32 *fault, u32 n,
                                 u32 target, u32 shared, u32, const Divisor &right,
                                 const Divisor &count) {
    for_columns(ids, fault, n, target, shared, right, count,
                [=](u64 to, u32 from) { y[to] = sum_of(y[to], x[from]); });
}

// --- A work-item for each element of the destination ---------------------------------------------

// `places` has, for each row of indices, their order sorted by where they go. Without `shared` a row
// is a left and a right, and `ids` is (left, right, count). No index is outside.
template <class T>
DEVICE void scatter_add_sorted(const u32 *ids, const T *x, T *y, const u32 *places, u32 *, u32 n,
                               u32 target, u32 shared, u32, const Divisor &right,
                               const Divisor &count) {
    u32 step = block_x() * BLOCK + work_item();
    if (step >= n) return;
    u32 left = step;
    const u32 at = right.split(left), length = count.divisor;
    const u32 to = left % target;
    left /= target;
    const u32 row = shared ? 0 : (left * right.divisor + at) * length;
    u32 low = 0, high = length;
    while (low < high) {
        u32 middle = (low + high) / 2;
        bool before = ids[row + places[row + middle]] < to;
        low = before ? middle + 1 : low;
        high = before ? high : middle;
    }
    T sum = y[step];
    for (; low < length; low++) {
        u32 i = places[row + low];
        if (ids[row + i] != to) break;
        sum = sum_of(sum, x[(left * length + i) * right.divisor + at]);
    }
    y[step] = sum;
}
