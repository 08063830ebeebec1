//! NumPy's arrays.

use half::f16;

use super::{Batch, Error, Format, Source};

const MAGIC: &[u8] = b"\x93NUMPY";

pub(super) struct Npy {
    source: Source,
    number: Number,
    dimension: usize,
    left: usize,
}

/// How a number is stored, and how it becomes an f32.
struct Number {
    size: usize,
    read: fn(&[u8]) -> f32,
}

/// A number of the first bytes of a slice that has as many.
macro_rules! read {
    ($type:ty, $convert:expr) => {
        Number {
            size: size_of::<$type>(),
            read: |bytes| {
                let mut number = [0; size_of::<$type>()];
                number.copy_from_slice(bytes);
                $convert(<$type>::from_le_bytes(number))
            },
        }
    };
}

impl Number {
    /// What NumPy calls `descr`.
    fn named(descr: &str) -> Option<Self> {
        Some(match descr {
            "<f4" => read!(f32, |x| x),
            "<f8" => read!(f64, |x| x as f32),
            "<f2" => read!(f16, f16::to_f32),
            "|u1" => read!(u8, f32::from),
            "|i1" => read!(i8, f32::from),
            "<u2" => read!(u16, f32::from),
            "<i2" => read!(i16, f32::from),
            "<u4" => read!(u32, |x| x as f32),
            "<i4" => read!(i32, |x| x as f32),
            "<u8" => read!(u64, |x| x as f32),
            "<i8" => read!(i64, |x| x as f32),
            _ => return None,
        })
    }
}

impl Npy {
    pub(super) fn new(mut source: Source) -> Result<Self, Error> {
        let header = header(&mut source)?;
        let field = |name| {
            field(&header, name).ok_or_else(|| source.wrong(format!("no {name} in {header}")))
        };
        let descr = field("descr")?.trim_matches(['\'', '"']).to_owned();
        let number = Number::named(&descr);
        let number = number.ok_or_else(|| {
            let hint = "convert them to float32 (<f4)";
            source.wrong(match descr.starts_with('>') {
                true => format!("numbers of type {descr:?}, big-endian ones; {hint}"),
                false => format!("numbers of type {descr:?}; {hint}"),
            })
        })?;
        if field("fortran_order")? != "False" {
            let reason = "an array in Fortran order; store numpy.ascontiguousarray of it";
            return Err(source.wrong(reason));
        }
        let shape = field("shape")?;
        let (left, dimension) = rows_and_numbers(shape).ok_or_else(|| {
            source.wrong(format!(
                "shape {shape}; vectors are (COUNT, DIMENSION) or (DIMENSION,)"
            ))
        })?;
        Ok(Self {
            source,
            number,
            dimension,
            left,
        })
    }
}

/// The dictionary, as text.
fn header(source: &mut Source) -> Result<String, Error> {
    let mut start = [0; 8];
    source.exact(&mut start)?;
    if !start.starts_with(MAGIC) {
        return Err(source.wrong("this is no npy file"));
    }
    let mut length = [0; 4];
    match start[6] {
        1 => source.exact(&mut length[..2])?,
        2 | 3 => source.exact(&mut length)?,
        version => return Err(source.wrong(format!("npy version {version}; 1 to 3 are read"))),
    }
    let length = u32::from_le_bytes(length);
    if length > 1 << 20 {
        return Err(source.wrong(format!("a header of {length} bytes")));
    }
    let mut text = vec![0; length as usize];
    source.exact(&mut text)?;
    String::from_utf8(text).map_err(|error| source.wrong(format!("the header: {error}")))
}

/// The value of a key of the dictionary, as it is written.
fn field<'h>(header: &'h str, name: &str) -> Option<&'h str> {
    let (_, value) = header.split_once(&format!("'{name}':"))?;
    let value = value.trim_start();
    let end = match value.starts_with('(') {
        true => value.find(')')? + 1,
        false => value.find([',', '}'])?,
    };
    Some(value[..end].trim())
}

/// How many vectors, and how long; none for other shapes, and for vectors without numbers.
fn rows_and_numbers(shape: &str) -> Option<(usize, usize)> {
    let inner = shape.strip_prefix('(')?.strip_suffix(')')?;
    let axes = inner
        .split(',')
        .map(str::trim)
        .filter(|axis| !axis.is_empty());
    let axes: Vec<usize> = axes.map(|axis| axis.parse().ok()).collect::<Option<_>>()?;
    match axes[..] {
        [numbers] if numbers > 0 => Some((1, numbers)),
        [rows, numbers] if numbers > 0 => Some((rows, numbers)),
        _ => None,
    }
}

impl Format for Npy {
    fn dimension(&self) -> Option<usize> {
        Some(self.dimension)
    }

    fn next(&mut self, count: usize) -> Result<(Batch, u64), Error> {
        let count = count.min(self.left);
        let length = self.dimension.checked_mul(self.number.size);
        let length = length.and_then(|length| length.checked_mul(count));
        let length = length.ok_or_else(|| self.source.wrong("a shape larger than memory"))?;
        let before = self.source.offset;
        // Taken piece by piece, so that a false shape costs no memory.
        let mut rows = Vec::new();
        let mut piece = vec![0; length.min(self.number.size << 16)];
        let mut taken = 0;
        while taken < length {
            let piece = &mut piece[..(self.number.size << 16).min(length - taken)];
            self.source.exact(piece)?;
            rows.extend(piece.chunks_exact(self.number.size).map(self.number.read));
            taken += piece.len();
        }
        self.left -= count;
        Ok((
            Batch::plain(rows, self.dimension),
            self.source.offset - before,
        ))
    }
}
