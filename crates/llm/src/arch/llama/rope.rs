//! Rotary embeddings as three generations of config files write them.
//!
//! `rope_theta` with `rope_scaling` beside it (transformers 4, with `type` or `rope_type`), or both
//! in `rope_parameters` (transformers 5), which Candle does not read: it would take θ = 10000.

use candle_transformers::models::llama::{Llama3RopeConfig, Llama3RopeType};

use crate::config::{Config, Key};
use crate::error::Result;

const DEFAULT_THETA: f64 = 10_000.0;

const KEYS: &[(&str, Key)] = &[
    ("rope_theta", Key::Read),
    ("rope_type", Key::Read),
    ("type", Key::Read),
    ("factor", Key::Read),
    ("low_freq_factor", Key::Read),
    ("high_freq_factor", Key::Read),
    ("original_max_position_embeddings", Key::Read),
    ("partial_rotary_factor", Key::Only("1.0")),
];

/// Where a scaled context may start; far above any model.
const MAX_POSITIONS: usize = 1 << 30;

pub(super) struct Rope {
    pub(super) theta: f32,
    pub(super) scaling: Option<Llama3RopeConfig>,
}

pub(super) fn read(config: &Config<'_>) -> Result<Rope> {
    let parameters = config.part("rope_parameters")?;
    let scaling = match parameters {
        Some(parameters) => Some(parameters),
        None => config.part("rope_scaling")?,
    };
    let theta = theta(config, parameters.as_ref())?;
    let scaling = scaling.map_or(Ok(None), |part| read_scaling(&part))?;
    Ok(Rope {
        theta: theta as f32,
        scaling,
    })
}

/// Both places may have θ, as long as they agree.
fn theta(config: &Config<'_>, parameters: Option<&Config<'_>>) -> Result<f64> {
    let outer = config.number("rope_theta")?;
    let inner = parameters.map_or(Ok(None), |part| part.number("rope_theta"))?;
    match (outer, inner) {
        (Some(outer), Some(inner)) if outer != inner => Err(config.bad(
            "rope_theta",
            &format!("{inner}, as rope_parameters has it,"),
        )),
        _ => Ok(inner.or(outer).unwrap_or(DEFAULT_THETA)),
    }
}

fn read_scaling(part: &Config<'_>) -> Result<Option<Llama3RopeConfig>> {
    part.check_keys(KEYS)?;
    let key = if part.get("rope_type").is_some() {
        "rope_type"
    } else {
        "type"
    };
    match part.text(key)?.unwrap_or("default") {
        "default" => Ok(None),
        "linear" => linear(part).map(Some),
        "llama3" => llama3(part).map(Some),
        _ => Err(part.unsupported(key, "\"default\", \"linear\" and \"llama3\" are".to_owned())),
    }
}

fn llama3(part: &Config<'_>) -> Result<Llama3RopeConfig> {
    let original = part.needed_count("original_max_position_embeddings", MAX_POSITIONS)?;
    let scaling = Llama3RopeConfig {
        factor: part.needed_number("factor")? as f32,
        low_freq_factor: part.needed_number("low_freq_factor")? as f32,
        high_freq_factor: part.needed_number("high_freq_factor")? as f32,
        original_max_position_embeddings: original,
        rope_type: Llama3RopeType::Llama3,
    };
    if scaling.high_freq_factor <= scaling.low_freq_factor {
        return Err(part.bad("high_freq_factor", "a number above low_freq_factor"));
    }
    Ok(scaling)
}

/// Every frequency divided by the factor. Candle has no such case, but it is what its third one
/// does when no wavelength is short: with an original context of 0.
fn linear(part: &Config<'_>) -> Result<Llama3RopeConfig> {
    Ok(Llama3RopeConfig {
        factor: part.needed_number("factor")? as f32,
        low_freq_factor: 1.0,
        high_freq_factor: 2.0,
        original_max_position_embeddings: 0,
        rope_type: Llama3RopeType::Llama3,
    })
}
