//! The library, loaded as a program would load the real one.

use std::path::PathBuf;

use redwick_hip::{Arguments, Driver, LaunchShape};

const SAMPLE: &[u8] =
    include_bytes!("../../../crates/code-object/tests/fixtures/sample.gfx942.hsaco");

/// Where Cargo puts the library: beside the test, or a folder above it.
fn library() -> PathBuf {
    let test = std::env::current_exe().expect("the test has a path");
    let name = "libamdhip64.so";
    let places = test.ancestors().skip(1).take(2);
    let found = places
        .map(|folder| folder.join(name))
        .find(|path| path.exists());
    found.unwrap_or_else(|| panic!("no {name} beside {} or above", test.display()))
}

#[test]
fn a_kernel_runs_through_the_library() {
    let driver = Driver::load_from(library()).unwrap();
    assert!(driver.description().ends_with("libamdhip64.so"));
    assert_eq!(driver.version().unwrap().major, 6);
    let device = driver.device(0).unwrap();
    assert_eq!(device.target(), "gfx942");
    let stream = device.create_stream().unwrap();
    let data = device.alloc::<u32>(64).unwrap();
    let values: Vec<u32> = (0..64).collect();
    stream.write(&data, &values).unwrap();
    let kernel = device
        .load_module(SAMPLE)
        .unwrap()
        .kernel("reverse")
        .unwrap();
    let shape = LaunchShape {
        grid: [1, 1, 1],
        block: [64, 1, 1],
        dynamic_lds: 0,
    };
    let mut arguments = Arguments::new();
    arguments.push(data.address());
    // SAFETY: this is the kernel's argument, and the buffer has 64 elements.
    unsafe { kernel.launch(&stream, shape, arguments.bytes()).unwrap() };
    let reversed: Vec<u32> = (0..64).rev().collect();
    assert_eq!(stream.read(&data).unwrap(), reversed);
}

#[test]
fn failures_come_with_their_text() {
    let driver = Driver::load_from(library()).unwrap();
    let error = driver.device(0).unwrap().alloc_bytes(1 << 50).unwrap_err();
    assert!(
        error.to_string().contains("out of device memory"),
        "{error}"
    );
}
