//! The Rust side of the manifest.

use std::fmt::{self, Write};
use std::path::Path;

use crate::manifest::{Domain, FieldType, Instance, KernelRow, Manifest, Tiling, pascal_case};

/// Marks a combination of axis values without a kernel.
const ABSENT: u16 = u16::MAX;

/// Everything that is generated.
pub(crate) fn rust(manifest: &Manifest, root: &Path) -> Result<String, fmt::Error> {
    let mut code = String::new();
    elements(&mut code, manifest)?;
    for (name, ops) in &manifest.ops {
        let title = format!("The operations of kernels with an axis `{name}`.");
        enumeration(&mut code, name, &title, ops)?;
    }
    let families: Vec<String> = manifest.family.iter().map(|f| f.name.clone()).collect();
    enumeration(
        &mut code,
        "Family",
        "Source files, and so code objects.",
        &families,
    )?;
    targets(&mut code, manifest, root)?;
    args(&mut code, manifest)?;
    kernels(&mut code, manifest)?;
    library(&mut code, manifest)?;
    packed(&mut code, manifest)?;
    Ok(code)
}

fn elements(code: &mut String, manifest: &Manifest) -> fmt::Result {
    let tables = [
        ("DType", "Element types.", &manifest.dtypes),
        (
            "Width",
            "Elements of which only the size matters.",
            &manifest.widths,
        ),
    ];
    for (name, doc, elements) in tables {
        let names: Vec<String> = elements.keys().cloned().collect();
        enumeration(code, name, doc, &names)?;
        writeln!(code, "impl {name} {{")?;
        writeln!(
            code,
            "/// Bytes of an element.\npub const fn size(self) -> usize {{ match self {{"
        )?;
        for (value, element) in elements {
            writeln!(code, "Self::{} => {},", variant(value), element.size)?;
        }
        writeln!(code, "}} }} }}")?;
    }
    Ok(())
}

/// `bf16` as `BF16`, `gelu_erf` as `GeluErf`.
fn variant(value: &str) -> String {
    if value.ends_with(|c: char| c.is_ascii_digit()) {
        value.to_uppercase()
    } else {
        pascal_case(value)
    }
}

fn enumeration(code: &mut String, name: &str, doc: &str, values: &[String]) -> fmt::Result {
    writeln!(code, "/// {doc}")?;
    writeln!(
        code,
        "#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]"
    )?;
    writeln!(code, "pub enum {name} {{")?;
    for value in values {
        writeln!(code, "/// `{value}`.\n{},", variant(value))?;
    }
    writeln!(code, "}}\nimpl {name} {{\n/// All of them.")?;
    writeln!(code, "pub const ALL: [Self; {}] = [", values.len())?;
    for value in values {
        writeln!(code, "Self::{},", variant(value))?;
    }
    writeln!(code, "];\n/// The name as the manifest spells it.")?;
    writeln!(
        code,
        "pub const fn name(self) -> &'static str {{ match self {{"
    )?;
    for value in values {
        writeln!(code, "Self::{} => {value:?},", variant(value))?;
    }
    writeln!(code, "}} }} }}")
}

/// The targets and, for each family, the compressed code object.
fn targets(code: &mut String, manifest: &Manifest, root: &Path) -> fmt::Result {
    writeln!(
        code,
        "pub(crate) static TARGETS: [crate::code::Target; {}] = [",
        manifest.targets.len()
    )?;
    for (name, target) in &manifest.targets {
        let (wave, embedded) = (target.wave, target.embedded);
        writeln!(
            code,
            "crate::code::Target {{ name: {name:?}, wave: {wave}, embedded: {embedded}, \
             compressed: &["
        )?;
        for family in &manifest.family {
            let path = root.join(format!("code-objects/{name}/{}.xz", family.name));
            if target.embedded && path.exists() {
                writeln!(code, "include_bytes!({:?}),", path.display().to_string())?;
            } else {
                writeln!(code, "&[],")?;
            }
        }
        writeln!(
            code,
            "], decompressed: [const {{ std::sync::OnceLock::new() }}; {}] }},",
            manifest.family.len()
        )?;
    }
    writeln!(code, "];")
}

