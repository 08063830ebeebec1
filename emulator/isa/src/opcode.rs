//! The operations of all generations.
//!
//! Made from the tables in `tables/` by `build.rs`. Where generations differ in name alone, the
//! name of RDNA3 stands for all, where it has one (`GlobalLoadB32` is `global_load_dword` too);
//! operations whose results or operand order differ stay apart (`ds_cmpst_b32` and
//! `ds_cmpstore_b32`).

use std::fmt;

include!(concat!(env!("OUT_DIR"), "/opcode.rs"));

impl Opcode {
    /// The operation's name in assembly spelling, without the suffix of an encoding.
    pub fn name(self) -> &'static str {
        NAMES[self as usize]
    }
}

impl fmt::Display for Opcode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
