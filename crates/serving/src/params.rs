//! What a client asks of a language model, within bounds.

use serde::Deserialize;

use crate::error::ApiError;

/// The longest prompt, in characters.
const LONGEST_PROMPT: usize = 32_768;

/// The body of an inference request.
///
/// A field that is not here is refused: a parameter that is taken and ignored would be a lie.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// The text to go on from: 1 to 32768 characters.
    pub prompt: String,
    /// The longest answer, in tokens.
    #[serde(default = "default_max_tokens")]
    pub max_tokens: usize,
    /// 0 (the default) always takes the likeliest token; 2 at most.
    #[serde(default)]
    pub temperature: f32,
    /// Take from the likeliest tokens that together have this probability.
    #[serde(default = "default_top_p")]
    pub top_p: f32,
    /// Take from this many of the likeliest tokens; 0 (the default) takes from all.
    #[serde(default)]
    pub top_k: usize,
    /// The same seed gives the same answer; without one each answer is another.
    #[serde(default)]
    pub seed: Option<u64>,
    /// Whether to send tokens as they come, as server-sent events.
    #[serde(default)]
    pub stream: bool,
}

fn default_max_tokens() -> usize {
    128
}

fn default_top_p() -> f32 {
    1.0
}

impl Params {
    /// Whether each field is within its bounds.
    pub fn check(&self) -> Result<(), ApiError> {
        let characters = self.prompt.chars().count();
        ensure(
            (1..=LONGEST_PROMPT).contains(&characters),
            "prompt",
            || format!("{characters} characters long"),
            "1 to 32768 are allowed",
        )?;
        ensure(
            self.max_tokens >= 1,
            "max_tokens",
            || "0".to_owned(),
            "1 or more is allowed",
        )?;
        let temperature = self.temperature;
        let expected = "0 to 2 is allowed";
        ensure(
            (0.0..=2.0).contains(&temperature),
            "temperature",
            || temperature.to_string(),
            expected,
        )?;
        let top_p = self.top_p;
        let expected = "more than 0 and at most 1 is allowed";
        ensure(
            top_p > 0.0 && top_p <= 1.0,
            "top_p",
            || top_p.to_string(),
            expected,
        )
    }
}

fn ensure(
    holds: bool,
    field: &'static str,
    found: impl FnOnce() -> String,
    expected: &str,
) -> Result<(), ApiError> {
    if holds {
        return Ok(());
    }
    Err(ApiError::Field {
        field,
        found: found(),
        expected: expected.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(json: &str) -> Result<Params, String> {
        let params: Params = serde_json::from_str(json).map_err(|error| error.to_string())?;
        params.check().map_err(|error| error.to_string())?;
        Ok(params)
    }

    #[test]
    fn a_plain_body_is_greedy_and_whole() {
        let params = parse(r#"{"prompt": "Hello, world!", "max_tokens": 100}"#).unwrap();
        assert_eq!(
            (params.max_tokens, params.stream, params.seed),
            (100, false, None)
        );
        assert_eq!(
            (params.temperature, params.top_p, params.top_k),
            (0.0, 1.0, 0)
        );
    }

    #[test]
    fn what_is_out_of_bounds_is_named() {
        let long = format!(r#"{{"prompt": "{}"}}"#, "é".repeat(LONGEST_PROMPT + 1));
        let cases = [
            (r#"{"prompt": ""}"#, "prompt"),
            (long.as_str(), "prompt"),
            (r#"{"max_tokens": 3}"#, "prompt"),
            (r#"{"prompt": "a", "max_tokens": 0}"#, "max_tokens"),
            (r#"{"prompt": "a", "max_tokens": -4}"#, "-4"),
            (r#"{"prompt": "a", "temperature": 2.5}"#, "temperature"),
            (r#"{"prompt": "a", "top_p": 0}"#, "top_p"),
            (r#"{"prompt": "a", "stop": ["x"]}"#, "stop"),
            (r#"{"prompt": "a", "min_p": 0.1}"#, "min_p"),
        ];
        for (json, named) in cases {
            let error = parse(json).unwrap_err();
            assert!(error.contains(named), "{error}");
        }
        let longest = format!(r#"{{"prompt": "{}"}}"#, "é".repeat(LONGEST_PROMPT));
        assert!(parse(&longest).is_ok());
    }
}
