//! Kernels that do something wrong: each stops with the right fault, and the GPU stays usable.
#![allow(clippy::unwrap_used)]

mod common;

use common::{Arg, Bench, TARGETS, code_object, noise};
use redwick_gpu::{Dispatch, Error, Fault, FaultKind, Gpu, LaunchError, Options};

/// Launches a kernel of the faulty ones on a buffer of 256 words.
fn fault(bench: &Bench, kernel: &str, block: u32, extra: &[u32]) -> Box<Fault> {
    let out = bench.zeros(1024);
    let mut args = vec![Arg::Pointer(out)];
    args.extend(extra.iter().map(|x| Arg::U32(*x)));
    let fault = match bench.try_launch(kernel, [1, 1], block, &args) {
        Err(LaunchError::Fault(fault)) => fault,
        other => panic!("{} {kernel}: {other:?}", bench.gpu.target()),
    };
    assert_eq!(fault.kernel, kernel);
    // The next launch works.
    bench.launch("fine", [1, 1], 64, &[Arg::Pointer(out)]);
    assert_eq!(bench.read_words(out, 64)[21], 63);
    fault
}

fn each_target(test: impl Fn(&Bench)) {
    TARGETS
        .iter()
        .for_each(|target| test(&Bench::new(target, "faults")));
}

#[test]
fn accesses_outside_allocations() {
    each_target(|bench| {
        let found = fault(bench, "store_outside", 64, &[256]);
        let FaultKind::OutOfBounds {
            size: 4,
            lane: Some(5),
            write: true,
            ..
        } = found.kind
        else {
            panic!("{found}")
        };
        assert!(
            found
                .instruction
                .as_deref()
                .unwrap_or_default()
                .starts_with("global_store"),
            "{found}"
        );
        assert!(
            found.to_string().contains("store of 4 bytes at 0x"),
            "{found}"
        );
        let found = fault(bench, "load_null", 1, &[]);
        assert!(
            matches!(
                found.kind,
                FaultKind::OutOfBounds {
                    address: 0,
                    write: false,
                    ..
                }
            ),
            "{found}"
        );
    });
}

#[test]
fn accesses_outside_the_arena_stop_unchecked_launches_too() {
    for target in TARGETS {
        let bench = Bench::with(target, &code_object(target, "faults"), false);
        let found = fault(&bench, "load_null", 1, &[]);
        assert!(
            matches!(found.kind, FaultKind::OutOfBounds { address: 0, .. }),
            "{found}"
        );
    }
}

#[test]
fn scalar_loads_are_checked() {
    each_target(|bench| {
        let (input, out) = (bench.words(&[9, 8]), bench.zeros(256));
        bench.launch(
            "scalar_outside",
            [1, 1],
            64,
            &[Arg::Pointer(input), Arg::Pointer(out), Arg::U32(1)],
        );
        assert_eq!(bench.read_words(out, 1), [8]);
        let args = [Arg::Pointer(input), Arg::Pointer(out), Arg::U32(200)];
        let found = bench
            .try_launch("scalar_outside", [1, 1], 64, &args)
            .unwrap_err();
        assert!(found.to_string().contains("load of 4 bytes"), "{found}");
    });
}

#[test]
fn undefined_registers() {
    each_target(|bench| {
        let found = fault(bench, "store_undefined", 64, &[]);
        let FaultKind::UninitialisedRegister {
            register,
            lane: Some(0),
            ..
        } = &found.kind
        else {
            panic!("{found}")
        };
        assert_eq!(register, "v77");
        let found = fault(bench, "compare_undefined", 64, &[]);
        let FaultKind::UninitialisedRegister {
            register, usage, ..
        } = &found.kind
        else {
            panic!("{found}")
        };
        assert_eq!((register.as_str(), *usage), ("v78", "in a comparison"));
        // Moving undefined values about is no fault.
        let out = bench.zeros(256);
        bench.launch("copy_undefined", [1, 1], 64, &[Arg::Pointer(out)]);
    });
}

#[test]
fn barriers_that_not_all_waves_reach() {
    each_target(|bench| {
        let found = fault(bench, "part_of_a_barrier", 256, &[]);
        let waves = 256 / bench.gpu.wave_size();
        assert_eq!(found.kind, FaultKind::Barrier { waiting: 1, waves });
    });
}

