//! Small copies, over a library whose streams do nothing before they are waited for.

use std::cell::Cell;
use std::collections::HashMap;
use std::ffi::{c_int, c_uint, c_void};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use redwick_hip::sys::{self, Api, hipError_t};
use redwick_hip::{Device, Driver, Error, Result};

/// What a stream has yet to do. Addresses are numbers, so that threads can share them.
enum Work {
    Copy { to: usize, from: usize, size: usize },
    Event(usize),
}

#[derive(Default)]
struct Library {
    streams: HashMap<usize, Vec<Work>>,
    /// Blocks of pinned memory, with their sizes.
    pinned: HashMap<usize, usize>,
}

static LIBRARY: Mutex<Option<Library>> = Mutex::new(None);

thread_local! {
    /// The function that fails on this thread.
    static FAILS: Cell<Option<&'static str>> = const { Cell::new(None) };
    /// How often this thread has waited, and asked for pinned memory.
    static WAITS: Cell<usize> = const { Cell::new(0) };
    static ASKED: Cell<usize> = const { Cell::new(0) };
    /// Pinned memory that this thread has freed.
    static FREED: Cell<usize> = const { Cell::new(0) };
    static CAPTURES: Cell<bool> = const { Cell::new(false) };
}

fn library() -> MutexGuard<'static, Option<Library>> {
    LIBRARY.lock().unwrap_or_else(PoisonError::into_inner)
}

fn with<T>(run: impl FnOnce(&mut Library) -> T) -> T {
    run(library().get_or_insert_default())
}

fn answer(function: &'static str) -> hipError_t {
    match FAILS.get() == Some(function) {
        true => hipError_t::UNKNOWN,
        false => hipError_t::SUCCESS,
    }
}

/// Makes a function fail on this thread while something runs.
fn failing<T>(function: &'static str, run: impl FnOnce() -> T) -> T {
    FAILS.set(Some(function));
    let result = run();
    FAILS.set(None);
    result
}

fn fresh<T>() -> *mut T {
    static NEXT: AtomicUsize = AtomicUsize::new(0x1000);
    std::ptr::without_provenance_mut(NEXT.fetch_add(0x1000, Ordering::Relaxed))
}

/// Does what a stream has to do, up to an event's last mark, or all of it.
fn advance(work: &mut Vec<Work>, event: Option<usize>) {
    let is_mark =
        |work: &Work| matches!((work, event), (Work::Event(e), Some(event)) if *e == event);
    let end = match event {
        None => work.len(),
        Some(_) => work.iter().rposition(is_mark).map_or(0, |at| at + 1),
    };
    for work in work.drain(..end) {
        if let Work::Copy { to, from, size } = work {
            let (to, from) = (to as *mut u8, from as *const u8);
            // SAFETY: both sides live until the copy is done: that they do is what is tested.
            unsafe { to.copy_from(from, size) };
        }
    }
}

unsafe extern "C" fn count(count: *mut c_int) -> hipError_t {
    // SAFETY: the driver's place.
    unsafe { count.write(1) };
    hipError_t::SUCCESS
}

unsafe extern "C" fn set_device(_: c_int) -> hipError_t {
    hipError_t::SUCCESS
}

unsafe extern "C" fn properties(to: *mut sys::hipDeviceProp_tR0600, _: c_int) -> hipError_t {
    // SAFETY: the driver's place.
    unsafe { to.write(sys::hipDeviceProp_tR0600::zeroed()) };
    hipError_t::SUCCESS
}

unsafe extern "C" fn malloc(to: *mut *mut c_void, size: usize) -> hipError_t {
    let block: &'static mut [u8] = Vec::leak(vec![0; size]);
    // SAFETY: the driver's place.
    unsafe { to.write(block.as_mut_ptr().cast()) };
    hipError_t::SUCCESS
}

unsafe extern "C" fn free(_: *mut c_void) -> hipError_t {
    hipError_t::SUCCESS
}

