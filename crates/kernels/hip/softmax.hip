// Softmax along the last dimension.
#define CHECKED_PACKS
#include "math.h"
#include "rows.h"

template <class C>
constexpr C LOWEST = -static_cast<C>(__builtin_inff());

// Exponentials replace the elements where their type holds them; else they are computed twice, which
// costs less than the registers for them.
template <class T, u32 WORKERS, u32 HELD, u32 PACK>
DEVICE void softmax_row(const T *x, T *y, u32 columns) {
    typedef Compute<T> C;
    constexpr bool REPLACED = sizeof(T) >= 4;
    Row<T, WORKERS, HELD, PACK> row(x, columns);
    const auto same = [](C value) { return value; };
    const C highest = row.reduce(LOWEST<C>, same, Largest());
    const auto exp = [=](C value) { return math::exp_for<T>(value - highest); };
    C sum;
    if constexpr (REPLACED) {
        row.map(exp);
        sum = row.reduce(0, same, Sum());
    } else {
        sum = row.reduce(0, exp, Sum());
    }
    const C scale = 1 / sum;
    row.write(y, [&](Pack<T, PACK> pack, u32) {
        for (u32 i = 0; i < PACK; i++) {
            const C value = computed(pack.at[i]);
            if constexpr (REPLACED) {
                pack.at[i] = static_cast<T>(value * scale);
            } else {
                pack.at[i] = static_cast<T>(exp(value) * scale);
            }
        }
        return pack;
    });
}

template <class T, u32 WORKERS, u32 HELD>
DEVICE void softmax_held(const T *x, T *y, u32 rows, u32 columns) {
    u32 index = row_of<WORKERS>();
    if (index >= rows) return;
    u64 start = static_cast<u64>(index) * columns;
    if (aligned<LANES<T>>(x, y) && columns % LANES<T> == 0) {
        softmax_row<T, WORKERS, HELD, LANES<T>>(x + start, y + start, columns);
    } else {
        softmax_row<T, WORKERS, HELD, 1>(x + start, y + start, columns);
    }
}

template <class T>
DEVICE void softmax_group(const T *x, T *y, u32 rows, u32 columns) {
    softmax_held<T, FEW, 16>(x, y, rows, columns);
}

template <class T>
DEVICE void softmax_wave(const T *x, T *y, u32 rows, u32 columns) {
    softmax_held<T, SOME, 32>(x, y, rows, columns);
}

template <class T>
DEVICE void softmax_short(const T *x, T *y, u32 rows, u32 columns) {
    softmax_held<T, BLOCK, 16>(x, y, rows, columns);
}

template <class T>
DEVICE void softmax_block(const T *x, T *y, u32 rows, u32 columns) {
    softmax_held<T, BLOCK, 32>(x, y, rows, columns);
}

// Of whole packs, which lie where packs may. Workgroups of half as many work-items have twice as much
// to do for each barrier, and two of them fit a compute unit: one reads while the other computes.
template <class T>
DEVICE void softmax_half(const T *x, T *y, u32, u32 columns) {
    const u64 start = static_cast<u64>(block_x()) * columns;
    softmax_row<T, MANY / 2, 64, LANES<T>>(x + start, y + start, columns);
}

template <class T>
DEVICE void softmax_wide(const T *x, T *y, u32 rows, u32 columns) {
    softmax_held<T, MANY, 32>(x, y, rows, columns);
}

// --- Rows of any length, in at most BLOCK parts of `part_size` columns, a multiple of all packs ----
//
// They are read twice: once for what scales them, which `masses` keeps ([row][part]).

// Of some elements: the highest, and the sum of exp(element - shift).
template <class C>
struct Mass {
    C highest, sum;

    // Nothing but -inf so far: any finite number keeps the exponents defined.
    DEVICE C shift() const { return highest == LOWEST<C> ? C(0) : highest; }
};

// Combines what the work-items of a workgroup have.
template <class T, class C>
DEVICE Mass<C> total(const Mass<C> &own) {
    Mass<C> all = {reduce_workgroup(own.highest, Largest()), 0};
    C part = own.sum * math::exp_for<T>(own.highest - all.shift());
    all.sum = reduce_workgroup(part, Sum());
    return all;
}

template <class T, u32 PACK>
DEVICE Mass<Compute<T>> mass_of(const T *x, u32 begin, u32 end) {
    typedef Compute<T> C;
    Mass<C> own = {LOWEST<C>, 0};
    for_long_row<BLOCK, PACK>(x, begin, end, [&](const Pack<T, PACK> &pack, u32) {
        Mass<C> next = own;
        for (u32 i = 0; i < PACK; i++) {
            next.highest = Largest()(next.highest, computed(pack.at[i]));
        }
        next.sum = own.sum * math::exp_for<T>(own.highest - next.shift());
        for (u32 i = 0; i < PACK; i++) {
            next.sum += math::exp_for<T>(computed(pack.at[i]) - next.shift());
        }
        own = next;
    });
    return total<T>(own);
}

template <class T, u32 PACK>
DEVICE void softmax_of(const T *x, T *y, u32 begin, u32 end, const Mass<Compute<T>> &mass) {
    typedef Compute<T> C;
    const C highest = mass.highest, scale = 1 / mass.sum;
    map_long_row<BLOCK, PACK>(x, y, begin, end, [=](C value, u32) {
        return math::exp_for<T>(value - highest) * scale;
    });
}

template <class T>
DEVICE void softmax_mass(const T *x, T *, Mass<Compute<T>> *masses, u32 columns, u32 part_size,
                         u32 parts) {
    x += static_cast<u64>(block_x()) * columns;
    const u32 begin = block_y() * part_size, end = least(begin + part_size, columns);
    const bool packs = aligned<LANES<T>>(x) && columns % LANES<T> == 0;
    Mass<Compute<T>> mass;
    if (packs) {
        mass = mass_of<T, LANES<T>>(x, begin, end);
    } else {
        mass = mass_of<T, 1>(x, begin, end);
    }
    if (work_item() == 0) masses[static_cast<u64>(block_x()) * parts + block_y()] = mass;
}

template <class T>
DEVICE void softmax_part(const T *x, T *y, const Mass<Compute<T>> *masses, u32 columns,
                         u32 part_size, u32 parts) {
    typedef Compute<T> C;
    Mass<C> mass = {LOWEST<C>, 0};
    if (work_item() < parts) mass = masses[static_cast<u64>(block_x()) * parts + work_item()];
    mass = total<T>(mass);
    const u64 start = static_cast<u64>(block_x()) * columns;
    x += start;
    y += start;
    const u32 begin = block_y() * part_size, end = least(begin + part_size, columns);
    if (aligned<LANES<T>>(x, y) && columns % LANES<T> == 0) {
        softmax_of<T, LANES<T>>(x, y, begin, end, mass);
    } else {
        softmax_of<T, 1>(x, y, begin, end, mass);
    }
}
