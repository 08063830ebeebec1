//! Products with packed weights.

use std::borrow::Cow;

use candle_core::quantized::{GgmlDType, QMatMul, QStorage, QTensor};
use candle_core::{DType, Device, Module, Result, Tensor};

use super::Size;
use crate::case::{Case, Program, sets, turning};
use crate::input::numbers;

const TYPES: [GgmlDType; 4] = [
    GgmlDType::Q4_0,
    GgmlDType::Q4K,
    GgmlDType::Q6K,
    GgmlDType::Q8_0,
];
const BATCHES: [usize; 6] = [1, 4, 8, 16, 64, 512];
/// Outputs and inputs of a layer.
const LAYERS: [(usize, usize); 2] = [(14_336, 4096), (4096, 14_336)];

pub(super) fn cases(size: Size) -> Vec<Case> {
    let mut cases = Vec::new();
    for dtype in TYPES {
        for batch in BATCHES {
            cases.push(product(size, dtype, batch, LAYERS[0]));
        }
        cases.push(product(size, dtype, 1, LAYERS[1]));
    }
    cases
}

fn product(size: Size, dtype: GgmlDType, batch: usize, (out, depth): (usize, usize)) -> Case {
    let title = format!("{dtype:?} {batch}×{out}×{depth}");
    let (out, depth) = (size.of(out), size.of(depth));
    let bytes = out * depth / dtype.block_size() * dtype.type_size();
    let make = move |device: &Device| program(dtype, batch, (out, depth), device);
    Case::program("quantized", title, DType::F16, make)
        .moving((bytes + 4 * batch * (out + depth)) as u64)
        .computing(2 * (batch * out * depth) as u64)
}

fn program(
    dtype: GgmlDType,
    batch: usize,
    (out, depth): (usize, usize),
    device: &Device,
) -> Result<Program> {
    let tile = Tile::new(dtype, depth)?;
    let weights = sets(tile.bytes(out), || {
        QMatMul::from_qtensor(tile.weight(out, device)?)
    })?;
    let x = numbers(&[batch, depth], DType::F32).make(device)?;
    Ok(turning(weights, move |weight: &QMatMul| weight.forward(&x)))
}

/// Some rows of packed random weights. A matrix is made of them repeated: packing is slow, and no
/// kernel can tell.
pub(super) struct Tile {
    dtype: GgmlDType,
    depth: usize,
    bytes: Vec<u8>,
}

/// Rows of a tile.
const TILE: usize = 32;

impl Tile {
    /// Rows of so many weights each, drawn and packed on the CPU.
    pub(super) fn new(dtype: GgmlDType, depth: usize) -> Result<Self> {
        let bound = (3.0 / depth as f32).sqrt();
        let rows = Tensor::rand(-bound, bound, (TILE, depth), &Device::Cpu)?;
        let bytes = QTensor::quantize(&rows, dtype)?.data()?.into_owned();
        Ok(Self {
            dtype,
            depth,
            bytes,
        })
    }

    /// The packed blocks.
    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// The size of a matrix of so many rows.
    fn bytes(&self, rows: usize) -> u64 {
        (self.bytes.len() / TILE * rows) as u64
    }

    /// A matrix of so many rows on a device.
    pub(super) fn weight(&self, rows: usize, device: &Device) -> Result<QTensor> {
        let mut bytes = self.bytes.repeat(rows.div_ceil(TILE));
        bytes.truncate(self.bytes.len() / TILE * rows);
        let storage = QStorage::from_data(Cow::Owned(bytes), device, self.dtype)?;
        QTensor::new(storage, (rows, self.depth))
    }
}