unsafe extern "C" fn host_malloc(to: *mut *mut c_void, size: usize, flags: c_uint) -> hipError_t {
    assert_eq!(flags, sys::hipHostMallocDefault);
    ASKED.set(ASKED.get() + 1);
    // SAFETY: as above.
    unsafe { malloc(to, size) };
    // SAFETY: written just now.
    let address = unsafe { to.read() }.addr();
    with(|library| library.pinned.insert(address, size));
    answer("hipHostMalloc")
}

unsafe extern "C" fn host_free(pointer: *mut c_void) -> hipError_t {
    with(|library| {
        let start = pointer.addr();
        let size = library.pinned.remove(&start).expect("pinned memory");
        let inside = |from: usize| (start..start + size).contains(&from);
        let used = |work: &Work| matches!(work, Work::Copy { from, .. } if inside(*from));
        let in_flight = library.streams.values().flatten().any(used);
        assert!(!in_flight, "memory is freed that a copy is yet to read");
    });
    FREED.set(FREED.get() + 1);
    hipError_t::SUCCESS
}

unsafe extern "C" fn create_stream(to: *mut sys::hipStream_t, _: c_uint) -> hipError_t {
    let stream = fresh();
    // SAFETY: the driver's place.
    unsafe { to.write(stream) };
    with(|library| library.streams.insert(stream.addr(), Vec::new()));
    hipError_t::SUCCESS
}

unsafe extern "C" fn destroy_stream(stream: sys::hipStream_t) -> hipError_t {
    with(|library| library.streams.remove(&stream.addr()));
    hipError_t::SUCCESS
}

unsafe extern "C" fn synchronize_stream(stream: sys::hipStream_t) -> hipError_t {
    if CAPTURES.get() {
        return hipError_t::STREAM_CAPTURE_UNSUPPORTED;
    }
    WAITS.set(WAITS.get() + 1);
    with(|library| advance(library.streams.entry(stream.addr()).or_default(), None));
    answer("hipStreamSynchronize")
}

unsafe extern "C" fn memcpy(
    to: *mut c_void,
    from: *const c_void,
    size: usize,
    _: sys::hipMemcpyKind,
    stream: sys::hipStream_t,
) -> hipError_t {
    let (to, from) = (to.expose_provenance(), from.expose_provenance());
    if answer("hipMemcpyAsync") == hipError_t::SUCCESS {
        let copy = Work::Copy { to, from, size };
        with(|library| library.streams.entry(stream.addr()).or_default().push(copy));
    }
    answer("hipMemcpyAsync")
}

unsafe extern "C" fn create_event(to: *mut sys::hipEvent_t, _: c_uint) -> hipError_t {
    // SAFETY: the driver's place.
    unsafe { to.write(fresh()) };
    answer("hipEventCreateWithFlags")
}

unsafe extern "C" fn destroy_event(_: sys::hipEvent_t) -> hipError_t {
    hipError_t::SUCCESS
}

unsafe extern "C" fn record(event: sys::hipEvent_t, stream: sys::hipStream_t) -> hipError_t {
    let mark = Work::Event(event.addr());
    with(|library| library.streams.entry(stream.addr()).or_default().push(mark));
    answer("hipEventRecord")
}

unsafe extern "C" fn synchronize_event(event: sys::hipEvent_t) -> hipError_t {
    WAITS.set(WAITS.get() + 1);
    let event = Some(event.addr());
    with(|library| {
        library
            .streams
            .values_mut()
            .for_each(|work| advance(work, event))
    });
    answer("hipEventSynchronize")
}

unsafe extern "C" fn begin_capture(
    _: sys::hipStream_t,
    _: sys::hipStreamCaptureMode,
) -> hipError_t {
    CAPTURES.set(true);
    hipError_t::SUCCESS
}

unsafe extern "C" fn end_capture(_: sys::hipStream_t, _: *mut sys::hipGraph_t) -> hipError_t {
    CAPTURES.set(false);
    hipError_t::STREAM_CAPTURE_INVALIDATED
}

