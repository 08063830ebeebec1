//! The length of a code object that comes as an address alone.

use std::ffi::c_void;

use crate::failure::Failure;
use redwick_hip::sys::hipError_t;

/// No code object is longer; a header that says so is damaged.
const LONGEST: u64 = 1 << 30;
const ELF_HEADER: usize = 64;

/// The bytes of a code object.
///
/// # Safety
/// `image` points to a code object that is as long as its own headers say.
pub(super) unsafe fn bytes<'a>(image: *const c_void) -> Result<&'a [u8], Failure> {
    let image = image.cast::<u8>();
    if image.is_null() {
        return Err(invalid("null is no code object"));
    }
    // SAFETY: whatever the caller takes for a code object has a magic number.
    if unsafe { std::slice::from_raw_parts(image, 4) } != b"\x7fELF" {
        return Err(invalid(
            "a code object starts as an ELF file does; bundles are not taken",
        ));
    }
    // SAFETY: an ELF file has a whole header.
    let header = Table(unsafe { std::slice::from_raw_parts(image, ELF_HEADER) });
    let programs = (header.word(32), header.half(54) * header.half(56));
    let sections = (header.word(40), header.half(58) * header.half(60));
    let end = limited(end(programs))?.max(limited(self::end(sections))?);
    // SAFETY: the file holds the tables that its header names.
    let file = unsafe { std::slice::from_raw_parts(image, end) };
    let segments = entries(file, programs, header.half(54), (8, 32));
    let length = segments.map(self::end).max().unwrap_or(0);
    let length = limited(length)?.max(end);
    // SAFETY: the file holds the segments that its headers name.
    Ok(unsafe { std::slice::from_raw_parts(image, length) })
}

/// Offset and length that each entry of a table gives at two places.
fn entries(
    file: &[u8],
    (start, length): (u64, u64),
    size: u64,
    (offset_at, length_at): (usize, usize),
) -> impl Iterator<Item = (u64, u64)> {
    let table = file
        .get(start as usize..(start + length) as usize)
        .unwrap_or_default();
    table
        .chunks_exact((size as usize).max(56))
        .map(move |entry| (Table(entry).word(offset_at), Table(entry).word(length_at)))
}

fn end((offset, length): (u64, u64)) -> u64 {
    offset.saturating_add(length)
}

fn limited(length: u64) -> Result<usize, Failure> {
    if length > LONGEST {
        return Err(invalid("an ELF header that names more than a GiB"));
    }
    Ok(length as usize)
}

fn invalid(text: &str) -> Failure {
    Failure::new(hipError_t::INVALID_IMAGE, text)
}

/// Little-endian numbers of a table.
struct Table<'a>(&'a [u8]);

impl Table<'_> {
    fn half(&self, at: usize) -> u64 {
        u64::from(self.0[at]) | u64::from(self.0[at + 1]) << 8
    }

    fn word(&self, at: usize) -> u64 {
        (0..4).fold(0, |sum, i| sum | self.half(at + 2 * i) << (16 * i))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: &[u8] =
        include_bytes!("../../../../crates/code-object/tests/fixtures/sample.gfx942.hsaco");

    #[test]
    fn length_is_found() {
        // SAFETY: the file is whole.
        let found = unsafe { bytes(SAMPLE.as_ptr().cast()) }.unwrap();
        assert_eq!(found.len(), SAMPLE.len());
    }

    #[test]
    fn other_things_are_refused() {
        for other in [std::ptr::null(), c"__CLANG_OFFLOAD_BUNDLE__".as_ptr()] {
            // SAFETY: null, or long enough for a magic number.
            let failure = unsafe { bytes(other.cast()) }.unwrap_err();
            assert_eq!(failure.code, hipError_t::INVALID_IMAGE);
        }
    }

    #[test]
    fn damaged_lengths_are_refused() {
        let mut image = SAMPLE[..ELF_HEADER].to_vec();
        image[46] = 1;
        // SAFETY: the header is whole, and what it names is refused before it is read.
        let failure = unsafe { bytes(image.as_ptr().cast()) }.unwrap_err();
        assert_eq!(failure.code, hipError_t::INVALID_IMAGE);
    }
}
