//! Tensor operations on AMD GPUs: strided layouts, dtype dispatch and a caching allocator, from an op to a launch.
