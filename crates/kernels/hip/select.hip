// Choosing between two elements of any type: only their size matters.
#define CHECKED_PACKS
#include "shapes.h"

template <class Condition, class T>
DEVICE T select_of(Condition condition, T a, T b) {
    return condition ? a : b;
}

template <class Condition, class T>
DEVICE void select(const Condition *condition, const T *a, const T *b, T *y, u64 n) {
    elementwise(n, select_of<Condition, T>, y, condition, a, b);
}

template <class Condition, class T>
DEVICE void select_strided(const Condition *condition, const T *a, const T *b, T *y,
                           const Walk<3> &walk) {
    strided(walk, select_of<Condition, T>, y, condition, a, b);
}
