//! Pristine Candle in, Candle with an AMD backend out.
