//! Redwick's GPU kernels: HIP sources, manifest, prebuilt code objects and typed launchers.
