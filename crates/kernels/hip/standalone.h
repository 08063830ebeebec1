// What hipcc and hipRTC declare by themselves, as far as standalone kernels of this repository use it.
#pragma once

#define __global__ __attribute__((global))
#define __device__ __attribute__((device))

struct Index {
    unsigned x, y, z;
};

#define threadIdx                                                               \
    (Index{__builtin_amdgcn_workitem_id_x(), __builtin_amdgcn_workitem_id_y(),  \
           __builtin_amdgcn_workitem_id_z()})
#define blockIdx                                                                \
    (Index{__builtin_amdgcn_workgroup_id_x(), __builtin_amdgcn_workgroup_id_y(),\
           __builtin_amdgcn_workgroup_id_z()})
#define blockDim                                                                \
    (Index{__builtin_amdgcn_workgroup_size_x(), __builtin_amdgcn_workgroup_size_y(), \
           __builtin_amdgcn_workgroup_size_z()})

#define expf(x) __builtin_expf(x)
