//! The sections: which there are, and in which order.

/// A section of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Section {
    Rows,
    Live,
    IdPositions,
    Ids,
    MetadataPositions,
    Metadata,
    Centres,
    Lists,
}

impl Section {
    /// All, in the order of the file.
    pub(super) const ALL: [Self; 8] = [
        Self::Rows,
        Self::Live,
        Self::IdPositions,
        Self::Ids,
        Self::MetadataPositions,
        Self::Metadata,
        Self::Centres,
        Self::Lists,
    ];

    /// How many of them a file without an index has.
    pub(super) const PLAIN: usize = 6;

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Rows => "rows",
            Self::Live => "live",
            Self::IdPositions => "id-pos",
            Self::Ids => "ids",
            Self::MetadataPositions => "meta-pos",
            Self::Metadata => "meta",
            Self::Centres => "centres",
            Self::Lists => "lists",
        }
    }

    /// The name as the table of sections has it.
    pub(super) fn tag(self) -> [u8; 8] {
        let mut tag = [0; 8];
        let name = self.name().as_bytes();
        tag[..name.len()].copy_from_slice(name);
        tag
    }
}
