//! A process that saves is killed, at random moments and at each KiB of the file: the file is the old
//! or the new one.

#![cfg(unix)]
#![allow(clippy::unwrap_used)]

mod common;

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use common::Model;
use vector_store::file::{Stored, save};

/// Where the process that is to be killed saves.
const PATH: &str = "REDWICK_TEST_SAVES_TO";

fn model(state: u64) -> Model {
    Model::new(700 + 100 * state as usize, 16, state)
}

/// Not a test of its own: what the killed process runs.
#[test]
fn saves_again_and_again() {
    let Some(path) = std::env::var_os(PATH) else {
        return;
    };
    let models = [model(0), model(1)];
    for model in models.iter().cycle() {
        save(Path::new(&path), model).unwrap();
        println!("saved");
    }
}

/// This program again, as the process that saves.
fn saver(path: &Path) -> String {
    format!(
        "{PATH}='{}' exec '{}' --exact saves_again_and_again --nocapture",
        path.display(),
        std::env::current_exe().unwrap().display()
    )
}

fn start(shell: &str) -> (Child, BufReader<ChildStdout>) {
    let mut command = Command::new("sh");
    command.args(["-c", shell]).stdin(Stdio::null());
    command.stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    let stdout = BufReader::new(child.stdout.take().unwrap());
    (child, stdout)
}

/// The file is there and is one of the two.
fn check(path: &Path, when: &str) {
    let stored = Stored::open(path).unwrap_or_else(|error| panic!("{when}: {error}"));
    let read = Model::read(&stored);
    assert!(
        read == model(0) || read == model(1),
        "{when}: {:?}",
        read.description
    );
}

#[test]
fn a_kill_at_any_moment_leaves_one_of_the_two_files() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    save(&path, &model(0)).unwrap();
    for round in 0..40u64 {
        let (mut child, mut stdout) = start(&saver(&path));
        let mut line = String::new();
        while stdout.read_line(&mut line).unwrap() > 0 && !line.contains("saved") {}
        // Some moment of the saves that follow; which is left to chance.
        std::thread::sleep(Duration::from_micros(round * 397 % 5000));
        child.kill().unwrap();
        child.wait().unwrap();
        check(&path, &format!("round {round}"));
    }
    let left = std::fs::read_dir(folder.path()).unwrap().count();
    assert!(
        left <= 3,
        "{left} files: store, lock, and what the last one left"
    );
}

/// The system kills a process that writes past a limit on files (`ulimit -f`, in blocks of 512 or
/// 1024 bytes): a death at a byte of our choice.
#[test]
fn a_death_at_each_block_of_the_file_leaves_the_old_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    save(&path, &model(0)).unwrap();
    let length = std::fs::metadata(&path).unwrap().len();
    let mut died = 0;
    for blocks in (0..length.div_ceil(1024)).step_by(5) {
        let shell = format!("ulimit -c 0; ulimit -f {blocks}; {}", saver(&path));
        let (mut child, stdout) = start(&shell);
        let lines = stdout.lines().map_while(Result::ok);
        let saved = lines.filter(|line| line.contains("saved")).count();
        assert!(!child.wait().unwrap().success());
        assert_eq!(saved, 0, "{blocks} blocks");
        check(&path, &format!("{blocks} blocks"));
        died += 1;
    }
    assert!(died > 5);
}
