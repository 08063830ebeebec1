//! Devices, memory, streams, events and handles, without a kernel.

mod common;

use std::num::NonZeroUsize;
use std::ptr::{null, null_mut, without_provenance_mut};

use redwick_hip::sys::{self, hipError_t};
use redwick_hip::{Device, Driver, Error};
use redwick_hip_emulator::{Options, driver, driver_with, table};

/// Two devices of 64 MiB.
fn two() -> Driver {
    let options = Options {
        devices: NonZeroUsize::new(2).unwrap_or(NonZeroUsize::MIN),
        memory_bytes: 64 << 20,
        ..Options::default()
    };
    driver_with("gfx942", &options).expect("emulated")
}

fn device() -> Device {
    two().device(0).expect("device 0")
}

#[test]
fn properties_of_each_target() {
    for (target, wave) in [
        ("gfx90a", 64),
        ("gfx942", 64),
        ("gfx1030", 32),
        ("gfx1100", 32),
        ("gfx1201", 32),
    ] {
        let device = driver(target).unwrap().device(0).unwrap();
        let properties = device.properties();
        assert_eq!(device.target(), target);
        assert_eq!(properties.name, format!("Emulated {target}"));
        assert_eq!(properties.wave_size, wave);
        assert_eq!(properties.lds_per_block, 65536);
        assert!(properties.compute_units > 0 && properties.memory > 0);
    }
}

#[test]
fn words_that_name_no_emulator() {
    let text = driver("gfx906").unwrap_err().to_string();
    assert!(text.contains("gfx906") && text.contains("gfx942"), "{text}");
    assert!(driver("gfx942:fast").is_err());
}

#[test]
fn the_same_words_give_the_same_driver() {
    assert_eq!(driver("gfx942").unwrap(), driver("gfx942").unwrap());
    assert_ne!(driver("gfx942").unwrap(), driver("gfx942:checked").unwrap());
}

#[test]
fn device_numbers() {
    let driver = two();
    assert_eq!(driver.device_count().unwrap(), 2);
    assert_eq!(driver.devices().unwrap().len(), 2);
    let error = driver.device(2).unwrap_err();
    assert!(
        matches!(
            error,
            Error::DeviceNumber {
                asked: 2,
                count: 2,
                ..
            }
        ),
        "{error}"
    );
}

#[test]
fn more_memory_than_there_is() {
    let device = device();
    let error = device.alloc_bytes(1 << 30).unwrap_err();
    let Error::OutOfMemory {
        requested, total, ..
    } = error
    else {
        panic!("{error}");
    };
    assert_eq!((requested, total), (1 << 30, 64 << 20));
    assert!(matches!(
        device.alloc::<f64>(usize::MAX),
        Err(Error::TooLarge { .. })
    ));
    device.alloc_bytes(1 << 20).unwrap();
}

#[test]
fn memory_is_freed() {
    // Options of its own, so that no other test allocates meanwhile.
    let options = Options {
        memory_bytes: 32 << 20,
        ..Options::default()
    };
    let device = driver_with("gfx942", &options).unwrap().device(0).unwrap();
    let before = device.memory_info().unwrap();
    let stream = device.create_stream().unwrap();
    let kept = [
        device.alloc_bytes(1 << 20).unwrap(),
        stream.alloc_bytes(1 << 20).unwrap(),
    ];
    assert!(device.memory_info().unwrap().free <= before.free - (2 << 20));
    drop(kept);
    assert_eq!(device.memory_info().unwrap(), before);
}

#[test]
fn copies_and_fills() {
    let device = device();
    let stream = device.create_stream().unwrap();
    let a = device.alloc_bytes(16).unwrap();
    let b = stream.alloc_bytes(16).unwrap();
    stream.fill(&a, 0, 16, 7).unwrap();
    stream.upload(&a, 4, &[1, 2, 3, 4]).unwrap();
    stream.copy_within((&b, 0), (&a, 2), 14).unwrap();
    stream.copy_within((&b, 14), (&b, 2), 2).unwrap();
    let mut bytes = [0; 16];
    stream.download(&mut bytes, &b, 0).unwrap();
    assert_eq!(bytes, [7, 7, 1, 2, 3, 4, 7, 7, 7, 7, 7, 7, 7, 7, 1, 2]);
}

#[test]
fn ranges_are_checked() {
    let device = device();
    let stream = device.default_stream();
    let memory = device.alloc_bytes(16).unwrap();
    let outside = [
        stream.upload(&memory, 13, &[0; 4]),
        stream.download(&mut [0; 17], &memory, 0),
        stream.fill(&memory, usize::MAX, 1, 0),
        stream.copy_within((&memory, 0), (&memory, 12), 5),
        stream.copy_within((&memory, 0), (&memory, 4), 8),
    ];
    for result in outside {
        assert!(
            matches!(result, Err(Error::OutOfRange { .. })),
            "{result:?}"
        );
    }
    stream.upload(&memory, 16, &[]).unwrap();
}

