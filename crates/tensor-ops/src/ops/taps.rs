//! Which inputs the outputs of a convolution read, along one axis.
//!
//! Output `o` of a transposed convolution with stride `s`, padding `p` and dilation `d` sums over the
//! taps `k` and inputs `i` with `i s + k d = o + p`. Outputs with one remainder `r` of `o + p` by `s`
//! read the same taps, those with `k d = r (mod s)`, which are `s / gcd(s, d)` apart; and from one
//! such output to the next, or from one such tap to the next, inputs are evenly apart. So each
//! remainder is a plain convolution, of stride 1, with some of the taps and some of the outputs.

use super::conv::{Conv, ConvTranspose};
use super::images::Reading;

/// The outputs along an axis, in parts that are each a plain convolution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Taps {
    /// How many there are in all.
    pub(super) outputs: usize,
    pub(super) parts: Vec<Part>,
}

/// A part of the outputs and the taps that they read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Part {
    /// Of this part's outputs and taps.
    pub(super) reading: Reading,
    /// Its first output, and how far its outputs are apart.
    pub(super) first_output: usize,
    pub(super) output_step: usize,
    /// Its first tap, and how far its taps are apart.
    pub(super) first_tap: usize,
    pub(super) tap_step: usize,
}

impl Taps {
    /// An axis of one output that reads one input.
    pub(super) fn single() -> Self {
        Self::whole(Reading {
            outputs: 1,
            taps: 1,
            start: 0,
            step: 1,
            tap: 1,
        })
    }

    fn whole(reading: Reading) -> Self {
        let part = Part {
            reading,
            first_output: 0,
            output_step: 1,
            first_tap: 0,
            tap_step: 1,
        };
        Self {
            outputs: reading.outputs,
            parts: vec![part],
        }
    }
}

/// Those of a convolution; nothing where the window is larger than the padded input, or a parameter
/// is 0 that may not be.
pub(super) fn forward(size: usize, taps: usize, conv: Conv) -> Option<Taps> {
    let Conv {
        padding,
        stride,
        dilation,
    } = conv;
    let window = dilation.checked_mul(taps.checked_sub(1)?)?.checked_add(1)?;
    let padded = size.checked_add(padding.checked_mul(2)?)?;
    Some(Taps::whole(Reading {
        outputs: padded.checked_sub(window)?.checked_div(stride)? + 1,
        taps,
        start: -isize::try_from(padding).ok()?,
        step: isize::try_from(stride).ok()?,
        tap: isize::try_from(dilation).ok()?,
    }))
}

/// Those of a transposed convolution; nothing where there is no input, the padding takes away more
/// than there is, or a parameter is 0 that may not be.
pub(super) fn transposed(size: usize, taps: usize, parameters: ConvTranspose) -> Option<Taps> {
    let Conv {
        padding,
        stride,
        dilation,
    } = parameters.conv;
    let reach = dilation.checked_mul(taps.checked_sub(1)?)?;
    let outputs = size
        .checked_sub(1)?
        .checked_mul(stride)?
        .checked_add(reach)?
        .checked_add(parameters.output_padding)?
        .checked_add(1)?
        .checked_sub(padding.checked_mul(2)?)?;
    let remainders = 0..stride;
    let parts = remainders.filter_map(|remainder| {
        let part = Remainder {
            remainder,
            stride,
            padding,
            dilation,
        };
        part.part(outputs, taps)
    });
    (stride > 0).then(|| Taps {
        outputs,
        parts: parts.collect(),
    })
}

/// The outputs `o` for which `o + padding` leaves a remainder by the stride.
struct Remainder {
    remainder: usize,
    stride: usize,
    padding: usize,
    dilation: usize,
}

