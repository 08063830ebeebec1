// Writing and adding at indices.
//
// The source has (left, count, right) elements, the destination (left, target, right). Indices are
// first brought into one form: adjacent u32, NOWHERE where an element goes nowhere. There is one for
// each element of the source, or, `shared`, one for each of `count`.
//
// Of several elements that go to one place the last is written, as on the CPU.
#include "atomic.h"
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

// --- A work-item for each element of the source --------------------------------------------------

template <class F>
DEVICE void for_source(const u32 *ids, u32 n, u32 target, u32 shared, const Divisor &right,
                       const Divisor &count, F f) {
    u32 step = block_x() * BLOCK + work_item();
    if (step >= n) return;
    Place place(step, right, count);
    u32 index = ids[shared ? place.i : step];
    if (index == NOWHERE) return;
    f(Route{target, right.divisor}.to(place.left, index, place.right), step, place.i);
}

template <class T>
DEVICE void scatter_add(const u32 *ids, const T *x, T *y, const u32 *, u32 n, u32 target,
                        u32 shared, const Divisor &right, const Divisor &count) {
    for_source(ids, n, target, shared, right, count,
               [=](u64 to, u32 from, u32) { atomic_add(y + to, x[from]); });
}

// Of those that go to a place the last leaves its number, from 1, in `places`, which begins as 0.
DEVICE void claim(const u32 *ids, const void *, const void *, u32 *places, u32 n,
                          u32 target, u32 shared, const Divisor &right, const Divisor &count) {
    for_source(ids, n, target, shared, right, count,
               [=](u64 to, u32, u32 i) { atomic_max(places + to, i + 1); });
}

template <class T>
DEVICE void scatter_claimed(const u32 *ids, const T *x, T *y, const u32 *places, u32 n, u32 target,
                            u32 shared, const Divisor &right, const Divisor &count) {
    for_source(ids, n, target, shared, right, count, [=](u64 to, u32 from, u32 i) {
        if (places[to] == i + 1) y[to] = x[from];
    });
}

// --- A work-item for each left and right, one index after the other ------------------------------

template <class F>
DEVICE void for_columns(const u32 *ids, u32 n, u32 target, u32 shared, const Divisor &right,
                        const Divisor &count, F f) {
    u32 left = block_x() * BLOCK + work_item();
    if (left >= n) return;
    u32 at = right.split(left);
    u32 from = left * count.divisor * right.divisor + at;
    for (u32 i = 0; i < count.divisor; i++, from += right.divisor) {
        u32 index = ids[shared ? i : from];
        if (index != NOWHERE) f(Route{target, right.divisor}.to(left, index, at), from);
    }
}

template <class T>
DEVICE void scatter_in_order(const u32 *ids, const T *x, T *y, const u32 *, u32 n, u32 target,
                             u32 shared, const Divisor &right, const Divisor &count) {
    for_columns(ids, n, target, shared, right, count, [=](u64 to, u32 from) { y[to] = x[from]; });
}

// Rounded after each addition, as on the CPU.
template <class T>
DEVICE T sum_of(T a, T b) {
    return static_cast<T>(static_cast<Compute<T>>(a) + static_cast<Compute<T>>(b));
}

template <class T>
DEVICE void scatter_add_in_order(const u32 *ids, const T *x, T *y, const u32 *, u32 n, u32 target,
                                 u32 shared, const Divisor &right, const Divisor &count) {
    for_columns(ids, n, target, shared, right, count,
                [=](u64 to, u32 from) { y[to] = sum_of(y[to], x[from]); });
}

// --- A work-item for each element of the destination ---------------------------------------------

// `places` has, for each row of indices, their order sorted by where they go. Without `shared` a row
// is a left and a right, and `ids` is (left, right, count).
template <class T>
DEVICE void scatter_add_sorted(const u32 *ids, const T *x, T *y, const u32 *places, u32 n,
                               u32 target, u32 shared, const Divisor &right, const Divisor &count) {
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
