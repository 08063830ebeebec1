//! HIP's status codes.

use std::ffi::c_int;

/// What a HIP function answers: 0, or why it failed.
#[repr(transparent)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct hipError_t(pub c_int);

impl hipError_t {
    /// The answer of a function that the library does not have. HIP's own codes are not negative.
    pub const ABSENT: Self = Self(-1);

    /// HIP's name of the code, where this crate knows it.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        NAMES
            .iter()
            .find_map(|&(code, name)| (code == self).then_some(name))
    }
}

/// Defines a constant for each code, and the table of their names.
macro_rules! codes {
    ($($constant:ident = $code:literal $name:literal,)*) => {
        #[expect(missing_docs, reason = "HIP's own names")]
        impl hipError_t {
            $(pub const $constant: Self = Self($code);)*
        }

        /// Each code with HIP's name.
        const NAMES: &[(hipError_t, &str)] = &[$((hipError_t::$constant, $name),)*];
    };
}

codes! {
    SUCCESS = 0 "hipSuccess",
    INVALID_VALUE = 1 "hipErrorInvalidValue",
    OUT_OF_MEMORY = 2 "hipErrorOutOfMemory",
    NOT_INITIALIZED = 3 "hipErrorNotInitialized",
    DEINITIALIZED = 4 "hipErrorDeinitialized",
    INVALID_CONFIGURATION = 9 "hipErrorInvalidConfiguration",
    INVALID_SYMBOL = 13 "hipErrorInvalidSymbol",
    INVALID_DEVICE_POINTER = 17 "hipErrorInvalidDevicePointer",
    INVALID_MEMCPY_DIRECTION = 21 "hipErrorInvalidMemcpyDirection",
    INSUFFICIENT_DRIVER = 35 "hipErrorInsufficientDriver",
    MISSING_CONFIGURATION = 52 "hipErrorMissingConfiguration",
    PRIOR_LAUNCH_FAILURE = 53 "hipErrorPriorLaunchFailure",
    INVALID_DEVICE_FUNCTION = 98 "hipErrorInvalidDeviceFunction",
    NO_DEVICE = 100 "hipErrorNoDevice",
    INVALID_DEVICE = 101 "hipErrorInvalidDevice",
    INVALID_IMAGE = 200 "hipErrorInvalidImage",
    INVALID_CONTEXT = 201 "hipErrorInvalidContext",
    MAP_FAILED = 205 "hipErrorMapFailed",
    NO_BINARY_FOR_GPU = 209 "hipErrorNoBinaryForGpu",
    ECC_NOT_CORRECTABLE = 214 "hipErrorECCNotCorrectable",
    UNSUPPORTED_LIMIT = 215 "hipErrorUnsupportedLimit",
    PEER_ACCESS_UNSUPPORTED = 217 "hipErrorPeerAccessUnsupported",
    INVALID_KERNEL_FILE = 218 "hipErrorInvalidKernelFile",
    INVALID_SOURCE = 300 "hipErrorInvalidSource",
    FILE_NOT_FOUND = 301 "hipErrorFileNotFound",
    SHARED_OBJECT_SYMBOL_NOT_FOUND = 302 "hipErrorSharedObjectSymbolNotFound",
    SHARED_OBJECT_INIT_FAILED = 303 "hipErrorSharedObjectInitFailed",
    OPERATING_SYSTEM = 304 "hipErrorOperatingSystem",
    INVALID_HANDLE = 400 "hipErrorInvalidHandle",
    ILLEGAL_STATE = 401 "hipErrorIllegalState",
    NOT_FOUND = 500 "hipErrorNotFound",
    NOT_READY = 600 "hipErrorNotReady",
    ILLEGAL_ADDRESS = 700 "hipErrorIllegalAddress",
    LAUNCH_OUT_OF_RESOURCES = 701 "hipErrorLaunchOutOfResources",
    LAUNCH_TIMEOUT = 702 "hipErrorLaunchTimeOut",
    CONTEXT_IS_DESTROYED = 709 "hipErrorContextIsDestroyed",
    ASSERT = 710 "hipErrorAssert",
    LAUNCH_FAILURE = 719 "hipErrorLaunchFailure",
    NOT_SUPPORTED = 801 "hipErrorNotSupported",
    STREAM_CAPTURE_UNSUPPORTED = 900 "hipErrorStreamCaptureUnsupported",
    STREAM_CAPTURE_INVALIDATED = 901 "hipErrorStreamCaptureInvalidated",
    STREAM_CAPTURE_MERGE = 902 "hipErrorStreamCaptureMerge",
    STREAM_CAPTURE_UNMATCHED = 903 "hipErrorStreamCaptureUnmatched",
    STREAM_CAPTURE_UNJOINED = 904 "hipErrorStreamCaptureUnjoined",
    STREAM_CAPTURE_ISOLATION = 905 "hipErrorStreamCaptureIsolation",
    STREAM_CAPTURE_IMPLICIT = 906 "hipErrorStreamCaptureImplicit",
    CAPTURED_EVENT = 907 "hipErrorCapturedEvent",
    STREAM_CAPTURE_WRONG_THREAD = 908 "hipErrorStreamCaptureWrongThread",
    UNKNOWN = 999 "hipErrorUnknown",
    RUNTIME_MEMORY = 1052 "hipErrorRuntimeMemory",
    RUNTIME_OTHER = 1053 "hipErrorRuntimeOther",
}
