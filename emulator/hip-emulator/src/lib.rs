//! HIP's C interface over the software AMD GPU, as a function table.
