//! The driver over a table of functions that note their calls.

use std::cell::{Cell, RefCell};
use std::ffi::{c_char, c_int, c_uint, c_void};
use std::ptr::without_provenance_mut;
use std::sync::atomic::{AtomicUsize, Ordering};

use redwick_hip::sys::{self, Api, hipError_t};
use redwick_hip::{Driver, Error};

thread_local! {
    /// The calls of this thread since they were last taken.
    static CALLS: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
    /// What counting devices and allocating memory answer on this thread.
    static ANSWER: Cell<hipError_t> = const { Cell::new(hipError_t::SUCCESS) };
}

fn note(call: String) -> hipError_t {
    CALLS.with_borrow_mut(|calls| calls.push(call));
    hipError_t::SUCCESS
}

/// This thread's calls since the last time.
fn calls() -> Vec<String> {
    CALLS.take()
}

/// A handle or address that was not given before.
fn fresh<T>() -> *mut T {
    static NEXT: AtomicUsize = AtomicUsize::new(0x1000);
    without_provenance_mut(NEXT.fetch_add(0x1000, Ordering::Relaxed))
}

unsafe extern "C" fn device_count(count: *mut c_int) -> hipError_t {
    // SAFETY: the driver's place for the count.
    unsafe { count.write(2) };
    ANSWER.get()
}

unsafe extern "C" fn set_device(device: c_int) -> hipError_t {
    note(format!("set {device}"))
}

unsafe extern "C" fn properties(to: *mut sys::hipDeviceProp_tR0600, _: c_int) -> hipError_t {
    let mut properties = sys::hipDeviceProp_tR0600::zeroed();
    for (place, byte) in properties
        .gcnArchName
        .iter_mut()
        .zip(b"gfx90a:sramecc+:xnack-")
    {
        *place = *byte as c_char;
    }
    properties.warpSize = 64;
    properties.multiProcessorCount = -1;
    // SAFETY: the driver's place for the properties.
    unsafe { to.write(properties) };
    hipError_t::SUCCESS
}

unsafe extern "C" fn malloc(pointer: *mut *mut c_void, size: usize) -> hipError_t {
    // SAFETY: the driver's place for the pointer.
    unsafe { pointer.write(fresh()) };
    note(format!("malloc {size}"));
    ANSWER.get()
}

unsafe extern "C" fn free(_: *mut c_void) -> hipError_t {
    note("free".to_owned())
}

unsafe extern "C" fn malloc_async(
    pointer: *mut *mut c_void,
    size: usize,
    _: sys::hipStream_t,
) -> hipError_t {
    // SAFETY: the driver's place for the pointer.
    unsafe { pointer.write(fresh()) };
    note(format!("malloc in stream {size}"))
}

unsafe extern "C" fn free_async(_: *mut c_void, _: sys::hipStream_t) -> hipError_t {
    note("free in stream".to_owned())
}

unsafe extern "C" fn memory_info(free: *mut usize, total: *mut usize) -> hipError_t {
    // SAFETY: the driver's places for both.
    unsafe { (free.write(5), total.write(10)) };
    hipError_t::SUCCESS
}

unsafe extern "C" fn create_stream(stream: *mut sys::hipStream_t, flags: c_uint) -> hipError_t {
    assert_eq!(flags, sys::hipStreamNonBlocking);
    // SAFETY: the driver's place for the handle.
    unsafe { stream.write(fresh()) };
    note("create stream".to_owned())
}

unsafe extern "C" fn destroy_stream(_: sys::hipStream_t) -> hipError_t {
    note("destroy stream".to_owned())
}

unsafe extern "C" fn query_stream(_: sys::hipStream_t) -> hipError_t {
    hipError_t::NOT_READY
}

unsafe extern "C" fn synchronize() -> hipError_t {
    note("synchronize".to_owned())
}

unsafe extern "C" fn error_string(_: hipError_t) -> *const c_char {
    c"what the library says".as_ptr()
}

unsafe extern "C" fn last_fault() -> *const c_char {
    c"what the implementation knows".as_ptr()
}

const API: Api = Api {
    hipGetDeviceCount: device_count,
    hipSetDevice: set_device,
    hipGetDevicePropertiesR0600: properties,
    hipMalloc: malloc,
    hipFree: free,
    hipMallocAsync: malloc_async,
    hipFreeAsync: free_async,
    hipMemGetInfo: memory_info,
    hipStreamCreateWithFlags: create_stream,
    hipStreamDestroy: destroy_stream,
    hipStreamQuery: query_stream,
    hipDeviceSynchronize: synchronize,
    hipGetErrorString: error_string,
    redwickLastFault: last_fault,
    ..Api::ABSENT
};

fn driver(api: Api) -> Driver {
    // SAFETY: the functions above answer as HIP's do.
    unsafe { Driver::from_table(api, "fake") }
}

#[test]
fn absent_functions_are_errors() {
    let error = driver(Api::ABSENT).device_count().unwrap_err();
    let Error::Unsupported { function, library } = &error else {
        panic!("{error:?}");
    };
    assert_eq!((*function, library.as_str()), ("hipGetDeviceCount", "fake"));
    let old = Api {
        hipGetDevicePropertiesR0600: Api::ABSENT.hipGetDevicePropertiesR0600,
        ..API
    };
    let error = driver(old).device(0).unwrap_err();
    assert!(error.to_string().contains("ROCm 6.0 or later"), "{error}");
}

