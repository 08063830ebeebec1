//! What is read out of configs as the tools of several years wrote them.

use serde_json::{Value, json};

use super::*;
use crate::error::Error;

fn base() -> Value {
    json!({
        "architectures": ["LlamaForCausalLM"],
        "hidden_size": 64, "intermediate_size": 96, "vocab_size": 50, "num_hidden_layers": 2,
        "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 128,
        "rms_norm_eps": 1e-5, "hidden_act": "silu", "torch_dtype": "bfloat16", "use_cache": true
    })
}

fn with(changes: Value) -> Value {
    let mut config = base();
    for (key, value) in changes.as_object().unwrap() {
        config[key] = value.clone();
    }
    config
}

fn parse(changes: Value) -> Result<LlamaConfig> {
    let json = with(changes);
    let config = Config::new(&json, "LlamaForCausalLM")?;
    config.check_keys(KEYS)?;
    read(&config)
}

#[test]
fn theta_is_found_wherever_it_is_written() {
    let cases = [
        (json!({}), 10_000.0),
        (json!({"rope_theta": 500000.0}), 500_000.0),
        (json!({"rope_theta": 500000}), 500_000.0),
        (
            json!({"rope_parameters": {"rope_theta": 1e6, "rope_type": "default"}}),
            1e6,
        ),
        (
            json!({"rope_parameters": {"rope_theta": 1e6}, "rope_theta": 1e6}),
            1e6,
        ),
        (
            json!({"rope_theta": 2e4, "rope_parameters": {"rope_type": "default"}}),
            2e4,
        ),
        (json!({"rope_theta": 3e4, "rope_scaling": null}), 3e4),
    ];
    for (changes, theta) in cases {
        let config = parse(changes.clone()).unwrap();
        assert_eq!(config.rope_theta, theta, "{changes}");
        assert!(config.rope_scaling.is_none());
    }
}

#[test]
fn llama3_scaling_is_read_from_either_form() {
    let numbers = json!({"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0,
        "high_freq_factor": 4.0, "original_max_position_embeddings": 8192, "rope_theta": 5e5});
    let mut old = numbers.clone();
    old.as_object_mut().unwrap().remove("rope_theta");
    for changes in [
        json!({"rope_parameters": numbers}),
        json!({"rope_scaling": old, "rope_theta": 5e5}),
    ] {
        let config = parse(changes).unwrap();
        let scaling = config.rope_scaling.unwrap();
        assert_eq!((scaling.factor, scaling.high_freq_factor), (8.0, 4.0));
        assert_eq!(scaling.original_max_position_embeddings, 8192);
        assert_eq!(config.rope_theta, 5e5);
    }
}

#[test]
fn what_would_be_ignored_is_refused_by_name() {
    let cases = [
        (json!({"attention_bias": true}), "attention_bias"),
        (json!({"mlp_bias": true}), "mlp_bias"),
        (json!({"hidden_act": "gelu"}), "hidden_act"),
        (json!({"head_dim": 32}), "head_dim"),
        (json!({"sliding_window": 4096}), "sliding_window"),
        (
            json!({"partial_rotary_factor": 0.5}),
            "partial_rotary_factor",
        ),
        (
            json!({"quantization_config": {"bits": 4}}),
            "quantization_config",
        ),
        (
            json!({"rope_scaling": {"type": "yarn", "factor": 4.0}}),
            "rope_scaling.type",
        ),
        (
            json!({"rope_parameters": {"rope_type": "dynamic"}}),
            "rope_parameters.rope_type",
        ),
        (
            json!({"rope_parameters": {"mystery": 3}}),
            "rope_parameters.mystery",
        ),
        (json!({"logit_scale": 0.125}), "logit_scale"),
    ];
    for (changes, key) in cases {
        match parse(changes) {
            Err(Error::Unsupported { key: found, .. }) => assert_eq!(found, key),
            other => panic!("{key}: {other:?}"),
        }
    }
}

#[test]
fn what_has_no_effect_is_accepted() {
    let harmless = json!({"_name_or_path": "x", "dtype": "float16", "pretraining_tp": 1,
        "attention_bias": false, "head_dim": 16, "sliding_window": null, "some_new_flag": false,
        "partial_rotary_factor": 1.0, "eos_token_id": [1, 2], "tie_word_embeddings": true});
    let config = parse(harmless).unwrap();
    assert!(config.tie_word_embeddings);
}