#[test]
fn empty_allocations() {
    let device = device();
    let stream = device.create_stream().unwrap();
    let empty = device.alloc::<f32>(0).unwrap();
    assert!(empty.is_empty());
    assert!(stream.read(&empty).unwrap().is_empty());
    assert_eq!(stream.alloc_bytes(0).unwrap().bytes(), 0);
}

#[test]
fn devices_are_kept_apart() {
    let devices = two().devices().unwrap();
    let stream = devices[0].create_stream().unwrap();
    let memory = devices[1].alloc_bytes(16).unwrap();
    let error = stream.fill(&memory, 0, 16, 0).unwrap_err();
    assert!(matches!(error, Error::WrongDevice { .. }), "{error}");
    let module = devices[1].load_module(common::sample("gfx942")).unwrap();
    let kernel = module.kernel("reverse").unwrap();
    // SAFETY: refused before it starts.
    let error = unsafe { kernel.launch(&stream, common::line(1, 64), &[0; 8]) }.unwrap_err();
    assert!(matches!(error, Error::WrongDevice { .. }), "{error}");
}

#[test]
fn each_thread_has_its_current_device() {
    let devices = two().devices().unwrap();
    let current = || two().hip().get_device().unwrap();
    devices[1].bind().unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| assert_eq!(current(), 0));
    });
    assert_eq!(current(), 1);
    devices[0].bind().unwrap();
    assert_eq!(current(), 0);
}

#[test]
fn events_measure_time() {
    let device = device();
    let stream = device.create_stream().unwrap();
    let [start, stop] = [(); 2].map(|()| device.create_event(true).unwrap());
    assert!(stop.milliseconds_since(&start).is_err(), "not recorded yet");
    stream.record(&start).unwrap();
    stream.record(&stop).unwrap();
    stream.wait(&stop).unwrap();
    stop.synchronize().unwrap();
    assert!(stop.is_reached().unwrap() && stream.is_idle().unwrap());
    assert!(stop.milliseconds_since(&start).unwrap() >= 0.0);
    let plain = device.create_event(false).unwrap();
    stream.record(&plain).unwrap();
    assert!(
        plain.milliseconds_since(&start).is_err(),
        "does not measure time"
    );
}

#[test]
fn wrong_handles_and_pointers_are_errors() {
    let api = table("gfx942", &Options::default()).unwrap();
    let stray = without_provenance_mut(0x1230);
    let name = c"kernel".as_ptr();
    // SAFETY: wrong handles and addresses are what the functions check.
    let codes = unsafe {
        [
            (
                (api.hipStreamSynchronize)(without_provenance_mut(0x1230)),
                hipError_t::INVALID_HANDLE,
            ),
            ((api.hipEventQuery)(null_mut()), hipError_t::INVALID_HANDLE),
            (
                (api.hipModuleUnload)(null_mut()),
                hipError_t::INVALID_HANDLE,
            ),
            (
                (api.hipModuleGetFunction)(null_mut(), null_mut(), name),
                hipError_t::INVALID_HANDLE,
            ),
            (
                (api.hipModuleLoadData)(null_mut(), null()),
                hipError_t::INVALID_IMAGE,
            ),
            ((api.hipFree)(stray), hipError_t::INVALID_VALUE),
            ((api.hipFree)(null_mut()), hipError_t::SUCCESS),
            ((api.hipMalloc)(null_mut(), 16), hipError_t::INVALID_VALUE),
            ((api.hipSetDevice)(99), hipError_t::INVALID_DEVICE),
            (
                (api.hipGetDeviceCount)(null_mut()),
                hipError_t::INVALID_VALUE,
            ),
            (
                (api.hipMemsetAsync)(stray, 0, 16, null_mut()),
                hipError_t::INVALID_VALUE,
            ),
        ]
    };
    for (index, (found, expected)) in codes.into_iter().enumerate() {
        assert_eq!(found, expected, "row {index}");
    }
}

#[test]
fn directions_of_copies_are_checked() {
    let device = device();
    let memory = device.alloc_bytes(16).unwrap();
    let hip = device.bind().unwrap();
    let on_device = without_provenance_mut(memory.address().0 as usize);
    let mut host = [0u8; 16];
    let host = host.as_mut_ptr().cast();
    let copy = |to, from, kind| {
        // SAFETY: the addresses are valid for 16 bytes; wrong directions are refused.
        unsafe { hip.memcpy_async(to, from, 16, kind, null_mut()) }
    };
    copy(on_device, host, sys::hipMemcpyHostToDevice).unwrap();
    copy(host, on_device, sys::hipMemcpyDefault).unwrap();
    for kind in [sys::hipMemcpyDeviceToHost, sys::hipMemcpyDeviceToDevice] {
        let error = copy(on_device, host, kind).unwrap_err();
        assert_eq!(error.code(), Some(hipError_t::INVALID_MEMCPY_DIRECTION));
    }
}
