//! How one backend's names become another's.

/// A renaming of one backend's names into another's, in the three spellings that Rust code uses.
#[derive(Clone, Copy)]
pub(crate) struct Renaming {
    from: [&'static str; 3],
    to: [&'static str; 3],
}

const CUDA: [&str; 3] = ["cuda", "Cuda", "CUDA"];
const ROCM: [&str; 3] = ["rocm", "Rocm", "ROCm"];
const METAL: [&str; 3] = ["metal", "Metal", "METAL"];

/// The renaming behind nearly every clone.
pub(crate) const CUDA_TO_ROCM: Renaming = Renaming {
    from: CUDA,
    to: ROCM,
};
/// For what CUDA's own functions say about the other backends: see [`crate::rules`].
pub(crate) const METAL_TO_ROCM: Renaming = Renaming {
    from: METAL,
    to: ROCM,
};
/// The same within the clone of such a function, to which CUDA is one of the others.
pub(crate) const METAL_TO_CUDA: Renaming = Renaming {
    from: METAL,
    to: CUDA,
};

impl Renaming {
    /// `text` with each name replaced.
    pub(crate) fn apply(self, text: &str) -> String {
        let pairs = self.from.iter().zip(self.to);
        pairs.fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
    }
}

/// Whether `text` names the template backend, in any spelling.
pub(crate) fn names_template(text: &str) -> bool {
    text.to_ascii_lowercase().contains(CUDA[0])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn renames_each_spelling() {
        assert_eq!(
            CUDA_TO_ROCM.apply("QCudaStorage, cuda_fwd, \"cuda:0\", CUDA"),
            "QRocmStorage, rocm_fwd, \"rocm:0\", ROCm"
        );
    }

    #[test]
    fn notices_odd_spellings() {
        assert!(names_template("useCUda"));
        assert!(!names_template("curand"));
    }
}
