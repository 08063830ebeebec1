//! What test programs print, line by line.

/// What a line says.
#[derive(Debug, PartialEq)]
pub(crate) enum Event<'a> {
    /// Cargo starts a test program.
    Suite(String),
    /// A test ended.
    Test { name: &'a str, outcome: Outcome },
    /// The test program ended, after so many seconds.
    End { seconds: f64 },
    /// So many cases of a table were tried on a device, of so many.
    Cases {
        device: &'a str,
        tried: usize,
        all: usize,
    },
    /// Something was left out.
    LeftOut(&'a str),
    /// What failed is told from here on.
    Failures,
    /// Cargo builds, or could not.
    Build,
    /// Anything else.
    Other,
}

/// How a test ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Passed,
    Failed,
    Ignored,
}

/// What a line of Cargo's and the test programs' output says.
pub(crate) fn event(line: &str) -> Event<'_> {
    let text = line.trim_start();
    suite(text)
        .or_else(|| end(text))
        .or_else(|| test(text))
        .or_else(|| cases(text))
        .or_else(|| text.strip_prefix("left out: ").map(Event::LeftOut))
        .unwrap_or_else(|| match text {
            "failures:" => Event::Failures,
            _ if is_build(text) => Event::Build,
            _ => Event::Other,
        })
}

/// `Running tests/fake.rs (target/debug/deps/fake-0123456789abcdef)`, `Doc-tests redwick_hip`.
fn suite(text: &str) -> Option<Event<'_>> {
    if let Some(name) = text.strip_prefix("Doc-tests ") {
        return Some(Event::Suite(format!("{name} (documentation)")));
    }
    let (source, program) = text.strip_prefix("Running ")?.split_once(" (")?;
    let stem = program.trim_end_matches(')').rsplit('/').next()?;
    let (name, _) = stem.rsplit_once('-')?;
    Some(Event::Suite(match source.strip_prefix("unittests ") {
        Some(_) => format!("{name} (unit)"),
        None => source
            .trim_end_matches(".rs")
            .trim_end_matches("/main")
            .to_owned(),
    }))
}

/// `test result: ok. 14 passed; 0 failed; ...; finished in 3.76s`.
fn end(text: &str) -> Option<Event<'_>> {
    let rest = text.strip_prefix("test result: ")?;
    let (_, time) = rest.rsplit_once("finished in ")?;
    let seconds = time.trim_end_matches('s').parse().unwrap_or(0.0);
    Some(Event::End { seconds })
}

/// `test gfx942::exp ... ok`.
fn test(text: &str) -> Option<Event<'_>> {
    let (name, outcome) = text.strip_prefix("test ")?.rsplit_once(" ... ")?;
    let outcome = match outcome.split([',', ' ']).next()? {
        "ok" => Outcome::Passed,
        "FAILED" => Outcome::Failed,
        "ignored" => Outcome::Ignored,
        _ => return None,
    };
    Some(Event::Test {
        name: name.trim_end(),
        outcome,
    })
}

/// `cases on gfx942: 40 of 100 (...)`.
fn cases(text: &str) -> Option<Event<'_>> {
    let (device, counts) = text.strip_prefix("cases on ")?.split_once(": ")?;
    let mut words = counts.split(' ');
    let tried = words.next()?.parse().ok()?;
    let all = words.nth(1)?.parse().ok()?;
    Some(Event::Cases { device, tried, all })
}

fn is_build(text: &str) -> bool {
    let starts = ["Compiling ", "Finished ", "error", "warning: unused"];
    starts.iter().any(|start| text.starts_with(start))
}

/// The target that a test is about, by its name.
pub(crate) fn target(name: &str) -> Option<&str> {
    let start = name.find("gfx")?;
    let rest = &name[start + 3..];
    let digits = rest
        .find(|c: char| !c.is_ascii_hexdigit())
        .unwrap_or(rest.len());
    (digits >= 3).then(|| &name[start..start + 3 + digits])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_understood() {
        let suite = |name: &str| Event::Suite(name.to_owned());
        assert_eq!(
            event("     Running tests/fake.rs (target/debug/deps/fake-01ab)"),
            suite("tests/fake")
        );
        assert_eq!(
            event("     Running unittests src/lib.rs (target/debug/deps/redwick_hip-01ab)"),
            suite("redwick_hip (unit)")
        );
        assert_eq!(
            event("   Doc-tests redwick_hip"),
            suite("redwick_hip (documentation)")
        );
        let test = |name, outcome| Event::Test { name, outcome };
        assert_eq!(event("test a::b ... ok"), test("a::b", Outcome::Passed));
        assert_eq!(
            event("test a::b       ... ok"),
            test("a::b", Outcome::Passed)
        );
        assert_eq!(
            event("test a ... ignored, slow"),
            test("a", Outcome::Ignored)
        );
        assert_eq!(event("test a ... FAILED"), test("a", Outcome::Failed));
        let end = event("test result: ok. 1 passed; 0 failed; finished in 3.76s");
        assert_eq!(end, Event::End { seconds: 3.76 });
        let cases = event("cases on gfx942: 40 of 100 (REDWICK_TEST_ALL=1 runs all)");
        assert_eq!(
            cases,
            Event::Cases {
                device: "gfx942",
                tried: 40,
                all: 100
            }
        );
        assert_eq!(event("left out: gfx1201"), Event::LeftOut("gfx1201"));
        assert_eq!(event("anything else"), Event::Other);
    }

    #[test]
    fn a_target_is_found_in_a_name() {
        assert_eq!(target("gfx942::unary::exp"), Some("gfx942"));
        assert_eq!(target("softmax::gfx90a"), Some("gfx90a"));
        assert_eq!(target("on_gfx1100_too"), Some("gfx1100"));
        assert_eq!(target("no_gfx"), None);
    }
}
