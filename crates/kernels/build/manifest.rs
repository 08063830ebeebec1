//! The kernel manifest, read and expanded. Shared by the build script and by `cargo xtask kernels`.

use std::collections::BTreeMap;

use serde::Deserialize;

/// `manifest.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Manifest {
    /// The targets that code objects are built for.
    pub(crate) targets: Ordered<Target>,
    /// Element types.
    pub(crate) dtypes: Ordered<Element>,
    /// Elements of which only the size is known.
    pub(crate) widths: Ordered<Element>,
    /// Named lists of operations.
    pub(crate) ops: Ordered<Vec<String>>,
    /// Argument structs: names and types of their fields.
    pub(crate) args: Ordered<Vec<(String, FieldType)>>,
    /// Source files.
    pub(crate) family: Vec<Family>,
    /// Products that the vendor's library computes.
    #[serde(default)]
    pub(crate) library: Vec<LibraryRow>,
    /// How products with packed weights are computed.
    #[serde(default)]
    pub(crate) packed: Vec<PackedRow>,
}

/// Products with packed weights that are computed in one form.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PackedRow {
    /// Targets, separated by spaces.
    pub(crate) targets: String,
    /// The form: `bytes`, `held`, `tiles` or `unpacked`.
    pub(crate) form: String,
    /// Types of blocks, separated by spaces; all where nothing is said.
    #[serde(default)]
    pub(crate) blocks: String,
    /// Rows of activations, as a range `from..to`.
    #[serde(default = "any")]
    pub(crate) rows: String,
}

/// Products of matrices that the vendor's library computes, where it is installed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LibraryRow {
    /// Targets, separated by spaces.
    pub(crate) targets: String,
    /// Dtypes, separated by spaces.
    pub(crate) dtypes: String,
    /// Which operands are transposed: some of `nn nt tn tt`.
    #[serde(default = "all_layouts")]
    pub(crate) layouts: String,
    /// Rows of the first operand, as a range `from..to`.
    #[serde(default = "any")]
    pub(crate) rows: String,
    /// Columns of the second operand.
    #[serde(default = "any")]
    pub(crate) columns: String,
    /// The inner dimension.
    #[serde(default = "any")]
    pub(crate) depth: String,
    /// How many products there are in one.
    #[serde(default = "any")]
    pub(crate) batches: String,
    /// Elements of a window from and to which convolutions are such products, of the weight by the
    /// images' unfolded patches; none where nothing is said.
    #[serde(default = "none")]
    pub(crate) patches: String,
}

fn none() -> String {
    "0..0".to_owned()
}

fn all_layouts() -> String {
    "nn nt tn tt".to_owned()
}

fn any() -> String {
    "..".to_owned()
}

/// A table in a fixed order.
pub(crate) type Ordered<T> = BTreeMap<String, T>;

/// How to compile for a target.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Target {
    /// Lanes of a wave.
    pub(crate) wave: u32,
    /// The kind of matrix instructions.
    pub(crate) matrix: String,
    /// Macros that are set for it.
    #[serde(default)]
    pub(crate) defines: Vec<String>,
    /// Whether its code objects are kept here and embedded; else they are read from a folder.
    #[serde(default = "yes")]
    pub(crate) embedded: bool,
}

fn yes() -> bool {
    true
}

/// A type of elements.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Element {
    /// Its name in the sources.
    pub(crate) c: String,
    /// Bytes of an element.
    pub(crate) size: u32,
}

/// The type of a field of an argument struct.
#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum FieldType {
    /// The address of what the kernel reads.
    In,
    /// The address of what the kernel writes.
    Out,
    /// A number.
    U32,
    /// A number.
    U64,
    /// A number.
    F32,
    /// A number in the type that the kernel computes in.
    Scalar,
    /// A number to divide by.
    Divisor,
    /// A spatial dimension.
    Axis,
    /// A walk over one operand.
    Walk1,
    /// A walk over two operands.
    Walk2,
    /// A walk over three operands.
    Walk3,
}

/// The kernels of one source file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Family {
    /// The name of the source file without `.hip`, and of the code object.
    pub(crate) name: String,
    /// The kernels.
    pub(crate) kernel: Vec<KernelRow>,
}

/// A kernel, for all values of its axes.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct KernelRow {
    /// The beginning of its symbols, and the name of its Rust function.
    pub(crate) name: String,
    /// What it does.
    pub(crate) doc: String,
    /// How it is launched.
    pub(crate) shape: String,
    /// Name and values of each axis: the name of a list of operations, dtypes or widths.
    pub(crate) axes: Vec<(String, String)>,
    /// The axis whose element size decides how many elements an access of 16 bytes holds.
    #[serde(default)]
    pub(crate) lanes: String,
    /// Work-items of a workgroup.
    #[serde(default = "default_block")]
    pub(crate) block: u32,
    /// Steps of each work-item, where the shape has steps.
    #[serde(default = "default_unroll")]
    pub(crate) unroll: u32,
    /// Outputs of a workgroup, where the shape has rows.
    #[serde(default)]
    pub(crate) outputs: u32,
    /// The longest row, where there is one.
    #[serde(default)]
    pub(crate) max_columns: u32,
    /// Rows and columns of a workgroup's tile, where the shape has tiles.
    #[serde(default)]
    pub(crate) tile: [u32; 2],
    /// For how many workgroups of each compute unit an inner dimension is divided, where there are
    /// fewer tiles, and the least size of a part; 0 where never.
    #[serde(default)]
    pub(crate) divide: [u32; 2],
    /// The tile where it is another, or chosen by another rule.
    #[serde(default)]
    pub(crate) on: Ordered<Tiling>,
    /// The template that the entry point calls.
    pub(crate) body: String,
    /// The argument struct.
    pub(crate) args: String,
}

