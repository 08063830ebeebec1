//! One spatial dimension of a convolution, a pooling or an upsampling, as kernels take it.

use bytemuck::{Pod, Zeroable};

use crate::Divisor;

/// A spatial dimension: tap `t` of output `o` reads the input at `start + o * step + t * tap`, where
/// that is inside, and output `o` is written at `o * y_stride`.
///
/// What the kernel sees is laid out as `Axis` in hip/axis.h.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct Axis {
    /// The number of outputs.
    pub outputs: Divisor,
    /// The number of taps for each.
    pub taps: Divisor,
    /// The size of the input.
    pub size: u32,
    /// The input that tap 0 of output 0 reads; below 0 in the padding.
    pub start: i32,
    /// How far the inputs of neighbouring outputs are apart.
    pub step: i32,
    /// How far the inputs of neighbouring taps are apart.
    pub tap: i32,
    /// How far neighbours of the input are apart, in elements.
    pub x_stride: u32,
    /// How far neighbours of the output are apart, in elements.
    pub y_stride: u32,
}

impl Axis {
    /// A dimension of one input and one output.
    pub const fn single() -> Self {
        Self {
            outputs: Divisor::new(1),
            taps: Divisor::new(1),
            size: 1,
            start: 0,
            step: 1,
            tap: 1,
            x_stride: 0,
            y_stride: 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The input that a tap of an output reads, if it is inside, as hip/axis.h has it.
    fn input(axis: &Axis, output: i32, tap: i32) -> Option<u32> {
        let at = u32::try_from(axis.start + output * axis.step + tap * axis.tap).ok()?;
        (at < axis.size).then_some(at)
    }

    #[test]
    fn a_single_output_reads_the_single_input() {
        let axis = std::hint::black_box(Axis::single as fn() -> Axis)();
        assert_eq!((axis.outputs.get(), axis.taps.get()), (1, 1));
        assert_eq!(input(&axis, 0, 0), Some(0));
        assert_eq!(input(&axis, 1, 0), None);
        assert_eq!(input(&axis, 0, 1), None);
    }
}
