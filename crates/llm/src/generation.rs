//! One answer, token by token.

use std::time::{Duration, Instant};

use crate::arch::Sequence;
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::sampling::{Sampler, Sampling};
use crate::text::StreamDecoder;

/// What to answer, and how.
#[derive(Debug, Clone)]
pub struct Request {
    /// The text to go on from.
    pub prompt: String,
    /// The longest answer, in tokens.
    pub max_tokens: usize,
    /// How to pick tokens.
    pub sampling: Sampling,
}

/// Why an answer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopReason {
    /// The model said that it was done.
    Eos,
    /// `max_tokens` was reached, or the model's context was full.
    Length,
    /// The caller stopped asking for tokens.
    Cancelled,
}

impl StopReason {
    /// The name in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Eos => "eos",
            Self::Length => "length",
            Self::Cancelled => "cancelled",
        }
    }
}

/// One token of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Its number in the vocabulary.
    pub id: u32,
    /// The text that it completes: empty inside of a character.
    pub text: String,
}

/// An answer in numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Summary {
    /// Why it ended.
    pub stop_reason: StopReason,
    /// The prompt's length.
    pub prompt_tokens: usize,
    /// The answer's length.
    pub tokens_out: usize,
    /// The time that reading the prompt took, up to the first token.
    pub prefill_time: Duration,
    /// The time that all further tokens took.
    pub decode_time: Duration,
    /// How many forward passes that was: the one that finds the end is one of them.
    pub decode_steps: usize,
}

impl Summary {
    /// The speed after the first token; `None` where that was all.
    pub fn tokens_per_second(&self) -> Option<f64> {
        let seconds = self.decode_time.as_secs_f64();
        (self.decode_steps > 0 && seconds > 0.0).then(|| self.decode_steps as f64 / seconds)
    }
}

/// An answer in the making: an iterator over its tokens.
///
/// Each step runs the model once. To cancel, stop asking: [`finish`](Self::finish) then says so, and
/// dropping it frees its cache. After an error it yields nothing more.
pub struct Generation<'e> {
    engine: &'e Engine,
    sequence: Box<dyn Sequence + 'e>,
    sampler: Sampler,
    decoder: StreamDecoder<'e>,
    /// What to feed next: the prompt, then each token as it comes.
    next: Vec<u32>,
    max_tokens: usize,
    ended: Option<StopReason>,
    failed: bool,
    summary: Summary,
}

impl<'e> Generation<'e> {
    pub(crate) fn new(engine: &'e Engine, prompt: Vec<u32>, request: &Request) -> Result<Self> {
        let summary = Summary {
            stop_reason: StopReason::Cancelled,
            prompt_tokens: prompt.len(),
            tokens_out: 0,
            prefill_time: Duration::ZERO,
            decode_time: Duration::ZERO,
            decode_steps: 0,
        };
        Ok(Self {
            engine,
            sequence: engine.model().start(),
            sampler: Sampler::new(request.sampling),
            decoder: engine.codec().stream(&prompt)?,
            next: prompt,
            max_tokens: request.max_tokens,
            ended: None,
            failed: false,
            summary,
        })
    }

    /// Ends the answer: text that still waits for the rest of its character, and the numbers.
    pub fn finish(mut self) -> Result<(String, Summary)> {
        let text = self.decoder.finish()?;
        let stop_reason = self.ended.unwrap_or(StopReason::Cancelled);
        Ok((
            text,
            Summary {
                stop_reason,
                ..self.summary
            },
        ))
    }

    fn step(&mut self) -> Result<Option<Token>> {
        if self.summary.tokens_out >= self.max_tokens || self.is_full() {
            self.ended = Some(StopReason::Length);
            return Ok(None);
        }
        let id = self.compute()?;
        if self.engine.is_stop(id) {
            self.ended = Some(StopReason::Eos);
            return Ok(None);
        }
        self.next = vec![id];
        self.summary.tokens_out += 1;
        let text = self.decoder.push(id)?;
        Ok(Some(Token { id, text }))
    }

    fn is_full(&self) -> bool {
        self.sequence.position() + self.next.len() > self.engine.model().context()
    }

    /// One forward pass and one pick.
    fn compute(&mut self) -> Result<u32> {
        let start = Instant::now();
        let is_prefill = self.sequence.position() == 0;
        let logits = self.sequence.feed(&self.next)?;
        let position = self.sequence.position();
        let id = self
            .sampler
            .pick(&logits)
            .ok_or(Error::NotFinite { position })?;
        if is_prefill {
            self.summary.prefill_time = start.elapsed();
        } else {
            self.summary.decode_time += start.elapsed();
            self.summary.decode_steps += 1;
        }
        Ok(id)
    }
}

impl Iterator for Generation<'_> {
    type Item = Result<Token>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed || self.ended.is_some() {
            return None;
        }
        let step = self.step();
        self.failed = step.is_err();
        step.transpose()
    }
}
