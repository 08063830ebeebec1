//! Reads `config.json` with a table of the keys that an architecture knows.
//!
//! Candle's own parsers drop every key they have no field for, so a model that needs one computes
//! something else without a word. Here each key is in one of three classes, and one that is in none
//! is an error.

use serde_json::{Map, Value};

use crate::error::{Error, Result};

/// What a key means to an architecture.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Key {
    /// The architecture reads it.
    Read,
    /// It does not change what the model computes.
    NoEffect,
    /// It would change what the model computes: only this value (JSON) is what is implemented.
    Only(&'static str),
}

/// Keys that any model's config may have and that do not change what it computes.
const NO_EFFECT: &[&str] = &[
    "add_cross_attention",
    "architectures",
    "attention_dropout",
    "attn_pdrop",
    "auto_map",
    "bad_words_ids",
    "begin_suppress_tokens",
    "bos_token_id",
    "chunk_size_feed_forward",
    "classifier_dropout",
    "cross_attention_hidden_size",
    "decoder_start_token_id",
    "diversity_penalty",
    "do_sample",
    "dtype",
    "early_stopping",
    "embd_pdrop",
    "encoder_no_repeat_ngram_size",
    "eos_token_id",
    "exponential_decay_length_penalty",
    "finetuning_task",
    "forced_bos_token_id",
    "forced_eos_token_id",
    "gradient_checkpointing",
    "hidden_dropout",
    "id2label",
    "initializer_range",
    "is_decoder",
    "is_encoder_decoder",
    "is_llama_config",
    "label2id",
    "length_penalty",
    "max_length",
    "min_length",
    "model_type",
    "neftune_noise_alpha",
    "no_repeat_ngram_size",
    "num_beam_groups",
    "num_beams",
    "num_return_sequences",
    "output_attentions",
    "output_hidden_states",
    "output_scores",
    "pad_token_id",
    "prefix",
    "pretraining_tp",
    "problem_type",
    "pruned_heads",
    "remove_invalid_values",
    "repetition_penalty",
    "resid_pdrop",
    "return_dict",
    "return_dict_in_generate",
    "sep_token_id",
    "suppress_tokens",
    "task_specific_params",
    "temperature",
    "tf_legacy_loss",
    "tie_encoder_decoder",
    "tokenizer_class",
    "top_k",
    "top_p",
    "torch_dtype",
    "torchscript",
    "transformers.js_config",
    "transformers_version",
    "typical_p",
    "unsloth_fixed",
    "unsloth_version",
    "use_bfloat16",
    "use_cache",
];

/// A parsed `config.json` (or a part of it) that answers with typed values and typed errors.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Config<'a> {
    map: &'a Map<String, Value>,
    /// The dotted place of this part, empty for the whole file.
    prefix: &'a str,
    architecture: &'a str,
}

const FILE: &str = "config.json";

impl<'a> Config<'a> {
    pub(crate) fn new(json: &'a Value, architecture: &'a str) -> Result<Self> {
        let map = json
            .as_object()
            .ok_or_else(|| bad("", shown(json), "an object"))?;
        Ok(Self {
            map,
            prefix: "",
            architecture,
        })
    }

    /// Refuses every key that the table, the common keys and the values together do not account for.
    pub(crate) fn check_keys(&self, table: &[(&str, Key)]) -> Result<()> {
        self.map
            .iter()
            .try_for_each(|(key, value)| self.check_key(table, key, value))
    }

    fn check_key(&self, table: &[(&str, Key)], key: &str, value: &Value) -> Result<()> {
        let known = table
            .iter()
            .find(|(name, _)| *name == key)
            .map(|(_, known)| *known);
        match known {
            Some(Key::Read | Key::NoEffect) => Ok(()),
            Some(Key::Only(json)) if is_off(value) || is_json(value, json) => Ok(()),
            Some(Key::Only(json)) => Err(self.unsupported(key, format!("only {json} is"))),
            None if key.starts_with('_') || NO_EFFECT.contains(&key) || is_off(value) => Ok(()),
            None => {
                let reason = "the key is unknown, and ignoring it could change what the model computes; \
                              remove it from config.json if it does not";
                Err(self.unsupported(key, reason.to_owned()))
            }
        }
    }

    pub(crate) fn unsupported(&self, key: &str, reason: String) -> Error {
        Error::Unsupported {
            key: self.dotted(key),
            value: self
                .map
                .get(key)
                .map_or_else(|| "missing".to_owned(), shown),
            architecture: self.architecture.to_owned(),
            reason,
        }
    }

    pub(crate) fn bad(&self, key: &str, expected: &str) -> Error {
        let found = self
            .map
            .get(key)
            .map_or_else(|| "missing".to_owned(), shown);
        bad(&self.dotted(key), found, expected)
    }

