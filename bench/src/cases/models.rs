//! Whole models that are not language models: BERT-base, and a step of Stable Diffusion 1.5.

use candle_core::{DType, Result, Tensor};
use candle_transformers::models::bert::{BertModel, Config};
use candle_transformers::models::stable_diffusion::unet_2d::{
    UNet2DConditionModel, UNet2DConditionModelConfig,
};

use super::{Size, name, weights};
use crate::case::{Case, Program};
use crate::input::{indices, numbers};

pub(super) fn cases(size: Size) -> Vec<Case> {
    // Candle's BERT computes its mask in f32 and takes no other type.
    let mut cases = vec![bert(size)];
    cases.extend([DType::F32, DType::F16].map(|dtype| unet(size, dtype)));
    cases
}

const TOKENS: usize = 128;

/// `Config::default` is that of BERT-base.
fn bert(size: Size) -> Case {
    let (batch, config) = (size.of(32), Config::default());
    let (width, inner) = (config.hidden_size, config.intermediate_size);
    let weights = config.num_hidden_layers * (4 * width * width + 2 * width * inner);
    let products = 2 * batch * TOKENS * weights;
    let attention = config.num_hidden_layers * 4 * batch * TOKENS * TOKENS * width;
    Case::program("model", "BERT-base f32 32×128", DType::F32, move |device| {
        let model = BertModel::load(weights::drawn(DType::F32, device), &config)?;
        let ids = indices(&[batch, TOKENS], config.vocab_size).make(device)?;
        let types = ids.zeros_like()?;
        let program: Program = Box::new(move || model.forward(&ids, &types, None));
        Ok(program)
    })
    .moving(4 * weights as u64)
    .computing((products + attention) as u64)
}

/// Floating-point operations of a step at 64 by 64 for one image: the published count of
/// multiplications and additions of this network is 0.34e12.
const UNET_FLOPS: u64 = 680_000_000_000;

/// Both halves of a guided step: a batch of 2.
fn unet(size: Size, dtype: DType) -> Case {
    let side = size.of(64).max(8);
    let title = format!("SD 1.5 UNet step {} 2×4×64²", name(dtype));
    let share = (64 / side * (64 / side)) as u64;
    Case::program("model", title, dtype, move |device| {
        let model =
            UNet2DConditionModel::new(weights::drawn(dtype, device), 4, 4, false, sd_1_5())?;
        let image = numbers(&[2, 4, side, side], dtype).make(device)?;
        let text = numbers(&[2, 77, 768], dtype).make(device)?;
        step(model, image, text)
    })
    .computing(2 * UNET_FLOPS / share)
}

fn step(model: UNet2DConditionModel, image: Tensor, text: Tensor) -> Result<Program> {
    Ok(Box::new(move || model.forward(&image, 500.0, &text)))
}

/// The published configuration of the network: the default is that of its second version.
fn sd_1_5() -> UNet2DConditionModelConfig {
    UNet2DConditionModelConfig {
        cross_attention_dim: 768,
        ..UNet2DConditionModelConfig::default()
    }
}