fn rust_type(field: FieldType) -> (&'static str, &'static str) {
    match field {
        FieldType::In => ("u64", "Address of what is read."),
        FieldType::Out => ("u64", "Address of what is written."),
        FieldType::U32 => ("u32", "A number."),
        FieldType::U64 => ("u64", "A number."),
        FieldType::F32 => ("f32", "A number."),
        FieldType::Scalar => (
            "crate::Scalar",
            "A number in the type that the kernel computes in.",
        ),
        FieldType::Divisor => ("crate::Divisor", "A number that the kernel divides by."),
        FieldType::Axis => ("crate::Axis", "A spatial dimension."),
        FieldType::Walk1 => ("crate::Walk<1>", "Dimensions and strides."),
        FieldType::Walk2 => ("crate::Walk<2>", "Dimensions and strides."),
        FieldType::Walk3 => ("crate::Walk<3>", "Dimensions and strides."),
    }
}

fn args(code: &mut String, manifest: &Manifest) -> fmt::Result {
    writeln!(
        code,
        "/// The arguments of each kernel, laid out as the kernel reads them."
    )?;
    writeln!(
        code,
        "pub mod args {{ use crate::launch::{{Arguments, Field}};"
    )?;
    for (name, fields) in &manifest.args {
        let users: Vec<String> = rows(manifest)
            .filter(|row| row.args == *name)
            .map(|row| format!("[`{0}`](crate::{0})", row.name))
            .collect();
        writeln!(code, "/// Arguments of {}.", users.join(", "))?;
        writeln!(
            code,
            "#[repr(C)]\n#[derive(Debug, Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]"
        )?;
        writeln!(code, "pub struct {name} {{")?;
        for (field, kind) in fields {
            let (kind, doc) = rust_type(*kind);
            writeln!(code, "/// {doc}\npub {field}: {kind},")?;
        }
        writeln!(
            code,
            "}}\nimpl Arguments for {name} {{ const FIELDS: &'static [Field] = &["
        )?;
        for (field, kind) in fields {
            let is_pointer = matches!(kind, FieldType::In | FieldType::Out);
            let kind = rust_type(*kind).0;
            writeln!(
                code,
                "Field {{ name: {field:?}, offset: core::mem::offset_of!({name}, {field}), \
                 size: size_of::<{kind}>(), is_pointer: {is_pointer} }},"
            )?;
        }
        writeln!(code, "]; }}")?;
    }
    writeln!(code, "}}")
}

fn rows(manifest: &Manifest) -> impl Iterator<Item = &KernelRow> {
    manifest.family.iter().flat_map(|family| &family.kernel)
}

fn kernels(code: &mut String, manifest: &Manifest) -> fmt::Result {
    let mut table = String::new();
    let mut next = 0;
    for family in &manifest.family {
        for row in &family.kernel {
            let instances = manifest.instances(row);
            selector(code, manifest, row, &instances, next)?;
            for instance in &instances {
                entry(&mut table, manifest, &family.name, instance)?;
            }
            next += instances.len();
        }
    }
    writeln!(
        code,
        "pub(crate) static KERNELS: [crate::launch::KernelInfo; {next}] = [{table}];"
    )
}

fn entry(table: &mut String, manifest: &Manifest, family: &str, kernel: &Instance) -> fmt::Result {
    let row = kernel.row;
    writeln!(
        table,
        "crate::launch::KernelInfo {{ symbol: {:?}, family: Family::{}, \
         shape: crate::Shape::{}, block: {}, unroll: {}, lanes: {}, outputs: {}, max_columns: {}, \
         tile: {:?}, divide: {:?}, tilings: &[{}], fields: <args::{} as crate::launch::Arguments>::FIELDS }},",
        kernel.symbol(),
        pascal_case(family),
        pascal_case(&row.shape.replace('-', "_")),
        row.block,
        row.unroll,
        kernel.lanes(manifest),
        row.outputs,
        row.max_columns,
        row.tile,
        row.divide,
        tilings(row),
        row.args,
    )
}

/// What is different on some targets.
fn tilings(row: &KernelRow) -> String {
    let tiling = |(target, tiling): (&String, &Tiling)| {
        let Tiling {
            tile,
            dynamic_lds,
            turns,
            fill,
            divide,
        } = tiling;
        let divide = divide.unwrap_or(row.divide);
        format!(
            "crate::Tiling {{ target: {target:?}, tile: {tile:?}, dynamic_lds: {dynamic_lds}, \
             turns: {turns}, fill: {fill}, divide: {divide:?} }}, "
        )
    };
    row.on.iter().map(tiling).collect()
}

