//! Candle's models, release 0.11.1, on AMD GPUs too.
//!
//! All of it is that release: its source comes from crates.io and gets its ROCm arms when this
//! package is built (see `redwick-graft`). Its API is documented on
//! [docs.rs](https://docs.rs/candle-transformers/0.11.1).

// The lints of this workspace are not those that Candle was written to.
#![allow(warnings, clippy::all, rustdoc::all)]

/// Defines a function for serde to get a field's default from.
#[macro_export]
macro_rules! serde_default_fn {
    ($ty:ty, $name:ident, $value:expr) => {
        fn $name() -> $ty {
            $value
        }
    };
}

include!(concat!(env!("OUT_DIR"), "/src/lib.rs"));
