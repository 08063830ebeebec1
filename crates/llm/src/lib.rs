//! Language model engine over Candle: loading, sampling, generation.
