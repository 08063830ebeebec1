//! JSON lines: an array or an object for each vector.

use std::collections::HashMap;
use std::io::BufRead;

use serde::Deserialize;
use serde_json::Value;

use super::{BYTE_ORDER_MARK, Batch, Error, Format, Source};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Object {
    #[serde(alias = "data", alias = "values")]
    vector: Vec<f32>,
    id: Option<Value>,
    #[serde(default)]
    metadata: HashMap<String, String>,
}

impl Object {
    fn plain(vector: Vec<f32>) -> Self {
        Self {
            vector,
            id: None,
            metadata: HashMap::new(),
        }
    }
}

/// What a line may be.
const EXPECTED: &str =
    "a line is [numbers] or {\"vector\": [numbers], \"id\": …, \"metadata\": {…}}";

/// What a line says, or what is wrong with it.
fn parse(text: &str) -> Result<Object, String> {
    let text = text.trim();
    // What is wrong within an object, the parser says of an object alone.
    let object = match text.as_bytes().first() {
        Some(b'{') => serde_json::from_str::<Object>(text),
        Some(b'[') => serde_json::from_str(text).map(Object::plain),
        _ => {
            let start: String = text.chars().take(20).collect();
            return Err(format!("found `{start}`; {EXPECTED}"));
        }
    };
    object.map_err(|error| {
        let message = error.to_string();
        // It counts lines of this text alone.
        let message = message.split(" at line ").next().unwrap_or_default();
        let hint = match ["NaN", "Infinity"].iter().any(|name| text.contains(name)) {
            true => ", which has no NaN and no Infinity",
            false => "",
        };
        format!(
            "column {}: {message}; {EXPECTED}, as JSON{hint}",
            error.column()
        )
    })
}

/// An id as text.
fn id_of(value: Value) -> Result<String, String> {
    match value {
        Value::String(text) => Ok(text),
        Value::Number(number) if number.is_i64() || number.is_u64() => Ok(number.to_string()),
        other => Err(format!("the id {other}: an id is a string or an integer")),
    }
}

pub(super) struct Jsonl {
    source: Source,
    line: usize,
    dimension: Option<usize>,
}

impl Jsonl {
    pub(super) fn new(source: Source) -> Self {
        Self {
            source,
            line: 0,
            dimension: None,
        }
    }

    fn wrong(&self, reason: String) -> Error {
        Error::Format {
            path: self.source.path.clone(),
            at: format!("line {}", self.line),
            reason,
        }
    }

    /// The next line that is not empty.
    fn line(&mut self) -> Result<Option<String>, Error> {
        let mut text = String::new();
        while text.trim().is_empty() {
            text.clear();
            let read = self.source.file.read_line(&mut text);
            let read = read.map_err(Error::io("reading", &self.source.path))?;
            if read == 0 {
                return Ok(None);
            }
            if self.line == 0 && text.starts_with(BYTE_ORDER_MARK) {
                text.remove(0);
            }
            self.line += 1;
            self.source.offset += read as u64;
        }
        Ok(Some(text))
    }

    fn vector(&mut self, text: &str, batch: &mut Batch) -> Result<(), Error> {
        let object = parse(text).map_err(|reason| self.wrong(reason))?;
        let id = object.id.map(id_of).transpose();
        let id = id.map_err(|reason| self.wrong(reason))?;
        let found = object.vector.len();
        let dimension = *self.dimension.get_or_insert(found);
        if found != dimension || found == 0 {
            let reason = format!("a vector of {found} numbers where {dimension} were expected");
            return Err(self.wrong(reason));
        }
        batch.dimension = dimension;
        batch.rows.extend(object.vector);
        batch.ids.push(id);
        batch.lines.push(self.line);
        batch.metadata.push(object.metadata);
        Ok(())
    }
}

impl Format for Jsonl {
    fn next(&mut self, count: usize) -> Result<(Batch, u64), Error> {
        let (before, mut batch) = (self.source.offset, Batch::default());
        while batch.len() < count
            && let Some(text) = self.line()?
        {
            self.vector(&text, &mut batch)?;
        }
        Ok((batch, self.source.offset - before))
    }
}
