//! Reads safetensors files into tensors on a device, checking each against what the config calls for.

use std::collections::HashMap;

use candle_core::safetensors::Load;
use candle_core::{DType, Device, Tensor};
use candle_nn::VarBuilder;
use safetensors::tensor::{SafeTensors, TensorView};

use crate::error::{Error, Result};
use crate::source::{File, Source};

/// How far loading has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoadProgress {
    /// Bytes of the weights' files that are done.
    pub done: u64,
    /// Bytes of all the weights' files.
    pub total: u64,
}

/// The tensors of a model, on its device and in its precision.
#[derive(Debug)]
pub(crate) struct Weights {
    tensors: HashMap<String, Tensor>,
    dtype: DType,
    device: Device,
}

/// A tensor that an architecture calls for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Expected {
    pub(crate) name: String,
    pub(crate) shape: Vec<usize>,
}

impl Expected {
    pub(crate) fn new(name: impl Into<String>, shape: impl Into<Vec<usize>>) -> Self {
        Self {
            name: name.into(),
            shape: shape.into(),
        }
    }
}

impl Weights {
    /// Loads exactly the expected tensors; a file is dropped before the next one is read.
    pub(crate) fn load(
        source: &Source,
        expected: &[Expected],
        dtype: DType,
        device: &Device,
        on_progress: &mut dyn FnMut(LoadProgress),
    ) -> Result<Self> {
        let files = source.weights()?;
        let total = files.iter().map(|file| file.size()).sum();
        let mut loader = Loader::new(expected, dtype, device);
        let mut done = 0;
        on_progress(LoadProgress { done, total });
        for file in files {
            loader.take(&file.read()?)?;
            done += file.size();
            on_progress(LoadProgress {
                done: done.min(total),
                total,
            });
        }
        loader.finish(expected)
    }

    /// A tensor, which is then no longer here: what is made of it need not lie beside it. Those that a
    /// plan expects are all there after loading; another name is an error.
    pub(crate) fn take(&mut self, name: &str) -> Result<Tensor> {
        let tensors = self.tensors.len();
        let tensor = self.tensors.remove(name);
        tensor.ok_or_else(|| Error::MissingTensor {
            name: name.to_owned(),
            expected: Vec::new(),
            tensors,
            files: "what was loaded".to_owned(),
        })
    }

    /// What Candle's models load from.
    pub(crate) fn var_builder(self) -> VarBuilder<'static> {
        VarBuilder::from_tensors(self.tensors, self.dtype, &self.device)
    }
}

struct Loader<'a> {
    shapes: HashMap<&'a str, &'a [usize]>,
    weights: Weights,
    files: Vec<String>,
    tensors_seen: usize,
}

impl<'a> Loader<'a> {
    fn new(expected: &'a [Expected], dtype: DType, device: &Device) -> Self {
        let shapes = expected
            .iter()
            .map(|tensor| (tensor.name.as_str(), tensor.shape.as_slice()));
        let weights = Weights {
            tensors: HashMap::new(),
            dtype,
            device: device.clone(),
        };
        Self {
            shapes: shapes.collect(),
            weights,
            files: Vec::new(),
            tensors_seen: 0,
        }
    }

    fn take(&mut self, file: &File) -> Result<()> {
        let damaged = |reason: String| Error::DamagedWeights {
            file: file.name.clone(),
            reason,
            bytes: file.bytes.len(),
        };
        let tensors =
            SafeTensors::deserialize(&file.bytes).map_err(|error| damaged(error.to_string()))?;
        self.files.push(file.name.clone());
        for (name, view) in tensors.tensors() {
            self.tensors_seen += 1;
            if let Some(shape) = self.shapes.get(name.as_str()) {
                check(&file.name, &name, &view, shape)?;
                self.place(name, &view)?;
            }
        }
        Ok(())
    }

    /// Converts on the CPU: the device then holds each tensor once, in the precision that it runs in.
    fn place(&mut self, name: String, view: &TensorView<'_>) -> Result<()> {
        let tensor = view.load(&Device::Cpu)?.to_dtype(self.weights.dtype)?;
        let tensor = tensor.to_device(&self.weights.device)?;
        self.weights.tensors.insert(name, tensor);
        Ok(())
    }

    fn finish(self, expected: &[Expected]) -> Result<Weights> {
        let missing = expected
            .iter()
            .find(|tensor| !self.weights.tensors.contains_key(&tensor.name));
        match missing {
            None => Ok(self.weights),
            Some(tensor) => Err(Error::MissingTensor {
                name: tensor.name.clone(),
                expected: tensor.shape.clone(),
                tensors: self.tensors_seen,
                files: self.files.join(", "),
            }),
        }
    }
}

fn check(file: &str, name: &str, view: &TensorView<'_>, shape: &[usize]) -> Result<()> {
    use safetensors::Dtype::{BF16, F16, F32, F64};
    if view.shape() != shape {
        return Err(Error::TensorShape {
            file: file.to_owned(),
            name: name.to_owned(),
            found: view.shape().to_vec(),
            expected: shape.to_vec(),
        });
    }
    if !matches!(view.dtype(), F32 | F16 | BF16 | F64) {
        return Err(Error::TensorType {
            file: file.to_owned(),
            name: name.to_owned(),
            dtype: format!("{:?}", view.dtype()),
        });
    }
    Ok(())
}