#[test]
fn barriers_in_two_parts() {
    each_target(|bench| {
        // What only signals has done its part, even if it ends then.
        let out = bench.zeros(512);
        bench.launch("signalled", [1, 1], 128, &[Arg::Pointer(out)]);
        let expected: Vec<u32> = (0..64).map(|i| (127 - i) * 5).collect();
        assert_eq!(bench.read_words(out, 64), expected);
    });
    let bench = Bench::new("gfx1201", "faults");
    let found = fault(&bench, "never_signalled", 256, &[]);
    let (waiting, waves) = (8, 8);
    assert_eq!(found.kind, FaultKind::Barrier { waiting, waves });
}

#[test]
fn lds() {
    each_target(|bench| {
        let found = fault(bench, "lds_misaligned", 8, &[]);
        assert_eq!(
            found.kind,
            FaultKind::MisalignedLds {
                offset: 2,
                size: 4,
                lane: 0
            }
        );
        let found = fault(bench, "lds_outside", 64, &[]);
        let expected = FaultKind::LdsOutOfRange {
            offset: 256,
            size: 4,
            allocated: 256,
            lane: 32,
            write: true,
        };
        // Waves of 32 find it in their second wave, at its first lane.
        match found.kind {
            FaultKind::LdsOutOfRange {
                offset: 256,
                lane: 0,
                ..
            } => assert_eq!(found.wave, 1),
            kind => assert_eq!(kind, expected),
        }
        let found = fault(bench, "lds_undefined", 64, &[]);
        assert!(
            matches!(
                found.kind,
                FaultKind::UninitialisedLds {
                    offset: 28,
                    lane: 6
                }
            ),
            "{found}"
        );
    });
}

#[test]
fn races_on_lds() {
    for target in TARGETS {
        let options = Options {
            memory_bytes: 1 << 26,
            checked: true,
            races: true,
            ..Options::default()
        };
        let gpu = Gpu::new(target, options).unwrap();
        let module = gpu.load(&code_object(target, "faults")).unwrap();
        let bench = Bench { gpu, module };
        let found = fault(&bench, "lds_race", 256, &[0]);
        let FaultKind::LdsRace {
            offset: 0,
            size: 4,
            lane: 0,
            write: false,
        } = found.kind
        else {
            panic!("{found}")
        };
        assert_eq!(found.wave, 1);
        let out = bench.zeros(1024);
        let args = [Arg::Pointer(out), Arg::U32(1)];
        bench.launch("lds_race", [1, 1], 256, &args);
    }
}

#[test]
fn instructions_that_are_none() {
    each_target(|bench| {
        let found = fault(bench, "no_instruction", 1, &[]);
        let FaultKind::UnknownInstruction { bytes, .. } = &found.kind else {
            panic!("{found}")
        };
        assert_eq!(bytes[..4], 0xd9ff_ffffu32.to_le_bytes());
        assert!(found.to_string().contains("[ff, ff, ff, d9"), "{found}");
        assert_eq!(fault(bench, "trapped", 1, &[]).kind, FaultKind::Trap(3));
        assert_eq!(
            fault(bench, "wild_jump", 1, &[]).kind,
            FaultKind::WildJump(64)
        );
    });
}

#[test]
fn endless_loops_stop_at_the_limit() {
    for target in TARGETS {
        let options = Options {
            memory_bytes: 1 << 26,
            instruction_limit: Some(10_000),
            ..Options::default()
        };
        let gpu = Gpu::new(target, options).unwrap();
        let module = gpu.load(&code_object(target, "faults")).unwrap();
        let bench = Bench { gpu, module };
        assert_eq!(
            fault(&bench, "endless", 1, &[]).kind,
            FaultKind::TooManyInstructions(10_000)
        );
    }
}

#[test]
fn misaligned_atomics() {
    each_target(|bench| {
        let found = fault(bench, "misaligned_atomic", 1, &[]);
        assert!(
            matches!(
                found.kind,
                FaultKind::MisalignedAtomic {
                    size: 4,
                    lane: 0,
                    ..
                }
            ),
            "{found}"
        );
    });
}

#[test]
fn calls_and_a_stack() {
    each_target(|bench| {
        let out = bench.zeros(256);
        bench.launch("recursion", [1, 1], 64, &[Arg::Pointer(out)]);
        let factorial = |n: u32| (1..=n).product::<u32>();
        assert_eq!(
            bench.read_words(out, 64),
            (0..64).map(|i| factorial(i % 10)).collect::<Vec<_>>()
        );
    });
}

