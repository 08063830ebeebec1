//! Layouts: how a tensor of given dimensions comes to lie in a larger storage.

use candle_core::{Result, Tensor};

/// A way to lay out a tensor. Each starts from a contiguous base and uses Candle's own views, so the
/// same steps give the same layout on every device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    /// Contiguous from the first element.
    Plain,
    /// Contiguous, but not from the first element of the storage.
    Offset,
    /// Rows of a wider matrix: contiguous rows with gaps.
    Columns,
    /// The last two dimensions swapped.
    Transposed,
    /// All dimensions in the opposite order.
    Reversed,
    /// Every second element.
    Stepped,
    /// Stride 0 along the first dimension.
    BroadcastFirst,
    /// Stride 0 along the last dimension.
    BroadcastLast,
    /// Stride 0 along all dimensions.
    BroadcastAll,
}

impl View {
    /// All ways.
    pub const ALL: [Self; 9] = [
        Self::Plain,
        Self::Offset,
        Self::Columns,
        Self::Transposed,
        Self::Reversed,
        Self::Stepped,
        Self::BroadcastFirst,
        Self::BroadcastLast,
        Self::BroadcastAll,
    ];

    /// Those that leave the elements in order without gaps.
    pub const CONTIGUOUS: [Self; 2] = [Self::Plain, Self::Offset];

    /// Whether the layout is another than [`View::Plain`] for a tensor of `rank` dimensions.
    pub fn applies(self, rank: usize) -> bool {
        match self {
            Self::Plain => true,
            Self::Transposed | Self::Reversed | Self::Columns => rank >= 2,
            _ => rank >= 1,
        }
    }

    /// The dimensions of the base from which [`View::of`] makes a tensor of `dims`.
    pub fn base(self, dims: &[usize]) -> Vec<usize> {
        let mut base = dims.to_vec();
        let last = dims.len().saturating_sub(1);
        match self {
            Self::Plain => {}
            Self::Offset => base[0] += 3,
            Self::Columns => base[last] += 5,
            Self::Transposed => base.swap(last - 1, last),
            Self::Reversed => base.reverse(),
            Self::Stepped => base.push(2),
            Self::BroadcastFirst => base[0] = 1,
            Self::BroadcastLast => base[last] = 1,
            Self::BroadcastAll => base.fill(1),
        }
        base
    }

    /// The view of `dims` over a base.
    ///
    /// # Errors
    /// Candle's, where the base is not of the dimensions that [`View::base`] says.
    pub fn of(self, base: &Tensor, dims: &[usize]) -> Result<Tensor> {
        let last = dims.len().saturating_sub(1);
        match self {
            Self::Plain => Ok(base.clone()),
            Self::Offset => base.narrow(0, 2, dims[0]),
            Self::Columns => base.narrow(last, 3, dims[last]),
            Self::Transposed => base.transpose(last - 1, last),
            Self::Reversed => base.permute((0..dims.len()).rev().collect::<Vec<_>>()),
            Self::Stepped => base.narrow(dims.len(), 1, 1)?.squeeze(dims.len()),
            _ => base.broadcast_as(dims),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::{DType, Device};

    #[test]
    fn every_view_has_the_dimensions_asked_for() {
        for dims in [vec![], vec![4], vec![3, 5], vec![2, 3, 4], vec![2, 0, 4]] {
            for view in View::ALL.into_iter().filter(|v| v.applies(dims.len())) {
                let base = Tensor::zeros(view.base(&dims), DType::F32, &Device::Cpu).unwrap();
                let tensor = view.of(&base, &dims).unwrap();
                assert_eq!(tensor.dims(), dims, "{view:?}");
            }
        }
    }

    #[test]
    fn views_are_what_they_are_called() {
        let make = |view: View| {
            let base = Tensor::zeros(view.base(&[3, 5]), DType::F32, &Device::Cpu).unwrap();
            view.of(&base, &[3, 5]).unwrap()
        };
        assert_eq!(make(View::Offset).layout().start_offset(), 10);
        assert_eq!(make(View::Columns).stride(), [10, 1]);
        assert_eq!(make(View::Transposed).stride(), [1, 3]);
        assert_eq!(make(View::Stepped).stride(), [10, 2]);
        assert_eq!(make(View::BroadcastLast).stride(), [1, 0]);
        assert_eq!(make(View::BroadcastAll).stride(), [0, 0]);
    }
}
