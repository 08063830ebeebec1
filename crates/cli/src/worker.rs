//! `llm-worker-rbee-rocm`: the worker that a hive starts.

use std::path::PathBuf;

use clap::Parser;

use crate::args::{Dtype, ModelArgs};
use crate::device::DeviceName;
use crate::failure::{EXIT_CODES, Failure};
use crate::service::{self, ListenArgs};

/// A language model worker on an AMD GPU: POST /v1/inference, GET /health.
#[derive(Debug, Parser)]
#[command(name = "llm-worker-rbee-rocm", version, after_help = EXIT_CODES)]
pub struct Args {
    /// The worker's name.
    #[arg(long, value_name = "ID")]
    worker_id: String,
    /// A safetensors file in a Hugging Face folder, or the folder.
    #[arg(long, value_name = "PATH")]
    model: PathBuf,
    /// What the model is called in answers, such as hf:model-name.
    #[arg(long, value_name = "REF")]
    model_ref: Option<String>,
    /// Where the hive is. It is accepted so that a hive can start the worker; nothing is sent there yet.
    #[arg(long, value_name = "URL", value_parser = url)]
    hive_url: Option<String>,
    /// The GPU's number. With REDWICK_HIP=emulated:TARGET it is an emulated one.
    #[arg(long, value_name = "N", default_value_t = 0)]
    rocm_device: usize,
    /// Another device instead: `cpu`, `rocm:N`, `emulated:TARGET` or `auto`.
    #[arg(long, value_name = "DEVICE")]
    device: Option<DeviceName>,
    /// The precision to compute in.
    #[arg(long, value_enum, default_value = "auto")]
    dtype: Dtype,
    #[command(flatten)]
    listen: ListenArgs,
}

fn url(text: &str) -> Result<String, String> {
    let has_host = |rest: &str| !rest.is_empty() && !rest.starts_with('/');
    let rest = text
        .strip_prefix("http://")
        .or_else(|| text.strip_prefix("https://"));
    match rest {
        Some(rest) if has_host(rest) => Ok(text.to_owned()),
        _ => Err("it must be http://HOST[:PORT] or https://HOST[:PORT]".to_owned()),
    }
}

/// Serves until SIGTERM or SIGINT.
pub fn run(args: Args) -> Result<(), Failure> {
    eprintln!("worker: {}", args.worker_id);
    let device = args.device.unwrap_or(DeviceName::rocm(args.rocm_device));
    let model = ModelArgs {
        model: Some(args.model),
        device,
        dtype: args.dtype,
    };
    service::run(&args.listen, model, args.model_ref)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_command_line_is_understood() {
        let line = "llm-worker-rbee-rocm --worker-id worker-rocm-0 --model /path/model.safetensors \
                    --model-ref hf:model-name --port 8080 --hive-url http://localhost:3000 \
                    --rocm-device 0";
        let args = Args::try_parse_from(line.split_whitespace()).unwrap();
        assert_eq!(
            (args.worker_id.as_str(), args.listen.port),
            ("worker-rocm-0", 8080)
        );
        assert_eq!(args.model_ref.as_deref(), Some("hf:model-name"));
        assert!(args.device.is_none());
    }

    #[test]
    fn only_a_url_is_a_hive() {
        assert!(url("https://hive:3000/x").is_ok());
        for text in ["localhost:3000", "http://", "ftp://x", "http:///x"] {
            assert!(url(text).is_err(), "{text}");
        }
    }
}
