//! Turns the instruction tables into the `Opcode` enum and one array of rows per generation.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs, io};

const GENERATIONS: [&str; 7] = [
    "cdna2", "cdna3", "cdna4", "rdna2", "rdna3", "rdna35", "rdna4",
];

/// Operation → every spelling of it.
type Spellings = BTreeMap<String, Vec<String>>;

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=tables");
    let root = env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default();
    let out = env::var_os("OUT_DIR").unwrap_or_default();
    let (mut spellings, mut rows) = (Spellings::new(), String::new());
    for generation in GENERATIONS {
        let path = Path::new(&root).join(format!("tables/{generation}.txt"));
        let text = fs::read_to_string(path)?;
        rows.push_str(&table(generation, &text, &mut spellings));
    }
    fs::write(Path::new(&out).join("rows.rs"), rows)?;
    fs::write(Path::new(&out).join("opcode.rs"), opcodes(&spellings))
}

/// A generation's rows: those of another one, without some, and its own.
fn table(generation: &str, text: &str, spellings: &mut Spellings) -> String {
    let (mut base, mut without, mut own) = ("None".to_owned(), String::new(), String::new());
    for line in text.lines() {
        let columns: Vec<&str> = line.split_whitespace().collect();
        match columns[..] {
            ["like", other] => base = format!("Some(&{})", other.to_uppercase()),
            ["without", format, code] => {
                without.push_str(&format!("(Format::{}, {code}), ", camel(format)));
            }
            _ => {
                let spelling = stem(columns[2]).to_owned();
                let known = spellings.entry(columns[3].to_owned()).or_default();
                if !known.contains(&spelling) {
                    known.push(spelling);
                }
                own.push_str(&row(&columns));
            }
        }
    }
    format!(
        "pub(crate) static {}: Rows = Rows {{ base: {base}, without: &[{without}], own: &[\n{own}] }};\n",
        generation.to_uppercase()
    )
}

fn stem(mnemonic: &str) -> &str {
    mnemonic
        .strip_suffix("_e32")
        .or_else(|| mnemonic.strip_suffix("_e64"))
        .unwrap_or(mnemonic)
}

/// `v_mfma_f32_32x32x8_f16` → `VMfmaF32_32x32x8F16`; an underscore stays between two digits only.
fn camel(name: &str) -> String {
    let mut out = String::new();
    for part in name.split('_') {
        let digits = out.ends_with(|c: char| c.is_ascii_digit())
            && part.starts_with(|c: char| c.is_ascii_digit());
        if digits {
            out.push('_');
        }
        let mut chars = part.chars();
        out.extend(chars.next().map(|c| c.to_ascii_uppercase()));
        out.push_str(chars.as_str());
    }
    out
}

fn opcodes(spellings: &Spellings) -> String {
    let mut out = String::from(
        "/// What an instruction does, whichever generation spells or encodes it how.\n\
         #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]\npub enum Opcode {\n",
    );
    for (operation, names) in spellings {
        let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
        writeln!(
            out,
            "    /// {}\n    {},",
            names.join(", "),
            camel(operation)
        )
        .ok();
    }
    out.push_str("}\n\nconst NAMES: &[&str] = &[\n");
    for operation in spellings.keys() {
        writeln!(out, "    \"{operation}\",").ok();
    }
    out.push_str("];\n");
    out
}

/// One table line as a `Row` literal.
fn row(columns: &[&str]) -> String {
    let [format, code, mnemonic, operation, flags] = columns[..5] else {
        return String::new();
    };
    let flags: Vec<&str> = flags.split(',').collect();
    let slots: Vec<String> = columns[5..].iter().map(|text| slot(text)).collect();
    let has = |flag: &str| flags.contains(&flag);
    format!(
        "    Row {{ format: Format::{}, code: {code}, mnemonic: {mnemonic:?}, opcode: Opcode::{}, \
         dpp: {:?}, dpp8: {}, sdwa: {:?}, scalar_dst: {}, two_offsets: {}, global: {}, matrix: {}, \
         signs: {}, clamps: {}, scales: {}, truth: {}, selects: {}, byte: {}, halves: {}, indexed: {}, image: {}, slots: &[{}] }},\n",
        camel(format),
        camel(operation),
        if has("dpp") || has("dpp8") {
            Some(dpp_name(format, mnemonic))
        } else {
            None
        },
        has("dpp8"),
        if has("sdwa") {
            Some(format!("{}_sdwa", stem(mnemonic)))
        } else {
            None
        },
        has("sd"),
        has("two"),
        has("gds"),
        has("mai"),
        flags
            .iter()
            .find_map(|flag| flag.strip_prefix("neg"))
            .unwrap_or("0"),
        has("clamp"),
        has("omod"),
        has("truth"),
        has("sel"),
        if has("bytesrc") {
            "Some(ByteOf::Source)"
        } else if has("bytedst") {
            "Some(ByteOf::Destination)"
        } else {
            "None"
        },
        if has("sel1") {
            "Halves::HighByDefault"
        } else if has("sel0") {
            "Halves::LowByDefault"
        } else {
            "Halves::Fixed"
        },
        has("index"),
        image(&flags),
        slots.join(", "),
    )
}

/// What an image instruction's flags say of its address.
fn image(flags: &[&str]) -> String {
    let has = |flag: &str| flags.contains(&flag);
    let Some(extra) = flags.iter().find_map(|flag| flag.strip_prefix("image")) else {
        return "None".to_owned();
    };
    let ray = flags.iter().find_map(|flag| flag.strip_prefix("ray"));
    let ray = ray.map(|digits| {
        digits
            .bytes()
            .map(|digit| digit - b'0')
            .collect::<Vec<u8>>()
    });
    format!(
        "Some(ImageForm {{ extra: {extra}, coordinates: {}, gradients: {}, half_gradients: {}, \
         lod: {}, sampler: {}, gathers: {}, ray: {ray:?} }})",
        has("coord"),
        has("grad"),
        has("g16"),
        has("lod"),
        has("samp"),
        has("gather"),
    )
}

fn dpp_name(format: &str, mnemonic: &str) -> String {
    let suffix = match format {
        "vopc" => "",
        "vop1" | "vop2" => "_dpp",
        _ => "_e64_dpp",
    };
    format!("{}{suffix}", stem(mnemonic))
}

/// `src0=v2h:f16` → field, register file, count, half, style; `imm=hex`; `vcc`; `attribute=h`.
fn slot(text: &str) -> String {
    let (field, rest) = text.split_once('=').unwrap_or((text, ""));
    let field = match field.strip_prefix('~') {
        Some(hidden) => format!("Hidden{}", camel(hidden)),
        None => camel(field),
    };
    if field == "Imm" {
        return format!(
            "Slot {{ field: Field::Imm, file: File::Scalar, count: 0, half: false, style: Style::{} }}",
            camel(rest)
        );
    }
    let (register, style) = rest.split_once(':').unwrap_or((rest, "reg"));
    let half = register.ends_with('h');
    let register = register.trim_end_matches('h');
    let count = register
        .get(1..)
        .filter(|count| !count.is_empty())
        .unwrap_or("1");
    let file = match register.chars().next() {
        Some('v') => "Vector",
        Some('a') => "Accumulation",
        Some('x') => "Either",
        _ => "Scalar",
    };
    format!(
        "Slot {{ field: Field::{field}, file: File::{file}, count: {count}, half: {half}, style: Style::{} }}",
        camel(style)
    )
}
