// AMD's builtins that the kernels use, on NVIDIA GPUs: included before each source where the target
// is NVIDIA's, so that no kernel and no other header knows of it. A wave is a warp of 32.
#pragma once

#define NVPTX_DEVICE __attribute__((device, always_inline)) inline

// The same limit under NVIDIA's name. Sources may say for how many workgroups of a compute unit
// registers have to suffice: `, 2`.
#define RESIDENT_WORKGROUPS
#define amdgpu_flat_work_group_size(least, most) launch_bounds(most RESIDENT_WORKGROUPS)

#define __builtin_amdgcn_workitem_id_x() __nvvm_read_ptx_sreg_tid_x()
#define __builtin_amdgcn_workgroup_id_x() __nvvm_read_ptx_sreg_ctaid_x()
#define __builtin_amdgcn_workgroup_id_y() __nvvm_read_ptx_sreg_ctaid_y()
#define __builtin_amdgcn_workgroup_id_z() __nvvm_read_ptx_sreg_ctaid_z()

// A barrier here orders memory, too.
#define __builtin_amdgcn_fence(...) (void)0
// NVIDIA's assembler orders instructions by itself.
#define __builtin_amdgcn_sched_barrier(mask) (void)0
#define __builtin_amdgcn_s_barrier() __nvvm_bar_sync(0)

// The count of lanes below this one comes in one step: the lane's number.
#define __builtin_amdgcn_mbcnt_lo(mask, add) (__nvvm_read_ptx_sreg_laneid() + (add))
#define __builtin_amdgcn_mbcnt_hi(mask, add) (add)

#define NVPTX_EVERY_LANE 0xffffffffu
#define NVPTX_WHOLE_WARP 0x1f

NVPTX_DEVICE unsigned nvptx_exchange(unsigned x, unsigned mask) {
    return __nvvm_shfl_sync_bfly_i32(NVPTX_EVERY_LANE, x, mask, NVPTX_WHOLE_WARP);
}
NVPTX_DEVICE unsigned nvptx_from_lane(unsigned lane, unsigned x) {
    return __nvvm_shfl_sync_idx_i32(NVPTX_EVERY_LANE, x, lane, NVPTX_WHOLE_WARP);
}

// Of the patterns that DPP has, those that the kernels use: neighbours within four lanes.
template <unsigned control>
NVPTX_DEVICE unsigned nvptx_dpp(unsigned x) {
    static_assert(control == 0xb1 || control == 0x4e, "an exchange with lane ^ 1 or lane ^ 2");
    return nvptx_exchange(x, control == 0xb1 ? 1 : 2);
}
#define __builtin_amdgcn_update_dpp(old, x, control, rows, banks, bound) nvptx_dpp<control>(x)
// Only the form that keeps all bits of the lane's number and flips some.
#define __builtin_amdgcn_ds_swizzle(x, pattern) nvptx_exchange(x, (pattern) >> 10)
#define __builtin_amdgcn_ds_bpermute(address, x) nvptx_from_lane((address) / 4, x)
// What the kernels ask it for is the same in all lanes; on AMD it then is in a scalar register. An
// exchange would wait for lanes that have gone elsewhere.
#define __builtin_amdgcn_readfirstlane(x) (x)

// What asm statements call a register with the same number in all lanes.
#define UNIFORM_REGISTER "+r"

#define __builtin_amdgcn_exp2f(x) __nvvm_ex2_approx_ftz_f(x)
#define __builtin_amdgcn_rcpf(x) __nvvm_rcp_approx_ftz_f(x)
#define __builtin_amdgcn_rsqf(x) __nvvm_rsqrt_approx_ftz_f(x)

// Four products of 8-bit integers, added to a sum.
NVPTX_DEVICE int nvptx_dot4(int a, int b, int sum) {
    int result;
    asm("dp4a.s32.s32 %0, %1, %2, %3;" : "=r"(result) : "r"(a), "r"(b), "r"(sum));
    return result;
}
#define __builtin_amdgcn_sdot4(a, b, sum, clamp) nvptx_dot4(a, b, sum)