/// The function that finds a kernel by the values of its axes.
fn selector(
    code: &mut String,
    manifest: &Manifest,
    row: &KernelRow,
    instances: &[Instance],
    first: usize,
) -> fmt::Result {
    let name = &row.name;
    let mut parameters = String::new();
    let mut kind = "u16".to_owned();
    let mut index = format!("{}_TABLE", name.to_uppercase());
    let mut all_values: Vec<Vec<String>> = Vec::new();
    for (axis, values) in row.axes.iter() {
        let (parameter, values) = axis_type(manifest, &manifest.domain(values));
        write!(parameters, "{axis}: {parameter}, ")?;
        write!(index, "[{axis} as usize]")?;
        all_values.push(values);
    }
    for values in all_values.iter().rev() {
        kind = format!("[{kind}; {}]", values.len());
    }
    let find = |values: &[String]| {
        let at = instances
            .iter()
            .position(|instance| instance.values == values);
        at.map_or(ABSENT, |at| (first + at) as u16)
    };
    let table = nested(&all_values, &mut Vec::new(), &find);
    writeln!(
        code,
        "static {}_TABLE: {kind} = {table};",
        name.to_uppercase()
    )?;
    writeln!(
        code,
        "/// {}\n/// Nothing where no kernel has these values.",
        row.doc
    )?;
    writeln!(
        code,
        "pub fn {name}({parameters}) -> Option<crate::Kernel<args::{}>> \
         {{ crate::Kernel::at({index}) }}",
        row.args
    )
}

/// The Rust type of an axis and all values of that type, also those that the axis leaves out.
fn axis_type(manifest: &Manifest, domain: &Domain) -> (String, Vec<String>) {
    match domain {
        Domain::Ops(name, ops) => ((*name).to_owned(), ops.to_vec()),
        Domain::DTypes(_) => (
            "DType".to_owned(),
            manifest.dtypes.keys().cloned().collect(),
        ),
        Domain::Widths(_) => (
            "Width".to_owned(),
            manifest.widths.keys().cloned().collect(),
        ),
    }
}

/// A nested array: one level for each axis.
fn nested(axes: &[Vec<String>], head: &mut Vec<String>, find: &dyn Fn(&[String]) -> u16) -> String {
    let Some((values, rest)) = axes.split_first() else {
        return find(head).to_string();
    };
    let mut items = Vec::new();
    for value in values {
        head.push(value.clone());
        items.push(nested(rest, head, find));
        head.pop();
    }
    format!("[{}]", items.join(","))
}

/// Which products the vendor's library computes.
fn library(code: &mut String, manifest: &Manifest) -> fmt::Result {
    writeln!(
        code,
        "pub(crate) static LIBRARY: &[crate::products::LibraryProducts] = &["
    )?;
    for row in &manifest.library {
        let targets: Vec<&str> = row.targets.split(' ').collect();
        let dtypes: Vec<String> = row.dtypes.split(' ').map(variant).collect();
        let layouts: Vec<&str> = row.layouts.split(' ').collect();
        write!(
            code,
            "crate::products::LibraryProducts {{ targets: &{targets:?}, dtypes: &["
        )?;
        for dtype in dtypes {
            write!(code, "DType::{dtype}, ")?;
        }
        writeln!(
            code,
            "], layouts: &{layouts:?}, rows: {}, columns: {}, depth: {}, batches: {}, \
             patches: {} }},",
            range(&row.rows),
            range(&row.columns),
            range(&row.depth),
            range(&row.batches),
            range(&row.patches),
        )?;
    }
    writeln!(code, "];")
}

fn packed(code: &mut String, manifest: &Manifest) -> fmt::Result {
    writeln!(
        code,
        "pub(crate) static PACKED: &[crate::packed::PackedProducts] = &["
    )?;
    for row in &manifest.packed {
        let targets: Vec<&str> = row.targets.split(' ').collect();
        write!(
            code,
            "crate::packed::PackedProducts {{ targets: &{targets:?}, \
             form: crate::packed::PackedForm::{}, blocks: &[",
            variant(&row.form)
        )?;
        for block in row.blocks.split_whitespace() {
            write!(code, "BlockType::{}, ", variant(block))?;
        }
        writeln!(code, "], rows: {} }},", range(&row.rows))?;
    }
    writeln!(code, "];")
}

/// `from..to` with both ends.
fn range(text: &str) -> String {
    let (from, to) = text.split_once("..").unwrap_or((text, ""));
    let or = |end: &str, other: &str| {
        if end.is_empty() {
            other.to_owned()
        } else {
            end.to_owned()
        }
    };
    format!("{}..{}", or(from, "0"), or(to, "usize::MAX"))
}
