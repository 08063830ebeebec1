//! Bundles: the code objects of several targets in one file, as hipcc writes by default.
//!
//! Format: LLVM's "Clang Offload Bundler", uncompressed: a magic, the number of entries, and for each
//! its offset, its size and its name, such as `hipv4-amdgcn-amd-amdhsa--gfx942`. Numbers are of 64
//! bits, little-endian.

use crate::Error;

const MAGIC: &[u8] = b"__CLANG_OFFLOAD_BUNDLE__";
const COMPRESSED: &[u8] = b"CCOB";

/// A target's name, without features, and its code object.
pub type Entry<'a> = (&'a str, &'a [u8]);

/// The entries of a bundle. `None` where the bytes are no bundle. What is for the host is left out.
///
/// # Errors
/// Where the bundle is compressed, or ends before what it announces.
pub fn unbundle(bytes: &[u8]) -> Result<Option<Vec<Entry<'_>>>, Error> {
    if bytes.starts_with(COMPRESSED) {
        return Err(malformed(
            "it is compressed: build with --no-offload-compress",
        ));
    }
    let Some(rest) = bytes.strip_prefix(MAGIC) else {
        return Ok(None);
    };
    let mut table = Table { rest };
    let mut entries = Vec::new();
    for _ in 0..table.number()? {
        let [offset, size, length] = [table.number()?, table.number()?, table.number()?];
        let name = table.take(length)?;
        let name = std::str::from_utf8(name).map_err(|_| malformed("a name is not UTF-8"))?;
        let end = offset.checked_add(size);
        let code = end.and_then(|end| bytes.get(offset..end));
        let code = code.ok_or_else(|| malformed("an entry lies outside of it"))?;
        if let Some((_, target)) = name.split_once("-amdgcn-amd-amdhsa-") {
            entries.push((without_features(target), code));
        }
    }
    Ok(Some(entries))
}

/// `-gfx90a:xnack-` as `gfx90a`. Older releases have one hyphen fewer.
fn without_features(target: &str) -> &str {
    let target = target.trim_start_matches('-');
    target.split_once(':').map_or(target, |(name, _)| name)
}

fn malformed(detail: &str) -> Error {
    Error::Malformed {
        what: "the bundle of code objects",
        detail: detail.to_owned(),
    }
}

/// What is left of the table of entries.
struct Table<'a> {
    rest: &'a [u8],
}

impl<'a> Table<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], Error> {
        let split = self.rest.split_at_checked(count);
        let (taken, rest) = split.ok_or_else(|| malformed("its table is cut short"))?;
        self.rest = rest;
        Ok(taken)
    }

    fn number(&mut self) -> Result<usize, Error> {
        let bytes = self.take(8)?;
        let number = bytes
            .iter()
            .rev()
            .fold(0, |sum, &byte| sum << 8 | u64::from(byte));
        usize::try_from(number).map_err(|_| malformed("a number is too large"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A bundle of these entries.
    fn bundle(entries: &[(&str, &[u8])]) -> Vec<u8> {
        let names: usize = entries.iter().map(|(name, _)| 24 + name.len()).sum();
        let mut at = MAGIC.len() + 8 + names;
        let mut bytes = [MAGIC, &(entries.len() as u64).to_le_bytes()].concat();
        for (name, code) in entries {
            for number in [at, code.len(), name.len()] {
                bytes.extend((number as u64).to_le_bytes());
            }
            bytes.extend(name.as_bytes());
            at += code.len();
        }
        bytes.extend(entries.iter().flat_map(|(_, code)| code.iter()));
        bytes
    }

    #[test]
    fn entries_have_the_names_of_their_targets() {
        let bytes = bundle(&[
            ("host-x86_64-unknown-linux-gnu-", b""),
            ("hipv4-amdgcn-amd-amdhsa--gfx90a:sramecc+:xnack-", b"one"),
            ("hip-amdgcn-amd-amdhsa-gfx1100", b"two"),
        ]);
        let entries = unbundle(&bytes).unwrap().unwrap();
        assert_eq!(entries, [("gfx90a", &b"one"[..]), ("gfx1100", b"two")]);
    }

    #[test]
    fn other_bytes_are_no_bundle() {
        assert!(unbundle(b"\x7fELF").unwrap().is_none());
        assert!(unbundle(b"").unwrap().is_none());
    }

    #[test]
    fn every_shorter_bundle_is_an_error() {
        let bytes = bundle(&[("hipv4-amdgcn-amd-amdhsa--gfx942", b"code")]);
        for length in MAGIC.len()..bytes.len() {
            let error = unbundle(&bytes[..length]).unwrap_err();
            assert!(
                error.to_string().contains("the bundle of code objects"),
                "{error}"
            );
        }
        let error = unbundle(b"CCOB....").unwrap_err();
        assert!(
            error.to_string().contains("--no-offload-compress"),
            "{error}"
        );
    }
}
