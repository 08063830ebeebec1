//! Comparisons of a device's results with the CPU's.

use candle_core::{DType, Device, Result, Tensor};

/// The greatest difference between two results, relative to the greatest number expected. Infinite
/// where one has numbers that the other lacks, or none.
///
/// # Errors
/// Where a tensor cannot be copied to the CPU.
pub fn difference(found: &Tensor, expected: &Tensor) -> Result<f32> {
    let flat = |tensor: &Tensor| {
        let tensor = tensor.to_dtype(DType::F32)?.to_device(&Device::Cpu)?;
        tensor.flatten_all()?.to_vec1::<f32>()
    };
    let (dims, expected_dims) = (found.dims(), expected.dims());
    if dims != expected_dims {
        return Ok(f32::INFINITY);
    }
    let (found, expected) = (flat(found)?, flat(expected)?);
    let largest = expected
        .iter()
        .fold(f32::MIN_POSITIVE, |a, x| a.max(x.abs()));
    let differences = found.iter().zip(&expected).map(|(a, b)| (a - b).abs());
    let worst = differences.fold(
        0.0,
        |a: f32, b| if b.is_nan() { f32::INFINITY } else { a.max(b) },
    );
    Ok(worst / largest)
}
