// Rows on their way into a store and within it: converted, with their factors and offsets.
#include "vector.h"

// What a row becomes: elements, and what its products are multiplied with.
template <class T>
struct Storage {
    DEVICE static f32 factor(f32) { return 1; }
    DEVICE static T element(f32 x, f32) { return static_cast<T>(x); }
    DEVICE static f32 number(T x, f32) { return static_cast<f32>(x); }
};
template <>
struct Storage<bf16> {
    DEVICE static f32 factor(f32) { return 1; }
    // Saturated: the greatest f32 are nearer to infinity than to the greatest bf16.
    DEVICE static bf16 element(f32 x, f32) {
        const f32 greatest = 0x1.fep127f;
        return static_cast<bf16>(x > greatest ? greatest : x < -greatest ? -greatest : x);
    }
    DEVICE static f32 number(bf16 x, f32) { return static_cast<f32>(x); }
};
template <>
struct Storage<f16> {
    // Up to 1 in magnitude, by a power of two.
    DEVICE static f32 factor(f32 largest) {
        u32 bits = __builtin_bit_cast(u32, largest) >> 23;
        // Neither it nor its reciprocal below the normal numbers.
        bits = bits < 2 ? 2 : bits > 252 ? 252 : bits;
        return __builtin_bit_cast(f32, (bits + 1) << 23);
    }
    DEVICE static f16 element(f32 x, f32 factor) { return static_cast<f16>(x / factor); }
    DEVICE static f32 number(f16 x, f32 factor) { return static_cast<f32>(x) * factor; }
};
template <>
struct Storage<u8> {
    DEVICE static f32 factor(f32 largest) {
        const f32 least_factor = 0x1p-120f;
        return largest / 127.0f > least_factor ? largest / 127.0f : least_factor;
    }
    DEVICE static u8 element(f32 x, f32 factor) {
        f32 number = __builtin_rintf(x / factor);
        number = number > 127 ? 127 : number < -127 ? -127 : number;
        return static_cast<u8>(static_cast<i32>(number));
    }
    DEVICE static f32 number(u8 x, f32 factor) {
        return static_cast<f32>(static_cast<signed char>(x)) * factor;
    }
};

DEVICE void at_least(u32 *to, f32 value) {
    // A little more: the sum of squares was rounded.
    const f32 up = value * 1.000001f;
    __hip_atomic_fetch_max(to, __builtin_bit_cast(u32, up), __ATOMIC_RELAXED,
                           __HIP_MEMORY_SCOPE_AGENT);
}

// `rows` of `depth` f32, adjacent, become rows of `units` 16 bytes from row `first` of a chunk on. A
// team takes a row. `given` may be null; its rows are `given_units` long.
// `extremes`: the greatest length, the greatest of what conversion changed in relation to it, and the
// greatest 1 / length of rows that are not zero.
// Factors make products scores: 1 / length for cosines; offsets are half the squared length, less
// a share for what the scan's product can be off (see device/bounds.rs).
template <class T>
DEVICE void ingest(const f32 *x, T *rows, f32 *factors, f32 *offsets, f32 *given, u32 *extremes,
                   u32 n, u32 first, u32 depth, u32 units, u32 given_units, u32 is_cosine,
                   f32 slack) {
    typedef Storage<T> S;
    constexpr u32 N = LANES<T>;
    const u32 row = block_x() * (BLOCK / TEAM) + work_item() / TEAM, own = work_item() % TEAM;
    const bool inside = row < n;
    x += static_cast<u64>(inside ? row : 0) * depth;
    f64 squares = 0;
    f32 largest = 0;
    for (u32 i = own; i < depth; i += TEAM) {
        squares += static_cast<f64>(x[i]) * static_cast<f64>(x[i]);
        largest = __builtin_fmaxf(largest, __builtin_fabsf(x[i]));
    }
    squares = reduce_lanes<TEAM>(squares, Sum());
    const f32 factor = S::factor(reduce_lanes<TEAM>(largest, Largest()));
    const u64 to = first + row;
    f64 changed = 0;
    for (u32 unit = own; unit < units; unit += TEAM) {
        alignas(16) T pack[N];
#pragma unroll
        for (u32 i = 0; i < N; i++) {
            const u32 at = unit * N + i;
            const f32 number = at < depth ? x[at] : 0;
            pack[i] = S::element(number, factor);
            const f64 apart = static_cast<f64>(number) - static_cast<f64>(S::number(pack[i], factor));
            changed += apart * apart;
        }
        Unit whole;
        __builtin_memcpy(&whole, pack, 16);
        if (inside) *reinterpret_cast<Unit *>(rows + (to * units + unit) * N) = whole;
    }
    for (u32 i = own; given != nullptr && inside && i < given_units * 4; i += TEAM) {
        given[to * (given_units * 4) + i] = i < depth ? x[i] : 0;
    }
    changed = reduce_lanes<TEAM>(changed, Sum());
    if (!inside || own != 0) return;
    const f64 length = __builtin_sqrt(squares);
    const f64 share = squares == 0 ? 0 : __builtin_sqrt(changed / squares);
    if (factors != nullptr) {
        const f64 whole = is_cosine == 0 ? factor : squares == 0 ? 0 : factor / length;
        factors[to] = static_cast<f32>(whole);
    }
    if (offsets != nullptr) {
        offsets[to] = static_cast<f32>(squares / 2 * (1 - (slack + share)));
    }
    at_least(&extremes[0], static_cast<f32>(length));
    at_least(&extremes[1], static_cast<f32>(share));
    if (squares != 0) at_least(&extremes[2], static_cast<f32>(1 / length));
}

// Rows `ids` of `from` become rows from `first` on of one plane of a chunk; a row is `words` of 4
// bytes. A work-item moves a word.
DEVICE void gather_rows(const u64 *table, const u32 *ids, u32 *to, u32 n, u32 shift, u32 words,
                        u32 plane) {
    const u64 step = static_cast<u64>(block_x()) * BLOCK + work_item();
    const u32 row = static_cast<u32>(step / words), word = static_cast<u32>(step % words);
    if (row >= n) return;
    const u32 id = ids[row];
    const Tiles tiles = {table, shift};
    const u64 from = tiles.at(id / TILE, static_cast<Plane>(plane), words * 4);
    to[step] = read<u32>(from, id % TILE * words + word);
}
