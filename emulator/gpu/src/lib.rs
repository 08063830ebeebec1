//! A software AMD GPU: waves, workgroups, LDS, memory and scheduling.
