//! What Candle's test files know as `candle_core` or `candle`: Candle, with a `test_device!` that runs each case
//! on the CPU, on an emulated wave64 GPU and on an emulated wave32 GPU.

pub(crate) use grafted::*;

macro_rules! test_device {
    ($case:ident, $cpu:ident, $cuda:ident, $metal:ident) => {
        #[test]
        fn $cpu() -> Result<()> {
            $case(&Device::Cpu)
        }

        mod $case {
            const CASE: redwick_candle_tests::Case = redwick_candle_tests::Case {
                file: env!("CARGO_CRATE_NAME"),
                name: stringify!($case),
                run: super::$case,
            };

            #[test]
            fn gfx90a() {
                redwick_candle_tests::run_emulated(CASE, "gfx90a");
            }

            #[test]
            fn gfx1100() {
                redwick_candle_tests::run_emulated(CASE, "gfx1100");
            }
        }
    };
}
pub(crate) use test_device;
