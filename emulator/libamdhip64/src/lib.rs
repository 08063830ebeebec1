//! The emulator as a shared library named like the real HIP runtime.
