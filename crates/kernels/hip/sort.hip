// The order that sorts rows: stable, NaN above every number, the two zeros equal.
//
// Short rows are sorted in LDS. Of longer ones tiles are, with their keys left in memory, and then
// merged: runs twice as long with each launch. Keys are unsigned numbers that order as the elements
// do; ties are decided by the index, so that any network of comparisons sorts stably.
#include "walk.h"

constexpr u32 TILE = 1024;

template <class T>
constexpr bool is_wide = sizeof(T) == 8;
template <bool wide>
struct KeyType {
    typedef u32 type;
};
template <>
struct KeyType<true> {
    typedef u64 type;
};
template <class T>
using Key = typename KeyType<is_wide<T>>::type;

template <class T>
DEVICE Key<T> key_of(T x, bool descending) {
    typedef Key<T> K;
    constexpr K SIGN = K(1) << (8 * sizeof(K) - 1);
    K key;
    if constexpr (is_float<T>) {
        auto number = static_cast<Compute<T>>(x);
        K bits = number == 0 ? K(0) : __builtin_bit_cast(K, number);
        key = (bits & SIGN) != 0 ? ~bits : bits | SIGN;
        if (number != number) key = ~K(0);
    } else if constexpr (T(-1) < T(0)) {
        key = static_cast<K>(static_cast<i64>(x)) ^ SIGN;
    } else {
        key = static_cast<K>(x);
    }
    return descending ? ~key : key;
}

// Entries of a tile: keys of 32 bits with their index in one word, of 64 bits beside it.
template <class K>
struct Tile {
    K keys[TILE];
    u32 order[TILE];
    DEVICE void put(u32 at, K key, u32 index) {
        keys[at] = key;
        order[at] = index;
    }
    DEVICE K key(u32 at) const { return keys[at]; }
    DEVICE u32 index(u32 at) const { return order[at]; }
    DEVICE void sort_pair(u32 a, u32 b, bool ascending) {
        K x = keys[a], y = keys[b];
        u32 i = order[a], j = order[b];
        bool greater = x > y || (x == y && i > j);
        if (greater != ascending) return;
        put(a, y, j);
        put(b, x, i);
    }
};
template <>
struct Tile<u32> {
    u64 entries[TILE];
    DEVICE void put(u32 at, u32 key, u32 index) {
        entries[at] = static_cast<u64>(key) << 32 | index;
    }
    DEVICE u32 key(u32 at) const { return static_cast<u32>(entries[at] >> 32); }
    DEVICE u32 index(u32 at) const { return static_cast<u32>(entries[at]); }
    DEVICE void sort_pair(u32 a, u32 b, bool ascending) {
        u64 x = entries[a], y = entries[b];
        if ((x > y) != ascending) return;
        entries[a] = y;
        entries[b] = x;
    }
};

// Sorts each `length` neighbours of a tile, a power of two, by a bitonic network.
template <class K>
DEVICE void sort_tile_parts(Tile<K> &tile, u32 length) {
    for (u32 size = 2; size <= length; size *= 2) {
        for (u32 stride = size / 2; stride > 0; stride /= 2) {
            barrier();
            for (u32 pair = work_item(); pair < TILE / 2; pair += BLOCK) {
                u32 a = 2 * pair - (pair & (stride - 1));
                tile.sort_pair(a, a + stride, (a & size & (length - 1)) == 0);
            }
        }
    }
    barrier();
}

// Parts of `length` elements of rows: a row is a part, or `parts` of them. `keys` may be null.
template <class T>
DEVICE void sort_tile(const T *x, Key<T> *keys, u32 *order, u32 rows, u32 columns, u32 length,
                      u32 descending, const Divisor &parts) {
    typedef Key<T> K;
    SHARED Tile<K> tile;
    for (u32 slot = work_item(); slot < TILE; slot += BLOCK) {
        u32 row = block_x() * (TILE / length) + slot / length;
        u32 column = parts.split(row) * length + slot % length;
        if (row < rows && column < columns) {
            T value = x[static_cast<u64>(row) * columns + column];
            tile.put(slot, key_of(value, descending != 0), column);
        } else {
            tile.put(slot, ~K(0), ~0u);
        }
    }
    sort_tile_parts(tile, length);
    for (u32 slot = work_item(); slot < TILE; slot += BLOCK) {
        u32 row = block_x() * (TILE / length) + slot / length;
        u32 column = parts.split(row) * length + slot % length;
        if (row >= rows || column >= columns) continue;
        u64 to = static_cast<u64>(row) * columns + column;
        order[to] = tile.index(slot);
        if (keys != nullptr) keys[to] = tile.key(slot);
    }
}

// How many of `length` sorted keys come before `key`; those equal to it too where `equal`.
template <class K>
DEVICE u32 rank_of(const K *keys, u32 length, K key, bool equal) {
    u32 low = 0, high = length;
    while (low < high) {
        u32 middle = (low + high) / 2;
        K other = keys[middle];
        bool before = other < key || (equal && other == key);
        low = before ? middle + 1 : low;
        high = before ? high : middle;
    }
    return low;
}

// Merges neighbouring runs of `run` elements, a power of two. `to_keys` may be null.
template <class K>
DEVICE void sort_merge(const K *keys, const u32 *order, K *to_keys, u32 *to_order, u32 n, u32 run,
                       const Divisor &columns) {
    u32 step = block_x() * BLOCK + work_item();
    if (step >= n) return;
    const u32 column = columns.split(step), length = columns.divisor;
    const u64 row = static_cast<u64>(step) * length;
    const bool second = (column & run) != 0;
    const u32 own = column & ~(run - 1), pair = own & ~run;
    const u32 begin = least(second ? pair : pair + run, length);
    const u32 end = least(begin + run, length);
    K key = keys[row + column];
    u64 to = row + pair + (column - own) + rank_of(keys + row + begin, end - begin, key, second);
    to_order[to] = order[row + column];
    if (to_keys != nullptr) to_keys[to] = key;
}
