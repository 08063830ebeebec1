//! The C functions as a C program may call them, well and badly.

mod common;

use std::ffi::{CStr, c_void};
use std::num::NonZeroUsize;
use std::ptr::{null, null_mut, without_provenance_mut};

use redwick_hip::sys::{self, Api, hipError_t};
use redwick_hip_emulator::{Options, table};

/// The functions of an implementation with two devices.
fn api() -> Api {
    let options = Options {
        devices: NonZeroUsize::new(2).unwrap_or(NonZeroUsize::MIN),
        memory_bytes: 48 << 20,
        ..Options::default()
    };
    table("gfx942", &options).expect("emulated")
}

/// The words of this thread's last failure.
fn last_fault(api: &Api) -> String {
    // SAFETY: the text stays until this thread's next call.
    let text = unsafe { (api.redwickLastFault)() };
    if text.is_null() {
        return String::new();
    }
    // SAFETY: not null, so a C string.
    let text = unsafe { CStr::from_ptr(text) };
    text.to_string_lossy().into_owned()
}

/// A module of the sample, and a kernel of it.
fn kernel(api: &Api, name: &CStr) -> (sys::hipModule_t, sys::hipFunction_t) {
    let (mut module, mut function) = (null_mut(), null_mut());
    // SAFETY: places for the results, a whole code object and a C string.
    unsafe {
        let image = common::sample("gfx942").as_ptr().cast();
        assert_eq!(
            (api.hipModuleLoadData)(&raw mut module, image),
            hipError_t::SUCCESS
        );
        let found = (api.hipModuleGetFunction)(&raw mut function, module, name.as_ptr());
        assert_eq!(found, hipError_t::SUCCESS);
    }
    (module, function)
}

/// Memory on the current device.
fn malloc(api: &Api, bytes: usize) -> *mut c_void {
    let mut address = null_mut();
    // SAFETY: a place for the address.
    let code = unsafe { (api.hipMalloc)(&raw mut address, bytes) };
    assert_eq!(code, hipError_t::SUCCESS);
    address
}

/// Launches one workgroup of 64.
fn launch(
    api: &Api,
    function: sys::hipFunction_t,
    parameters: *mut *mut c_void,
    extra: *mut *mut c_void,
) -> hipError_t {
    // SAFETY: the lists are as the caller of this function says; wrong ones are refused.
    unsafe {
        (api.hipModuleLaunchKernel)(
            function,
            1,
            1,
            1,
            64,
            1,
            1,
            0,
            null_mut(),
            parameters,
            extra,
        )
    }
}

fn copy(api: &Api, to: *mut c_void, from: *const c_void, size: usize) -> hipError_t {
    // SAFETY: both sides are valid for so many bytes, or refused.
    unsafe { (api.hipMemcpyAsync)(to, from, size, sys::hipMemcpyDefault, null_mut()) }
}

#[test]
fn codes_have_words() {
    let api = api();
    let words = |code| {
        // SAFETY: the text is static.
        let text = unsafe { CStr::from_ptr((api.hipGetErrorString)(code)) };
        text.to_string_lossy().into_owned()
    };
    assert_eq!(words(hipError_t::SUCCESS), "no error");
    assert_eq!(words(hipError_t::NOT_FOUND), "no such kernel or variable");
    assert_eq!(words(hipError_t(12_345)), "unknown error");
}

#[test]
fn the_last_failure_is_kept_until_the_next_call() {
    let api = api();
    // SAFETY: no pointers are involved.
    let code = unsafe { (api.hipSetDevice)(7) };
    assert_eq!(code, hipError_t::INVALID_DEVICE);
    assert_eq!(last_fault(&api), "device 7 of 2");
    // SAFETY: as above.
    let code = unsafe { (api.hipInit)(0) };
    assert_eq!((code, last_fault(&api).as_str()), (hipError_t::SUCCESS, ""));
    // SAFETY: as above.
    let code = unsafe { (api.hipInit)(1) };
    assert_eq!(code, hipError_t::INVALID_VALUE);
}

