//! How much of the suite to run.

use std::collections::HashSet;

use crate::op::Case;
use crate::rng::Rng;

/// The environment variable that asks for everything: 1.
pub const ALL_VARIABLE: &str = "REDWICK_TEST_ALL";

/// The environment variable that asks for one of several parts of the trials: `2/3`.
pub const SHARD_VARIABLE: &str = "REDWICK_TEST_SHARD";

/// What a text like `2/3` asks for: a number from 0 on, and how many parts there are.
///
/// # Errors
/// Where it is no such text, what it should be.
pub fn shard(text: &str) -> Result<(usize, usize), String> {
    let numbers = text.split_once('/');
    let numbers = numbers.and_then(|(i, n)| Some((i.parse().ok()?, n.parse().ok()?)));
    match numbers {
        Some((number, count)) if (1..=count).contains(&number) => Ok((number - 1, count)),
        _ => Err(format!(
            "{SHARD_VARIABLE}={text}: it is written I/N, such as 1/3, 2/3 and 3/3"
        )),
    }
}

/// How many of a row's cases to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// [`cover`] of them.
    Cut,
    /// All.
    All,
}

impl Extent {
    /// What the environment asks for; the cut where it says nothing.
    pub fn from_env() -> Self {
        match std::env::var(ALL_VARIABLE) {
            Ok(value) if value == "1" => Self::All,
            _ => Self::Cut,
        }
    }

    /// That many of the cases.
    pub fn of(self, cases: Vec<Case>, rng: &mut Rng) -> Vec<Case> {
        match self {
            Self::Cut => cover(cases, rng),
            Self::All => cases,
        }
    }
}

/// Something that a case shows.
#[derive(PartialEq, Eq, Hash)]
enum Feature {
    /// An operand has these dimensions, and the op works along these axes.
    Shape(usize, Vec<usize>, Vec<usize>),
    /// An operand is laid out like this: the view's place among all.
    View(usize, usize),
}

/// Few cases that show together what all show: each operand in all its dimensions, along all axes,
/// and in all its layouts. Which pairs of them meet is left to chance, fixed by `rng`.
pub fn cover(cases: Vec<Case>, rng: &mut Rng) -> Vec<Case> {
    let mut seen = HashSet::new();
    let all = cases.len();
    let mut cases = rng.sample(cases, all);
    cases.retain(|case| {
        let mut new = false;
        for feature in features(case) {
            new |= seen.insert(feature);
        }
        new
    });
    cases
}

fn features(case: &Case) -> impl Iterator<Item = Feature> {
    case.operands.iter().enumerate().flat_map(|(at, operand)| {
        [
            Feature::Shape(at, operand.dims.clone(), case.axes.clone()),
            Feature::View(at, operand.view as usize),
        ]
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operand::Values;
    use crate::shapes;

    #[test]
    fn the_cut_has_every_shape_and_every_view() {
        let all = shapes::two(Values::ANY);
        let cut = cover(all.clone(), &mut Rng::named("x"));
        assert!(cut.len() < all.len() / 10, "{} of {}", cut.len(), all.len());
        let seen = |cases: &[Case]| cases.iter().flat_map(features).collect::<HashSet<_>>();
        assert!(seen(&cut) == seen(&all));
    }

    #[test]
    fn a_part_is_one_of_those_there_are() {
        assert_eq!(shard("1/3"), Ok((0, 3)));
        assert_eq!(shard("3/3"), Ok((2, 3)));
        for text in ["0/3", "4/3", "1/0", "3", "x/y", ""] {
            assert!(shard(text).is_err_and(|why| why.contains(text)), "{text}");
        }
    }

    #[test]
    fn the_cut_is_the_same_every_time() {
        let cut = || cover(shapes::along_some(Values::ANY), &mut Rng::named("y"));
        assert_eq!(cut(), cut());
    }
}
