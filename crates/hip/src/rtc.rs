//! Compiles HIP source at run time, with the hipRTC library where it is installed.

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::fmt::{self, Debug};
use std::path::Path;
use std::ptr::{null, null_mut};
use std::sync::{Arc, Mutex, PoisonError};

use crate::error::{Attempt, Error, Result};
use crate::loader::{self, Found};

/// Names of the library, newest first.
const NAMES: &[&str] = &[
    "libhiprtc.so.7",
    "libhiprtc.so.6",
    "libhiprtc.so.5",
    "libhiprtc.so",
];

/// ROCm up to 5 has hipRTC in the HIP library.
const OLD_NAMES: &[&str] = &["libamdhip64.so.5", "libamdhip64.so"];

/// hipRTC's handle of a program.
type Program = *mut c_void;

/// hipRTC's code for success.
const SUCCESS: c_int = 0;

/// Defines the table of hipRTC's functions. hipRTC has no use without any of them.
macro_rules! table {
    ($($name:ident($($ty:ty),* $(,)?) -> $ret:ty;)*) => {
        #[allow(non_snake_case, reason = "the names of the C interface")]
        struct Api {
            $($name: unsafe extern "C" fn($($ty),*) -> $ret,)*
        }

        impl Api {
            /// The functions of a library, or the first that it lacks.
            ///
            /// # Safety
            /// Where the library has functions of these names, they are hipRTC's.
            unsafe fn resolve(library: &Found) -> Result<Self, &'static str> {
                Ok(Self {
                    $($name: {
                        let address = library.symbol(stringify!($name)).ok_or(stringify!($name))?;
                        // SAFETY: the caller promises that this is a function of that type.
                        unsafe {
                            std::mem::transmute::<
                                *mut c_void,
                                unsafe extern "C" fn($($ty),*) -> $ret,
                            >(address.as_ptr())
                        }
                    },)*
                })
            }
        }
    };
}

table! {
    hiprtcVersion(*mut c_int, *mut c_int) -> c_int;
    hiprtcGetErrorString(c_int) -> *const c_char;
    hiprtcCreateProgram(
        *mut Program,
        *const c_char,
        *const c_char,
        c_int,
        *const *const c_char,
        *const *const c_char,
    ) -> c_int;
    hiprtcCompileProgram(Program, c_int, *const *const c_char) -> c_int;
    hiprtcGetProgramLogSize(Program, *mut usize) -> c_int;
    hiprtcGetProgramLog(Program, *mut c_char) -> c_int;
    hiprtcGetCodeSize(Program, *mut usize) -> c_int;
    hiprtcGetCode(Program, *mut c_char) -> c_int;
    hiprtcDestroyProgram(*mut Program) -> c_int;
}

/// hipRTC: compiles HIP source to code objects. It needs no GPU.
///
/// Clones are the same library, which compiles one source at a time.
#[derive(Clone)]
pub struct Compiler(Arc<Inner>);

struct Inner {
    api: Api,
    description: String,
    /// The compiler behind older releases is not made for several threads.
    turn: Mutex<()>,
    /// Dropped after the functions above have been called for the last time.
    _library: libloading::Library,
}

impl Compiler {
    /// Loads the hipRTC library of this machine: `libhiprtc.so.7`, `.so.6`, `.so.5` or `.so` where
    /// the system's loader finds one or in ROCm's folders (see [`Driver::load`](crate::Driver::load)),
    /// or, for ROCm 5, the HIP library.
    ///
    /// # Errors
    /// [`Error::NoCompiler`] with all that was tried.
    pub fn load() -> Result<Self> {
        let mut tried = Vec::new();
        for names in [NAMES, OLD_NAMES] {
            let Some(found) = loader::search(names, &mut tried) else {
                continue;
            };
            match Self::of(found) {
                Ok(compiler) => return Ok(compiler),
                Err(attempt) => tried.push(attempt),
            }
        }
        Err(Error::NoCompiler { tried })
    }

    /// Loads the hipRTC library at a path. The library is trusted to be one.
    ///
    /// # Errors
    /// [`Error::NoCompiler`] when it does not load, or is another library.
    pub fn load_from(path: impl AsRef<Path>) -> Result<Self> {
        loader::open_at(path.as_ref())
            .and_then(Self::of)
            .map_err(|attempt| Error::NoCompiler {
                tried: vec![attempt],
            })
    }

    fn of(found: Found) -> Result<Self, Attempt> {
        // SAFETY: only hipRTC exports these names; `Inner` keeps the library loaded.
        let api = unsafe { Api::resolve(&found) }.map_err(|missing| {
            let path = Path::new(&found.description);
            loader::attempt(path, &format!("is no hipRTC: it lacks {missing}"))
        })?;
        Ok(Self(Arc::new(Inner {
            api,
            description: found.description,
            turn: Mutex::new(()),
            _library: found.library,
        })))
    }

    /// The name or path of the library.
    #[must_use]
    pub fn description(&self) -> &str {
        &self.0.description
    }

