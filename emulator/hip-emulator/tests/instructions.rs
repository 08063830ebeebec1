//! What runs is the code object's instructions: another instruction, another result.

mod common;

use common::{devices, line, sample};
use redwick_hip::sys::hipError_t;
use redwick_hip::{Arguments, Device};

/// `v_fmac_f32` of the kernel `saxpy`, and `v_add_f32` with the same operands, for each target.
const FMAC_AND_ADD: &[(&str, u32, u32)] = &[
    ("gfx90a", 0x7604_0800, 0x0204_0800),
    ("gfx942", 0x760e_0c04, 0x020e_0c04),
    ("gfx1030", 0x5606_0400, 0x0606_0400),
    ("gfx1100", 0x5606_0402, 0x0606_0402),
    ("gfx1201", 0x5606_0402, 0x0606_0402),
];

/// No instruction of any target.
const NONSENSE: u32 = 0xffff_ffff;

/// The sample with one instruction word replaced.
fn patched(target: &str, old: u32, new: u32) -> Vec<u8> {
    let mut code = sample(target).to_vec();
    let found: Vec<usize> = (0..code.len() - 4)
        .step_by(4)
        .filter(|&at| code[at..at + 4] == old.to_le_bytes())
        .collect();
    let [at] = found[..] else {
        panic!("{old:#x} is at {found:x?} for {target}");
    };
    code[at..at + 4].copy_from_slice(&new.to_le_bytes());
    code
}

/// `out[i] = 3 x[i] + y[i]` for x = 0, 1, 2 … and y = 100, as the code has it.
fn saxpy(device: &Device, code: &[u8]) -> redwick_hip::Result<Vec<f32>> {
    let stream = device.create_stream()?;
    let [out, x, y] = [(); 3].map(|()| device.alloc::<f32>(64));
    let (out, x, y) = (out?, x?, y?);
    stream.write(&x, &std::array::from_fn::<f32, 64, _>(|i| i as f32))?;
    stream.write(&y, &[100.0; 64])?;
    let mut arguments = Arguments::new();
    arguments
        .push(out.address())
        .push(x.address())
        .push(y.address())
        .push(3.0f32)
        .push(64u32);
    let kernel = device.load_module(code)?.kernel("saxpy")?;
    // SAFETY: these are the kernel's arguments, and the buffers hold 64 elements.
    unsafe { kernel.launch(&stream, line(1, 64), arguments.bytes())? };
    stream.read(&out)
}

#[test]
fn another_instruction_gives_another_result() {
    for (device, _) in devices() {
        let target = device.target();
        let row = FMAC_AND_ADD.iter().find(|row| row.0 == target);
        let &(_, fmac, add) = row.expect("a row for each target");
        let result = saxpy(&device, sample(target)).unwrap();
        let expected: Vec<f32> = (0..64).map(|i| 3.0 * i as f32 + 100.0).collect();
        assert_eq!(result, expected, "{target}");
        let result = saxpy(&device, &patched(target, fmac, add)).unwrap();
        let expected: Vec<f32> = (0..64).map(|i| 3.0 + i as f32).collect();
        assert_eq!(result, expected, "{target} with v_add_f32");
    }
}

#[test]
fn an_unknown_instruction_stops_the_launch() {
    for (device, _) in devices() {
        let target = device.target();
        let row = FMAC_AND_ADD.iter().find(|row| row.0 == target);
        let &(_, fmac, _) = row.expect("a row for each target");
        let error = saxpy(&device, &patched(target, fmac, NONSENSE)).unwrap_err();
        assert_eq!(error.code(), Some(hipError_t::LAUNCH_FAILURE), "{error}");
        let text = error.to_string();
        for part in ["unknown instruction [ff, ff, ff, ff", "saxpy"] {
            assert!(text.contains(part), "{part} is not in: {text}");
        }
    }
}
