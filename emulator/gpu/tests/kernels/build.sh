#!/bin/sh
# Rebuilds the test kernels' code objects. Needs clang-22 and lld-22.
set -e
cd "$(dirname "$0")"
build() {
    clang-22 $3 $4 -x hip --cuda-device-only --no-gpu-bundle-output -nogpuinc -nogpulib -fuse-cuid=none \
        -Wno-unused-parameter -mcode-object-version=5 -O3 -std=c++17 --offload-arch="$2" -o "$1.$2.hsaco" "$1.hip"
}
for target in gfx90a gfx942 gfx950 gfx1030 gfx1100 gfx1151 gfx1201; do
    build basic $target
    build faults $target
done
build wmma gfx1100
build wmma gfx1151
build wmma12 gfx1201
for target in gfx90a gfx942 gfx950; do
    build mfma $target
    build preload $target -mllvm -amdgpu-kernarg-preload-count=8
done
chmod 644 ./*.hsaco