impl Remainder {
    fn part(&self, outputs: usize, taps: usize) -> Option<Part> {
        let &Self {
            remainder,
            stride,
            padding,
            dilation,
        } = self;
        let first_output = (remainder + stride - padding % stride) % stride;
        let left = outputs.checked_sub(first_output).filter(|left| *left > 0)?;
        let divisor = gcd(stride, dilation);
        let tap_step = stride / divisor;
        let reads = |tap: &usize| tap * dilation % stride == remainder;
        let first_tap = (0..taps.min(tap_step)).find(reads);
        let start =
            (first_output + padding) as isize - (first_tap.unwrap_or(0) * dilation) as isize;
        let reading = Reading {
            outputs: left.div_ceil(stride),
            taps: first_tap.map_or(0, |first| (taps - first).div_ceil(tap_step)),
            start: start.div_euclid(stride as isize),
            step: 1,
            tap: -((dilation / divisor) as isize),
        };
        Some(Part {
            reading,
            first_output,
            output_step: stride,
            first_tap: first_tap.unwrap_or(0),
            tap_step,
        })
    }
}

fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// For each output, the taps and inputs that it sums over, in order of taps.
    fn pairs(taps: &Taps, size: usize) -> Vec<Vec<(usize, usize)>> {
        let mut all = vec![Vec::new(); taps.outputs];
        for part in &taps.parts {
            let Reading {
                outputs,
                taps,
                start,
                step,
                tap,
            } = part.reading;
            for output in 0..outputs {
                let to: &mut Vec<_> = &mut all[part.first_output + output * part.output_step];
                for t in 0..taps {
                    let input = start + output as isize * step + t as isize * tap;
                    if (0..size as isize).contains(&input) {
                        to.push((part.first_tap + t * part.tap_step, input as usize));
                    }
                }
            }
        }
        all
    }

    proptest! {
        #[test]
        fn a_convolution_reads_its_windows(
            size in 1usize..12, taps in 1usize..5, padding in 0usize..4, stride in 1usize..5,
            dilation in 1usize..4,
        ) {
            let conv = Conv { padding, stride, dilation };
            let Some(found) = forward(size, taps, conv) else {
                prop_assert!(size + 2 * padding < dilation * (taps - 1) + 1);
                return Ok(());
            };
            for (output, pairs) in pairs(&found, size).into_iter().enumerate() {
                let reads = |tap: usize| (output * stride + tap * dilation).checked_sub(padding);
                let expected: Vec<_> = (0..taps)
                    .filter_map(|tap| Some((tap, reads(tap).filter(|input| *input < size)?)))
                    .collect();
                prop_assert_eq!(pairs, expected);
            }
        }

        #[test]
        fn a_transposed_convolution_reads_what_reaches_an_output(
            size in 1usize..9, taps in 1usize..6, padding in 0usize..4, output_padding in 0usize..4,
            stride in 1usize..6, dilation in 1usize..5,
        ) {
            let conv = Conv { padding, stride, dilation };
            let Some(found) = transposed(size, taps, ConvTranspose { conv, output_padding }) else {
                return Ok(());
            };
            let mut expected = vec![Vec::new(); found.outputs];
            for tap in 0..taps {
                for input in 0..size {
                    let output = (input * stride + tap * dilation).checked_sub(padding);
                    if let Some(to) = output.and_then(|output| expected.get_mut(output)) {
                        to.push((tap, input));
                    }
                }
            }
            prop_assert_eq!(pairs(&found, size), expected);
        }
    }

    #[test]
    fn parameters_that_fit_nothing() {
        let conv = |padding, stride| Conv {
            padding,
            stride,
            dilation: 1,
        };
        assert_eq!(forward(2, 3, conv(0, 1)), None);
        assert_eq!(forward(5, 3, conv(0, 0)), None);
        assert_eq!(forward(5, 0, conv(0, 1)), None);
        let back = |size, padding, stride| {
            let conv = conv(padding, stride);
            let output_padding = 0;
            transposed(
                size,
                3,
                ConvTranspose {
                    conv,
                    output_padding,
                },
            )
        };
        assert_eq!(back(0, 0, 1), None);
        assert_eq!(back(1, 3, 1), None);
        assert_eq!(back(4, 0, 0), None);
        assert!(back(4, 0, 2).is_some());
    }
}
