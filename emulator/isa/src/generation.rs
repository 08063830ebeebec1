//! The generations that the tables cover, and the targets that belong to them.

use std::fmt;
use std::str::FromStr;

/// A family of GPUs with one instruction encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Generation {
    /// gfx90a (MI200)
    Cdna2,
    /// gfx942 (MI300)
    Cdna3,
    /// gfx950 (MI350)
    Cdna4,
    /// gfx1030 (RX 6000)
    Rdna2,
    /// gfx1100 (RX 7900)
    Rdna3,
    /// gfx1151 (Ryzen AI MAX)
    Rdna35,
    /// gfx1201 (RX 9000)
    Rdna4,
}

/// What generations that encode most instructions alike have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Layout {
    /// CDNA.
    Gfx9,
    /// RDNA2.
    Gfx10,
    /// RDNA3 and 3.5.
    Gfx11,
    /// RDNA4.
    Gfx12,
}

/// A target name that belongs to no generation in the tables.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no instruction table for target `{target}`; there are tables for {}", Generation::ALL.map(Generation::target).join(", "))]
pub struct UnknownTarget {
    /// What was asked for.
    pub target: String,
}

impl Generation {
    /// All of them: CDNA, then RDNA, each oldest first.
    pub const ALL: [Self; 7] = [
        Self::Cdna2,
        Self::Cdna3,
        Self::Cdna4,
        Self::Rdna2,
        Self::Rdna3,
        Self::Rdna35,
        Self::Rdna4,
    ];

    /// The target that the table was learned from (`gfx942`).
    pub fn target(self) -> &'static str {
        match self {
            Self::Cdna2 => "gfx90a",
            Self::Cdna3 => "gfx942",
            Self::Cdna4 => "gfx950",
            Self::Rdna2 => "gfx1030",
            Self::Rdna3 => "gfx1100",
            Self::Rdna35 => "gfx1151",
            Self::Rdna4 => "gfx1201",
        }
    }

    /// Lanes in a wave of compiled code.
    pub fn wave_size(self) -> u32 {
        if self.is_rdna() { 32 } else { 64 }
    }

    /// Whether encodings and registers are those of RDNA.
    pub(crate) fn is_rdna(self) -> bool {
        self.layout() > Layout::Gfx9
    }

    /// How it encodes instructions.
    pub(crate) fn layout(self) -> Layout {
        match self {
            Self::Cdna2 | Self::Cdna3 | Self::Cdna4 => Layout::Gfx9,
            Self::Rdna2 => Layout::Gfx10,
            Self::Rdna3 | Self::Rdna35 => Layout::Gfx11,
            Self::Rdna4 => Layout::Gfx12,
        }
    }
}

impl FromStr for Generation {
    type Err = UnknownTarget;

    /// Reads a target (`gfx942`) or a target id with features (`gfx90a:sramecc+:xnack-`).
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let target = text.split(':').next().unwrap_or(text);
        let found = Self::ALL
            .into_iter()
            .find(|generation| generation.target() == target);
        found.ok_or_else(|| UnknownTarget {
            target: text.to_owned(),
        })
    }
}

impl fmt::Display for Generation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.target())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_parse_with_features() {
        assert_eq!("gfx90a:sramecc+:xnack-".parse(), Ok(Generation::Cdna2));
        assert_eq!("gfx1100".parse(), Ok(Generation::Rdna3));
    }

    #[test]
    fn an_unknown_target_names_the_known_ones() {
        let error = "gfx803".parse::<Generation>().expect_err("no table");
        assert_eq!(
            error.to_string(),
            "no instruction table for target `gfx803`; there are tables for gfx90a, gfx942, gfx950, gfx1030, gfx1100, gfx1151, gfx1201"
        );
    }

    #[test]
    fn wave_sizes() {
        assert_eq!(
            Generation::ALL.map(Generation::wave_size),
            [64, 64, 64, 32, 32, 32, 32]
        );
    }
}
