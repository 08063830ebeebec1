//! Reads the fixtures, whose source is `fixtures/sample.hip`, whole and damaged.

use redwick_code_object::{CodeObject, DenormMode, Error, RelocationKind, SymbolKind, ValueKind};

const GFX942: &[u8] = include_bytes!("fixtures/sample.gfx942.hsaco");
const GFX90A: &[u8] = include_bytes!("fixtures/sample.gfx90a.hsaco");
const GFX1030: &[u8] = include_bytes!("fixtures/sample.gfx1030.hsaco");
const GFX1100: &[u8] = include_bytes!("fixtures/sample.gfx1100.hsaco");
const GFX1201: &[u8] = include_bytes!("fixtures/sample.gfx1201.hsaco");

fn gfx942() -> CodeObject {
    CodeObject::parse(GFX942).expect("the fixture is whole")
}

#[test]
fn target_and_version() {
    for (bytes, target) in [
        (GFX942, "gfx942"),
        (GFX90A, "gfx90a"),
        (GFX1030, "gfx1030"),
        (GFX1100, "gfx1100"),
        (GFX1201, "gfx1201"),
    ] {
        let code = CodeObject::parse(bytes).unwrap();
        assert_eq!((code.target(), code.version()), (target, 5));
    }
}

#[test]
fn kernels_have_their_names_and_descriptors() {
    let code = gfx942();
    let names: Vec<_> = code.kernels().iter().map(|k| k.name.as_str()).collect();
    assert_eq!(
        names,
        ["saxpy", "by_value", "reverse", "scratch", "read_global"]
    );
    for kernel in code.kernels() {
        assert_eq!(kernel.descriptor_symbol, format!("{}.kd", kernel.name));
        assert_eq!(kernel.descriptor.wave_size(), 64);
        let function = code.symbol(&kernel.name).unwrap();
        assert_eq!(function.kind, SymbolKind::Function);
        assert_eq!(kernel.entry_address(), function.address);
    }
}

#[test]
fn arguments_of_saxpy() {
    let code = gfx942();
    let metadata = &code.kernel("saxpy").unwrap().metadata;
    let explicit: Vec<_> = metadata
        .explicit_args()
        .map(|arg| (arg.offset, arg.size, arg.value_kind))
        .collect();
    let pointer = ValueKind::GlobalBuffer;
    let value = ValueKind::ByValue;
    assert_eq!(
        explicit,
        [
            (0, 8, pointer),
            (8, 8, pointer),
            (16, 8, pointer),
            (24, 4, value),
            (28, 4, value)
        ]
    );
    assert_eq!(metadata.explicit_args_size(), 32);
    assert_eq!(metadata.kernarg_segment_size, 288);
    assert_eq!(metadata.max_flat_workgroup_size, 256);
    let hidden = metadata.args.iter().find(|arg| arg.offset == 44).unwrap();
    assert_eq!(
        (hidden.value_kind, hidden.size),
        (ValueKind::HiddenGroupSizeX, 2)
    );
    assert!(
        metadata
            .args
            .iter()
            .all(|arg| arg.value_kind != ValueKind::Unknown)
    );
}

#[test]
fn argument_of_a_struct_type() {
    let code = gfx942();
    let layout: Vec<_> = code
        .kernel("by_value")
        .unwrap()
        .metadata
        .explicit_args()
        .map(|arg| (arg.offset, arg.size))
        .collect();
    assert_eq!(layout, [(0, 8), (8, 16), (24, 1), (32, 8)]);
}

#[test]
fn memory_that_kernels_use() {
    let code = gfx942();
    let reverse = code.kernel("reverse").unwrap();
    assert_eq!(reverse.descriptor.group_segment_fixed_size, 256);
    assert_eq!(reverse.metadata.group_segment_fixed_size, 256);
    let scratch = code.kernel("scratch").unwrap();
    assert_eq!(scratch.descriptor.private_segment_fixed_size, 80);
    assert!(scratch.descriptor.rsrc2.private_segment());
    assert!(
        !code
            .kernel("saxpy")
            .unwrap()
            .descriptor
            .rsrc2
            .private_segment()
    );
}

