//! Captured work: noted once, launched many times.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod common;

use std::ptr::null_mut;

use common::line;
use redwick_hip::sys::hipError_t;
use redwick_hip::{Arguments, Buffer, Device, Error, Module, Stream};
use redwick_hip_emulator::{Options, driver, table};

fn device() -> (Device, Module, Stream) {
    let device = driver("gfx942:checked").unwrap().device(0).unwrap();
    let module = device.load_module(common::sample("gfx942")).unwrap();
    let stream = device.create_stream().unwrap();
    (device, module, stream)
}

/// `y += x`, by the sample's `saxpy`.
fn add(module: &Module, stream: &Stream, x: &Buffer<f32>, y: &Buffer<f32>) {
    let mut arguments = Arguments::new();
    arguments
        .push(y.address())
        .push(x.address())
        .push(y.address())
        .push(1.0f32)
        .push(x.len() as u32);
    let kernel = module.kernel("saxpy").unwrap();
    // SAFETY: these are the kernel's arguments; the buffers are as long.
    unsafe {
        kernel
            .launch(stream, line(1, 64), arguments.bytes())
            .unwrap()
    };
}

#[test]
fn what_is_captured_is_done_at_each_launch() {
    let (device, module, stream) = device();
    let [x, y, z] = [(); 3].map(|()| device.alloc::<f32>(4).unwrap());
    stream.write(&x, &[1.0, 2.0, 3.0, 4.0]).unwrap();
    stream.write(&y, &[0.5; 4]).unwrap();
    stream.write(&z, &[7.0; 4]).unwrap();
    let capture = stream.capture().unwrap();
    assert!(stream.is_capturing().unwrap());
    add(&module, &stream, &x, &y);
    stream
        .copy_within((z.memory(), 0), (y.memory(), 0), 16)
        .unwrap();
    stream.fill(x.memory(), 12, 4, 0).unwrap();
    let graph = capture.finish().unwrap();
    assert_eq!(graph.nodes(), 3);
    assert!(!stream.is_capturing().unwrap());
    assert_eq!(stream.read(&y).unwrap(), [0.5; 4]);
    assert_eq!(stream.read(&z).unwrap(), [7.0; 4]);
    for expected in [[1.5, 2.5, 3.5, 4.5], [2.5, 4.5, 6.5, 4.5]] {
        // SAFETY: the buffers and the module are alive.
        unsafe { graph.launch(&stream).unwrap() };
        assert_eq!(stream.read(&z).unwrap(), expected);
    }
    stream.write(&x, &[10.0; 4]).unwrap();
    let other = device.create_stream().unwrap();
    // SAFETY: as above.
    unsafe { graph.launch(&other).unwrap() };
    assert_eq!(stream.read(&z).unwrap(), [12.5, 14.5, 16.5, 14.5]);
}

#[test]
fn waiting_cannot_be_captured() {
    let (device, _, stream) = device();
    let buffer = device.alloc::<f32>(4).unwrap();
    let event = device.create_event(false).unwrap();
    let waits: [&dyn Fn() -> redwick_hip::Result<()>; 3] = [
        &|| stream.synchronize(),
        &|| stream.is_idle().map(drop),
        &|| stream.alloc_bytes(16).map(drop),
    ];
    for wait in waits {
        let capture = stream.capture().unwrap();
        stream.fill(buffer.memory(), 0, 4, 0).unwrap();
        let error = wait().unwrap_err();
        assert!(matches!(error, Error::NotCapturable { .. }), "{error}");
        let error = capture.finish().unwrap_err();
        assert!(matches!(error, Error::CaptureLost { .. }), "{error}");
        wait().unwrap();
    }
    // What runs elsewhere may be waited for.
    let capture = stream.capture().unwrap();
    device.synchronize().unwrap();
    capture.finish().unwrap();
    let capture = stream.capture().unwrap();
    stream.record(&event).unwrap();
    stream.wait(&event).unwrap();
    let error = event.synchronize().unwrap_err();
    assert!(matches!(error, Error::NotCapturable { .. }), "{error}");
    let other = device.create_stream().unwrap();
    assert!(other.wait(&event).is_err());
    assert_eq!(capture.finish().unwrap().nodes(), 0);
    stream.record(&event).unwrap();
    event.synchronize().unwrap();
}

#[test]
fn a_capture_that_is_dropped_leaves_the_stream_usable() {
    let (device, _, stream) = device();
    let buffer = device.alloc::<f32>(4).unwrap();
    stream.write(&buffer, &[1.0; 4]).unwrap();
    let capture = stream.capture().unwrap();
    stream.fill(buffer.memory(), 0, 16, 0).unwrap();
    assert!(stream.capture().is_err(), "one at a time");
    drop(capture);
    assert_eq!(stream.read(&buffer).unwrap(), [1.0; 4]);
    stream.capture().unwrap().finish().unwrap();
    assert!(device.default_stream().capture().is_err());
}

#[test]
fn a_fault_shows_at_the_launch() {
    let (device, module, stream) = device();
    // Fewer to add to than there is to add.
    let [x, y] = [4, 1].map(|count| device.alloc::<f32>(count).unwrap());
    let capture = stream.capture().unwrap();
    add(&module, &stream, &x, &y);
    let graph = capture.finish().unwrap();
    let other = driver("gfx90a").unwrap().device(0).unwrap();
    let foreign = other.create_stream().unwrap();
    // SAFETY: refused.
    let error = unsafe { graph.launch(&foreign) }.unwrap_err();
    assert!(matches!(error, Error::WrongDevice { .. }), "{error}");
    // SAFETY: accesses beyond an allocation are what the emulator checks.
    let error = unsafe { graph.launch(&stream) }.unwrap_err();
    assert_eq!(error.code(), Some(hipError_t::ILLEGAL_ADDRESS), "{error}");
}

#[test]
fn wrong_handles_are_errors() {
    let api = table("gfx942", &Options::default()).unwrap();
    let mut count = 0;
    // SAFETY: wrong handles and addresses are what the functions check.
    let codes = unsafe {
        [
            (api.hipStreamBeginCapture)(null_mut(), 7),
            (api.hipStreamBeginCapture)(null_mut(), 0),
            (api.hipStreamEndCapture)(null_mut(), null_mut()),
            (api.hipGraphGetNodes)(null_mut(), null_mut(), &mut count),
            (api.hipGraphDestroy)(null_mut()),
            (api.hipGraphInstantiate)(null_mut(), null_mut(), null_mut(), null_mut(), 0),
            (api.hipGraphLaunch)(null_mut(), null_mut()),
            (api.hipGraphExecDestroy)(null_mut()),
        ]
    };
    use hipError_t as E;
    let expected = [
        E::INVALID_VALUE,
        E::STREAM_CAPTURE_UNSUPPORTED,
        E::INVALID_HANDLE,
        E::INVALID_HANDLE,
        E::INVALID_HANDLE,
        E::INVALID_HANDLE,
        E::INVALID_HANDLE,
        E::INVALID_HANDLE,
    ];
    assert_eq!(codes, expected);
}
