//! The list of HIP functions that this project calls.

/// Calls the macro `$callback` with every HIP function that this project calls.
///
/// This is the one list: the function table, the emulator's implementation of it and the shared
/// library's exports are made from it.
#[macro_export]
macro_rules! hip_functions {
    ($callback:ident) => {
        $callback! {
            /// Initialises the runtime. Other functions do so themselves where needed.
            fn hipInit(flags: ::std::ffi::c_uint) -> $crate::sys::hipError_t;
            /// The runtime's version: major × 10 000 000 + minor × 100 000 + patch.
            fn hipRuntimeGetVersion(version: *mut ::std::ffi::c_int) -> $crate::sys::hipError_t;
            /// What a code means, in words.
            fn hipGetErrorString(code: $crate::sys::hipError_t) -> *const ::std::ffi::c_char;
            /// The number of devices.
            fn hipGetDeviceCount(count: *mut ::std::ffi::c_int) -> $crate::sys::hipError_t;
            /// Makes a device the calling thread's current one.
            fn hipSetDevice(device: ::std::ffi::c_int) -> $crate::sys::hipError_t;
            /// The calling thread's current device.
            fn hipGetDevice(device: *mut ::std::ffi::c_int) -> $crate::sys::hipError_t;
            /// Properties of a device, in the layout of ROCm 6 and later.
            fn hipGetDevicePropertiesR0600(
                properties: *mut $crate::sys::hipDeviceProp_tR0600,
                device: ::std::ffi::c_int,
            ) -> $crate::sys::hipError_t;
            /// Waits for all work on the current device.
            fn hipDeviceSynchronize() -> $crate::sys::hipError_t;
            /// Bytes of memory that are free, and that there are, on the current device.
            fn hipMemGetInfo(free: *mut usize, total: *mut usize) -> $crate::sys::hipError_t;
            /// Allocates memory on the current device.
            fn hipMalloc(
                pointer: *mut *mut ::std::ffi::c_void,
                size: usize,
            ) -> $crate::sys::hipError_t;
            /// Frees memory, after all work on its device.
            fn hipFree(pointer: *mut ::std::ffi::c_void) -> $crate::sys::hipError_t;
            /// Allocates memory of the host that devices read and write directly. `flags`: nothing but
            /// to stay where it is is `hipHostMallocDefault`.
            fn hipHostMalloc(
                pointer: *mut *mut ::std::ffi::c_void,
                size: usize,
                flags: ::std::ffi::c_uint,
            ) -> $crate::sys::hipError_t;
            /// Frees memory of `hipHostMalloc`, which nothing uses any more.
            fn hipHostFree(pointer: *mut ::std::ffi::c_void) -> $crate::sys::hipError_t;
            /// Allocates memory in the order of a stream.
            fn hipMallocAsync(
                pointer: *mut *mut ::std::ffi::c_void,
                size: usize,
                stream: $crate::sys::hipStream_t,
            ) -> $crate::sys::hipError_t;
            /// Frees memory in the order of a stream.
            fn hipFreeAsync(
                pointer: *mut ::std::ffi::c_void,
                stream: $crate::sys::hipStream_t,
            ) -> $crate::sys::hipError_t;
            /// Copies in the order of a stream.
            fn hipMemcpyAsync(
                destination: *mut ::std::ffi::c_void,
                source: *const ::std::ffi::c_void,
                size: usize,
                kind: $crate::sys::hipMemcpyKind,
                stream: $crate::sys::hipStream_t,
            ) -> $crate::sys::hipError_t;
            /// Sets bytes in the order of a stream.
            fn hipMemsetAsync(
                destination: *mut ::std::ffi::c_void,
                value: ::std::ffi::c_int,
                size: usize,
                stream: $crate::sys::hipStream_t,
            ) -> $crate::sys::hipError_t;
            /// Makes a stream on the current device.
            fn hipStreamCreateWithFlags(
                stream: *mut $crate::sys::hipStream_t,
                flags: ::std::ffi::c_uint,
            ) -> $crate::sys::hipError_t;
            /// Ends a stream once its work is done.
            fn hipStreamDestroy(stream: $crate::sys::hipStream_t) -> $crate::sys::hipError_t;
            /// Waits for a stream's work.
            fn hipStreamSynchronize(stream: $crate::sys::hipStream_t) -> $crate::sys::hipError_t;
            /// Whether a stream's work is done; `hipErrorNotReady` if not.
            fn hipStreamQuery(stream: $crate::sys::hipStream_t) -> $crate::sys::hipError_t;
            /// Makes a stream wait for an event.
            fn hipStreamWaitEvent(
                stream: $crate::sys::hipStream_t,
                event: $crate::sys::hipEvent_t,
                flags: ::std::ffi::c_uint,
            ) -> $crate::sys::hipError_t;
            /// Makes an event on the current device.
            fn hipEventCreateWithFlags(
                event: *mut $crate::sys::hipEvent_t,
                flags: ::std::ffi::c_uint,
            ) -> $crate::sys::hipError_t;
            /// Ends an event.
            fn hipEventDestroy(event: $crate::sys::hipEvent_t) -> $crate::sys::hipError_t;
            /// Puts an event behind the work that a stream holds.
            fn hipEventRecord(
                event: $crate::sys::hipEvent_t,
                stream: $crate::sys::hipStream_t,
            ) -> $crate::sys::hipError_t;
            /// Waits for an event.
            fn hipEventSynchronize(event: $crate::sys::hipEvent_t) -> $crate::sys::hipError_t;
            /// Whether an event was reached; `hipErrorNotReady` if not.
            fn hipEventQuery(event: $crate::sys::hipEvent_t) -> $crate::sys::hipError_t;
            /// Milliseconds between two events.
            fn hipEventElapsedTime(
                milliseconds: *mut f32,
                start: $crate::sys::hipEvent_t,
                stop: $crate::sys::hipEvent_t,
            ) -> $crate::sys::hipError_t;
            /// Loads a code object on the current device. Its length is in its own header.
            fn hipModuleLoadData(
                module: *mut $crate::sys::hipModule_t,
                image: *const ::std::ffi::c_void,
            ) -> $crate::sys::hipError_t;
            /// Unloads a code object.
            fn hipModuleUnload(module: $crate::sys::hipModule_t) -> $crate::sys::hipError_t;
            /// A kernel of a module.
            fn hipModuleGetFunction(
                function: *mut $crate::sys::hipFunction_t,
                module: $crate::sys::hipModule_t,
                name: *const ::std::ffi::c_char,
            ) -> $crate::sys::hipError_t;
            /// A variable of a module.
            fn hipModuleGetGlobal(
                pointer: *mut $crate::sys::hipDeviceptr_t,
                size: *mut usize,
                module: $crate::sys::hipModule_t,
                name: *const ::std::ffi::c_char,
            ) -> $crate::sys::hipError_t;
            /// Starts a kernel: a grid of blocks, each of threads.
            fn hipModuleLaunchKernel(
                function: $crate::sys::hipFunction_t,
                grid_x: ::std::ffi::c_uint,
                grid_y: ::std::ffi::c_uint,
                grid_z: ::std::ffi::c_uint,
                block_x: ::std::ffi::c_uint,
                block_y: ::std::ffi::c_uint,
                block_z: ::std::ffi::c_uint,
                dynamic_lds: ::std::ffi::c_uint,
                stream: $crate::sys::hipStream_t,
                parameters: *mut *mut ::std::ffi::c_void,
                extra: *mut *mut ::std::ffi::c_void,
            ) -> $crate::sys::hipError_t;
            /// Starts to note what is put into a stream, in place of doing it.
            fn hipStreamBeginCapture(
                stream: $crate::sys::hipStream_t,
                mode: $crate::sys::hipStreamCaptureMode,
            ) -> $crate::sys::hipError_t;
            /// Ends it, with a graph of what was noted.
            fn hipStreamEndCapture(
                stream: $crate::sys::hipStream_t,
                graph: *mut $crate::sys::hipGraph_t,
            ) -> $crate::sys::hipError_t;
            /// Whether a stream notes what is put into it: one of `hipStreamCaptureStatus`.
            fn hipStreamIsCapturing(
                stream: $crate::sys::hipStream_t,
                status: *mut $crate::sys::hipStreamCaptureStatus,
            ) -> $crate::sys::hipError_t;
            /// The nodes of a graph; with null for `nodes` their number alone.
            fn hipGraphGetNodes(
                graph: $crate::sys::hipGraph_t,
                nodes: *mut $crate::sys::hipGraphNode_t,
                count: *mut usize,
            ) -> $crate::sys::hipError_t;
            /// Ends a graph; what was made ready from it stays.
            fn hipGraphDestroy(graph: $crate::sys::hipGraph_t) -> $crate::sys::hipError_t;
            /// Makes a graph ready to be launched. The last three may be null, null and 0.
            fn hipGraphInstantiate(
                ready: *mut $crate::sys::hipGraphExec_t,
                graph: $crate::sys::hipGraph_t,
                error_node: *mut $crate::sys::hipGraphNode_t,
                log: *mut ::std::ffi::c_char,
                log_size: usize,
            ) -> $crate::sys::hipError_t;
            /// Puts all of a graph into a stream.
            fn hipGraphLaunch(
                graph: $crate::sys::hipGraphExec_t,
                stream: $crate::sys::hipStream_t,
            ) -> $crate::sys::hipError_t;
            /// Ends a graph that was made ready.
            fn hipGraphExecDestroy(
                graph: $crate::sys::hipGraphExec_t,
            ) -> $crate::sys::hipError_t;
            /// The full text of the last failure on the calling thread, or null.
            ///
            /// No function of HIP: implementations that know more than a code, such as the
            /// emulator about a fault, offer it. The text is valid until the thread's next call.
            fn redwickLastFault() -> *const ::std::ffi::c_char;
        }
    };
}
