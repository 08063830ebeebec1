//! What the driver makes of each function's success, and of its failure.

mod library;

use library::{device, failing, launched};
use redwick_hip::sys::hipError_t;
use redwick_hip::{Address, Arguments, Error, LaunchShape, Module, Result};

const SAMPLE: &[u8] = include_bytes!("../../../code-object/tests/fixtures/sample.gfx942.hsaco");

const SHAPE: LaunchShape = LaunchShape {
    grid: [2, 1, 1],
    block: [64, 1, 1],
    dynamic_lds: 0,
};

fn module(number: usize) -> Module {
    device(number)
        .load_module(SAMPLE)
        .expect("any ELF file loads")
}

#[test]
fn memory_is_copied_filled_and_read() -> Result<()> {
    let device = device(0);
    let stream = device.create_stream()?;
    let [from, to] = [stream.alloc_bytes(16)?, device.alloc_bytes(16)?];
    stream.upload(&from, 4, &[1, 2, 3, 4])?;
    stream.copy_within((&to, 8), (&from, 4), 4)?;
    stream.fill(&to, 9, 2, 7)?;
    let mut bytes = [0; 6];
    stream.download(&mut bytes, &to, 7)?;
    assert_eq!(bytes, [0, 1, 7, 7, 4, 0]);
    let buffer = device.alloc::<u32>(2)?;
    stream.write(&buffer, &[5, 6])?;
    assert_eq!(stream.read(&buffer)?, [5, 6]);
    assert_eq!(
        (buffer.len(), buffer.is_empty(), buffer.memory().bytes()),
        (2, false, 8)
    );
    assert_eq!(buffer.address(), buffer.memory().address());
    assert_ne!(buffer.address().offset(4), Address::NULL);
    assert!(buffer.address().to_string().starts_with("0x"));
    let info = device.memory_info()?;
    assert_eq!((info.free, info.total), (1 << 20, 2 << 20));
    Ok(())
}

#[test]
fn nothing_is_copied_where_there_is_nothing() -> Result<()> {
    let device = device(0);
    let stream = device.default_stream();
    let memory = device.alloc_bytes(4)?;
    let work = || {
        stream.upload(&memory, 4, &[])?;
        stream.download(&mut [], &memory, 0)?;
        stream.copy_within((&memory, 0), (&memory, 0), 0)?;
        stream.fill(&memory, 4, 0, 1)?;
        stream.alloc_bytes(0)
    };
    let empty = failing("hipMemcpyAsync", hipError_t::UNKNOWN, work)?;
    assert_eq!((empty.bytes(), empty.address()), (0, Address::NULL));
    Ok(())
}

#[test]
fn ranges_stay_inside_allocations() -> Result<()> {
    let device = device(0);
    let stream = device.create_stream()?;
    let [memory, other] = [device.alloc_bytes(16)?, device.alloc_bytes(16)?];
    let outside = [
        stream.upload(&memory, 13, &[0; 4]),
        stream.download(&mut [0; 17], &memory, 0),
        stream.fill(&memory, usize::MAX, 2, 0),
        stream.copy_within((&memory, 0), (&other, 9), 8),
        stream.copy_within((&memory, 9), (&other, 0), 8),
        stream.copy_within((&memory, 4), (&memory, 0), 8),
    ];
    for result in outside {
        let error = result.unwrap_err();
        assert!(
            matches!(error, Error::OutOfRange { size: 16, .. }),
            "{error}"
        );
    }
    let error = device.alloc::<u64>(usize::MAX).unwrap_err();
    assert!(
        error.to_string().contains("more than an address can count"),
        "{error}"
    );
    Ok(())
}

#[test]
fn events_are_recorded_waited_for_and_measured() -> Result<()> {
    let device = device(0);
    let stream = device.create_stream()?;
    let [start, end] = [device.create_event(true)?, device.create_event(true)?];
    stream.record(&start)?;
    stream.wait(&start)?;
    stream.record(&end)?;
    end.synchronize()?;
    assert!(end.is_reached()? && stream.is_idle()?);
    assert_eq!(end.milliseconds_since(&start)?, 2.5);
    assert!(!end.raw().is_null() && end.device() == &device);
    let late = || (end.is_reached(), stream.is_idle());
    assert!(!failing("hipEventQuery", hipError_t::NOT_READY, late).0?);
    assert!(!failing("hipStreamQuery", hipError_t::NOT_READY, late).1?);
    Ok(())
}