#[test]
fn arguments_come_as_a_list_of_pointers() {
    let api = api();
    let (module, function) = kernel(&api, c"reverse");
    let words: Vec<u32> = (0..64).collect();
    let mut memory = malloc(&api, 256);
    assert_eq!(
        copy(&api, memory, words.as_ptr().cast(), 256),
        hipError_t::SUCCESS
    );
    let mut parameters = [(&raw mut memory).cast::<c_void>()];
    let code = launch(&api, function, parameters.as_mut_ptr(), null_mut());
    assert_eq!(code, hipError_t::SUCCESS, "{}", last_fault(&api));
    let mut reversed = vec![0u32; 64];
    assert_eq!(
        copy(&api, reversed.as_mut_ptr().cast(), memory, 256),
        hipError_t::SUCCESS
    );
    assert!(reversed.iter().rev().eq(&words));
    // SAFETY: the handle is the module's; kernels end with it.
    let code = unsafe { (api.hipModuleUnload)(module) };
    assert_eq!(code, hipError_t::SUCCESS);
    let code = launch(&api, function, parameters.as_mut_ptr(), null_mut());
    assert_eq!(code, hipError_t::INVALID_HANDLE);
}

#[test]
fn lists_that_are_none() {
    let api = api();
    let (_, function) = kernel(&api, c"reverse");
    let mut memory = malloc(&api, 256);
    let mut good = [(&raw mut memory).cast::<c_void>()];
    let mut missing = [null_mut::<c_void>()];
    let [pointer, size, end] = [
        sys::HIP_LAUNCH_PARAM_BUFFER_POINTER,
        sys::HIP_LAUNCH_PARAM_BUFFER_SIZE,
        sys::HIP_LAUNCH_PARAM_END,
    ];
    let mut length = 8usize;
    let length = (&raw mut length).cast::<c_void>();
    let mut stray = [without_provenance_mut(0x99), null_mut(), end];
    let mut no_buffer = [size, length, end];
    let mut no_size = [pointer, good[0], end];
    let mut null_size = [size, null_mut(), end];
    let refused = [
        (good.as_mut_ptr(), stray.as_mut_ptr(), "both lists"),
        (missing.as_mut_ptr(), null_mut(), "argument 0 is null"),
        (null_mut(), stray.as_mut_ptr(), "launch list with key"),
        (null_mut(), no_buffer.as_mut_ptr(), "without arguments"),
        (null_mut(), null_size.as_mut_ptr(), "launch list with key"),
        (null_mut(), no_size.as_mut_ptr(), "0 bytes of arguments"),
        (null_mut(), null_mut(), "0 bytes of arguments"),
    ];
    for (parameters, extra, words) in refused {
        assert_ne!(
            launch(&api, function, parameters, extra),
            hipError_t::SUCCESS
        );
        let fault = last_fault(&api);
        assert!(fault.contains(words), "{fault}, want {words}");
    }
}

#[test]
fn a_kernel_runs_on_the_device_that_it_is_loaded_on() {
    let api = api();
    let (_, function) = kernel(&api, c"reverse");
    // SAFETY: no pointers are involved.
    assert_eq!(unsafe { (api.hipSetDevice)(1) }, hipError_t::SUCCESS);
    let code = launch(&api, function, null_mut(), null_mut());
    let fault = last_fault(&api);
    assert_eq!(code, hipError_t::INVALID_VALUE);
    assert!(fault.contains("reverse is loaded on device 0"), "{fault}");
}

#[test]
fn copies_between_devices_and_on_the_host() {
    let api = api();
    let first = malloc(&api, 16);
    // SAFETY: no pointers are involved.
    assert_eq!(unsafe { (api.hipSetDevice)(1) }, hipError_t::SUCCESS);
    let second = malloc(&api, 16);
    let from: [u8; 16] = std::array::from_fn(|at| at as u8);
    let (mut to, mut between) = ([0u8; 16], [0u8; 16]);
    let steps = [
        (
            between.as_mut_ptr().cast::<c_void>(),
            from.as_ptr().cast::<c_void>(),
        ),
        (first, between.as_ptr().cast()),
        (second, first.cast_const()),
        (to.as_mut_ptr().cast(), second.cast_const()),
    ];
    for (to, from) in steps {
        assert_eq!(
            copy(&api, to, from, 16),
            hipError_t::SUCCESS,
            "{}",
            last_fault(&api)
        );
    }
    assert_eq!(to, from);
    let outside = without_provenance_mut::<c_void>(second.addr() + (40 << 20));
    assert_eq!(
        copy(&api, outside, from.as_ptr().cast(), 16),
        hipError_t::INVALID_VALUE
    );
    assert_eq!(copy(&api, outside, null(), 0), hipError_t::SUCCESS);
    // SAFETY: the address is the allocation's.
    let code = unsafe { (api.hipFreeAsync)(second, null_mut()) };
    assert_eq!(code, hipError_t::SUCCESS);
    // SAFETY: it is none any more, which is refused.
    assert_eq!(unsafe { (api.hipFree)(second) }, hipError_t::INVALID_VALUE);
}