    fn dotted(&self, key: &str) -> String {
        if self.prefix.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.prefix)
        }
    }

    /// The value, unless it is absent or null.
    pub(crate) fn get(&self, key: &str) -> Option<&'a Value> {
        self.map.get(key).filter(|value| !value.is_null())
    }

    /// An object inside this one, unless it is absent or null.
    pub(crate) fn part(&self, key: &'a str) -> Result<Option<Config<'a>>> {
        let Some(value) = self.get(key) else {
            return Ok(None);
        };
        let map = value
            .as_object()
            .ok_or_else(|| self.bad(key, "an object"))?;
        Ok(Some(Config {
            map,
            prefix: key,
            architecture: self.architecture,
        }))
    }

    pub(crate) fn text(&self, key: &str) -> Result<Option<&'a str>> {
        let text = |value: &'a Value| value.as_str().ok_or_else(|| self.bad(key, "a text"));
        self.get(key).map(text).transpose()
    }

    pub(crate) fn flag(&self, key: &str, default: bool) -> Result<bool> {
        let flag = |value: &Value| {
            value
                .as_bool()
                .ok_or_else(|| self.bad(key, "true or false"))
        };
        self.get(key).map_or(Ok(default), flag)
    }

    /// A positive, finite number.
    pub(crate) fn number(&self, key: &str) -> Result<Option<f64>> {
        let number = |value: &Value| {
            let number = value
                .as_f64()
                .filter(|number| number.is_finite() && *number > 0.0);
            number.ok_or_else(|| self.bad(key, "a positive number"))
        };
        self.get(key).map(number).transpose()
    }

    pub(crate) fn needed_number(&self, key: &str) -> Result<f64> {
        self.number(key)?
            .ok_or_else(|| self.bad(key, "a positive number"))
    }

    /// A count from 1 to `limit`, a bound that no real model reaches: above it a file is damaged.
    pub(crate) fn count(&self, key: &str, limit: usize) -> Result<Option<usize>> {
        let expected = || self.bad(key, &format!("a whole number from 1 to {limit}"));
        let count = |value: &Value| {
            let count = value.as_u64().and_then(|count| usize::try_from(count).ok());
            count
                .filter(|count| (1..=limit).contains(count))
                .ok_or_else(expected)
        };
        self.get(key).map(count).transpose()
    }

    pub(crate) fn needed_count(&self, key: &str, limit: usize) -> Result<usize> {
        let missing = || self.bad(key, &format!("a whole number from 1 to {limit}"));
        self.count(key, limit)?.ok_or_else(missing)
    }
}

/// The architecture that the file names: `architectures[0]`, or what `model_type` stands for.
pub(crate) fn architecture_of(json: &Value) -> Option<&str> {
    let listed = json.get("architectures").and_then(|list| list.get(0));
    listed
        .or_else(|| json.get("model_type"))
        .and_then(Value::as_str)
}

/// End-of-sequence tokens: one number or a list, in either file. Both files' tokens end a text,
/// since what is listed in only one of them was still trained as an end.
pub(crate) fn stop_tokens(config: &Value, generation: Option<&Value>) -> Result<Vec<u32>> {
    let mut tokens = Vec::new();
    for (file, json) in [("generation_config.json", generation), (FILE, Some(config))] {
        let Some(value) = json.and_then(|json| json.get("eos_token_id")) else {
            continue;
        };
        let ids = ids_of(value).ok_or_else(|| Error::BadValue {
            file: file.to_owned(),
            key: "eos_token_id".to_owned(),
            found: shown(value),
            expected: "a token number or a list of them".to_owned(),
        })?;
        tokens.extend(ids);
    }
    tokens.sort_unstable();
    tokens.dedup();
    Ok(tokens)
}

fn ids_of(value: &Value) -> Option<Vec<u32>> {
    let id = |value: &Value| value.as_u64().and_then(|id| u32::try_from(id).ok());
    match value {
        Value::Null => Some(Vec::new()),
        Value::Array(list) => list.iter().map(id).collect(),
        one => id(one).map(|id| vec![id]),
    }
}

fn is_json(value: &Value, json: &str) -> bool {
    serde_json::from_str::<Value>(json).is_ok_and(|expected| *value == expected)
}

/// A value that switches nothing on.
fn is_off(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Array(list) => list.is_empty(),
        Value::Object(map) => map.is_empty(),
        _ => false,
    }
}

fn bad(key: &str, found: String, expected: &str) -> Error {
    Error::BadValue {
        file: FILE.to_owned(),
        key: key.to_owned(),
        found,
        expected: expected.to_owned(),
    }
}

/// A value as a message shows it: a long one is cut.
fn shown(value: &Value) -> String {
    const LONGEST: usize = 80;
    let text = value.to_string();
    match text.char_indices().nth(LONGEST) {
        None => text,
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn stop_tokens_come_from_both_files_as_number_or_list() {
        let both = stop_tokens(
            &json!({"eos_token_id": 2}),
            Some(&json!({"eos_token_id": [7, 2, 5]})),
        );
        assert_eq!(both.unwrap(), [2, 5, 7]);
        assert_eq!(
            stop_tokens(&json!({"eos_token_id": null}), None).unwrap(),
            [0u32; 0]
        );
        assert!(stop_tokens(&json!({"eos_token_id": "</s>"}), None).is_err());
        assert!(stop_tokens(&json!({"eos_token_id": [-1]}), None).is_err());
    }

    #[test]
    fn the_architecture_is_the_listed_one() {
        let listed = json!({"architectures": ["LlamaForCausalLM"], "model_type": "x"});
        assert_eq!(architecture_of(&listed), Some("LlamaForCausalLM"));
        assert_eq!(
            architecture_of(&json!({"model_type": "llama"})),
            Some("llama")
        );
        assert_eq!(architecture_of(&json!({"architectures": []})), None);
    }

    #[test]
    fn long_values_are_cut_in_messages() {
        assert!(shown(&json!("é".repeat(500))).len() < 200);
    }
}