#[test]
fn impossible_launches() {
    let bench = Bench::new("gfx942", "faults");
    let kernel = bench.module.kernel("fine").unwrap();
    let dispatch = Dispatch {
        grid: [1; 3],
        block: [64, 1, 1],
        dynamic_lds: 0,
        arguments: &[0; 8],
    };
    let refused = |dispatch: Dispatch<'_>| {
        bench
            .gpu
            .launch(&kernel, &dispatch)
            .unwrap_err()
            .to_string()
    };
    assert!(
        refused(Dispatch {
            block: [2048, 1, 1],
            ..dispatch
        })
        .contains("2048 work-items")
    );
    assert!(
        refused(Dispatch {
            block: [0, 1, 1],
            ..dispatch
        })
        .contains("0 work-items")
    );
    assert!(
        refused(Dispatch {
            dynamic_lds: 70_000,
            ..dispatch
        })
        .contains("70000 bytes of LDS")
    );
    assert!(
        refused(Dispatch {
            arguments: &[0; 4],
            ..dispatch
        })
        .contains("it takes 8")
    );
    let nothing = bench
        .gpu
        .launch(
            &kernel,
            &Dispatch {
                grid: [0, 1, 1],
                ..dispatch
            },
        )
        .unwrap();
    assert_eq!(nothing.workgroups, 0);
    assert!(bench.module.kernel("missing").is_none());
}

#[test]
fn code_objects_for_other_targets_are_refused() {
    let gpu = Gpu::new(
        "gfx942",
        Options {
            memory_bytes: 1 << 26,
            ..Options::default()
        },
    )
    .unwrap();
    let error = gpu.load(&code_object("gfx90a", "basic")).unwrap_err();
    assert!(
        matches!(&error, Error::WrongTarget { found, expected } if found == "gfx90a" && expected == "gfx942")
    );
    assert!(gpu.load(b"no ELF").is_err());
    let error = Gpu::new("gfx1234", Options::default()).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("gfx90a, gfx942, gfx950, gfx1030, gfx1100, gfx1151, gfx1201"),
        "{error}"
    );
}

/// The proof that it is the machine code that runs: one flipped instruction, another result.
#[test]
fn a_flipped_instruction_changes_the_result() {
    for target in TARGETS {
        let mut code = code_object(target, "basic");
        // v_add_f32 and v_sub_f32 of the short format, opcodes 1 and 2 (CDNA), 3 and 4 (RDNA).
        let rdna = target.starts_with("gfx1");
        let (add, subtract) = if rdna { (3u32, 4u32) } else { (1, 2) };
        let clean = Bench::with(target, &code, true);
        let object = clean.module.code_object();
        let entry = object.kernel("vector_add").unwrap().entry_address();
        let segment = object
            .segments()
            .iter()
            .find(|s| s.address <= entry && entry < s.end())
            .unwrap();
        let first = &segment.bytes[(entry - segment.address) as usize..][..64];
        let start = code.windows(64).position(|bytes| bytes == first).unwrap();
        let words = code[start..start + 256]
            .chunks_exact(4)
            .map(|w| u32::from_le_bytes(w.try_into().unwrap()));
        let at = words.clone().position(|word| word >> 25 == add).unwrap();
        let word = words.clone().nth(at).unwrap() & 0x01ff_ffff | subtract << 25;
        code[start + 4 * at..][..4].copy_from_slice(&word.to_le_bytes());
        let flipped = Bench::with(target, &code, true);
        let (a, b) = (noise(64, 1), noise(64, 2));
        let run = |bench: &Bench| {
            let (pa, pb, pc) = (bench.floats(&a), bench.floats(&b), bench.zeros(256));
            bench.launch(
                "vector_add",
                [1, 1],
                64,
                &[
                    Arg::Pointer(pa),
                    Arg::Pointer(pb),
                    Arg::Pointer(pc),
                    Arg::U32(64),
                ],
            );
            bench.read_floats(pc, 64)
        };
        let pairs = || a.iter().zip(&b);
        assert_eq!(run(&clean), pairs().map(|(a, b)| a + b).collect::<Vec<_>>());
        assert_eq!(
            run(&flipped),
            pairs().map(|(a, b)| a - b).collect::<Vec<_>>()
        );
    }
}
