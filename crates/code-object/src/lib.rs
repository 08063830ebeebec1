//! Reads AMD GPU code objects: ELF, kernel descriptors, argument metadata.