const API: Api = Api {
    hipGetDeviceCount: count,
    hipSetDevice: set_device,
    hipGetDevicePropertiesR0600: properties,
    hipMalloc: malloc,
    hipFree: free,
    hipHostMalloc: host_malloc,
    hipHostFree: host_free,
    hipMemcpyAsync: memcpy,
    hipStreamCreateWithFlags: create_stream,
    hipStreamDestroy: destroy_stream,
    hipStreamSynchronize: synchronize_stream,
    hipEventCreateWithFlags: create_event,
    hipEventDestroy: destroy_event,
    hipEventRecord: record,
    hipEventSynchronize: synchronize_event,
    hipStreamBeginCapture: begin_capture,
    hipStreamEndCapture: end_capture,
    ..Api::ABSENT
};

fn device(api: Api) -> Device {
    // SAFETY: the functions above answer as HIP's do.
    let driver = unsafe { Driver::from_table(api, "late") };
    driver.device(0).expect("there is one")
}

/// Bytes that tell uploads apart.
fn bytes(number: usize, size: usize) -> Vec<u8> {
    (0..size).map(|at| (number * 31 + at) as u8).collect()
}

/// More than a ring has, in sizes of which some end a part before it is full.
fn sizes() -> impl Iterator<Item = usize> {
    (0..400).map(|number| 1 + number * 7919 % (80 << 10))
}

#[test]
fn an_upload_needs_neither_a_wait_nor_the_callers_memory() -> Result<()> {
    let device = device(API);
    let stream = device.create_stream()?;
    let memory = device.alloc_bytes(8)?;
    let mut mine = [1u8, 2, 3, 4];
    stream.upload(&memory, 4, &mine)?;
    mine.fill(9);
    assert_eq!(WAITS.get(), 0);
    let mut found = [0; 8];
    stream.download(&mut found, &memory, 0)?;
    assert_eq!(found, [0, 0, 0, 0, 1, 2, 3, 4]);
    Ok(())
}

#[test]
fn places_serve_again_once_their_copies_are_done() -> Result<()> {
    let device = device(API);
    let stream = device.create_stream()?;
    let mut uploads = Vec::new();
    for (number, size) in sizes().enumerate() {
        let memory = device.alloc_bytes(size)?;
        stream.upload(&memory, 0, &bytes(number, size))?;
        uploads.push((memory, bytes(number, size)));
    }
    // 16 MB by way of parts of 512 KiB: one wait for each part.
    assert!((20..60).contains(&WAITS.get()), "{}", WAITS.get());
    for (memory, expected) in uploads {
        let mut found = vec![0; expected.len()];
        stream.download(&mut found, &memory, 0)?;
        assert!(found == expected);
    }
    assert_eq!(ASKED.get(), 1);
    Ok(())
}

#[test]
fn threads_share_a_ring() -> Result<()> {
    let device = device(API);
    let stream = device.create_stream()?;
    let run = |first: usize| -> Result<()> {
        for (number, size) in sizes().enumerate() {
            let (memory, expected) = (device.alloc_bytes(size)?, bytes(first + number, size));
            stream.upload(&memory, 0, &expected)?;
            let mut found = vec![0; size];
            stream.download(&mut found, &memory, 0)?;
            assert!(found == expected);
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let threads = [1, 2, 3].map(|first| scope.spawn(move || run(first)));
        threads
            .into_iter()
            .try_for_each(|thread| thread.join().expect("no panic"))
    })
}

#[test]
fn memory_is_freed_behind_the_last_copy() -> Result<()> {
    let device = device(API);
    let memory = device.alloc_bytes(4)?;
    let stream = device.create_stream()?;
    stream.upload(&memory, 0, &[5; 4])?;
    drop(stream);
    assert_eq!((WAITS.get(), FREED.get()), (1, 1));
    let mut found = [0; 4];
    device.create_stream()?.download(&mut found, &memory, 0)?;
    assert_eq!(found, [5; 4]);
    assert_eq!(FREED.get(), 2);
    // One that copied nothing waits for nothing, and has nothing to free.
    WAITS.set(0);
    FREED.set(0);
    drop(device.create_stream()?);
    assert_eq!((WAITS.get(), FREED.get()), (0, 0));
    Ok(())
}

