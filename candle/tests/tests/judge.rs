//! The judge of Candle's tests: what is listed to differ must differ as it is listed.

use std::path::Path;

use redwick_candle_tests::{differences, judge, Difference};

fn listed() -> Difference {
    Difference {
        failure: "left == right".to_owned(),
        reason: "another order of sums".to_owned(),
        on: None,
    }
}

#[test]
fn a_test_that_is_not_listed_has_to_pass() {
    assert_eq!(judge(None, None), Ok(()));
    assert_eq!(judge(None, Some("left".to_owned())), Err("left".to_owned()));
}

#[test]
fn a_listed_test_has_to_fail_as_it_is_listed() {
    let failure = "assertion `left == right` failed";
    assert_eq!(judge(Some(&listed()), Some(failure.to_owned())), Ok(()));
    let passes = judge(Some(&listed()), None).unwrap_err();
    assert!(passes.contains("another order of sums") && passes.contains("remove its row"));
    let other = judge(Some(&listed()), Some("out of memory".to_owned())).unwrap_err();
    assert!(other.contains("left == right") && other.contains("out of memory"));
}

#[test]
fn rows_name_tests_that_candle_has() {
    for (file, tests) in differences() {
        let path = Path::new(env!("CANDLE_CORE")).join("tests").join(&file);
        let text = std::fs::read_to_string(path.with_extension("rs")).unwrap();
        for test in tests.keys() {
            assert!(text.contains(&format!("fn {test}(")), "{file}.{test}");
        }
    }
}
