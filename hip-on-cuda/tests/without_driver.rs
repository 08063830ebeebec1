//! What a machine without an NVIDIA GPU gets: an answer, with what to do.

#[test]
fn an_absent_driver_is_an_error_that_says_what_to_do() {
    match redwick_hip_on_cuda::driver() {
        Ok(driver) => {
            // A machine with the driver: HIP's calls work on it, GPU or not.
            driver.device_count().expect("the driver counts devices");
        }
        Err(error) => {
            let text = error.to_string();
            assert!(
                text.contains("libcuda") || text.contains("nvidia-smi"),
                "{text}"
            );
        }
    }
}

#[test]
fn a_machine_without_a_gpu_has_no_library() {
    match redwick_hip_on_cuda::blas() {
        Ok(blas) => assert!(blas.description().contains("cuBLAS"), "{blas:?}"),
        Err(error) => assert!(error.to_string().contains("CUDA"), "{error}"),
    }
}
