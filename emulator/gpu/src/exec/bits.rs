//! Bit fields and bytes of words, as scalar and vector instructions share them.

/// `width` bits from bit `offset`; both count modulo 32.
#[inline(always)]
pub(super) fn extract(a: u32, offset: u32, width: u32) -> u32 {
    let mask = 1u32.wrapping_shl(width).wrapping_sub(1);
    a.wrapping_shr(offset) & mask
}

/// As [`extract`], sign-extended.
#[inline(always)]
pub(super) fn extract_signed(a: u32, offset: u32, width: u32) -> u32 {
    let width = width & 31;
    let field = extract(a, offset, width);
    let sign = if width == 0 { 0 } else { 1 << (width - 1) };
    (field ^ sign).wrapping_sub(sign)
}

/// Zeros above the highest one, or −1.
#[inline(always)]
pub(super) fn leading_zeros(a: u32) -> u32 {
    if a == 0 { u32::MAX } else { a.leading_zeros() }
}

/// Distance from the sign bit to the first bit that differs from it, or −1.
#[inline(always)]
pub(super) fn leading_signs(a: u32) -> u32 {
    leading_zeros(a ^ ((a as i32) >> 31) as u32)
}

/// Zeros below the lowest one, or −1.
#[inline(always)]
pub(super) fn trailing_zeros(a: u32) -> u32 {
    if a == 0 { u32::MAX } else { a.trailing_zeros() }
}

/// Bytes chosen from eight (`b` the low four) or made of signs and constants.
#[inline(always)]
pub(super) fn permute(a: u32, b: u32, select: u32) -> u32 {
    let all = u64::from(a) << 32 | u64::from(b);
    let byte = |selector: u32| match selector {
        0..=7 => (all >> (8 * selector)) as u32 & 0xff,
        8..=11 => ((all >> (16 * (selector - 8) + 15)) as u32 & 1) * 0xff,
        12 => 0,
        _ => 0xff,
    };
    byte(select & 0xff)
        | byte(select >> 8 & 0xff) << 8
        | byte(select >> 16 & 0xff) << 16
        | byte(select >> 24) << 24
}

/// Sum of the distances of four bytes.
#[inline(always)]
pub(super) fn byte_distance(a: u32, b: u32) -> u32 {
    (0..4)
        .map(|i| (a >> (8 * i) & 0xff).abs_diff(b >> (8 * i) & 0xff))
        .sum()
}

/// As [`byte_distance`], without the bytes that are 0 in `reference`.
#[inline(always)]
pub(super) fn masked_byte_distance(a: u32, reference: u32) -> u32 {
    let distance = |i: u32| {
        let byte = reference >> (8 * i) & 0xff;
        if byte == 0 {
            0
        } else {
            (a >> (8 * i) & 0xff).abs_diff(byte)
        }
    };
    (0..4).map(distance).sum()
}

/// Four 16-bit sums of distances, each with the first source a byte further.
#[inline(always)]
pub(super) fn sliding_distances(a: u64, b: u32, c: u64, distance: impl Fn(u32, u32) -> u32) -> u64 {
    let sum = |i: u32| {
        let total = distance((a >> (8 * i)) as u32, b) + (c >> (16 * i)) as u32 % 0x1_0000;
        u64::from(total & 0xffff) << (16 * i)
    };
    sum(0) | sum(1) | sum(2) | sum(3)
}

/// Averages of four bytes, rounded up where `round` has the byte's lowest bit.
#[inline(always)]
pub(super) fn average_bytes(a: u32, b: u32, round: u32) -> u32 {
    let byte = |i: u32| {
        let part = |x: u32| x >> (8 * i) & 0xff;
        (part(a) + part(b) + (part(round) & 1)) >> 1 << (8 * i)
    };
    byte(0) | byte(1) | byte(2) | byte(3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields() {
        assert_eq!(extract(0xabcd_1234, 8, 8), 0x12);
        assert_eq!(extract(0xabcd_1234, 8, 0), 0);
        assert_eq!(extract(0xabcd_1234, 40, 40), 0x12);
        assert_eq!(extract_signed(0x0000_8000, 8, 8), 0xffff_ff80);
        assert_eq!(extract_signed(0xffff_ffff, 0, 0), 0);
        assert_eq!(extract_signed(0x7000_0000, 28, 31), 7);
    }

    #[test]
    fn counts_of_leading_bits() {
        assert_eq!(leading_zeros(0), u32::MAX);
        assert_eq!(leading_zeros(1), 31);
        assert_eq!(leading_signs(0), u32::MAX);
        assert_eq!(leading_signs(u32::MAX), u32::MAX);
        assert_eq!(leading_signs(0x4000_0000), 1);
        assert_eq!(leading_signs(1), 31);
        assert_eq!(leading_signs(0xffff_fffe), 31);
        assert_eq!(leading_signs(0x8000_0000), 1);
        assert_eq!(trailing_zeros(0), u32::MAX);
        assert_eq!(trailing_zeros(8), 3);
    }

    #[test]
    fn permute_selects_bytes_signs_and_constants() {
        assert_eq!(permute(0x7766_5544, 0x3322_1100, 0x0704_0300), 0x7744_3300);
        assert_eq!(permute(0x8000_0000, 0x0000_8000, 0x0b0a_0908), 0xff00_00ff);
        assert_eq!(permute(0, 0, 0x0c0d_ff0c), 0x00ff_ff00);
    }

    #[test]
    fn bytes() {
        assert_eq!(byte_distance(0x0102_03ff, 0x0201_0300), 1 + 1 + 255);
        assert_eq!(masked_byte_distance(0x0102_03ff, 0x0201_0300), 2);
        assert_eq!(
            average_bytes(0x0001_02ff, 0x0002_04ff, 0x0001_0000),
            0x0002_03ff
        );
        let sliding = sliding_distances(0x0000_0004_0302_0100, 0x0302_0100, 1, byte_distance);
        assert_eq!(sliding, 11 << 48 | 9 << 32 | 4 << 16 | 1);
    }
}
