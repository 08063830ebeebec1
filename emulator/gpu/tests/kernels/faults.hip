// Kernels that do something wrong.
#include "device.h"

GLOBAL fine(uint *out) { out[tid()] = tid() * 3; }

GLOBAL store_outside(uint *out, uint i) {
    if (tid() == 5) out[i] = 1;
}

GLOBAL load_null(uint *out) { out[0] = *(volatile uint *)0; }

GLOBAL scalar_outside(const uint *in, uint *out, uint i) {
    out[tid()] = in[i];
}

GLOBAL store_undefined(uint *out) {
    asm volatile("global_store_dword %0, v77, off" ::"v"(out) : "v77", "memory");
}

GLOBAL compare_undefined(uint *out) {
    uint x;
    asm volatile("v_cmp_gt_u32 " VCC ", 7, v78\n\tv_mov_b32 %0, 1" : "=v"(x)::"v78", "vcc");
    out[0] = x;
}

// Copies what is undefined, and uses none of it.
GLOBAL copy_undefined(uint *out) {
    uint x;
    asm volatile("v_mov_b32 v70, v78\n\t" ADD " v71, v70, v70\n\tv_mov_b32 %0, 1" : "=v"(x)::"v70", "v71", "v78");
    out[tid()] = x;
}

GLOBAL part_of_a_barrier(uint *out) {
    if (tid() < WAVE) barrier();
    out[tid()] = 1;
}

GLOBAL lds_misaligned(uint *out) {
    SHARED static uint words[64];
    asm volatile("ds_write_b32 %0, %1" ::"v"(tid() * 4 + 2), "v"((uint)(unsigned long)&words[0]) : "memory");
}

GLOBAL lds_outside(uint *out) {
    SHARED static uint words[64];
    asm volatile("ds_write_b32 %0, %1" ::"v"(tid() * 8), "v"((uint)(unsigned long)&words[0]) : "memory");
}

GLOBAL lds_undefined(uint *out) {
    SHARED static volatile uint words[64];
    if (tid() != 7) words[tid()] = 1;
    barrier();
    out[tid()] = words[tid() ^ 1];
}

// Each wave reads what another one writes, with a barrier between or without.
GLOBAL lds_race(uint *out, uint ordered) {
    SHARED static volatile uint words[256];
    words[tid()] = tid();
    if (ordered) barrier();
    out[tid()] = words[tid()] + (tid() < WAVE ? 0 : words[tid() - WAVE]);
}

GLOBAL no_instruction(uint *out) { asm volatile(".long 0xd9ffffff\n\t.long 0xffffffff"); }

GLOBAL trapped(uint *out) { asm volatile("s_trap 3"); }

GLOBAL wild_jump(uint *out) {
    asm volatile("s_mov_b64 s[10:11], 64\n\ts_setpc_b64 s[10:11]" ::: "s10", "s11");
}

GLOBAL endless(uint *out) { asm volatile("1: s_branch 1b"); }

GLOBAL misaligned_atomic(uint *out) {
    __hip_atomic_fetch_add((uint *)((char *)out + 2), 1u, __ATOMIC_RELAXED, __HIP_MEMORY_SCOPE_AGENT);
}

DEVICE __attribute__((noinline)) uint factorial(uint n) { return n < 2 ? 1 : n * factorial(n - 1); }

// Calls through registers, and a stack.
GLOBAL recursion(uint *out) { out[tid()] = factorial(tid() % 10); }

// A barrier in two parts, of which only the first half of the waves reaches the first.
GLOBAL never_signalled(uint *out) {
#if defined(__gfx1201__)
    if (tid() < size() / 2) asm volatile("s_barrier_signal -1");
    asm volatile("s_barrier_wait -1" ::: "memory");
#endif
    out[tid()] = 1;
}

// What is signalled early need not be waited at.
GLOBAL signalled(uint *out) {
    SHARED static uint words[256];
    words[tid()] = tid() * 5;
    __builtin_amdgcn_fence(__ATOMIC_RELEASE, "workgroup");
#if defined(__gfx1201__)
    asm volatile("s_barrier_signal -1");
    if (tid() >= size() / 2) return;
    asm volatile("s_barrier_wait -1" ::: "memory");
#else
    __builtin_amdgcn_s_barrier();
    if (tid() >= size() / 2) return;
#endif
    __builtin_amdgcn_fence(__ATOMIC_ACQUIRE, "workgroup");
    out[tid()] = words[size() - 1 - tid()];
}
