//! Kernels run through the driver as they would on a card, on every emulated target.

mod common;

use common::{devices, line};
use redwick_hip::sys::hipError_t;
use redwick_hip::{Address, Arguments, Buffer, Device, Error, Module, Stream};

/// A stream, and a buffer that holds these values.
fn upload<T: bytemuck::Pod>(device: &Device, values: &[T]) -> (Stream, Buffer<T>) {
    let stream = device.create_stream().expect("a stream");
    let buffer = device.alloc(values.len()).expect("memory");
    stream.write(&buffer, values).expect("an upload");
    (stream, buffer)
}

#[test]
fn saxpy() {
    for (device, module) in devices() {
        let n = 1000;
        let x: Vec<f32> = (0..n).map(|i| i as f32 * 0.5).collect();
        let y: Vec<f32> = (0..n).map(|i| 100.0 - i as f32).collect();
        let (stream, xs) = upload(&device, &x);
        let (_, ys) = upload(&device, &y);
        let out = device.alloc::<f32>(n).unwrap();
        let mut arguments = Arguments::new();
        arguments
            .push(out.address())
            .push(xs.address())
            .push(ys.address())
            .push(3.0f32)
            .push(n as u32);
        let kernel = module.kernel("saxpy").unwrap();
        // SAFETY: these are the kernel's arguments, and the buffers hold n elements.
        unsafe {
            kernel
                .launch(&stream, line(4, 256), arguments.bytes())
                .unwrap()
        };
        let expected: Vec<f32> = x.iter().zip(&y).map(|(x, y)| 3.0 * x + y).collect();
        assert_eq!(stream.read(&out).unwrap(), expected, "{device}");
    }
}

/// What a kernel makes of a buffer that nobody wrote.
fn unwritten(spec: &str, words: usize) -> Vec<f32> {
    let (_, code) = common::TARGETS[1];
    let driver = redwick_hip_emulator::driver(spec).expect("emulated");
    let device = driver.device(0).expect("device 0");
    let module = device.load_module(code).expect("code for this target");
    let (stream, out) = upload(&device, &vec![1f32; words]);
    let x = device.alloc::<f32>(words).expect("memory");
    let mut arguments = Arguments::new();
    arguments
        .push(out.address())
        .push(x.address())
        .push(x.address())
        .push(0.5f32)
        .push(words as u32);
    let kernel = module.kernel("saxpy").expect("a kernel");
    let blocks = words.div_ceil(256) as u32;
    // SAFETY: these are the kernel's arguments, and the buffers hold as many words.
    let launched = unsafe { kernel.launch(&stream, line(blocks, 256), arguments.bytes()) };
    launched.expect("a launch");
    stream.read(&out).expect("a result")
}

#[test]
fn what_nobody_wrote_is_poison_in_checked_mode() {
    for words in [1, 300, 1 << 17] {
        let read = unwritten("gfx942:checked", words);
        assert!(read.iter().all(|x| x.is_nan()), "{words}");
        // Without it the pages are as they were.
        let read = unwritten("gfx942", words);
        assert!(read.iter().any(|x| !x.is_nan()), "{words}");
    }
}

#[test]
fn both_ends_of_large_memory_are_poison() {
    let driver = redwick_hip_emulator::driver("gfx1100:checked").expect("emulated");
    let device = driver.device(0).expect("device 0");
    let stream = device.create_stream().expect("a stream");
    let bytes = 2 * redwick_gpu::Gpu::POISONED as usize;
    for bytes in [bytes - 1, bytes + 1] {
        let read = stream.read(&device.alloc::<u8>(bytes).expect("memory"));
        let read = read.expect("bytes");
        let others = read.iter().filter(|&&byte| byte != 0xFF).count();
        assert!(others <= 1, "{others} of {bytes}");
        assert_eq!((read[0], read[bytes - 1]), (0xFF, 0xFF));
    }
}

