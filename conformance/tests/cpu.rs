//! The suite against Candle's CPU backend itself: what fails here is a fault of the suite.

redwick_conformance::conformance_tests!(cpu, candle_core::Device::Cpu);
