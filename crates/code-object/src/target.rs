//! Names of GPU targets by the machine field of `e_flags`.

/// The bits of `e_flags` that name the target.
pub(crate) const MACH_MASK: u32 = 0xff;

/// Machine numbers and names, from LLVM's "AMDGPU Processors".
const NAMES: &[(u32, &str)] = &[
    (0x2c, "gfx900"),
    (0x2f, "gfx906"),
    (0x30, "gfx908"),
    (0x3f, "gfx90a"),
    (0x32, "gfx90c"),
    (0x4c, "gfx942"),
    (0x4f, "gfx950"),
    (0x33, "gfx1010"),
    (0x34, "gfx1011"),
    (0x35, "gfx1012"),
    (0x42, "gfx1013"),
    (0x36, "gfx1030"),
    (0x37, "gfx1031"),
    (0x38, "gfx1032"),
    (0x39, "gfx1033"),
    (0x3e, "gfx1034"),
    (0x3d, "gfx1035"),
    (0x45, "gfx1036"),
    (0x41, "gfx1100"),
    (0x46, "gfx1101"),
    (0x47, "gfx1102"),
    (0x44, "gfx1103"),
    (0x43, "gfx1150"),
    (0x4a, "gfx1151"),
    (0x55, "gfx1152"),
    (0x58, "gfx1153"),
    (0x48, "gfx1200"),
    (0x4e, "gfx1201"),
];

/// The name of the target with that machine number.
pub(crate) fn name(mach: u32) -> Option<&'static str> {
    NAMES
        .iter()
        .find_map(|&(number, name)| (number == mach).then_some(name))
}
