//! A library with hipRTC's interface that compiles nothing, to test its loader with.
//!
//! The first line of a source says what happens:
//!
//! - `// code object: PATH` gives that file, `TARGET` in its path being the target compiled for;
//! - `// fails: FUNCTION` makes that function fail, the compilation itself with a message;
//! - anything else gives a text of the options, a line each, and the source.

use std::ffi::{CStr, CString, c_char, c_int, c_void};

const SUCCESS: c_int = 0;
const OUT_OF_MEMORY: c_int = 1;
const COMPILATION: c_int = 6;

struct Program {
    source: String,
    name: String,
    log: String,
    code: Vec<u8>,
}

impl Program {
    /// What the first line says after a word.
    fn says(&self, word: &str) -> Option<&str> {
        let line = self.source.lines().next()?;
        line.strip_prefix("// ")?
            .strip_prefix(word)?
            .strip_prefix(": ")
    }

    /// The code of a function that is to succeed, unless the source says otherwise.
    fn answer(&self, function: &str) -> c_int {
        match self.says("fails") {
            Some(named) if named == function => OUT_OF_MEMORY,
            _ => SUCCESS,
        }
    }

    fn compile(&mut self, options: &[String]) -> c_int {
        self.log = format!("compiled {}\n", self.name);
        if self.answer("hiprtcCompileProgram") != SUCCESS {
            self.log = format!("{}:1:1: error: as the source asks for\n", self.name);
            return COMPILATION;
        }
        self.code = match self.says("code object") {
            Some(path) => file(path, options),
            None => format!("{}\n{}", options.join("\n"), self.source).into_bytes(),
        };
        SUCCESS
    }
}

/// The file of the target that the options name; nothing where there is none.
fn file(path: &str, options: &[String]) -> Vec<u8> {
    let target = options
        .iter()
        .find_map(|o| o.strip_prefix("--offload-arch="));
    std::fs::read(path.replace("TARGET", target.unwrap_or_default())).unwrap_or_default()
}

/// # Safety
/// Both are places for a number.
// SAFETY: the name is hipRTC's, whose signature this is; so with those below.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hiprtcVersion(major: *mut c_int, minor: *mut c_int) -> c_int {
    // SAFETY: the caller's places.
    unsafe { (major.write(9), minor.write(1)) };
    SUCCESS
}

/// What a code means; this knows only one.
// SAFETY: as above.
#[unsafe(no_mangle)]
pub extern "C" fn hiprtcGetErrorString(code: c_int) -> *const c_char {
    match code {
        COMPILATION => c"HIPRTC_ERROR_COMPILATION".as_ptr(),
        _ => std::ptr::null(),
    }
}

/// # Safety
/// The first is a place for a handle; source and name are C strings.
// SAFETY: as above.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hiprtcCreateProgram(
    program: *mut *mut c_void,
    source: *const c_char,
    name: *const c_char,
    headers: c_int,
    _: *const *const c_char,
    _: *const *const c_char,
) -> c_int {
    assert_eq!(headers, 0, "nobody passes headers");
    // SAFETY: the caller's strings.
    let [source, name] = unsafe { [text(source), text(name)] };
    let made = Program {
        source,
        name,
        log: String::new(),
        code: Vec::new(),
    };
    if made.answer("hiprtcCreateProgram") != SUCCESS {
        return OUT_OF_MEMORY;
    }
    // SAFETY: the caller's place.
    unsafe { program.write(Box::into_raw(Box::new(made)).cast()) };
    SUCCESS
}

/// # Safety
/// The handle is of [`hiprtcCreateProgram`], and there are as many options as said.
// SAFETY: as above.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hiprtcCompileProgram(
    program: *mut c_void,
    count: c_int,
    options: *const *const c_char,
) -> c_int {
    let count = usize::try_from(count).unwrap_or(0);
    // SAFETY: the caller's list of C strings.
    let options = unsafe { std::slice::from_raw_parts(options, count) };
    // SAFETY: as above.
    let options: Vec<_> = options
        .iter()
        .map(|&option| unsafe { text(option) })
        .collect();
    // SAFETY: the caller's handle.
    unsafe { of(program) }.compile(&options)
}

/// # Safety
/// The handle is of [`hiprtcCreateProgram`], the other a place for a size.
// SAFETY: as above.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hiprtcGetProgramLogSize(program: *mut c_void, size: *mut usize) -> c_int {
    // SAFETY: the caller's handle.
    let program = unsafe { of(program) };
    // SAFETY: the caller's place. The log ends with a NUL.
    unsafe { size.write(program.log.len() + 1) };
    SUCCESS
}

/// # Safety
/// The handle is of [`hiprtcCreateProgram`], the other a place for as many bytes as the log has.
// SAFETY: as above.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hiprtcGetProgramLog(program: *mut c_void, to: *mut c_char) -> c_int {
    // SAFETY: the caller's handle.
    let program = unsafe { of(program) };
    let log = CString::new(program.log.as_str()).unwrap_or_default();
    let bytes = log.as_bytes_with_nul();
    // SAFETY: the caller's place.
    unsafe { to.copy_from_nonoverlapping(bytes.as_ptr().cast(), bytes.len()) };
    SUCCESS
}

/// # Safety
/// The handle is of [`hiprtcCreateProgram`], the other a place for a size.
// SAFETY: as above.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hiprtcGetCodeSize(program: *mut c_void, size: *mut usize) -> c_int {
    // SAFETY: the caller's handle.
    let program = unsafe { of(program) };
    // SAFETY: the caller's place.
    unsafe { size.write(program.code.len()) };
    program.answer("hiprtcGetCodeSize")
}

/// # Safety
/// The handle is of [`hiprtcCreateProgram`], the other a place for as many bytes as the code has.
// SAFETY: as above.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hiprtcGetCode(program: *mut c_void, to: *mut c_char) -> c_int {
    // SAFETY: the caller's handle.
    let program = unsafe { of(program) };
    // SAFETY: the caller's place.
    unsafe { to.copy_from_nonoverlapping(program.code.as_ptr().cast(), program.code.len()) };
    program.answer("hiprtcGetCode")
}

/// # Safety
/// The handle is of [`hiprtcCreateProgram`], and not used afterwards.
// SAFETY: as above.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hiprtcDestroyProgram(program: *mut *mut c_void) -> c_int {
    // SAFETY: the caller's handle, made of a box, and dropped once.
    drop(unsafe { Box::from_raw(program.read().cast::<Program>()) });
    SUCCESS
}

/// # Safety
/// The handle is of [`hiprtcCreateProgram`], and nobody else uses it meanwhile.
unsafe fn of<'a>(program: *mut c_void) -> &'a mut Program {
    // SAFETY: the caller promises so.
    unsafe { &mut *program.cast() }
}

/// # Safety
/// The text is a C string.
unsafe fn text(text: *const c_char) -> String {
    // SAFETY: the caller promises so.
    unsafe { CStr::from_ptr(text) }
        .to_string_lossy()
        .into_owned()
}
