//! What a device must bear: many allocations, several threads and streams, running out of memory,
//! another process beside. In short form on an emulated GPU; at length on the device that the
//! environment variable `REDWICK_TEST_DEVICE` names, such as `rocm:0`:
//!
//! ```text
//! REDWICK_TEST_DEVICE=rocm:0 REDWICK_TEST_SECONDS=180 cargo test --release -p redwick-tensor-ops --test hardware
//! ```

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod load;

use load::Load;

#[test]
fn allocations_leave_nothing_behind() {
    load::allocations(&Load::from_env());
}

#[test]
fn threads_on_several_streams_compute_what_the_host_does() {
    load::threads(&Load::from_env());
}

#[test]
fn out_of_memory_is_an_error_after_which_the_device_works() {
    load::out_of_memory(&Load::from_env());
}

/// The other process is this test's own program.
#[test]
fn two_processes_share_a_device() {
    let load = Load::from_env();
    let name = "threads_on_several_streams_compute_what_the_host_does";
    let program = std::env::current_exe().unwrap();
    let mut other = std::process::Command::new(program)
        .args(["--exact", name])
        .env("REDWICK_TEST_SECONDS", load.seconds.min(10).to_string())
        .spawn()
        .unwrap();
    load::threads(&load.for_at_most(10));
    assert!(other.wait().unwrap().success());
}