#[test]
fn memory_that_was_freed_is_poison_again() {
    let driver = redwick_hip_emulator::driver("gfx1100:checked").expect("emulated");
    let device = driver.device(0).expect("device 0");
    for _ in 0..2 {
        let stream = device.create_stream().expect("a stream");
        let buffer = device.alloc::<u8>(1000).expect("memory");
        assert_eq!(stream.read(&buffer).expect("bytes"), [0xFF; 1000]);
        stream.write(&buffer, &[7; 1000]).expect("an upload");
        stream.synchronize().expect("an end");
    }
}

#[test]
fn struct_arguments_and_their_padding() {
    // The kernel's second argument is a struct of its own, with padding behind `flags`.
    #[repr(C)]
    #[derive(Clone, Copy)]
    struct Shape([u32; 3], u16);
    #[repr(C)]
    #[derive(Clone, Copy)]
    struct Packed {
        out: Address,
        shape: Shape,
        c: i8,
        d: f64,
    }
    for (device, module) in devices() {
        let (stream, out) = upload(&device, &[0u32; 64]);
        let arguments = Packed {
            out: out.address(),
            shape: Shape([1000, 7, 30], 4),
            c: -5,
            d: 2.75,
        };
        let kernel = module.kernel("by_value").unwrap();
        // SAFETY: the struct is laid out as the kernel's arguments; the buffer has 64 elements.
        unsafe {
            kernel
                .launch_with(&stream, line(1, 64), &arguments)
                .unwrap()
        };
        assert_eq!(stream.read(&out).unwrap(), [1031; 64], "{device}");
    }
}

#[test]
fn lds_and_barrier() {
    for (device, module) in devices() {
        let values: Vec<u32> = (0..256).collect();
        let (stream, data) = upload(&device, &values);
        let mut arguments = Arguments::new();
        arguments.push(data.address());
        let kernel = module.kernel("reverse").unwrap();
        // SAFETY: this is the kernel's argument, and the buffer has 4 blocks of 64.
        unsafe {
            kernel
                .launch(&stream, line(4, 64), arguments.bytes())
                .unwrap()
        };
        let expected: Vec<u32> = values
            .chunks(64)
            .flat_map(|c| c.iter().rev().copied())
            .collect();
        assert_eq!(stream.read(&data).unwrap(), expected, "{device}");
    }
}

#[test]
fn private_memory() {
    for (device, module) in devices() {
        let values: Vec<u32> = (0..16).map(|i| i * 10).collect();
        let (stream, data) = upload(&device, &values);
        let mut arguments = Arguments::new();
        arguments.push(data.address()).push(9u32);
        let kernel = module.kernel("scratch").unwrap();
        // One work-item: others would write what it reads.
        // SAFETY: these are the kernel's arguments, and the buffer has the 16 elements it reads.
        unsafe {
            kernel
                .launch(&stream, line(1, 1), arguments.bytes())
                .unwrap()
        };
        assert_eq!(stream.read(&data).unwrap()[0], 270, "{device}");
    }
}

#[test]
fn variables_and_relocations() {
    for (device, module) in devices() {
        let (address, size) = module.variable("counters").unwrap();
        assert_ne!(address, Address::NULL);
        assert_eq!(size, 16);
        let (stream, out) = upload(&device, &[0u32; 64]);
        let mut arguments = Arguments::new();
        arguments.push(out.address());
        let kernel = module.kernel("read_global").unwrap();
        // SAFETY: this is the kernel's argument, and the buffer has 64 elements.
        unsafe {
            kernel
                .launch(&stream, line(1, 64), arguments.bytes())
                .unwrap()
        };
        assert_eq!(stream.read(&out).unwrap(), [3; 64], "{device}");
    }
}

/// Launches `read_global`, which writes 64 words.
fn write_64_words(device: &Device, module: &Module, to: Address) -> redwick_hip::Result<()> {
    let mut arguments = Arguments::new();
    arguments.push(to);
    let kernel = module.kernel("read_global")?;
    // SAFETY: this is the kernel's argument; the emulator checks the address.
    unsafe { kernel.launch(&device.default_stream(), line(1, 64), arguments.bytes()) }
}

