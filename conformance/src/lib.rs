//! One test suite over any device, each op against a CPU reference.
