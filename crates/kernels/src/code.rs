//! The code objects: embedded ones, and those of further targets in a folder.

use std::borrow::Cow;
use std::io::Read;
use std::path::PathBuf;
use std::sync::OnceLock;

use crate::{Error, Family, TARGETS};

/// A target and its code objects.
pub(crate) struct Target {
    pub(crate) name: &'static str,
    pub(crate) wave: u32,
    /// Whether the code objects are part of the binary.
    pub(crate) embedded: bool,
    /// For each family; empty where the file is absent.
    pub(crate) compressed: &'static [&'static [u8]],
    pub(crate) decompressed: [OnceLock<Result<Vec<u8>, Error>>; Family::ALL.len()],
}

/// The environment variable that names the folder of code objects that are not embedded: what
/// `cargo xtask kernels --target TARGET --out FOLDER` has built.
pub const FOLDER_VARIABLE: &str = "REDWICK_CODE_OBJECTS";

/// The targets whose code objects are embedded, such as `gfx942`.
pub fn targets() -> impl Iterator<Item = &'static str> {
    let embedded = TARGETS.iter().filter(|target| target.embedded);
    embedded.map(|target| target.name)
}

/// The lanes of a wave on a target.
///
/// # Errors
/// For a target without code objects.
pub fn wave_size(target: &str) -> Result<u32, Error> {
    Ok(find(target)?.wave)
}

/// The code object of a family for a target, decompressed once.
///
/// Feature suffixes, as in `gfx90a:sramecc+:xnack-`, are ignored: the code objects run either way.
///
/// # Errors
/// For a target without code objects, and where the file is absent or damaged.
pub fn code_object(target: &str, family: Family) -> Result<&'static [u8], Error> {
    let target = find(target)?;
    let cell = &target.decompressed[family as usize];
    let object = cell.get_or_init(|| decompress(target, family));
    object.as_deref().map_err(Error::clone)
}

fn find(asked: &str) -> Result<&'static Target, Error> {
    let name = asked.split(':').next().unwrap_or_default();
    let found = TARGETS.iter().find(|target| target.name == name);
    found.ok_or_else(|| Error::UnknownTarget {
        asked: asked.to_owned(),
        there: targets().collect(),
    })
}

fn decompress(target: &Target, family: Family) -> Result<Vec<u8>, Error> {
    let damaged = |reason: String| Error::DamagedCodeObject {
        target: target.name,
        family,
        reason,
    };
    let compressed = match target.embedded {
        true => Cow::Borrowed(target.compressed[family as usize]),
        false => {
            let folder = std::env::var_os(FOLDER_VARIABLE).map(PathBuf::from);
            Cow::Owned(read(target.name, family, folder).map_err(damaged)?)
        }
    };
    if compressed.is_empty() {
        return Err(damaged("it has not been built".to_owned()));
    }
    let mut object = Vec::new();
    let mut reader = lzma_rust2::XzReader::new(compressed.as_ref(), false);
    match reader.read_to_end(&mut object) {
        Ok(_) => Ok(object),
        Err(error) => Err(damaged(error.to_string())),
    }
}

/// The file of a code object that is not embedded, in the folder that the environment names.
fn read(target: &str, family: Family, folder: Option<PathBuf>) -> Result<Vec<u8>, String> {
    let folder = folder.ok_or_else(|| {
        format!(
            "it is not embedded, and {FOLDER_VARIABLE} names no folder; build it with \
             `cargo xtask kernels --target {target} --out FOLDER`"
        )
    })?;
    let file = folder.join(target).join(format!("{}.xz", family.name()));
    std::fs::read(&file).map_err(|error| format!("{}: {error}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_target_names_itself_and_those_there_are() {
        let message = code_object("gfx803", Family::Fill).unwrap_err().to_string();
        assert!(message.contains("`gfx803`"), "{message}");
        assert!(message.contains("gfx90a, gfx942, gfx950"), "{message}");
    }

    #[test]
    fn every_code_object_decompresses_to_elf() {
        for target in targets() {
            for family in Family::ALL {
                let object = code_object(target, family).unwrap();
                assert_eq!(&object[..4], b"\x7fELF", "{target} {}", family.name());
            }
        }
    }

    #[test]
    fn features_of_a_target_are_ignored() {
        assert_eq!(wave_size("gfx90a:sramecc+:xnack-"), Ok(64));
        assert_eq!(wave_size("gfx1100"), Ok(32));
    }

    #[test]
    fn other_code_objects_are_read_from_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        let there = || Some(folder.path().to_owned());
        let absent = read("sm_90", Family::Fill, there()).unwrap_err();
        assert!(absent.contains("sm_90/fill.xz"), "{absent}");
        std::fs::create_dir(folder.path().join("sm_90")).unwrap();
        std::fs::write(folder.path().join("sm_90/fill.xz"), b"code").unwrap();
        assert_eq!(read("sm_90", Family::Fill, there()), Ok(b"code".to_vec()));
        let nowhere = read("sm_90", Family::Fill, None).unwrap_err();
        for word in [FOLDER_VARIABLE, "--target sm_90 --out"] {
            assert!(nowhere.contains(word), "{nowhere}");
        }
    }

    #[test]
    fn a_target_without_a_code_object_says_how_to_build_it() {
        let target = Target {
            name: "empty",
            wave: 64,
            embedded: true,
            compressed: &[&[]],
            decompressed: [const { OnceLock::new() }; Family::ALL.len()],
        };
        let error = decompress(&target, Family::ALL[0]).unwrap_err().to_string();
        for words in ["it has not been built", "run `cargo xtask kernels`"] {
            assert!(error.contains(words), "{error}");
        }
    }

    #[test]
    fn a_truncated_code_object_is_an_error() {
        let object = TARGETS[0].compressed[0];
        let target = Target {
            name: "truncated",
            wave: 64,
            embedded: true,
            compressed: Box::leak(Box::new([&object[..object.len() / 2]])),
            decompressed: [const { OnceLock::new() }; Family::ALL.len()],
        };
        let family = Family::ALL[0];
        let error = decompress(&target, family).unwrap_err();
        assert!(error.to_string().contains("for truncated is unusable"));
    }
}