#[test]
fn memory_of_the_host_is_copied_from_and_freed() {
    let api = api();
    let host_malloc = |size, flags| {
        let mut pointer = null_mut();
        // SAFETY: a place for the address.
        let code = unsafe { (api.hipHostMalloc)(&raw mut pointer, size, flags) };
        (code, pointer)
    };
    let (code, pinned) = host_malloc(5000, sys::hipHostMallocDefault);
    assert_eq!((code, pinned.addr() % 4096), (hipError_t::SUCCESS, 0));
    // SAFETY: as many bytes as were asked for.
    unsafe { pinned.cast::<u8>().write_bytes(7, 5000) };
    let (device, mut found) = (malloc(&api, 5000), vec![0u8; 5000]);
    for (to, from) in [
        (device, pinned.cast_const()),
        (found.as_mut_ptr().cast(), device.cast_const()),
    ] {
        assert_eq!(copy(&api, to, from, 5000), hipError_t::SUCCESS);
    }
    assert!(found.iter().all(|&byte| byte == 7));
    let none = host_malloc(0, sys::hipHostMallocDefault);
    assert_eq!(none, (hipError_t::SUCCESS, null_mut()));
    assert_eq!(host_malloc(8, 0x100).0, hipError_t::INVALID_VALUE);
    let full = host_malloc(usize::MAX, sys::hipHostMallocDefault).0;
    assert_eq!(full, hipError_t::OUT_OF_MEMORY);
    for (pointer, expected) in [
        (pinned, hipError_t::SUCCESS),
        (pinned, hipError_t::INVALID_VALUE),
        (device, hipError_t::INVALID_VALUE),
        (null_mut(), hipError_t::SUCCESS),
    ] {
        // SAFETY: nothing uses it; what is none such is refused.
        let code = unsafe { (api.hipHostFree)(pointer) };
        assert_eq!(code, expected, "{}", last_fault(&api));
    }
}

#[test]
fn names_and_places_are_checked() {
    let api = api();
    let (module, _) = kernel(&api, c"reverse");
    let mut function = null_mut();
    let (mut address, mut size) = (null_mut(), 0usize);
    let odd = without_provenance_mut::<sys::hipStream_t>(0x1001);
    // SAFETY: wrong names and places are what the functions check.
    let codes = unsafe {
        [
            (api.hipModuleGetFunction)(&raw mut function, module, null()),
            (api.hipModuleGetFunction)(&raw mut function, module, c"\xff".as_ptr()),
            (api.hipModuleGetGlobal)(null_mut(), &raw mut size, module, c"counters".as_ptr()),
            (api.hipStreamCreateWithFlags)(odd, 0),
            (api.hipStreamCreateWithFlags)(null_mut(), 0x80),
        ]
    };
    assert_eq!(codes, [hipError_t::INVALID_VALUE; 5]);
    // SAFETY: places for the results and a C string.
    let code = unsafe {
        (api.hipModuleGetGlobal)(
            &raw mut address,
            &raw mut size,
            module,
            c"counters".as_ptr(),
        )
    };
    assert_eq!(code, hipError_t::SUCCESS);
    assert!(!address.is_null() && size > 0);
}

#[test]
fn times_run_backwards_from_a_later_event() {
    let api = api();
    let mut events = [null_mut::<c_void>().cast(); 2];
    let mut milliseconds = 0f32;
    // SAFETY: places for the results; the handles are the events' own.
    unsafe {
        for event in &mut events {
            assert_eq!((api.hipEventCreateWithFlags)(event, 0), hipError_t::SUCCESS);
            assert_eq!(
                (api.hipEventRecord)(*event, null_mut()),
                hipError_t::SUCCESS
            );
        }
        let [first, second] = events;
        let code = (api.hipEventElapsedTime)(&raw mut milliseconds, second, first);
        assert_eq!(code, hipError_t::SUCCESS);
        assert!(milliseconds <= 0.0);
        assert_eq!(
            (api.hipStreamWaitEvent)(null_mut(), first, 0),
            hipError_t::SUCCESS
        );
        assert_eq!((api.hipEventSynchronize)(first), hipError_t::SUCCESS);
        assert_eq!((api.hipEventDestroy)(first), hipError_t::SUCCESS);
        assert_eq!((api.hipEventDestroy)(first), hipError_t::INVALID_HANDLE);
    }
}
