//! Models that generate text: a prompt, then a token at a time with their cache.

use candle_core::{DType, Device, IndexOp, Result, Tensor};
use candle_nn::VarBuilder;
use candle_transformers::models::{gemma3, llama, mistral, phi3, qwen2, qwen3, qwen3_moe};
use redwick_candle_models::{Target, difference, random_weights, targets};
use serde_json::json;

/// One step: logits after the tokens, given how many came before.
pub(crate) type Step = Box<dyn FnMut(&Tensor, usize) -> Result<Tensor>>;

/// A model with its weights.
pub(crate) type Load = fn(VarBuilder<'_>) -> Result<Step>;

const PROMPT: [u32; 7] = [3, 1, 4, 15, 9, 26, 5];
const GENERATED: usize = 3;

/// What a small model of any of these architectures has.
fn config(more: serde_json::Value) -> serde_json::Value {
    let mut config = json!({
        "vocab_size": 97, "hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 2,
        "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 32,
        "rms_norm_eps": 1e-6, "rope_theta": 10000.0, "hidden_act": "silu",
    });
    if let (Some(config), Some(more)) = (config.as_object_mut(), more.as_object()) {
        config.extend(more.clone());
    }
    config
}

fn parsed<T: serde::de::DeserializeOwned>(more: serde_json::Value) -> T {
    serde_json::from_value(config(more)).expect("the configuration is one of this architecture")
}

fn load_llama(vb: VarBuilder<'_>) -> Result<Step> {
    let config = parsed::<llama::LlamaConfig>(json!({})).into_config(false);
    let mut cache = llama::Cache::new(true, vb.dtype(), &config, vb.device())?;
    let model = llama::Llama::load(vb, &config)?;
    Ok(Box::new(move |ids, at| model.forward(ids, at, &mut cache)))
}

fn load_mistral(vb: VarBuilder<'_>) -> Result<Step> {
    let mut model = mistral::Model::new(&parsed(json!({ "sliding_window": 4 })), vb)?;
    Ok(Box::new(move |ids, at| model.forward(ids, at)))
}

fn load_qwen2(vb: VarBuilder<'_>) -> Result<Step> {
    let more = json!({
        "sliding_window": 32, "max_window_layers": 2, "tie_word_embeddings": false,
        "use_sliding_window": false,
    });
    let mut model = qwen2::ModelForCausalLM::new(&parsed(more), vb)?;
    Ok(Box::new(move |ids, at| model.forward(ids, at)))
}

fn load_qwen3(vb: VarBuilder<'_>) -> Result<Step> {
    let more = json!({
        "head_dim": 24, "attention_bias": false, "max_window_layers": 2,
        "tie_word_embeddings": true, "use_sliding_window": false, "sliding_window": null,
    });
    let mut model = qwen3::ModelForCausalLM::new(&parsed(more), vb)?;
    Ok(Box::new(move |ids, at| model.forward(ids, at)))
}

fn load_gemma3(vb: VarBuilder<'_>) -> Result<Step> {
    // Its cache takes heads of `v` as they lie, which for more than one are not adjacent.
    let more = json!({
        "num_key_value_heads": 1, "attention_bias": false, "head_dim": 16, "hidden_activation": "gelu_pytorch_tanh",
        "rope_local_base_freq": 10000.0, "final_logit_softcapping": 30.0,
        "attn_logit_softcapping": 50.0, "query_pre_attn_scalar": 16, "sliding_window": 4,
        "sliding_window_pattern": 2,
    });
    let mut model = gemma3::Model::new(false, &parsed(more), vb)?;
    Ok(Box::new(move |ids, at| model.forward(ids, at)))
}

fn load_phi3(vb: VarBuilder<'_>) -> Result<Step> {
    let mut model = phi3::Model::new(&parsed(json!({ "partial_rotary_factor": 0.5 })), vb)?;
    Ok(Box::new(move |ids, at| model.forward(ids, at)))
}

fn load_qwen3_moe(vb: VarBuilder<'_>) -> Result<Step> {
    // The device's mixture of experts is the fused one, the CPU's is composed.
    let more = json!({
        "head_dim": 16, "attention_bias": false, "max_window_layers": 2,
        "tie_word_embeddings": false, "use_sliding_window": false, "sliding_window": null,
        "decoder_sparse_step": 1, "moe_intermediate_size": 40, "num_experts_per_tok": 2,
        "num_experts": 5, "norm_topk_prob": true,
    });
    let mut model = qwen3_moe::ModelForCausalLM::new(&parsed(more), vb)?;
    Ok(Box::new(move |ids, at| model.forward(ids, at)))
}

/// How far logits may be off, relative to the greatest.
pub(crate) fn tolerance(dtype: DType) -> f32 {
    match dtype {
        DType::F32 => 1e-4,
        _ => 3e-2,
    }
}

/// The logits of each step, and the tokens that were generated.
pub(crate) struct Run {
    pub(crate) logits: Vec<Tensor>,
    pub(crate) tokens: Vec<u32>,
}

/// Runs the prompt and generates greedily; or, with `tokens`, as if these had been generated.
pub(crate) fn run(mut step: Step, device: &Device, tokens: Option<&[u32]>) -> Result<Run> {
    let mut run = Run {
        logits: Vec::new(),
        tokens: Vec::new(),
    };
    let (mut input, mut before) = (PROMPT.to_vec(), 0);
    for at in 0..=GENERATED {
        let ids = Tensor::new(input.as_slice(), device)?.unsqueeze(0)?;
        let logits = step(&ids, before)?.flatten_all()?.to_dtype(DType::F32)?;
        before += input.len();
        let best = logits.argmax(0)?.to_scalar::<u32>()?;
        run.tokens.push(best);
        input = vec![tokens.map_or(best, |tokens| tokens[at])];
        run.logits.push(logits);
    }
    Ok(run)
}

/// Compares a device's run with the CPU's in f32. In f32 both generate the same tokens.
pub(crate) fn compare(name: &str, target: &Target, dtype: DType, found: &Run, expected: &Run) {
    for (at, (found, expected)) in found.logits.iter().zip(&expected.logits).enumerate() {
        let difference = difference(found, expected).expect("logits are copied");
        assert!(
            difference <= tolerance(dtype),
            "{name} in {dtype:?} on {}: logits of step {at} differ by {difference}",
            target.name
        );
    }
    if dtype == DType::F32 {
        assert_eq!(found.tokens, expected.tokens, "{name} on {}", target.name);
    }
}

fn check(name: &str, load: Load) -> Result<()> {
    for target in targets() {
        let device = target.open()?;
        for &dtype in target.dtypes {
            let on_cpu = random_weights(DType::F32, dtype, &Device::Cpu);
            let expected = run(load(on_cpu)?, &Device::Cpu, None)?;
            let tokens = (dtype != DType::F32).then_some(&expected.tokens[..]);
            let found = run(
                load(random_weights(dtype, dtype, &device))?,
                &device,
                tokens,
            )?;
            compare(name, target, dtype, &found, &expected);
        }
    }
    Ok(())
}

macro_rules! models {
    ($($name:ident: $load:ident),* $(,)?) => {
        $(
            #[test]
            fn $name() -> Result<()> {
                check(stringify!($name), $load)
            }
        )*
    };
}

models! {
    llama: load_llama,
    mistral: load_mistral,
    qwen2: load_qwen2,
    qwen3: load_qwen3,
    qwen3_moe: load_qwen3_moe,
    gemma3: load_gemma3,
    phi3: load_phi3,
}

#[test]
fn models_have_something_to_say() -> Result<()> {
    let weights = random_weights(DType::F32, DType::F32, &Device::Cpu);
    let logits = load_llama(weights)?(&Tensor::new(&[PROMPT], &Device::Cpu)?, 0)?;
    let logits = logits.i(0)?.to_vec1::<f32>()?;
    let largest = logits.iter().fold(0f32, |a, x| a.max(x.abs()));
    assert!((0.1..100.0).contains(&largest), "{largest}");
    Ok(())
}
