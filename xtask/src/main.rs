//! Project tasks: rebuild and check kernels, check the decoder, tidy.

fn main() {}