/// As two of the most used small models are published.
#[test]
fn published_configs_are_read() {
    let llama = json!({
        "architectures": ["LlamaForCausalLM"], "attention_bias": false, "attention_dropout": 0.0,
        "bos_token_id": 128000, "eos_token_id": 128001, "head_dim": 64, "hidden_act": "silu",
        "hidden_size": 2048, "initializer_range": 0.02, "intermediate_size": 8192,
        "max_position_embeddings": 131072, "mlp_bias": false, "model_type": "llama",
        "num_attention_heads": 32, "num_hidden_layers": 16, "num_key_value_heads": 8,
        "pretraining_tp": 1, "rms_norm_eps": 1e-05, "rope_scaling": {"factor": 32.0,
        "high_freq_factor": 4.0, "low_freq_factor": 1.0, "original_max_position_embeddings": 8192,
        "rope_type": "llama3"}, "rope_theta": 500000.0, "tie_word_embeddings": true,
        "torch_dtype": "bfloat16", "transformers_version": "4.45.0.dev0", "use_cache": true,
        "vocab_size": 128256
    });
    let smol = json!({
        "architectures": ["LlamaForCausalLM"], "attention_bias": false, "attention_dropout": 0.0,
        "bos_token_id": 0, "eos_token_id": 0, "hidden_act": "silu", "hidden_size": 576,
        "initializer_range": 0.041666666666666664, "intermediate_size": 1536,
        "is_llama_config": true, "max_position_embeddings": 8192, "model_type": "llama",
        "num_attention_heads": 9, "num_hidden_layers": 30, "num_key_value_heads": 3,
        "pretraining_tp": 1, "rms_norm_eps": 1e-05, "rope_interleaved": false,
        "rope_scaling": null, "rope_theta": 100000, "tie_word_embeddings": true,
        "torch_dtype": "bfloat16", "transformers_version": "4.40.1", "use_cache": true,
        "vocab_size": 49152
    });
    for (json, theta) in [(llama, 5e5), (smol, 1e5)] {
        let config = Config::new(&json, "LlamaForCausalLM").unwrap();
        config.check_keys(KEYS).unwrap();
        assert_eq!(read(&config).unwrap().rope_theta, theta);
    }
}

#[test]
fn numbers_that_make_no_model_are_refused_by_name() {
    let cases = [
        (json!({"hidden_size": 0}), "hidden_size"),
        (json!({"hidden_size": 66}), "hidden_size"),
        (json!({"hidden_size": "64"}), "hidden_size"),
        (json!({"num_hidden_layers": 1e12}), "num_hidden_layers"),
        (json!({"num_key_value_heads": 3}), "num_key_value_heads"),
        (
            json!({"max_position_embeddings": 1}),
            "max_position_embeddings",
        ),
        (json!({"vocab_size": null}), "vocab_size"),
        (json!({"rms_norm_eps": -1.0}), "rms_norm_eps"),
        (
            json!({"rope_theta": 1e4, "rope_parameters": {"rope_theta": 2e4}}),
            "rope_theta",
        ),
        (
            json!({"rope_scaling": {"type": "linear"}}),
            "rope_scaling.factor",
        ),
        (json!({"rope_scaling": 4}), "rope_scaling"),
        (json!({"tie_word_embeddings": "yes"}), "tie_word_embeddings"),
    ];
    for (changes, key) in cases {
        match parse(changes) {
            Err(Error::BadValue { key: found, .. }) => assert_eq!(found, key),
            other => panic!("{key}: {other:?}"),
        }
    }
}

#[test]
fn the_plan_lists_a_head_only_where_it_is_not_tied() {
    let names = |tied: bool| -> Vec<String> {
        let json = with(json!({"tie_word_embeddings": tied}));
        let plan = plan(&Config::new(&json, "LlamaForCausalLM").unwrap()).unwrap();
        plan.tensors()
            .into_iter()
            .map(|tensor| tensor.name)
            .collect()
    };
    assert_eq!(names(true).len(), 2 + 2 * 9);
    assert!(names(false).contains(&"lm_head.weight".to_owned()));
}
