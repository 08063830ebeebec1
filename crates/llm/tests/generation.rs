//! Answers of a tiny model: positions, ends, seeds, cancelling.

#![allow(clippy::unwrap_used)]

mod common;

use common::{CONTEXT, END, engine};
use redwick_llm::{Engine, Error, Precision, Request, Sampling, Source, StopReason, Summary};

fn request(prompt: &str, max_tokens: usize) -> Request {
    Request {
        prompt: prompt.to_owned(),
        max_tokens,
        sampling: Sampling::greedy(),
    }
}

fn answer(engine: &Engine, request: &Request) -> (Vec<u32>, String, Summary) {
    let mut generation = engine.start(request).unwrap();
    let (mut ids, mut text) = (Vec::new(), String::new());
    for token in generation.by_ref() {
        let token = token.unwrap();
        ids.push(token.id);
        text += &token.text;
    }
    let (rest, summary) = generation.finish().unwrap();
    (ids, text + &rest, summary)
}

fn largest_difference(a: &[f32], b: &[f32]) -> f32 {
    a.iter()
        .zip(b)
        .map(|(a, b)| (a - b).abs())
        .fold(0.0, f32::max)
}

/// A cache that restarts positions gives other logits than the whole text fed at once.
#[test]
fn one_token_at_a_time_computes_what_the_whole_text_does() {
    let engine = engine();
    let tokens = [1, 5, 2, 7, 3, 3, 0, 8];
    let whole = engine.model().start().feed(&tokens).unwrap();
    let mut stepwise = engine.model().start();
    let mut last = stepwise.feed(&tokens[..3]).unwrap();
    for token in &tokens[3..] {
        last = stepwise.feed(&[*token]).unwrap();
    }
    assert_eq!(stepwise.position(), tokens.len());
    assert!(largest_difference(&whole, &last) < 1e-4);
    let shifted = engine.model().start().feed(&tokens[1..]).unwrap();
    assert!(
        largest_difference(&whole, &shifted) > 1e-2,
        "the test could not tell"
    );
}

#[test]
fn half_precision_is_near_the_full_one() {
    let folder = common::folder();
    let logits = |precision| {
        let source = Source::from_path(folder.path()).unwrap();
        let engine = Engine::load(&source, &common::options(precision)).unwrap();
        engine.model().start().feed(&[1, 2, 3, 4, 5]).unwrap()
    };
    let full = logits(Precision::F32);
    let largest = full
        .iter()
        .fold(0f32, |largest, logit| largest.max(logit.abs()));
    for precision in [Precision::F16, Precision::Bf16] {
        let difference = largest_difference(&full, &logits(precision));
        assert!(
            difference > 0.0 && difference <= 2e-2 * largest,
            "{precision:?}: {difference}"
        );
    }
}

#[test]
fn an_answer_ends_at_its_length() {
    let engine = engine();
    let (ids, text, summary) = answer(&engine, &request("abc", 5));
    assert_eq!((ids.len(), summary.tokens_out), (5, 5));
    assert_eq!(summary.stop_reason, StopReason::Length);
    assert_eq!((summary.prompt_tokens, summary.decode_steps), (3, 4));
    assert_eq!(text, engine.codec().decode(&ids).unwrap());
}

#[test]
fn an_answer_ends_where_the_context_is_full() {
    let (ids, _, summary) = answer(&engine(), &request("abc", 1000));
    if summary.stop_reason == StopReason::Length {
        assert_eq!(ids.len(), CONTEXT - 3 + 1);
    }
    let (ids, _, summary) = answer(&engine(), &request(&"a".repeat(CONTEXT - 1), 1000));
    assert!(ids.len() <= 2 && summary.stop_reason != StopReason::Cancelled);
}

/// With sampling at the highest temperature each token comes up, and so does the end.
#[test]
fn an_answer_ends_where_the_model_says_so() {
    let engine = engine();
    let ended = (0..100).find_map(|seed| {
        let sampling = Sampling {
            temperature: 2.0,
            seed,
            ..Sampling::greedy()
        };
        let (ids, _, summary) = answer(
            &engine,
            &Request {
                sampling,
                ..request("abc", 18)
            },
        );
        assert!(!ids.contains(&END), "the end is not part of the answer");
        (summary.stop_reason == StopReason::Eos).then_some(summary)
    });
    let summary = ended.unwrap();
    assert_eq!(summary.decode_steps, summary.tokens_out);
}

#[test]
fn a_seed_repeats_an_answer() {
    let engine = engine();
    let run = |seed| {
        let sampling = Sampling {
            temperature: 2.0,
            seed,
            top_k: 5,
            top_p: 0.95,
        };
        answer(
            &engine,
            &Request {
                sampling,
                ..request("abc", 16)
            },
        )
        .0
    };
    assert_eq!(run(1), run(1));
    assert!((2..10).any(|seed| run(seed) != run(1)));
}

#[test]
fn stopping_early_is_cancelling_and_answers_do_not_disturb_each_other() {
    let engine = engine();
    let (alone, ..) = answer(&engine, &request("abc", 6));
    let mut cancelled = engine.start(&request("hg fe", 6)).unwrap();
    cancelled.next().unwrap().unwrap();
    let first = engine.start(&request("abc", 6)).unwrap();
    let mut interleaved = Vec::new();
    for token in first {
        interleaved.push(token.unwrap().id);
        let _ = cancelled.next();
    }
    assert_eq!(interleaved, alone);
    let cancelled = engine.start(&request("hg fe", 6)).unwrap();
    assert_eq!(
        cancelled.finish().unwrap().1.stop_reason,
        StopReason::Cancelled
    );
}

#[test]
fn bad_requests_are_refused_before_anything_is_computed() {
    let engine = engine();
    let refuse = |request: Request| {
        let error = engine.start(&request).err().unwrap();
        assert!(error.is_bad_request(), "{error}");
        error
    };
    assert!(matches!(refuse(request("", 1)), Error::EmptyPrompt));
    assert!(matches!(
        refuse(request("abc", 0)),
        Error::BadParameter { .. }
    ));
    let long = refuse(request(&"a".repeat(CONTEXT), 1));
    assert!(matches!(
        long,
        Error::PromptTooLong {
            tokens: CONTEXT,
            context: CONTEXT
        }
    ));
    let sampling = Sampling {
        temperature: 9.0,
        ..Sampling::greedy()
    };
    refuse(Request {
        sampling,
        ..request("abc", 1)
    });
}