/// The values are those that `llvm-objdump -d` prints as directives of the descriptor.
#[test]
fn descriptor_registers() {
    let code = gfx942();
    let saxpy = &code.kernel("saxpy").unwrap().descriptor;
    assert_eq!(saxpy.kernarg_size, 288);
    assert!(saxpy.properties.sgpr_kernarg_segment_ptr());
    assert!(!saxpy.properties.sgpr_dispatch_ptr());
    assert!(saxpy.rsrc2.sgpr_workgroup_id_x());
    assert!(saxpy.rsrc1.ieee_mode() && saxpy.rsrc1.dx10_clamp());
    assert_eq!(saxpy.rsrc1.vgprs(8), 8);
    assert_eq!(saxpy.rsrc3.cdna_accum_offset(), 8);
    let mode = saxpy.rsrc1.float_mode();
    let kept = DenormMode {
        flush_source: false,
        flush_destination: false,
    };
    assert_eq!((mode.round_32, mode.round_16_64), (0, 0));
    assert_eq!((mode.denorm_32, mode.denorm_16_64), (kept, kept));
}

#[test]
fn rdna_kernels_ask_for_waves_of_32() {
    let code = CodeObject::parse(GFX1100).unwrap();
    let saxpy = code.kernel("saxpy").unwrap();
    assert_eq!(saxpy.descriptor.wave_size(), 32);
    assert_eq!(saxpy.metadata.wavefront_size, 32);
    assert!(saxpy.descriptor.rsrc1.memory_ordered());
}

#[test]
fn segments_hold_the_variables_and_their_relocation() {
    let code = gfx942();
    let counters = code.symbol("counters").unwrap();
    let segment = code
        .segments()
        .iter()
        .find(|s| (s.address..s.end()).contains(&counters.address))
        .unwrap();
    let start = (counters.address - segment.address) as usize;
    assert!(segment.access.write && !segment.access.execute);
    assert_eq!(segment.bytes[start..start + 8], [1, 0, 0, 0, 2, 0, 0, 0]);
    assert!(segment.memory_size > segment.bytes.len() as u64);
    assert_eq!(code.image_size(), segment.end());

    let [relocation] = code.relocations() else {
        panic!("{:?}", code.relocations());
    };
    let pointer = code.symbol("counter_pointer").unwrap();
    assert_eq!(relocation.address, pointer.address);
    assert_eq!(relocation.kind, RelocationKind::Base64);
    assert_eq!(relocation.addend as u64, counters.address + 8);
}

#[test]
fn every_prefix_is_an_error() {
    for length in 0..GFX942.len() {
        let error = CodeObject::parse(&GFX942[..length]).expect_err("a prefix");
        let expected = match length {
            0 => matches!(error, Error::NotElf { .. }),
            _ => matches!(error, Error::Truncated { .. }),
        };
        assert!(expected, "{length} bytes: {error}");
    }
}

/// Damaged input may parse, if the damage is to instructions, but must not panic.
#[test]
fn every_damaged_byte_is_survived() {
    let mut bytes = GFX942.to_vec();
    for position in (0..bytes.len()).filter(|at| at % 3 == 0 || *at < 0x300) {
        for value in [0, 0xff, bytes[position] ^ 0x41] {
            let original = std::mem::replace(&mut bytes[position], value);
            let _ = CodeObject::parse(&bytes);
            bytes[position] = original;
        }
    }
}

fn with_byte(position: usize, value: u8) -> Error {
    let mut bytes = GFX942.to_vec();
    bytes[position] = value;
    CodeObject::parse(&bytes).expect_err("a damaged byte")
}

#[test]
fn foreign_files_say_what_they_are() {
    let not_elf = CodeObject::parse(b"__CLANG_OFFLOAD_BUNDLE__").unwrap_err();
    assert!(not_elf.to_string().contains("--no-gpu-bundle-output"));
    let x86 = with_byte(18, 62);
    assert!(
        matches!(x86, Error::NotAmdGpu { machine: 62, .. }),
        "{x86:?}"
    );
    let version_3 = with_byte(8, 1);
    assert!(
        matches!(version_3, Error::Version { found: 3, .. }),
        "{version_3:?}"
    );
    let target = with_byte(48, 0xfe);
    assert!(
        matches!(target, Error::Target { mach: 0xfe, .. }),
        "{target:?}"
    );
}

#[test]
fn missing_metadata_is_named() {
    // The note's type, 0x20, follows its sizes; the note segment starts at 0x238.
    let error = with_byte(0x238 + 8, 0x21);
    assert!(matches!(error, Error::NoMetadata), "{error:?}");
}
