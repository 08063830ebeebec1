//! Models that take all of their input at once.

use candle_core::{DType, Device, Result, Tensor};
use candle_nn::VarBuilder;
use candle_transformers::models::bert;
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
    // In f16 its mask is 0 times -inf, on every device.
    check("bert", run_bert, &[DType::F32])
}