#[test]
fn each_step_of_a_capture_may_fail() -> Result<()> {
    let stream = device(0).create_stream()?;
    let captured = || stream.capture()?.finish();
    let graph = captured()?;
    assert_eq!((graph.nodes(), graph.device()), (3, &device(0)));
    assert!(stream.is_capturing()?);
    for function in [
        "hipStreamBeginCapture",
        "hipStreamEndCapture",
        "hipGraphGetNodes",
        "hipGraphInstantiate",
        "hipGraphDestroy",
    ] {
        let error = failing(function, hipError_t::UNKNOWN, captured).unwrap_err();
        assert!(error.to_string().contains(function), "{error}");
        let error = failing(function, hipError_t::ABSENT, captured).unwrap_err();
        assert!(matches!(error, Error::Unsupported { .. }), "{error}");
    }
    // SAFETY: this library runs nothing.
    let launch = |stream| unsafe { graph.launch(stream) };
    launch(&stream)?;
    assert!(failing("hipGraphLaunch", hipError_t::UNKNOWN, || launch(&stream)).is_err());
    let other = device(1).create_stream()?;
    let error = launch(&other).unwrap_err();
    assert!(matches!(error, Error::WrongDevice { .. }), "{error}");
    Ok(())
}

#[test]
fn kernels_are_launched_with_their_arguments() -> Result<()> {
    let module = module(0);
    let stream = device(0).create_stream()?;
    let kernel = module.kernel("known")?;
    let mut arguments = Arguments::new();
    arguments.push(Address(0x10)).push(3u32);
    let bytes = arguments.bytes();
    // SAFETY: this library runs nothing.
    unsafe { kernel.launch(&stream, SHAPE, bytes)? };
    assert_eq!(launched().as_deref(), Some(bytes));
    // SAFETY: as above.
    unsafe { kernel.launch_with(&stream, SHAPE, &[1u16, 2])? };
    assert_eq!(launched().as_deref(), Some(&[1, 0, 2, 0][..]));
    let nothing = LaunchShape {
        grid: [1, 0, 1],
        ..SHAPE
    };
    // SAFETY: as above.
    unsafe { kernel.launch(&stream, nothing, bytes)? };
    assert_eq!(launched(), None);
    assert_eq!(module.variable("known")?, (Address(0x40), 16));
    assert_eq!(kernel.module().device(), module.device());
    assert!(format!("{kernel:?}").contains("gfx942"));
    Ok(())
}

#[test]
fn symbols_that_there_are_not_are_named() {
    let module = module(0);
    for name in ["unknown", "with\0nul"] {
        let errors = [
            module.kernel(name).map(drop).unwrap_err(),
            module.variable(name).map(drop).unwrap_err(),
        ];
        for error in errors {
            assert!(matches!(error, Error::NoSymbol { .. }), "{error}");
            assert!(error.to_string().contains(&format!("{name:?}")), "{error}");
            assert_eq!(error.code(), Some(hipError_t::NOT_FOUND));
        }
    }
    let error = device(0).load_module(b"no ELF").unwrap_err();
    assert!(
        matches!(error, Error::Image { .. }) && error.code().is_none(),
        "{error}"
    );
}

#[test]
fn things_of_two_devices_do_not_mix() -> Result<()> {
    let [first, second] = [device(0), device(1)];
    let stream = first.create_stream()?;
    let [here, there] = [first.alloc_bytes(8)?, second.alloc_bytes(8)?];
    let [event, other] = [first.create_event(true)?, second.create_event(true)?];
    let kernel = module(1).kernel("known")?;
    let mixed = [
        stream.upload(&there, 0, &[1]),
        stream.download(&mut [0], &there, 0),
        stream.fill(&there, 0, 1, 0),
        stream.copy_within((&here, 0), (&there, 0), 1),
        stream.copy_within((&there, 0), (&here, 0), 1),
        stream.record(&other),
        event.milliseconds_since(&other).map(drop),
        // SAFETY: this library runs nothing.
        unsafe { kernel.launch(&stream, SHAPE, &[]) },
    ];
    for result in mixed {
        let error = result.unwrap_err();
        assert!(matches!(error, Error::WrongDevice { .. }), "{error}");
        let text = error.to_string();
        assert!(
            text.contains("device 0") && text.contains("device 1"),
            "{text}"
        );
    }
    stream.wait(&other)
}

/// Something that calls a function.
type Work<'a> = (&'static str, &'a dyn Fn() -> Result<()>);