// LDS of which a launch says how much there is: more than a kernel may declare.
extern "C" {
extern __attribute__((shared, aligned(1024))) unsigned char redwick_dynamic_lds[];
}
NVPTX_DEVICE unsigned char *dynamic_lds() { return redwick_dynamic_lds; }
NVPTX_DEVICE unsigned grid_x() { return __nvvm_read_ptx_sreg_nctaid_x(); }

// Four matrices of 8 by 8 halves of words, a row of one at the address of each lane.
template <class Fragment>
NVPTX_DEVICE void nvptx_load_fragment(Fragment &to, const void *row) {
    unsigned long at;
    asm("cvta.to.shared.u64 %0, %1;" : "=l"(at) : "l"(row));
    unsigned w[4];
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(w[0]), "=r"(w[1]), "=r"(w[2]), "=r"(w[3])
                 : "r"(static_cast<unsigned>(at))
                 : "memory");
    to = Fragment{w[0], w[1], w[2], w[3]};
}

// c += a b, for 16 by 16 elements of each.
#define NVPTX_MULTIPLY(name, type)                                                               \
    template <class Fragment, class Result>                                                      \
    NVPTX_DEVICE void name(Fragment a, Fragment b, Result &c) {                                  \
        for (unsigned i = 0; i < 2; i++) {                                                       \
            float d[4] = {c[4 * i], c[4 * i + 1], c[4 * i + 2], c[4 * i + 3]};                   \
            asm("mma.sync.aligned.m16n8k16.row.col.f32." type "." type ".f32 {%0, %1, %2, %3}, " \
                "{%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"                                  \
                : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])                                 \
                : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[i]), "r"(b[i + 2]));         \
            for (unsigned j = 0; j < 4; j++) c[4 * i + j] = d[j];                                \
        }                                                                                        \
    }
NVPTX_MULTIPLY(nvptx_multiply_f16, "f16")
NVPTX_MULTIPLY(nvptx_multiply_bf16, "bf16")

#define __HIP_MEMORY_SCOPE_AGENT __MEMORY_SCOPE_DEVICE
#define __HIP_MEMORY_SCOPE_WORKGROUP __MEMORY_SCOPE_WRKGRP
#define __hip_atomic_load __scoped_atomic_load_n
#define __hip_atomic_fetch_add __scoped_atomic_fetch_add
#define __hip_atomic_fetch_max __scoped_atomic_fetch_max
#define __hip_atomic_compare_exchange_strong(at, old, value, success, failure, scope) \
    __scoped_atomic_compare_exchange_n(at, old, value, false, success, failure, scope)

// A product that NVIDIA's assembler does not fuse with an addition.
#define ROUNDED_PRODUCT(a, b) __nvvm_mul_rn_d(a, b)
// For how many lanes a condition holds.
#define BALLOT_COUNT(condition) \
    __builtin_popcount(__nvvm_vote_ballot_sync(NVPTX_EVERY_LANE, condition))

// ocml's functions are libdevice's.
#define __ocml_exp_f32 __nv_expf
#define __ocml_exp_f64 __nv_exp
#define __ocml_log_f32 __nv_logf
#define __ocml_log_f64 __nv_log
#define __ocml_sin_f32 __nv_sinf
#define __ocml_sin_f64 __nv_sin
#define __ocml_cos_f32 __nv_cosf
#define __ocml_cos_f64 __nv_cos
#define __ocml_tanh_f32 __nv_tanhf
#define __ocml_tanh_f64 __nv_tanh
#define __ocml_erf_f32 __nv_erff
#define __ocml_erf_f64 __nv_erf
#define __ocml_expm1_f32 __nv_expm1f
#define __ocml_expm1_f64 __nv_expm1
#define __ocml_pow_f32 __nv_powf
#define __ocml_pow_f64 __nv_pow