#[test]
fn a_fault_is_told_in_full_and_survived() {
    for (device, module) in devices() {
        let small = device.alloc::<u32>(60).unwrap();
        let error = write_64_words(&device, &module, small.address()).unwrap_err();
        assert_eq!(error.code(), Some(hipError_t::ILLEGAL_ADDRESS));
        let text = error.to_string();
        let lane = format!("lane {}", 60 % device.properties().wave_size);
        for part in ["read_global", &lane, "store", "emulated"] {
            assert!(text.contains(part), "{part} is not in: {text}");
        }
        let large = device.alloc::<u32>(64).unwrap();
        write_64_words(&device, &module, large.address()).unwrap();
    }
}

#[test]
fn launches_that_cannot_be() {
    for (device, module) in devices() {
        let stream = device.default_stream();
        let kernel = module.kernel("reverse").unwrap();
        let launch = |shape, arguments: &[u8]| {
            // SAFETY: refused before it starts.
            unsafe { kernel.launch(&stream, shape, arguments) }.unwrap_err()
        };
        let too_many = launch(line(1, 2048), &[0; 8]);
        assert_eq!(
            too_many.code(),
            Some(hipError_t::INVALID_CONFIGURATION),
            "{too_many}"
        );
        let mut shape = line(1, 64);
        shape.dynamic_lds = 1 << 20;
        let too_much_lds = launch(shape, &[0; 8]);
        assert_eq!(
            too_much_lds.code(),
            Some(hipError_t::INVALID_CONFIGURATION),
            "{too_much_lds}"
        );
        let too_few = launch(line(1, 64), &[0; 4]).to_string();
        assert!(
            too_few.contains("4 bytes of arguments; it takes 8"),
            "{too_few}"
        );
    }
}

#[test]
fn a_grid_without_blocks_launches_nothing() {
    let (device, module) = devices().next().expect("a target");
    let mut shape = line(0, 64);
    shape.grid[1] = 5;
    let kernel = module.kernel("reverse").unwrap();
    // SAFETY: nothing runs.
    unsafe { kernel.launch(&device.default_stream(), shape, &[0; 8]) }.unwrap();
}

#[test]
fn missing_kernels_and_foreign_code() {
    let (device, module) = devices().next().expect("a target");
    let error = module.kernel("nonesuch").unwrap_err();
    assert!(
        matches!(&error, Error::NoSymbol { name, .. } if name == "nonesuch"),
        "{error}"
    );
    let error = module.variable("nonesuch").unwrap_err();
    assert!(matches!(error, Error::NoSymbol { .. }), "{error}");
    let error = device.load_module(common::sample("gfx1100")).unwrap_err();
    assert_eq!(error.code(), Some(hipError_t::NO_BINARY_FOR_GPU));
    let text = error.to_string();
    assert!(
        text.contains("gfx1100") && text.contains("gfx90a"),
        "{text}"
    );
    let truncated = &common::sample("gfx90a")[..5000];
    let error = device.load_module(truncated).unwrap_err();
    assert!(matches!(error, Error::Image { .. }), "{error}");
}

#[test]
fn many_threads_on_one_device() {
    let (device, module) = devices().next().expect("a target");
    std::thread::scope(|scope| {
        for thread in 0..4u32 {
            let (device, module) = (&device, &module);
            scope.spawn(move || {
                for round in 0..10 {
                    let values: Vec<u32> =
                        (0..64).map(|i| thread * 1000 + round * 64 + i).collect();
                    let (stream, data) = upload(device, &values);
                    let mut arguments = Arguments::new();
                    arguments.push(data.address());
                    let kernel = module.kernel("reverse").unwrap();
                    // SAFETY: this is the kernel's argument, and the buffer has 64 elements.
                    unsafe {
                        kernel
                            .launch(&stream, line(1, 64), arguments.bytes())
                            .unwrap()
                    };
                    let reversed: Vec<u32> = values.into_iter().rev().collect();
                    assert_eq!(stream.read(&data).unwrap(), reversed);
                }
            });
        }
    });
}