#[test]
fn each_functions_failure_is_an_error_that_names_it() -> Result<()> {
    let device = device(0);
    let driver = device.driver();
    let stream = device.create_stream()?;
    let [memory, other] = [device.alloc_bytes(8)?, device.alloc_bytes(8)?];
    let [event, end] = [device.create_event(true)?, device.create_event(true)?];
    let kernel = module(0).kernel("known")?;
    // SAFETY: this library runs nothing.
    let launch = || unsafe { kernel.launch(&stream, SHAPE, &[]) };
    let work: [Work<'_>; 25] = [
        ("hipRuntimeGetVersion", &|| driver.version().map(drop)),
        ("hipGetDeviceCount", &|| driver.devices().map(drop)),
        ("hipGetDevice", &|| driver.hip().get_device().map(drop)),
        ("hipGetDevicePropertiesR0600", &|| {
            driver.device(0).map(drop)
        }),
        ("hipDeviceSynchronize", &|| device.synchronize()),
        ("hipMemGetInfo", &|| device.memory_info().map(drop)),
        ("hipMalloc", &|| device.alloc_bytes(8).map(drop)),
        ("hipMallocAsync", &|| stream.alloc_bytes(8).map(drop)),
        ("hipMemcpyAsync", &|| stream.upload(&memory, 0, &[1])),
        ("hipMemcpyAsync", &|| stream.download(&mut [1], &memory, 0)),
        ("hipMemcpyAsync", &|| {
            stream.copy_within((&memory, 0), (&other, 0), 8)
        }),
        ("hipMemsetAsync", &|| stream.fill(&memory, 0, 8, 0)),
        ("hipStreamCreateWithFlags", &|| {
            device.create_stream().map(drop)
        }),
        ("hipStreamSynchronize", &|| stream.synchronize()),
        ("hipStreamQuery", &|| stream.is_idle().map(drop)),
        ("hipStreamWaitEvent", &|| stream.wait(&event)),
        ("hipEventCreateWithFlags", &|| {
            device.create_event(false).map(drop)
        }),
        ("hipEventRecord", &|| stream.record(&event)),
        ("hipEventSynchronize", &|| event.synchronize()),
        ("hipEventQuery", &|| event.is_reached().map(drop)),
        ("hipEventElapsedTime", &|| {
            end.milliseconds_since(&event).map(drop)
        }),
        ("hipModuleLoadData", &|| {
            device.load_module(SAMPLE).map(drop)
        }),
        ("hipModuleGetFunction", &|| {
            kernel.module().kernel("known").map(drop)
        }),
        ("hipModuleGetGlobal", &|| {
            kernel.module().variable("known").map(drop)
        }),
        ("hipModuleLaunchKernel", &launch),
    ];
    for (function, work) in work {
        work()?;
        let error = failing(function, hipError_t::UNKNOWN, work).unwrap_err();
        assert_eq!(error.code(), Some(hipError_t::UNKNOWN), "{function}");
        let expected = format!(
            "{function} failed: hipErrorUnknown (999), as asked for [in the host's memory]"
        );
        assert_eq!(error.to_string(), expected);
    }
    Ok(())
}

#[test]
fn a_device_that_cannot_be_made_current_is_an_error_everywhere() {
    let [first, second] = [device(0), device(1)];
    first.synchronize().unwrap();
    let error = failing("hipSetDevice", hipError_t::INVALID_DEVICE, || {
        second.synchronize()
    });
    assert_eq!(error.unwrap_err().code(), Some(hipError_t::INVALID_DEVICE));
    second.synchronize().unwrap();
}

#[test]
fn failures_of_releasing_are_nobodys() -> Result<()> {
    let device = device(0);
    for function in [
        "hipFree",
        "hipFreeAsync",
        "hipStreamDestroy",
        "hipEventDestroy",
        "hipModuleUnload",
    ] {
        let stream = device.create_stream()?;
        let things = (
            device.alloc_bytes(8)?,
            stream.alloc_bytes(8)?,
            device.create_event(false)?,
            module(0),
        );
        failing(function, hipError_t::UNKNOWN, || drop((things, stream)));
    }
    Ok(())
}

#[test]
fn a_full_device_says_so_for_memory_in_a_streams_order_too() -> Result<()> {
    let stream = device(1).create_stream()?;
    let full = || stream.alloc_bytes(64).unwrap_err();
    let error = failing("hipMallocAsync", hipError_t::OUT_OF_MEMORY, full);
    let text = error.to_string();
    assert!(
        text.contains("64 bytes asked for, 1048576 of 2097152 bytes free on device 1"),
        "{text}"
    );
    assert_eq!(error.code(), Some(hipError_t::OUT_OF_MEMORY));
    // A device without pools of memory allocates as ever.
    let plain = || stream.alloc_bytes(64).map(|memory| memory.bytes());
    assert_eq!(
        failing("hipMallocAsync", hipError_t::NOT_SUPPORTED, plain)?,
        64
    );
    Ok(())
}

#[test]
fn what_things_are_is_shown() -> Result<()> {
    let device = device(1);
    assert!(device.to_string().starts_with("device 1 ("), "{device}");
    assert!(format!("{device:?}").starts_with("Device(device 1"));
    assert!(format!("{:?}", device.driver()).contains("in the host's memory"));
    assert!(format!("{:?}", device.create_stream()?).starts_with("Stream("));
    assert_eq!(device.driver().version()?.to_string(), "6.3.42131");
    assert_eq!(device.driver().devices()?.len(), 2);
    assert_eq!(device.driver().hip().get_device()?, 1);
    assert_eq!(device.create_stream()?.device(), &device);
    Ok(())
}
