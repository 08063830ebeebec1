//! The kernels that scan, and which queries each is for.

use redwick_kernels::{DType, Kernel, args};

use super::DeviceEngine;
use super::bounds::Arithmetic;
use super::choice::Choice;
use super::chunks::Plane;
use super::lists::Lists;
use super::queries::Form;
use crate::engine::{Dtype, Result};

/// LDS that scans may take for queries, so that several workgroups fit on a compute unit.
const LDS: usize = 48 << 10;

/// Queries from which on products of tiles take less time than reading all rows for a few at a time.
const PRODUCT_FROM: usize = 11;

/// Queries of a workgroup of the product, rows of 32 that it takes, and elements of a step.
pub(super) const COLUMNS: usize = 128;
const SLOTS: usize = 4;
pub(super) const STEP: usize = 32;

/// How rows are scanned for queries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum How {
    /// By products: for a few queries at a time in f32, or for many in f16.
    Products,
    /// By squares of differences from rows as they were given.
    Differences,
    /// By products, for each query in rows of its own.
    Lists,
}

/// A scan for at most so many queries.
pub(super) struct Pass {
    pub(super) queries: usize,
    products: fn(DType) -> Option<Kernel<args::VectorScan>>,
    differences: fn() -> Option<Kernel<args::VectorScan>>,
}

/// From many queries to few.
const PASSES: [Pass; 3] = [
    Pass {
        queries: 10,
        products: redwick_kernels::vector_scan_10,
        differences: redwick_kernels::vector_apart_10,
    },
    Pass {
        queries: 4,
        products: redwick_kernels::vector_scan_4,
        differences: redwick_kernels::vector_apart_4,
    },
    Pass {
        queries: 1,
        products: redwick_kernels::vector_scan_1,
        differences: redwick_kernels::vector_apart_1,
    },
];

/// The kernel for lists, for at most so many queries.
pub(super) struct ListPass {
    pub(super) queries: usize,
    kernel: fn(DType) -> Option<Kernel<args::VectorLists>>,
}

/// From few queries to many.
pub(super) const LIST_PASSES: [ListPass; 2] = [
    ListPass {
        queries: 4,
        kernel: redwick_kernels::vector_lists_4,
    },
    ListPass {
        queries: 10,
        kernel: redwick_kernels::vector_lists_10,
    },
];

impl ListPass {
    /// Whether queries of this form fit.
    pub(super) fn takes(&self, form: &Form) -> bool {
        self.queries * form.staged_bytes() <= LDS
    }
}

/// How the next queries are scanned for.
pub(super) enum Method {
    /// A few at a time, in f32.
    Few(&'static Pass),
    /// All of them, in f16.
    Product,
}

/// The pass to take next where so many queries are left: the one with the fewest that takes them all,
/// else the largest.
fn next_pass(left: usize, staged: usize) -> Option<&'static Pass> {
    let mut fitting = PASSES
        .iter()
        .filter(|pass| pass.queries * staged <= LDS)
        .peekable();
    let largest = *fitting.peek()?;
    let enough = fitting.take_while(|pass| pass.queries >= left).last();
    Some(enough.unwrap_or(largest))
}

/// How to scan for `left` queries; nothing where they are too long to be scanned for.
pub(super) fn method(engine: &DeviceEngine, form: &Form, how: How, left: usize) -> Option<Method> {
    if how == How::Products && left >= engine.product_from && engine.row_scale().is_some() {
        return Some(Method::Product);
    }
    next_pass(left, form.staged_bytes()).map(Method::Few)
}

/// Whether queries of this form can be scanned for at all.
pub(super) fn scannable(form: &Form) -> bool {
    next_pass(1, form.staged_bytes()).is_some()
}

/// How kernels name what rows are stored as; signed bytes go by the name of bytes.
pub(super) fn stored(dtype: Dtype) -> DType {
    match dtype {
        Dtype::F32 => DType::F32,
        Dtype::F16 => DType::F16,
        Dtype::Bf16 => DType::BF16,
        Dtype::Int8 => DType::U8,
    }
}

/// Where a scan leaves the keys of its first query's tiles, and `pitch` further those of the next; the
/// best key of each wave's tiles, as many for each query as there are waves; and numbers that it makes
/// 0, one for each query.
pub(super) struct Keys {
    pub(super) address: u64,
    pub(super) pitch: usize,
    pub(super) piles: u64,
    pub(super) counters: u64,
}

/// Addresses of queries as a scan reads them.
pub(super) struct Staged {
    pub(super) queries: u64,
    pub(super) weights: u64,
    pub(super) count: usize,
}

/// The arguments of a kernel that looks at chosen rows: what all such kernels have, and the rest.
macro_rules! with_rows {
    ($kind:ident, $engine:expr, $choice:expr, { $($rest:tt)* }) => {{
        let (list, words) = $choice.list()?;
        redwick_kernels::args::$kind {
            table: $engine.chunks.table(),
            live: $choice.live.address()?,
            filter: $choice.filter()?,
            list,
            words,
            shift: $engine.chunks.shape.shift(),
            $($rest)*
        }
    }};
}
pub(super) use with_rows;

/// The workgroups of a scan.
#[derive(Debug, Clone, Copy)]
pub(super) struct Grid {
    blocks: usize,
    /// The tiles that all of them take at once.
    pub(super) waves: usize,
}

