//! The angles of rotary embeddings.

use candle_core::{DType, Device, Tensor};
use candle_transformers::models::llama::{Config, Llama3RopeConfig, Llama3RopeType};

/// Cosines and sines, (positions, pairs of a head), of the whole context.
pub(super) fn angles(
    config: &Config,
    dtype: DType,
    device: &Device,
) -> candle_core::Result<[Tensor; 2]> {
    let frequencies = frequencies(config);
    let pairs = frequencies.len();
    let frequencies = Tensor::from_vec(frequencies, (1, pairs), device)?;
    let positions = Tensor::arange(0, config.max_position_embeddings as u32, device)?;
    let positions = positions.to_dtype(DType::F32)?.unsqueeze(1)?;
    let angles = positions.broadcast_mul(&frequencies)?;
    Ok([
        angles.cos()?.to_dtype(dtype)?,
        angles.sin()?.to_dtype(dtype)?,
    ])
}

/// Radians from one position to the next, for each pair of a head.
fn frequencies(config: &Config) -> Vec<f32> {
    let width = config.hidden_size / config.num_attention_heads;
    let plain =
        (0..width / 2).map(|pair| 1.0 / config.rope_theta.powf(2.0 * pair as f32 / width as f32));
    match &config.rope_scaling {
        Some(scaling) if matches!(scaling.rope_type, Llama3RopeType::Llama3) => {
            plain.map(|frequency| scaled(frequency, scaling)).collect()
        }
        _ => plain.collect(),
    }
}

/// Llama 3's scaling: waves longer than the original context allows become slower by the factor, short
/// ones stay, and those between are mixed.
fn scaled(frequency: f32, scaling: &Llama3RopeConfig) -> f32 {
    let wave = 2.0 * std::f32::consts::PI / frequency;
    let waves = scaling.original_max_position_embeddings as f32 / wave;
    let share =
        (waves - scaling.low_freq_factor) / (scaling.high_freq_factor - scaling.low_freq_factor);
    let share = share.clamp(0.0, 1.0);
    (1.0 - share) * frequency / scaling.factor + share * frequency
}
