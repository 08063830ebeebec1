//! Lane masks, and where DPP takes each lane from.

use redwick_isa::inst::DppControl;

/// In a lane table: no source lane.
pub(crate) const LANE_INVALID: u8 = 0xff;

/// Lanes whose row has its lowest bit set.
#[inline(always)]
pub(crate) fn mask_of<const L: usize>(row: &[u32; L]) -> u64 {
    let mut halves = [0u32; 2];
    for (half, chunk) in halves.iter_mut().zip(row.chunks_exact(32)) {
        for (i, bit) in chunk.iter().enumerate() {
            *half |= (bit & 1) << i;
        }
    }
    u64::from(halves[0]) | u64::from(halves[1]) << 32
}

/// The source lane of every lane under a DPP control, for waves of `lanes` lanes.
pub(crate) fn dpp_lanes(control: DppControl, lanes: usize) -> [u8; 64] {
    let mut table = [LANE_INVALID; 64];
    for (lane, source) in table.iter_mut().enumerate().take(lanes) {
        *source = source_lane(control, lane, lanes).map_or(LANE_INVALID, |source| source as u8);
    }
    table
}

fn source_lane(control: DppControl, lane: usize, lanes: usize) -> Option<usize> {
    let (row, place) = (lane & !15, lane & 15);
    let in_row = |place: usize| (place < 16).then_some(row + place);
    match control {
        DppControl::QuadPerm(select) => Some((lane & !3) + usize::from(select[lane & 3] & 3)),
        DppControl::RowShl(n) => in_row(place + usize::from(n)),
        DppControl::RowShr(n) => place.checked_sub(usize::from(n)).and_then(in_row),
        DppControl::RowRor(n) => in_row((place + 16 - usize::from(n & 15)) & 15),
        DppControl::WaveShl => Some(lane + 1).filter(|&source| source < lanes),
        DppControl::WaveRol => Some((lane + 1) % lanes),
        DppControl::WaveShr => lane.checked_sub(1),
        DppControl::WaveRor => Some((lane + lanes - 1) % lanes),
        DppControl::RowMirror => in_row(15 - place),
        DppControl::RowHalfMirror => Some((lane & !7) + 7 - (lane & 7)),
        DppControl::RowBcast15 => row.checked_sub(1),
        DppControl::RowBcast31 => (lane & !31).checked_sub(1),
        DppControl::RowNewbcast(n) | DppControl::RowShare(n) => in_row(usize::from(n & 15)),
        DppControl::RowXmask(n) => in_row(place ^ usize::from(n & 15)),
        DppControl::Dpp8(select) => Some((lane & !7) + usize::from(select[lane & 7] & 7)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn controls_move_lanes_as_the_guides_say() {
        let at = |control, lane: usize| dpp_lanes(control, 64)[lane];
        assert_eq!(at(DppControl::QuadPerm([3, 2, 1, 0]), 5), 6);
        assert_eq!(at(DppControl::RowShl(1), 14), 15);
        assert_eq!(at(DppControl::RowShl(1), 15), LANE_INVALID);
        assert_eq!(at(DppControl::RowShr(4), 20), 16);
        assert_eq!(at(DppControl::RowShr(4), 19), LANE_INVALID);
        assert_eq!(at(DppControl::RowRor(1), 16), 31);
        assert_eq!(at(DppControl::RowMirror, 33), 46);
        assert_eq!(at(DppControl::RowHalfMirror, 33), 38);
        assert_eq!(at(DppControl::RowBcast15, 16), 15);
        assert_eq!(at(DppControl::RowBcast15, 63), 47);
        assert_eq!(at(DppControl::RowBcast15, 3), LANE_INVALID);
        assert_eq!(at(DppControl::RowBcast31, 40), 31);
        assert_eq!(at(DppControl::WaveShr, 0), LANE_INVALID);
        assert_eq!(at(DppControl::WaveRor, 0), 63);
        assert_eq!(at(DppControl::RowXmask(5), 17), 20);
        assert_eq!(at(DppControl::RowShare(3), 44), 35);
        assert_eq!(at(DppControl::Dpp8([7, 6, 5, 4, 3, 2, 1, 0]), 9), 14);
    }

    #[test]
    fn masks_take_the_lowest_bit() {
        let mut row = [2u32; 64];
        row[0] = 1;
        row[40] = u32::MAX;
        assert_eq!(mask_of(&row), 1 | 1 << 40);
    }
}
