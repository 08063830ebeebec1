//! There is room for so many sets of options; in a process of its own, since it takes all of it.

use redwick_hip_emulator::{Error, Options, table};

#[test]
fn too_many_sets_of_options() {
    let set = |mebibytes: u64| {
        let memory_bytes = mebibytes << 20;
        table(
            "gfx942",
            &Options {
                memory_bytes,
                ..Options::default()
            },
        )
    };
    let made = (1..100).take_while(|&n| set(n).is_ok()).count();
    assert!((1..99).contains(&made), "{made}");
    assert!(matches!(set(200), Err(Error::Full)));
    assert!(set(1).is_ok(), "those that there are stay usable");
}
