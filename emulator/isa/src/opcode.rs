//! What instructions do, independent of generation and encoding.

/// One operation. Named after its newest (RDNA3) mnemonic where that has it, else the CDNA one:
/// `VAddNcU32` is `v_add_nc_u32` and CDNA's `v_add_u32`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum Opcode {
    SEndpgm,
}
