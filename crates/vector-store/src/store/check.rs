//! What a caller gives, checked before anything changes.

use crate::engine::{Error, Result};

/// Whether `numbers` are whole vectors of finite numbers; `what` names vector `index` in an error.
pub(crate) fn vectors(
    numbers: &[f32],
    dimension: usize,
    what: impl Fn(usize) -> String,
) -> Result<()> {
    let rest = numbers.len() % dimension;
    if rest != 0 {
        return Err(Error::Length {
            what: what(numbers.len() / dimension),
            expected: dimension,
            found: rest,
        });
    }
    // Almost always all are finite: one pass without branches says so.
    if numbers
        .iter()
        .fold(true, |all, number| all & number.is_finite())
    {
        return Ok(());
    }
    let bad = numbers
        .iter()
        .position(|number| !number.is_finite())
        .unwrap_or(0);
    Err(Error::NotFinite {
        what: what(bad / dimension),
        index: bad % dimension,
        value: numbers[bad],
    })
}

/// Whether there are as many as there should be.
pub(crate) fn count(what: &'static str, expected: usize, found: usize) -> Result<()> {
    match expected == found {
        true => Ok(()),
        false => Err(Error::Count {
            what,
            expected,
            found,
        }),
    }
}
