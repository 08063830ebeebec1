//! The ELF file: header, segments, symbols, relocations and the metadata note.

use object::LittleEndian;
use object::elf::{self, FileHeader64};
use object::read::elf::{FileHeader, ProgramHeader, Rela, SectionHeader, Sym, SymbolTable};

use crate::{Error, target};

type Header = FileHeader64<LittleEndian>;
const ENDIAN: LittleEndian = LittleEndian;

/// `EI_OSABI` of code objects for HSA runtimes, which HIP's is.
const OS_ABI: u8 = 64;
/// `EI_ABIVERSION` is the code object version less 2.
const ABI_VERSION_BIAS: u32 = 2;
/// The versions whose descriptor and metadata this crate reads.
const VERSIONS: std::ops::RangeInclusive<u32> = 4..=6;
/// No image is larger; a header that says so is damaged.
const LARGEST_IMAGE: u64 = 1 << 32;
/// Note of that name and type: the kernels' metadata.
const METADATA_NOTE: (&[u8], u32) = (b"AMDGPU", 32);

/// What a segment's memory allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Access {
    /// It can be read.
    pub read: bool,
    /// It can be written.
    pub write: bool,
    /// It holds instructions.
    pub execute: bool,
}

/// A part of the image to load.
#[derive(Clone, Debug)]
pub struct Segment {
    /// Its address in the image.
    pub address: u64,
    /// Its first bytes; those up to [`Segment::memory_size`] are zero.
    pub bytes: Vec<u8>,
    /// Bytes it takes in memory, never fewer than there are in the file.
    pub memory_size: u64,
    /// What its memory allows.
    pub access: Access,
}

impl Segment {
    /// The address behind it.
    #[must_use]
    pub fn end(&self) -> u64 {
        self.address + self.memory_size
    }
}

/// What a symbol stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SymbolKind {
    /// Instructions.
    Function,
    /// A variable, or a kernel's descriptor.
    Object,
    /// Something else.
    Other,
}

/// A dynamic symbol that the code object defines.
#[derive(Clone, Debug)]
pub struct Symbol {
    /// Its name.
    pub name: String,
    /// Its address in the image.
    pub address: u64,
    /// Its size in bytes.
    pub size: u64,
    /// What it stands for.
    pub kind: SymbolKind,
}

/// What a relocation writes. `S` is the symbol's address, `A` the addend, `B` the image's address,
/// `P` the address of the place; all of them as loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RelocationKind {
    /// The low 32 bits of `S + A`.
    Abs32Low,
    /// The high 32 bits of `S + A`.
    Abs32High,
    /// 64 bits of `S + A`.
    Abs64,
    /// 32 bits of `S + A - P`.
    Relative32,
    /// 64 bits of `S + A - P`.
    Relative64,
    /// 32 bits of `S + A`.
    Abs32,
    /// 64 bits of `B + A`.
    Base64,
}

/// A place to patch once the image has its address.
#[derive(Clone, Debug)]
pub struct Relocation {
    /// Address of the place in the image.
    pub address: u64,
    /// What to write.
    pub kind: RelocationKind,
    /// Name of the symbol, for the kinds that have one.
    pub symbol: Option<String>,
    /// What to add.
    pub addend: i64,
}

/// What the ELF file holds.
pub(crate) struct Image<'data> {
    pub(crate) target: &'static str,
    pub(crate) version: u32,
    pub(crate) segments: Vec<Segment>,
    pub(crate) symbols: Vec<Symbol>,
    pub(crate) relocations: Vec<Relocation>,
    pub(crate) metadata: &'data [u8],
}

/// Reads the ELF file.
pub(crate) fn read(data: &[u8]) -> Result<Image<'_>, Error> {
    let header = header(data)?;
    let version = version(header)?;
    let target = target(header)?;
    let segments = segments(header, data)?;
    let sections = header
        .sections(ENDIAN, data)
        .map_err(truncated("section headers", data))?;
    let table = sections
        .symbols(ENDIAN, data, elf::SHT_DYNSYM)
        .map_err(truncated("dynamic symbols", data))?;
    let relocations = sections
        .iter()
        .map(|section| relocations(section, data, &table, &segments))
        .collect::<Result<Vec<_>, _>>()?
        .concat();
    Ok(Image {
        target,
        version,
        symbols: symbols(&table)?,
        relocations,
        metadata: metadata(header, data)?,
        segments,
    })
}

