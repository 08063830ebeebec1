//! Work as a value: what a stream does at once, or notes while it is captured.

use std::ffi::c_void;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use redwick_gpu::Dispatch;
use redwick_hip::sys::{hipError_t, hipMemcpyKind, hipStream_t};

use crate::calls::{Function, copy_now, fill_now};
use crate::failure::Failure;
use crate::runtime::Runtime;

/// A piece of work.
pub(crate) enum Work {
    Launch {
        function: Arc<Function>,
        grid: [u32; 3],
        block: [u32; 3],
        dynamic_lds: u32,
        arguments: Vec<u8>,
    },
    Fill {
        address: u64,
        size: usize,
        value: u8,
    },
    Copy {
        to: *mut c_void,
        from: *const c_void,
        size: usize,
        kind: hipMemcpyKind,
    },
}

// SAFETY: the addresses of a copy are only used where the caller of the C function says that they are
// valid, from whichever thread.
unsafe impl Send for Work {}
// SAFETY: as above.
unsafe impl Sync for Work {}

impl Work {
    /// Does it.
    ///
    /// # Safety
    /// Addresses on the host are valid for what is copied.
    pub(crate) unsafe fn run(&self, runtime: &Runtime) -> Result<(), Failure> {
        match *self {
            Self::Launch {
                ref function,
                grid,
                block,
                dynamic_lds,
                ref arguments,
            } => {
                let dispatch = Dispatch {
                    grid,
                    block,
                    dynamic_lds,
                    arguments,
                };
                let gpu = runtime.gpu(function.device)?;
                Ok(gpu.launch(&function.kernel, &dispatch).map(drop)?)
            }
            Self::Fill {
                address,
                size,
                value,
            } => fill_now(runtime, address, size, value),
            Self::Copy {
                to,
                from,
                size,
                kind,
            } => {
                // SAFETY: the caller says so.
                unsafe { copy_now(runtime, to, from, size, kind) }
            }
        }
    }
}

/// What a stream has noted.
#[derive(Default)]
pub(crate) struct Noted {
    pub(crate) work: Vec<Work>,
    /// Whether a call came that cannot be noted.
    pub(crate) lost: bool,
    /// Whether calls that concern the stream only by the way are refused, too.
    strict: bool,
}

/// The capture of a stream, if there is one.
#[derive(Default)]
pub(crate) struct Capture(Mutex<Option<Noted>>);

impl Capture {
    pub(crate) fn begin(&self, strict: bool) -> Result<(), Failure> {
        let mut noted = self.noted();
        if noted.is_some() {
            let text = "the stream is being captured already";
            return Err(Failure::new(hipError_t::ILLEGAL_STATE, text));
        }
        *noted = Some(Noted {
            strict,
            ..Noted::default()
        });
        Ok(())
    }

    pub(crate) fn end(&self) -> Result<Vec<Work>, Failure> {
        let fault = |code, text| Err(Failure::new(code, text));
        match self.noted().take() {
            None => fault(
                hipError_t::ILLEGAL_STATE,
                "the stream is not being captured",
            ),
            Some(Noted { lost: true, .. }) => fault(
                hipError_t::STREAM_CAPTURE_INVALIDATED,
                "a call came that cannot be captured",
            ),
            Some(Noted { work, .. }) => Ok(work),
        }
    }

    /// Whether there is a capture that minds other streams' calls.
    pub(crate) fn is_strict(&self) -> bool {
        self.noted().as_ref().is_some_and(|noted| noted.strict)
    }

    /// Whether there is a capture, and whether it is lost.
    pub(crate) fn state(&self) -> Option<bool> {
        self.noted().as_ref().map(|noted| noted.lost)
    }

    /// Notes work where there is a capture; else gives it back.
    fn note(&self, work: Work) -> Result<Option<Work>, Failure> {
        match &mut *self.noted() {
            None => Ok(Some(work)),
            Some(noted) if noted.lost => {
                let text = "a call came that cannot be captured";
                Err(Failure::new(hipError_t::STREAM_CAPTURE_INVALIDATED, text))
            }
            Some(noted) => {
                noted.work.push(work);
                Ok(None)
            }
        }
    }

    /// Refuses a call that cannot be noted, where there is a capture, and ends that.
    pub(crate) fn refuse(&self, call: &str, code: hipError_t) -> Result<(), Failure> {
        match &mut *self.noted() {
            None => Ok(()),
            Some(noted) => {
                noted.lost = true;
                let text = format!("{call} cannot be captured, and the stream is");
                Err(Failure::new(code, text))
            }
        }
    }

    fn noted(&self) -> MutexGuard<'_, Option<Noted>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Runtime {
    /// Does work in a stream, or notes it where that is captured.
    ///
    /// # Safety
    /// As [`Work::run`]; for work that is noted, until it was launched for the last time.
    pub(crate) unsafe fn submit(&self, stream: hipStream_t, work: Work) -> Result<(), Failure> {
        let work = if stream.is_null() {
            Some(work)
        } else {
            self.streams.get(stream)?.capture.note(work)?
        };
        match work {
            // SAFETY: the caller says so.
            Some(work) => unsafe { work.run(self) },
            None => Ok(()),
        }
    }

    /// Refuses a call on a stream that is captured.
    pub(crate) fn needs_no_capture(&self, call: &str, stream: hipStream_t) -> Result<(), Failure> {
        if stream.is_null() {
            return Ok(());
        }
        let code = hipError_t::STREAM_CAPTURE_UNSUPPORTED;
        self.streams.get(stream)?.capture.refuse(call, code)
    }
}