#[test]
fn no_device_is_a_count_of_zero() {
    let driver = driver(API);
    ANSWER.set(hipError_t::NO_DEVICE);
    assert_eq!(driver.device_count().unwrap(), 0);
    let error = driver.device(0).unwrap_err();
    assert!(matches!(error, Error::NoDevice { .. }), "{error:?}");
    assert!(error.to_string().contains("/dev/kfd"), "{error}");
}

#[test]
fn other_codes_come_with_all_that_is_known() {
    let driver = driver(API);
    ANSWER.set(hipError_t::LAUNCH_FAILURE);
    let error = driver.device_count().unwrap_err();
    assert_eq!(error.code(), Some(hipError_t::LAUNCH_FAILURE));
    assert_eq!(
        error.to_string(),
        "hipGetDeviceCount failed: hipErrorLaunchFailure (719), what the library says: \
         what the implementation knows [fake]"
    );
    ANSWER.set(hipError_t(12345));
    let text = driver.device_count().unwrap_err().to_string();
    assert!(text.contains("unknown code (12345)"), "{text}");
}

#[test]
fn device_numbers_and_properties() {
    let driver = driver(API);
    let device = driver.device(1).unwrap();
    assert_eq!((device.number(), device.target()), (1, "gfx90a"));
    assert_eq!(device.properties().architecture, "gfx90a:sramecc+:xnack-");
    assert_eq!(device.properties().compute_units, 0, "a negative count");
    assert_eq!(device, driver.device(1).unwrap());
    assert_ne!(device, driver.device(0).unwrap());
    for asked in [2, usize::MAX] {
        let error = driver.device(asked).unwrap_err();
        assert!(
            matches!(error, Error::DeviceNumber { count: 2, .. }),
            "{error:?}"
        );
    }
}

#[test]
fn a_device_is_made_current_once_on_each_thread() {
    let driver = driver(API);
    let [first, second] = [0, 1].map(|number| driver.device(number).unwrap());
    first.synchronize().unwrap();
    first.synchronize().unwrap();
    second.synchronize().unwrap();
    first.synchronize().unwrap();
    let once = "synchronize";
    assert_eq!(calls(), ["set 0", once, once, "set 1", once, "set 0", once]);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            first.synchronize().unwrap();
            assert_eq!(calls(), ["set 0", once]);
        });
    });
}

#[test]
fn drivers_do_not_trust_each_others_current_device() {
    let drivers = [driver(API), driver(API)];
    let devices = drivers.each_ref().map(|driver| driver.device(0).unwrap());
    for device in [&devices[0], &devices[1], &devices[0]] {
        device.synchronize().unwrap();
        assert_eq!(calls(), ["set 0", "synchronize"]);
    }
    assert_ne!(devices[0], devices[1]);
}

#[test]
fn things_are_released_in_order_whatever_is_dropped_first() {
    let device = driver(API).device(0).unwrap();
    let stream = device.create_stream().unwrap();
    let in_stream = stream.alloc_bytes(8).unwrap();
    let plain = device.alloc::<u16>(3).unwrap();
    drop(device);
    drop(stream);
    assert_eq!(
        calls(),
        ["set 0", "create stream", "malloc in stream 8", "malloc 6"]
    );
    drop(in_stream);
    drop(plain);
    assert_eq!(calls(), ["free in stream", "destroy stream", "free"]);
}

#[test]
fn clones_of_a_stream_are_one_stream() {
    let stream = driver(API).device(0).unwrap().create_stream().unwrap();
    let clone = stream.clone();
    assert_eq!(stream, clone);
    drop(stream);
    assert_eq!(calls(), ["set 0", "create stream"]);
    assert!(!clone.is_idle().unwrap());
    drop(clone);
    assert_eq!(calls(), ["destroy stream"]);
}

#[test]
fn a_library_without_pools_allocates_as_ever() {
    let old = Api {
        hipMallocAsync: Api::ABSENT.hipMallocAsync,
        ..API
    };
    let stream = driver(old).device(0).unwrap().default_stream();
    drop(stream.alloc_bytes(8).unwrap());
    assert_eq!(calls(), ["set 0", "malloc 8", "free"]);
}

#[test]
fn a_full_device_says_how_full() {
    let device = driver(API).device(0).unwrap();
    ANSWER.set(hipError_t::OUT_OF_MEMORY);
    let error = device.alloc_bytes(64).unwrap_err();
    let Error::OutOfMemory {
        requested,
        free,
        total,
        device,
    } = error
    else {
        panic!("{error:?}");
    };
    assert_eq!((requested, free, total, device), (64, 5, 10, 0));
}

#[test]
fn nothing_is_asked_for_nothing() {
    let device = driver(API).device(0).unwrap();
    let empty = device.alloc::<u32>(0).unwrap();
    drop(device.default_stream().read(&empty).unwrap());
    drop(empty);
    assert!(
        !calls()
            .iter()
            .any(|call| call.contains("malloc") || call == "free")
    );
}

#[test]
fn leaked_memory_is_not_freed() {
    let device = driver(API).device(0).unwrap();
    let address = device.alloc_bytes(8).unwrap().leak();
    assert_ne!(address.0, 0);
    assert!(!calls().contains(&"free".to_owned()));
}