/// The `length` bytes of the file that are loaded at an address.
pub(crate) fn bytes_at(segments: &[Segment], address: u64, length: usize) -> Option<&[u8]> {
    segments.iter().find_map(|segment| {
        let start = usize::try_from(address.checked_sub(segment.address)?).ok()?;
        segment.bytes.get(start..start.checked_add(length)?)
    })
}

fn header(data: &[u8]) -> Result<&Header, Error> {
    let start = &data[..data.len().min(8)];
    if !data.starts_with(&elf::ELFMAG) {
        let prefix = !data.is_empty() && elf::ELFMAG.starts_with(data);
        return Err(if prefix {
            truncated("the ELF magic number", data)("the file ends inside it")
        } else {
            Error::NotElf {
                start: start.to_vec(),
            }
        });
    }
    if data.len() < size_of::<Header>() {
        return Err(truncated("the ELF header", data)("the file ends inside it"));
    }
    let header = Header::parse(data).map_err(|_| Error::NotElf {
        start: start.to_vec(),
    })?;
    let (machine, os_abi) = (header.e_machine(ENDIAN).0, header.e_ident().os_abi.0);
    if machine != elf::EM_AMDGPU.0 || os_abi != OS_ABI {
        return Err(Error::NotAmdGpu { machine, os_abi });
    }
    Ok(header)
}

fn version(header: &Header) -> Result<u32, Error> {
    let abi_version = header.e_ident().abi_version;
    let found = u32::from(abi_version) + ABI_VERSION_BIAS;
    if VERSIONS.contains(&found) {
        Ok(found)
    } else {
        Err(Error::Version { found, abi_version })
    }
}

fn target(header: &Header) -> Result<&'static str, Error> {
    let flags = header.e_flags(ENDIAN).0;
    let mach = flags & target::MACH_MASK;
    target::name(mach).ok_or(Error::Target { mach, flags })
}

fn segments(header: &Header, data: &[u8]) -> Result<Vec<Segment>, Error> {
    let headers = header
        .program_headers(ENDIAN, data)
        .map_err(truncated("program headers", data))?;
    let mut segments = headers
        .iter()
        .filter(|header| header.p_type(ENDIAN) == elf::PT_LOAD)
        .map(|header| segment(header, data))
        .collect::<Result<Vec<_>, _>>()?;
    segments.sort_by_key(|segment| segment.address);
    match segments
        .windows(2)
        .find(|pair| pair[0].end() > pair[1].address)
    {
        None => Ok(segments),
        Some(pair) => Err(malformed("segments overlap")(format!(
            "{:#x} is inside the one at {:#x}",
            pair[1].address, pair[0].address
        ))),
    }
}

fn segment(header: &elf::ProgramHeader64<LittleEndian>, data: &[u8]) -> Result<Segment, Error> {
    let bytes = header.data(ENDIAN, data).map_err(|()| {
        truncated("a segment", data)(format!(
            "{:#x} bytes at {:#x}",
            header.p_filesz(ENDIAN),
            header.p_offset(ENDIAN)
        ))
    })?;
    let (address, memory_size) = (header.p_vaddr(ENDIAN), header.p_memsz(ENDIAN));
    let end = address.checked_add(memory_size);
    if memory_size < bytes.len() as u64 || end.is_none_or(|end| end > LARGEST_IMAGE) {
        return Err(malformed("a segment's size")(format!(
            "{memory_size:#x} bytes at {address:#x}, {:#x} of them in the file",
            bytes.len()
        )));
    }
    let flags = header.p_flags(ENDIAN);
    Ok(Segment {
        address,
        bytes: bytes.to_vec(),
        memory_size,
        access: Access {
            read: flags.contains(elf::PF_R),
            write: flags.contains(elf::PF_W),
            execute: flags.contains(elf::PF_X),
        },
    })
}

fn symbols(table: &SymbolTable<'_, Header>) -> Result<Vec<Symbol>, Error> {
    table
        .iter()
        .filter(|symbol| !symbol.is_undefined(ENDIAN))
        .map(|symbol| {
            Ok(Symbol {
                name: name(table, symbol)?,
                address: symbol.st_value(ENDIAN),
                size: symbol.st_size(ENDIAN),
                kind: match symbol.st_type() {
                    elf::STT_FUNC => SymbolKind::Function,
                    elf::STT_OBJECT => SymbolKind::Object,
                    _ => SymbolKind::Other,
                },
            })
        })
        .collect()
}

