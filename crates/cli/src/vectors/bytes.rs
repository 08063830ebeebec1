//! Sizes of memory as a user writes them.

/// Suffixes, and how many bytes they stand for.
const UNITS: [(&str, usize); 4] = [
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("B", 1),
];

/// `1073741824`, `1024MiB` or `1GiB`.
///
/// # Errors
/// In words, for what is no size.
pub(super) fn bytes(text: &str) -> Result<usize, String> {
    let (number, unit) = UNITS
        .iter()
        .find_map(|(name, unit)| Some((text.strip_suffix(name)?, *unit)))
        .unwrap_or((text, 1));
    let number = number.trim().parse::<usize>().ok();
    let bytes = number.and_then(|number| number.checked_mul(unit));
    bytes.ok_or_else(|| "a number of bytes, or one with KiB, MiB or GiB".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read() {
        assert_eq!(bytes("4096"), Ok(4096));
        assert_eq!(bytes("3MiB"), Ok(3 << 20));
        assert_eq!(bytes("2 GiB"), Ok(2 << 30));
        for text in ["", "GiB", "-1", "1.5GiB", "99999999999999GiB", "1GB"] {
            assert!(bytes(text).is_err(), "{text}");
        }
    }
}
