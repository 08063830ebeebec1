//! One of several parts of a run that are everything together.

use std::process::Command;
use std::str::FromStr;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

/// Tells the conformance suite which of its trials to run.
const VARIABLE: &str = "REDWICK_TEST_SHARD";

/// Part `number`, from 0 on, of `count`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shard {
    number: usize,
    count: usize,
}

impl FromStr for Shard {
    type Err = anyhow::Error;

    /// `2/3`, from `1/3` to `3/3`.
    fn from_str(text: &str) -> Result<Self> {
        let numbers = text.split_once('/');
        let numbers = numbers.and_then(|(i, n)| Some((i.parse().ok()?, n.parse().ok()?)));
        match numbers {
            Some((number, count)) if (1..=count).contains(&number) => Ok(Self {
                number: number - 1,
                count,
            }),
            _ => bail!("{text:?} is no part; it is written I/N, such as 1/3, 2/3 and 3/3"),
        }
    }
}

/// What `cargo metadata` says, as far as it matters here.
#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
}

impl Shard {
    /// Whether the thing at a place of a list is the shard's.
    pub(crate) fn has(self, at: usize) -> bool {
        at % self.count == self.number
    }

    /// The workspace's packages, which `cargo metadata` lists, of this shard; `shared` is every
    /// shard's, and itself runs only a part.
    pub(crate) fn of_packages(self, metadata: &[u8], shared: &str) -> Result<Vec<String>> {
        let metadata: Metadata =
            serde_json::from_slice(metadata).context("reading what cargo metadata says")?;
        let names = metadata.packages.into_iter().map(|package| package.name);
        let (mut mine, mut others): (Vec<_>, Vec<_>) = names.partition(|name| name == shared);
        others.sort_unstable();
        let others = others.into_iter().enumerate();
        mine.extend(others.filter(|(at, _)| self.has(*at)).map(|(_, name)| name));
        Ok(mine)
    }

    /// Lets a command's suites know their part.
    pub(crate) fn tell(self, command: &mut Command) {
        command.env(VARIABLE, format!("{}/{}", self.number + 1, self.count));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const METADATA: &[u8] =
        br#"{"packages": [{"name": "c"}, {"name": "a"}, {"name": "b"}, {"name": "all"}], "more": 1}"#;

    #[test]
    fn parts_are_everything_together() {
        for count in 1..6 {
            let mut seen = Vec::new();
            for number in 0..count {
                let mine = Shard { number, count }.of_packages(METADATA, "all");
                let mine = mine.expect("packages");
                assert_eq!(mine[0], "all");
                seen.extend(mine.into_iter().skip(1));
            }
            seen.sort();
            assert_eq!(seen, ["a", "b", "c"], "{count} parts");
        }
    }

    #[test]
    fn a_part_is_one_of_those_there_are() {
        let parse = |text: &str| text.parse::<Shard>().ok();
        let [number, count] = [1, 3];
        assert_eq!(parse("2/3"), Some(Shard { number, count }));
        for text in ["0/3", "4/3", "1/0", "1", "a/b", ""] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