fn name(
    table: &SymbolTable<'_, Header>,
    symbol: &elf::Sym64<LittleEndian>,
) -> Result<String, Error> {
    let bytes = symbol
        .name(ENDIAN, table.strings())
        .map_err(malformed("a symbol's name"))?;
    Ok(String::from_utf8_lossy(bytes).into_owned())
}

fn relocations(
    section: &elf::SectionHeader64<LittleEndian>,
    data: &[u8],
    table: &SymbolTable<'_, Header>,
    segments: &[Segment],
) -> Result<Vec<Relocation>, Error> {
    let found = section
        .rela(ENDIAN, data)
        .map_err(truncated("relocations", data))?;
    let Some((entries, _)) = found else {
        return Ok(Vec::new());
    };
    entries
        .iter()
        .map(|entry| relocation(entry, table, segments))
        .collect()
}

fn relocation(
    entry: &elf::Rela64<LittleEndian>,
    table: &SymbolTable<'_, Header>,
    segments: &[Segment],
) -> Result<Relocation, Error> {
    let (kind, size) = relocation_kind(entry.r_type(ENDIAN, false).0)?;
    let address = entry.r_offset(ENDIAN);
    let end = address.checked_add(size);
    let inside = |segment: &Segment| {
        segment.address <= address && end.is_some_and(|end| end <= segment.end())
    };
    if !segments.iter().any(inside) {
        return Err(malformed("a relocation's place")(format!(
            "{address:#x} is outside all segments"
        )));
    }
    let symbol = match entry.symbol(ENDIAN, false) {
        None => None,
        Some(index) => {
            let symbol = table
                .symbol(index)
                .map_err(malformed("a relocation's symbol"))?;
            Some(name(table, symbol)?)
        }
    };
    Ok(Relocation {
        address,
        kind,
        symbol,
        addend: entry.r_addend(ENDIAN),
    })
}

/// What a relocation writes, and how many bytes: LLVM's "AMDGPU ELF Relocation Records".
fn relocation_kind(number: u32) -> Result<(RelocationKind, u64), Error> {
    Ok(match number {
        1 => (RelocationKind::Abs32Low, 4),
        2 => (RelocationKind::Abs32High, 4),
        3 => (RelocationKind::Abs64, 8),
        4 => (RelocationKind::Relative32, 4),
        5 => (RelocationKind::Relative64, 8),
        6 => (RelocationKind::Abs32, 4),
        13 => (RelocationKind::Base64, 8),
        _ => {
            return Err(malformed("a relocation's type")(format!(
                "{number} is not one of a loaded image"
            )));
        }
    })
}

fn metadata<'data>(header: &Header, data: &'data [u8]) -> Result<&'data [u8], Error> {
    let headers = header
        .program_headers(ENDIAN, data)
        .map_err(truncated("program headers", data))?;
    for header in headers {
        let notes = header
            .notes(ENDIAN, data)
            .map_err(truncated("notes", data))?;
        let Some(mut notes) = notes else { continue };
        while let Some(note) = notes.next().map_err(truncated("a note", data))? {
            if (note.name(), note.n_type(ENDIAN).0) == METADATA_NOTE {
                return Ok(note.desc());
            }
        }
    }
    Err(Error::NoMetadata)
}

/// An error of reading `what`, which lies outside the file.
fn truncated<E: ToString>(what: &'static str, data: &[u8]) -> impl Fn(E) -> Error {
    let size = data.len();
    move |detail| Error::Truncated {
        what,
        detail: detail.to_string(),
        size,
    }
}

/// An error of `what`, which contradicts something else.
fn malformed<E: ToString>(what: &'static str) -> impl Fn(E) -> Error {
    move |detail| Error::Malformed {
        what,
        detail: detail.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relocations_of_loaded_images_have_a_size() {
        let sizes = (0..20).map(|number| relocation_kind(number).map_or(0, |(_, size)| size));
        let want = [0, 4, 4, 8, 4, 8, 4, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0];
        assert!(sizes.eq(want));
    }

    #[test]
    fn bytes_outside_of_segments_are_none() {
        let segment = Segment {
            address: 16,
            bytes: vec![1, 2, 3],
            memory_size: 8,
            access: Access {
                read: true,
                write: false,
                execute: false,
            },
        };
        let segments = [segment];
        assert_eq!(bytes_at(&segments, 17, 2), Some(&[2, 3][..]));
        for (address, length) in [(0, 1), (17, 3), (u64::MAX, 1), (17, usize::MAX)] {
            assert_eq!(bytes_at(&segments, address, length), None);
        }
    }
}
