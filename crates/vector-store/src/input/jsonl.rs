//! JSON lines: an array or an object for each vector.

use std::collections::HashMap;
use std::io::BufRead;

use serde::Deserialize;

use super::{Batch, Error, Format, Source};

#[derive(Deserialize)]
#[serde(untagged)]
enum Line {
    Plain(Vec<f32>),
    Object(Object),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Object {
    #[serde(alias = "data", alias = "values")]
    vector: Vec<f32>,
    id: Option<Id>,
    #[serde(default)]
    metadata: HashMap<String, String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Id {
    Text(String),
    Number(i64),
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
            self.line += 1;
            self.source.offset += read as u64;
        }
        Ok(Some(text))
    }

    fn vector(&mut self, text: &str, batch: &mut Batch) -> Result<(), Error> {
        let expected =
            "expected [numbers] or {\"vector\": [numbers], \"id\": …, \"metadata\": {…}}";
        // What is wrong within an object, the parser says of an object alone.
        let object = match text.trim_start().starts_with('{') {
            true => serde_json::from_str::<Object>(text),
            false => serde_json::from_str::<Line>(text).map(Object::from),
        };
        let object = object.map_err(|error| self.wrong(format!("{error}; {expected}")))?;
        let found = object.vector.len();
        let dimension = *self.dimension.get_or_insert(found);
        if found != dimension || found == 0 {
            let reason = format!("a vector of {found} numbers where {dimension} were expected");
            return Err(self.wrong(reason));
        }
        batch.dimension = dimension;
        batch.rows.extend(object.vector);
        batch.ids.push(object.id.map(|id| match id {
            Id::Text(text) => text,
            Id::Number(number) => number.to_string(),
        }));
        batch.metadata.push(object.metadata);
        Ok(())
    }
}

impl From<Line> for Object {
    fn from(line: Line) -> Self {
        match line {
            Line::Object(object) => object,
            Line::Plain(vector) => Self {
                vector,
                id: None,
                metadata: HashMap::new(),
            },
        }
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