/// The tile of a kernel on one target.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Tiling {
    /// Rows and columns of a workgroup's tile.
    pub(crate) tile: [u32; 2],
    /// Bytes of LDS that are asked for at the launch: NVIDIA's GPUs have more than a kernel may
    /// declare.
    #[serde(default)]
    pub(crate) dynamic_lds: u32,
    /// Workgroups of each compute unit that take turns with all tiles; 0 where each has one tile.
    #[serde(default)]
    pub(crate) turns: u32,
    /// Of 100 compute units, how many have to get a tile for the kernel to be the fastest.
    #[serde(default = "most")]
    pub(crate) fill: u32,
    /// How the inner dimension is divided, where it is otherwise.
    pub(crate) divide: Option<[u32; 2]>,
}

fn most() -> u32 {
    75
}

fn default_block() -> u32 {
    256
}

fn default_unroll() -> u32 {
    1
}

/// What an axis ranges over.
pub(crate) enum Domain<'a> {
    /// A named list of operations.
    Ops(&'a str, &'a [String]),
    /// Some of the dtypes.
    DTypes(Vec<&'a str>),
    /// Some of the widths.
    Widths(Vec<&'a str>),
}

/// One kernel: a row of the manifest and a value for each of its axes.
pub(crate) struct Instance<'a> {
    /// The row.
    pub(crate) row: &'a KernelRow,
    /// The values.
    pub(crate) values: Vec<&'a str>,
}

impl Manifest {
    /// Reads a manifest.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        toml::from_str(text).map_err(|error| format!("the kernel manifest: {error}"))
    }

    /// What an axis of a kernel ranges over.
    pub(crate) fn domain<'a>(&'a self, values: &'a str) -> Domain<'a> {
        if let Some((name, ops)) = self.ops.get_key_value(values) {
            return Domain::Ops(name, ops);
        }
        let values: Vec<&str> = values.split(' ').collect();
        if values.iter().all(|value| self.dtypes.contains_key(*value)) {
            Domain::DTypes(values)
        } else {
            Domain::Widths(values)
        }
    }

    /// All kernels of a row, in the order of its axes' values, the last axis fastest.
    pub(crate) fn instances<'a>(&'a self, row: &'a KernelRow) -> Vec<Instance<'a>> {
        let mut all: Vec<Vec<&str>> = vec![Vec::new()];
        for (_, values) in &row.axes {
            let values = self.domain(values).values();
            all = all
                .iter()
                .flat_map(|head| values.iter().map(|value| [&head[..], &[*value]].concat()))
                .collect();
        }
        all.into_iter()
            .filter(|values| row.name.split('_').next() != Some("cast") || values[0] != values[1])
            .map(|values| Instance { row, values })
            .collect()
    }

    /// Bytes of an element, where a value of an axis is a type.
    pub(crate) fn size(&self, value: &str) -> Option<u32> {
        let element = self.dtypes.get(value).or_else(|| self.widths.get(value));
        element.map(|element| element.size)
    }

    /// How the sources spell a value of an axis.
    pub(crate) fn spell(&self, value: &str) -> String {
        let element = self.dtypes.get(value).or_else(|| self.widths.get(value));
        element.map_or_else(|| pascal_case(value), |element| element.c.clone())
    }
}

impl<'a> Domain<'a> {
    /// The names of the values.
    pub(crate) fn values(&self) -> Vec<&'a str> {
        match self {
            Self::Ops(_, ops) => ops.iter().map(String::as_str).collect(),
            Self::DTypes(values) | Self::Widths(values) => values.clone(),
        }
    }
}

impl Instance<'_> {
    /// The name of the entry point.
    pub(crate) fn symbol(&self) -> String {
        let mut symbol = self.row.name.clone();
        for value in &self.values {
            symbol.push('_');
            symbol.push_str(value);
        }
        symbol
    }

    /// Elements in an access of 16 bytes; 1 where the kernel has none.
    pub(crate) fn lanes(&self, manifest: &Manifest) -> u32 {
        let named = |axis: &str| self.row.lanes == "max" || axis == self.row.lanes;
        let axes = self.row.axes.iter().zip(&self.values);
        let sizes = axes
            .filter_map(|((axis, _), value)| named(axis).then(|| manifest.size(value)).flatten());
        sizes.max().map_or(1, |size| 16 / size)
    }

    /// The template that the entry point calls on a target, in the sources' spelling. `{rows}` and
    /// `{columns}` are those of the tile there.
    pub(crate) fn body(&self, manifest: &Manifest, target: &str) -> String {
        let tiling = self.row.on.get(target);
        let [rows, columns] = tiling.map_or(self.row.tile, |tiling| tiling.tile);
        let body = self.row.body.replace("{rows}", &rows.to_string());
        let mut body = body.replace("{columns}", &columns.to_string());
        for ((axis, _), value) in self.row.axes.iter().zip(&self.values) {
            body = body.replace(&format!("{{{axis}}}"), &manifest.spell(value));
        }
        body
    }
}

/// `gelu_erf` as `GeluErf`.
pub(crate) fn pascal_case(name: &str) -> String {
    let mut words = String::new();
    for word in name.split('_') {
        let (first, rest) = word.split_at(1);
        words.push_str(&first.to_uppercase());
        words.push_str(rest);
    }
    words
}