#[test]
fn a_device_that_failed_keeps_the_memory() -> Result<()> {
    let device = device(API);
    let memory = device.alloc_bytes(4)?;
    let stream = device.create_stream()?;
    stream.upload(&memory, 0, &[5; 4])?;
    failing("hipStreamSynchronize", || drop(stream));
    assert_eq!(FREED.get(), 0);
    Ok(())
}

#[test]
fn large_copies_and_the_default_stream_go_the_plain_way() -> Result<()> {
    let device = device(API);
    let stream = device.create_stream()?;
    let memory = device.alloc_bytes(1 << 20)?;
    let large = bytes(0, (512 << 10) + 1);
    stream.upload(&memory, 0, &large)?;
    let mut found = vec![0; large.len()];
    stream.download(&mut found, &memory, 0)?;
    assert!(found == large);
    device.default_stream().upload(&memory, 0, &[1])?;
    device.default_stream().download(&mut [0], &memory, 0)?;
    assert_eq!((WAITS.get(), ASKED.get()), (4, 0));
    stream.upload(&memory, 0, &bytes(0, 512 << 10))?;
    assert_eq!((WAITS.get(), ASKED.get()), (4, 1));
    Ok(())
}

#[test]
fn a_library_without_pinned_memory_is_asked_once() -> Result<()> {
    let absent = Api {
        hipHostMalloc: Api::ABSENT.hipHostMalloc,
        ..API
    };
    for (api, function) in [
        (absent, ""),
        (API, "hipHostMalloc"),
        (API, "hipEventCreateWithFlags"),
    ] {
        let (device, asked) = (device(api), ASKED.get());
        let stream = device.create_stream()?;
        let memory = device.alloc_bytes(4)?;
        failing(function, || stream.upload(&memory, 0, &[1, 2, 3, 4]))?;
        stream.upload(&memory, 1, &[7])?;
        let mut found = [0; 4];
        stream.download(&mut found, &memory, 0)?;
        assert_eq!(found, [1, 7, 3, 4]);
        assert!(ASKED.get() <= asked + 1);
    }
    Ok(())
}

#[test]
fn what_fails_is_an_error_and_the_next_upload_is_none() -> Result<()> {
    let device = device(API);
    let stream = device.create_stream()?;
    let (memory, part) = (device.alloc_bytes(512 << 10)?, bytes(3, 400 << 10));
    stream.upload(&memory, 0, &part)?;
    for function in ["hipMemcpyAsync", "hipEventRecord", "hipEventSynchronize"] {
        // More than what is left of a part.
        let error = failing(function, || stream.upload(&memory, 0, &part)).unwrap_err();
        assert!(error.to_string().contains(function), "{error}");
        assert!(matches!(error, Error::Call(_)), "{error}");
    }
    for function in ["hipMemcpyAsync", "hipEventRecord", "hipStreamSynchronize"] {
        let mut unread = vec![7; part.len()];
        stream.upload(&memory, 0, &part)?;
        let read = || stream.download(&mut unread, &memory, 0);
        let error = failing(function, read).unwrap_err();
        assert!(error.to_string().contains(function), "{error}");
        assert!(unread.iter().all(|&byte| byte == 7));
    }
    let other = bytes(4, 400 << 10);
    stream.upload(&memory, 0, &other)?;
    let mut found = vec![0; other.len()];
    stream.download(&mut found, &memory, 0)?;
    assert!(found == other);
    Ok(())
}

#[test]
fn a_capture_takes_no_upload() -> Result<()> {
    let device = device(API);
    let stream = device.create_stream()?;
    let memory = device.alloc_bytes(4)?;
    stream.upload(&memory, 0, &[1; 4])?;
    let capture = stream.capture()?;
    let error = stream.upload(&memory, 0, &[2; 4]).unwrap_err();
    assert!(matches!(error, Error::NotCapturable { .. }), "{error}");
    let error = stream.download(&mut [0; 4], &memory, 0).unwrap_err();
    assert!(matches!(error, Error::NotCapturable { .. }), "{error}");
    assert!(capture.finish().is_err());
    stream.synchronize()?;
    // It is over, whatever came of it.
    WAITS.set(0);
    stream.upload(&memory, 0, &[3; 4])?;
    assert_eq!(WAITS.get(), 0);
    Ok(())
}
