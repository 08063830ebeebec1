// What the test kernels need of a HIP header.
#pragma once
#if !defined(__GFX9__)
#define VCC "vcc_lo"
#define ADD "v_add_nc_u32"
#else
#define VCC "vcc"
#define ADD "v_add_u32"
#endif
#define GLOBAL extern "C" __attribute__((global)) void
#define DEVICE static __attribute__((device)) inline
#define SHARED __attribute__((shared))
#define BOUNDS(n) __attribute__((amdgpu_flat_work_group_size(1, n)))
typedef unsigned int uint;
typedef _Float16 half;
DEVICE uint tid() { return __builtin_amdgcn_workitem_id_x(); }
DEVICE uint tid_y() { return __builtin_amdgcn_workitem_id_y(); }
DEVICE uint block() { return __builtin_amdgcn_workgroup_id_x(); }
DEVICE uint block_y() { return __builtin_amdgcn_workgroup_id_y(); }
DEVICE uint size() { return __builtin_amdgcn_workgroup_size_x(); }
DEVICE void barrier() {
    __builtin_amdgcn_fence(__ATOMIC_RELEASE, "workgroup");
    __builtin_amdgcn_s_barrier();
    __builtin_amdgcn_fence(__ATOMIC_ACQUIRE, "workgroup");
}
DEVICE int lane() { return __builtin_amdgcn_mbcnt_hi(~0u, __builtin_amdgcn_mbcnt_lo(~0u, 0)); }
DEVICE float shuffle_xor(float x, int mask) {
    return __builtin_bit_cast(float, __builtin_amdgcn_ds_bpermute((lane() ^ mask) * 4, __builtin_bit_cast(int, x)));
}
#define WAVE __builtin_amdgcn_wavefrontsize()
