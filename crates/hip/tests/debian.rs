//! The real library of Debian 12 (`libamdhip64-5`), on a machine without an AMD GPU.

use std::path::Path;

use redwick_hip::{Driver, Error};

const LIBRARY: &str = "/usr/lib/x86_64-linux-gnu/libamdhip64.so.5";

#[test]
fn it_loads_and_has_no_device() {
    if !Path::new(LIBRARY).exists() || Path::new("/dev/kfd").exists() {
        println!("skipped: needs {LIBRARY} (apt install libamdhip64-5), and no AMD GPU");
        return;
    }
    let driver = Driver::load_from(LIBRARY).unwrap();
    assert_eq!(driver.version().unwrap().major, 5);
    assert_eq!(driver.device_count().unwrap(), 0);
    let error = driver.device(0).unwrap_err();
    assert!(matches!(error, Error::NoDevice { .. }), "{error}");
    assert!(error.to_string().contains(LIBRARY), "{error}");
    // The search finds it too, unless the machine has a newer one.
    assert_eq!(Driver::load().unwrap().device_count().unwrap(), 0);
}