    /// The library's version, major and minor.
    ///
    /// # Errors
    /// As the library says.
    pub fn version(&self) -> Result<(i32, i32)> {
        let (mut major, mut minor) = (0, 0);
        // SAFETY: writes two numbers.
        let code = unsafe { (self.0.api.hiprtcVersion)(&mut major, &mut minor) };
        match code {
            SUCCESS => Ok((major, minor)),
            _ => Err(self.failure("hipRTC's version", &[], code, String::new())),
        }
    }

    /// Compiles HIP source to a code object for a target such as `gfx942`. `name` stands for the
    /// source in the compiler's messages. Options are those of clang, such as `-O3` or `-DN=4`.
    ///
    /// A kernel keeps its name where it is declared `extern "C" __global__`.
    ///
    /// # Errors
    /// [`Error::Compilation`] with the compiler's words; [`Error::Nul`].
    pub fn compile(
        &self,
        source: &str,
        name: &str,
        target: &str,
        options: &[&str],
    ) -> Result<Vec<u8>> {
        let mut all = vec![format!("--offload-arch={target}")];
        all.extend(options.iter().map(|option| (*option).to_owned()));
        let c_options = all
            .iter()
            .map(|option| c_string("a compiler's option", option))
            .collect::<Result<Vec<_>>>()?;
        let source = c_string("a source", source)?;
        let c_name = c_string("a source's name", name)?;
        let _turn = self.0.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let run = || {
            let program = Handle::new(&self.0.api, &source, &c_name)?;
            program.compile(&c_options)?;
            program.code()
        };
        run().map_err(|Refusal { code, log }| self.failure(name, &all, code, log))
    }

    #[cold]
    fn failure(&self, name: &str, options: &[String], code: c_int, log: String) -> Error {
        // SAFETY: answers null or a string that stays.
        let words = unsafe { (self.0.api.hiprtcGetErrorString)(code) };
        let words = match words.is_null() {
            true => String::new(),
            // SAFETY: not null, so a C string.
            false => unsafe { CStr::from_ptr(words) }
                .to_string_lossy()
                .into_owned(),
        };
        Error::Compilation {
            name: name.to_owned(),
            options: options.to_vec(),
            reason: format!("{words} ({code}) [{}]", self.description()),
            log,
        }
    }
}

impl Debug for Compiler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Compiler")
            .field(&self.description())
            .finish()
    }
}

/// Why a step of a compilation failed.
struct Refusal {
    code: c_int,
    log: String,
}

/// A program of hipRTC's.
struct Handle<'a> {
    api: &'a Api,
    raw: Program,
}

impl<'a> Handle<'a> {
    fn new(api: &'a Api, source: &CStr, name: &CStr) -> Result<Self, Refusal> {
        let mut raw = null_mut();
        let (source, name) = (source.as_ptr(), name.as_ptr());
        // SAFETY: writes one handle; both strings are valid, and there are no headers.
        let code = unsafe { (api.hiprtcCreateProgram)(&mut raw, source, name, 0, null(), null()) };
        done(code)?;
        Ok(Self { api, raw })
    }

    fn compile(&self, options: &[CString]) -> Result<(), Refusal> {
        let options: Vec<_> = options.iter().map(|option| option.as_ptr()).collect();
        let count = c_int::try_from(options.len()).unwrap_or(c_int::MAX);
        // SAFETY: the handle is valid, and there are as many options as said.
        let code = unsafe { (self.api.hiprtcCompileProgram)(self.raw, count, options.as_ptr()) };
        done(code).map_err(|Refusal { code, .. }| Refusal {
            code,
            log: self.log(),
        })
    }

    /// What the compiler had to say; empty where it cannot be asked.
    fn log(&self) -> String {
        let Api {
            hiprtcGetProgramLogSize: size,
            hiprtcGetProgramLog: log,
            ..
        } = *self.api;
        let log = self.bytes(size, log).unwrap_or_default();
        let text = String::from_utf8_lossy(&log);
        text.trim_end_matches('\0').trim_end().to_owned()
    }

    fn code(&self) -> Result<Vec<u8>, Refusal> {
        self.bytes(self.api.hiprtcGetCodeSize, self.api.hiprtcGetCode)
    }

    /// What one function says the size of, and another writes.
    fn bytes(
        &self,
        size: unsafe extern "C" fn(Program, *mut usize) -> c_int,
        get: unsafe extern "C" fn(Program, *mut c_char) -> c_int,
    ) -> Result<Vec<u8>, Refusal> {
        let mut count = 0;
        // SAFETY: the handle is valid; writes one number.
        done(unsafe { size(self.raw, &mut count) })?;
        let mut bytes = vec![0u8; count];
        // SAFETY: the handle is valid; writes as many bytes as said.
        done(unsafe { get(self.raw, bytes.as_mut_ptr().cast()) })?;
        Ok(bytes)
    }
}

impl Drop for Handle<'_> {
    fn drop(&mut self) {
        // SAFETY: the handle comes from this library and is dropped once. A drop has nobody to tell.
        let _ = unsafe { (self.api.hiprtcDestroyProgram)(&mut self.raw) };
    }
}

fn done(code: c_int) -> Result<(), Refusal> {
    match code {
        SUCCESS => Ok(()),
        code => Err(Refusal {
            code,
            log: String::new(),
        }),
    }
}

fn c_string(what: &'static str, text: &str) -> Result<CString> {
    CString::new(text).map_err(|_| Error::Nul { what })
}