impl DeviceEngine {
    /// Queries from which on the product is used, instead of what was found best.
    pub fn set_product_from(&mut self, queries: usize) {
        self.product_from = queries;
    }

    pub(super) const PRODUCT_FROM: usize = PRODUCT_FROM;

    /// The power of two that keeps rows in f16's range, times what a product is divided by; nothing
    /// where rows are too long or too short for one.
    pub(super) fn row_scale(&self) -> Option<f32> {
        match self.config.dtype {
            Dtype::Int8 => Some(1.0),
            // Rows are at most 1 already; further from the numbers below the normal ones.
            Dtype::F16 => Some(256.0),
            Dtype::F32 | Dtype::Bf16 => power_below(f64::from(self.extremes.length)),
        }
    }

    /// The arithmetic of the product.
    pub(super) fn product_arithmetic(&self) -> Arithmetic {
        Arithmetic::product(self.config.dimension)
    }

    /// The grid of a scan over so many tiles: each wave has as many as any other, but for the last.
    pub(super) fn scan_grid(&self, slots: usize) -> Grid {
        let properties = self.gpu.device().properties();
        let waves = 256 / properties.wave_size.max(1) as usize;
        let at_once = (properties.compute_units.max(1) * self.workgroups) as usize * waves;
        let each = slots.div_ceil(at_once).max(1);
        let blocks = slots.div_ceil(each).div_ceil(waves).max(1);
        Grid {
            blocks,
            waves: blocks * waves,
        }
    }

    /// Puts a scan for a few queries into the stream.
    pub(super) fn scan_few(
        &self,
        pass: &Pass,
        how: How,
        choice: &Choice,
        from: &Staged,
        to: &Keys,
    ) -> Result<()> {
        let shape = &self.chunks.shape;
        let is_apart = how == How::Differences;
        let form = self.form(how);
        let lds = pass.queries * form.staged_bytes();
        let grid = self.scan_grid(choice.slots);
        let arguments = with_rows!(VectorScan, self, choice, {
            queries: from.queries,
            weights: from.weights,
            keys: to.address,
            piles: to.piles,
            counters: to.counters,
            units: form.units() as u32,
            slots: choice.slots as u32,
            stride: grid.waves as u32,
            pitch: to.pitch as u32,
            count: from.count as u32,
            has_factors: (!is_apart && shape.has(Plane::Factors)).into(),
            has_offsets: (!is_apart && shape.has(Plane::Offsets)).into(),
        });
        let kernel = match is_apart {
            true => (pass.differences)(),
            false => (pass.products)(stored(self.config.dtype)),
        };
        let blocks = [grid.blocks as u32, 1, 1];
        self.gpu.launch(kernel, blocks, lds as u32, &arguments)
    }

    /// How queries are laid out for a scan.
    pub(super) fn form(&self, how: How) -> Form {
        match how {
            How::Differences => Form::of_given(&self.chunks.shape),
            How::Products | How::Lists => Form::new(&self.config, &self.chunks.shape),
        }
    }

    /// Puts a scan of lists into the stream: `jobs` of them, from an address on.
    pub(super) fn scan_lists(
        &self,
        pass: &ListPass,
        lists: &Lists,
        (jobs, count): (u64, usize),
        from: &Staged,
        to: &Keys,
    ) -> Result<()> {
        let shape = &self.chunks.shape;
        let form = self.form(How::Lists);
        let (own_list, own_words) = lists.own()?;
        let arguments = with_rows!(VectorLists, self, lists, {
            queries: from.queries,
            weights: from.weights,
            jobs,
            keys: to.address,
            own_list,
            own_words,
            units: form.units() as u32,
            pitch: to.pitch as u32,
            has_factors: shape.has(Plane::Factors).into(),
            has_offsets: shape.has(Plane::Offsets).into(),
            reserved: 0,
        });
        let lds = (pass.queries * form.staged_bytes()) as u32;
        let kernel = (pass.kernel)(stored(self.config.dtype));
        self.gpu
            .launch(kernel, [count as u32, 1, 1], lds, &arguments)
    }

    /// Puts the product for many queries into the stream.
    pub(super) fn scan_many(
        &self,
        scale: f32,
        choice: &Choice,
        from: &Staged,
        to: &Keys,
    ) -> Result<()> {
        let shape = &self.chunks.shape;
        let form = Form::new(&self.config, shape);
        let across = from.count.div_ceil(COLUMNS);
        let arguments = with_rows!(VectorProduct, self, choice, {
            queries: from.queries,
            weights: from.weights,
            keys: to.address,
            units: shape.units as u32,
            slots: choice.slots as u32,
            steps: form.steps() as u32,
            pitch: to.pitch as u32,
            count: from.count as u32,
            across: across as u32,
            has_factors: shape.has(Plane::Factors).into(),
            has_offsets: shape.has(Plane::Offsets).into(),
            scale,
        });
        let kernel = redwick_kernels::vector_product(stored(self.config.dtype));
        let blocks = [(choice.slots.div_ceil(SLOTS) * across) as u32, 1, 1];
        self.gpu.launch(kernel, blocks, 0, &arguments)
    }
}

/// The power of two that brings a length to between 2¹⁴ and 2¹⁵; nothing for lengths far from 1.
pub(super) fn power_below(length: f64) -> Option<f32> {
    let exponent = length.log2().floor();
    (exponent.abs() <= 40.0).then(|| (14.0 - exponent).exp2() as f32)
}
