//! The table of 2/π by which large angles are reduced.

use super::float::scale64;
use super::map::lane_ops;

/// The bits of 2/π behind the binary point, highest first.
const TWO_OVER_PI: [u64; 20] = [
    0xa2f9_836e_4e44_1529,
    0xfc27_57d1_f534_ddc0,
    0xdb62_9599_3c43_9041,
    0xfe51_63ab_debb_c561,
    0xb724_6e3a_424d_d2e0,
    0x0649_2eea_09d1_921c,
    0xfe1d_eb1c_b129_a73e,
    0xe882_35f5_2ebb_4484,
    0xe99c_7026_b45f_7e41,
    0x3991_d639_8353_39f4,
    0x9c84_5f8b_bdf9_283b,
    0x1ff8_97ff_de05_980f,
    0xef2f_118b_5a0a_6d1f,
    0x6d36_7ecf_27cb_09b7,
    0x4f46_3f66_9e5f_ea2d,
    0x7527_bac7_ebe5_f17b,
    0x3d07_39f7_8a52_92ea,
    0x6bfb_5fb1_1f8d_5d08,
    0x5603_3046_fc7b_6bab,
    0xf0cf_bc20_9af4_361d,
];

/// The 53 bits of 2/π from bit `first` behind the point on.
fn bits_from(first: usize) -> u64 {
    let word = |i: usize| u128::from(TWO_OVER_PI.get(i).copied().unwrap_or(0));
    let pair = word(first / 64) << 64 | word(first / 64 + 1);
    (pair << (first % 64) >> (128 - 53)) as u64
}

/// Part `part` of 2/π, far enough behind the point for an angle of that size.
fn part_of_two_over_pi(angle: f64, part: u32) -> f64 {
    let exponent = (angle.to_bits() >> 52 & 0x7ff) as i32;
    let first = 53 * (part & 31) as i32 + (exponent - 1077).max(0);
    let scale = -53 - first + if exponent >= 1968 { 128 } else { 0 };
    scale64(bits_from(first as usize) as f64, scale)
}

lane_ops! { pub(super) fn bind;
    VTrigPreopF64 => (angle: f64, part: u32) -> f64 { part_of_two_over_pi(angle, part) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exec::float::frexp64;

    #[test]
    fn parts_add_up_to_two_over_pi() {
        let parts: Vec<f64> = (0..3).map(|part| part_of_two_over_pi(1.0, part)).collect();
        assert_eq!(parts[0] + parts[1] + parts[2], std::f64::consts::FRAC_2_PI);
        assert!(parts[1] < 2f64.powi(-52) && parts[2] < 2f64.powi(-105));
        assert_eq!(frexp64(part_of_two_over_pi(2f64.powi(60), 0)).1, -6);
    }
}
