//! Where the pristine source of a Candle package lies: Cargo is asked, and verifies it.
//!
//! A small manifest that depends on the exact releases from crates.io comes with its own lock file,
//! hence with the checksums that Cargo compares a download to. `cargo metadata` resolves it apart
//! from the project being built, whose `[patch]` tables would lead straight back to us.
//!
//! For another release of Candle, change the versions in `pristine/manifest.toml` and renew the
//! lock: copy the manifest as `Cargo.toml` into an empty folder with an empty `lib.rs`, run
//! `cargo generate-lockfile` there, and copy `Cargo.lock` back as `pristine/lock.toml`.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::error::Error;
use crate::tree::io;

const MANIFEST: &str = include_str!("../pristine/manifest.toml");
const LOCK: &str = include_str!("../pristine/lock.toml");

/// The folder of the pristine `package`, downloaded if need be. `scratch` is a folder for this
/// search's own files.
///
/// # Errors
/// What Cargo answered, when it finds or reaches no such release.
pub fn locate(package: &str, scratch: &Path) -> Result<PathBuf, Error> {
    let project = scratch.join("pristine");
    write_project(&project)?;
    let mut reasons = Vec::new();
    for attempt in attempts(&project) {
        match metadata(package, &project, &attempt) {
            Ok(json) => return folder_of(package, &json),
            Err(reason) => reasons.push(reason),
        }
    }
    Err(Error::Pristine {
        package: package.to_owned(),
        reason: reasons.join("\n"),
    })
}

fn write_project(project: &Path) -> Result<(), Error> {
    std::fs::create_dir_all(project).map_err(io(project))?;
    for (name, text) in [
        ("Cargo.toml", MANIFEST),
        ("Cargo.lock", LOCK),
        ("lib.rs", ""),
    ] {
        let path = project.join(name);
        std::fs::write(&path, text).map_err(io(&path))?;
    }
    Ok(())
}

/// One way of asking Cargo.
struct Attempt {
    /// Cargo reads its configuration from here upwards.
    from: PathBuf,
    offline: bool,
}

/// First without the network, which is quick and usually enough. First from the root of the file
/// system, where no configuration of the project being built applies; then from within the
/// project's target folder, in case that configuration names the mirror to download from.
fn attempts(project: &Path) -> Vec<Attempt> {
    let root = project.ancestors().last().unwrap_or(project).to_owned();
    [root, project.to_owned()]
        .into_iter()
        .flat_map(|from| {
            [true, false].map(|offline| Attempt {
                from: from.clone(),
                offline,
            })
        })
        .collect()
}

fn metadata(package: &str, project: &Path, attempt: &Attempt) -> Result<Vec<u8>, String> {
    let mut command = cargo();
    command
        .current_dir(&attempt.from)
        .args([
            "metadata",
            "--format-version=1",
            "--locked",
            "--color=never",
        ])
        .args(["--features", package])
        .arg("--manifest-path")
        .arg(project.join("Cargo.toml"));
    if let Some(target) = std::env::var_os("HOST") {
        command.arg("--filter-platform").arg(target);
    }
    if attempt.offline {
        command.arg("--offline");
    }
    let output = command
        .output()
        .map_err(|error| format!("cargo does not start: {error}"))?;
    match output.status.success() {
        true => Ok(output.stdout),
        false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
    }
}

/// Cargo in the environment of the user rather than of this build: the variables that configure a
/// build, or that Cargo sets for a build script, stay behind; those that say where crates are kept
/// and how the network is reached go along.
fn cargo() -> Command {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(belongs_to_the_build) {
            command.env_remove(name);
        }
    }
    command
}

fn belongs_to_the_build(variable: &str) -> bool {
    const KEPT: [&str; 6] = [
        "CARGO_HOME",
        "CARGO_HTTP_",
        "CARGO_NET_",
        "CARGO_REGISTR",
        "CARGO_SOURCE_",
        "CARGO_TERM_",
    ];
    let wrapper = variable.starts_with("RUSTC_") || variable == "RUSTFLAGS";
    wrapper
        || (variable.starts_with("CARGO") && !KEPT.iter().any(|kept| variable.starts_with(kept)))
}

/// The folder of the registry's `package` in the answer of `cargo metadata`.
fn folder_of(package: &str, json: &[u8]) -> Result<PathBuf, Error> {
    let not_found = |reason: String| Error::Pristine {
        package: package.to_owned(),
        reason,
    };
    let answer: serde_json::Value =
        serde_json::from_slice(json).map_err(|error| not_found(error.to_string()))?;
    let packages = answer["packages"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let of_registry =
        |source: &str| source.starts_with("registry+") || source.starts_with("sparse+");
    packages
        .iter()
        .filter(|found| found["name"] == package)
        .filter(|found| found["source"].as_str().is_some_and(of_registry))
        .find_map(|found| {
            Path::new(found["manifest_path"].as_str()?)
                .parent()
                .map(Path::to_owned)
        })
        .ok_or_else(|| not_found("cargo metadata lists no such package of a registry".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_of_the_build_stay_behind() {
        for variable in [
            "CARGO_TARGET_DIR",
            "CARGO_PKG_NAME",
            "CARGO",
            "RUSTC_WRAPPER",
        ] {
            assert!(belongs_to_the_build(variable), "{variable}");
        }
        for variable in [
            "CARGO_HOME",
            "CARGO_NET_OFFLINE",
            "CARGO_REGISTRIES_X_INDEX",
            "RUSTC",
            "PATH",
        ] {
            assert!(!belongs_to_the_build(variable), "{variable}");
        }
    }

    #[test]
    fn a_projects_own_configuration_comes_last() {
        let project = std::env::temp_dir().join("project/target/pristine");
        let attempts = attempts(&project);
        let from_root = |attempt: &Attempt| attempt.from.parent().is_none();
        assert_eq!(
            attempts.iter().map(from_root).collect::<Vec<_>>(),
            [true, true, false, false]
        );
        assert!(attempts[0].offline && !attempts[1].offline);
    }

    #[test]
    fn a_patched_package_is_not_the_pristine_one() {
        let json = br#"{"packages": [
            {"name": "candle-core", "source": null, "manifest_path": "/ours/Cargo.toml"},
            {"name": "candle-core", "source": "registry+https://x", "manifest_path": "/r/c/Cargo.toml"}
        ]}"#;
        assert_eq!(
            folder_of("candle-core", json).expect("found"),
            Path::new("/r/c")
        );
        let error = folder_of("candle-nn", json).expect_err("not there");
        assert!(error.to_string().contains("candle-nn"), "{error}");
    }
}
