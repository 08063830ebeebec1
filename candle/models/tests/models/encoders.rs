//! Models that take all of their input at once.

use candle_core::{DType, Device, Result, Tensor};
use candle_nn::VarBuilder;
use candle_transformers::models::{bert, whisper};
use redwick_candle_models::{difference, random_weights, targets};

use crate::generation::tolerance;

/// A model's results for a fixed input.
type Run = fn(VarBuilder<'_>) -> Result<Vec<Tensor>>;

fn check(name: &str, run: Run, dtypes: &[DType]) -> Result<()> {
    for target in targets() {
        let device = target.open()?;
        // What a model cannot do in one dtype it does in another.
        let mut taken: Vec<DType> = target.dtypes.to_vec();
        taken.retain(|dtype| dtypes.contains(dtype));
        for dtype in if taken.is_empty() {
            dtypes.to_vec()
        } else {
            taken
        } {
            let expected = run(random_weights(DType::F32, dtype, &Device::Cpu))?;
            let found = run(random_weights(dtype, dtype, &device))?;
            assert_eq!(found.len(), expected.len());
            for (at, (found, expected)) in found.iter().zip(&expected).enumerate() {
                let difference = difference(found, expected)?;
                assert!(
                    difference <= tolerance(dtype),
                    "{name} in {dtype:?} on {}: result {at} differs by {difference}",
                    target.name
                );
            }
        }
    }
    Ok(())
}

fn run_bert(vb: VarBuilder<'_>) -> Result<Vec<Tensor>> {
    let config = bert::Config {
        vocab_size: 97,
        hidden_size: 64,
        num_hidden_layers: 2,
        num_attention_heads: 4,
        intermediate_size: 96,
        max_position_embeddings: 32,
        ..Default::default()
    };
    let device = vb.device().clone();
    let model = bert::BertModel::load(vb, &config)?;
    let ids = Tensor::new(&[[3u32, 1, 4, 15, 9], [26, 5, 35, 0, 0]], &device)?;
    let kept = Tensor::new(&[[1u32, 1, 1, 1, 1], [1, 1, 1, 0, 0]], &device)?;
    Ok(vec![model.forward(
        &ids,
        &ids.zeros_like()?,
        Some(&kept),
    )?])
}

#[test]
fn bert() -> Result<()> {
    check("bert", run_bert, &[DType::F32])
}

/// Its mask is 0 times the least f32, which is -inf in f16.
#[test]
fn bert_in_f16_is_nan_on_every_device() -> Result<()> {
    let on = |device: &Device| {
        let found = run_bert(random_weights(DType::F16, DType::F16, device))?;
        found[0]
            .to_dtype(DType::F32)?
            .flatten_all()?
            .to_vec1::<f32>()
    };
    for device in devices()? {
        assert!(on(&device)?.iter().all(|x| x.is_nan()), "{device:?}");
    }
    Ok(())
}

/// The CPU, and the emulated GPUs.
fn devices() -> Result<Vec<Device>> {
    let mut devices = vec![Device::Cpu];
    for target in targets() {
        devices.push(target.open()?);
    }
    Ok(devices)
}

fn run_whisper(vb: VarBuilder<'_>) -> Result<Vec<Tensor>> {
    let config = whisper::Config {
        num_mel_bins: 16,
        max_source_positions: 20,
        d_model: 64,
        encoder_attention_heads: 4,
        encoder_layers: 2,
        vocab_size: 97,
        max_target_positions: 16,
        decoder_attention_heads: 4,
        decoder_layers: 2,
        suppress_tokens: Vec::new(),
    };
    let (device, dtype) = (vb.device().clone(), vb.dtype());
    let mut model = whisper::model::Whisper::load(&vb, config)?;
    let sound: Vec<f32> = (0..16 * 40).map(|at| (at as f32 * 0.37).sin()).collect();
    let sound = Tensor::from_vec(sound, (1, 16, 40), &device)?.to_dtype(dtype)?;
    let heard = model.encoder.forward(&sound, true)?;
    let mut results = vec![heard.clone()];
    for (tokens, first) in [(&[3u32, 1, 4, 15][..], true), (&[3, 1, 4, 15, 9], false)] {
        let ids = Tensor::new(tokens, &device)?.unsqueeze(0)?;
        let hidden = model.decoder.forward(&ids, &heard, first)?;
        results.push(model.decoder.final_linear(&hidden)?);
    }
    Ok(results)
}

#[test]
fn whisper() -> Result<()> {
    check("whisper", run_whisper, &[DType::F32])
}

/// Its sinusoids stay f32, and are added to f16.
#[test]
fn whisper_in_f16_is_refused_on_every_device() -> Result<()> {
    for device in devices()? {
        let found = run_whisper(random_weights(DType::F16, DType::F16, &device));
        let text = found.err().map(|error| error.to_string());
        let text = text.unwrap_or_default();
        assert!(
            text.contains("F16") && text.contains("F32"),
            "{device:?}: {text}"
        );
    }
    Ok(())
}
