//! Made-up contents of a store, without an engine.

#![allow(clippy::unwrap_used, dead_code)]

use std::collections::HashMap;

use vector_store::file::{Contents, Description, Lists, Stored};
use vector_store::{Dtype, Metric};

/// What a file should hold.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Model {
    pub(crate) description: Description,
    pub(crate) rows: Vec<f32>,
    pub(crate) ids: Vec<Option<String>>,
    pub(crate) metadata: Vec<HashMap<String, String>>,
    pub(crate) lists: Option<(Vec<f32>, Vec<u32>)>,
}

impl Model {
    /// Rows of numbers that depend on `seed`; every seventh is removed, every third has metadata.
    pub(crate) fn new(rows: usize, dimension: usize, seed: u64) -> Self {
        let number = |i: usize| ((i as u64 + 1) * (seed * 2 + 1) % 1009) as f32 * 0.25 - 100.0;
        let metadata = |row: usize| match row % 3 {
            0 => HashMap::from([
                ("seed".to_owned(), format!("{seed}")),
                ("ä\"".to_owned(), "\n".to_owned()),
            ]),
            _ => HashMap::new(),
        };
        let is_live = |row: usize| row % 7 != 3;
        Self {
            description: Description {
                dimension,
                rows,
                metric: [Metric::L2, Metric::InnerProduct, Metric::Cosine][seed as usize % 3],
                dtype: [Dtype::F32, Dtype::F16, Dtype::Bf16, Dtype::Int8][seed as usize % 4],
            },
            rows: (0..rows * dimension).map(number).collect(),
            ids: (0..rows)
                .map(|row| is_live(row).then(|| format!("ï{seed}-{row}")))
                .collect(),
            metadata: (0..rows)
                .map(|row| {
                    if is_live(row) {
                        metadata(row)
                    } else {
                        HashMap::new()
                    }
                })
                .collect(),
            lists: None,
        }
    }

    /// With the lists of an index.
    pub(crate) fn with_lists(mut self, lists: usize) -> Self {
        let Description {
            dimension, rows, ..
        } = self.description;
        let centres = (0..lists * dimension).map(|i| i as f32 * 0.5).collect();
        self.lists = Some((
            centres,
            (0..rows).map(|row| (row * 3 % lists) as u32).collect(),
        ));
        self
    }

    pub(crate) fn read(stored: &Stored) -> Self {
        let description = stored.description();
        let rows = 0..description.rows;
        let id = |row| stored.is_live(row).then(|| stored.id(row).to_owned());
        Self {
            description,
            rows: stored.rows().to_vec(),
            ids: rows.clone().map(id).collect(),
            metadata: rows.map(|row| stored.metadata(row)).collect(),
            lists: stored
                .lists()
                .map(|lists| (lists.centres.to_vec(), lists.list_of_row.to_vec())),
        }
    }
}

impl Contents for Model {
    fn description(&self) -> Description {
        self.description
    }

    fn is_live(&self, row: usize) -> bool {
        self.ids[row].is_some()
    }

    fn rows(&self, first: usize, out: &mut [f32]) -> Result<(), String> {
        out.copy_from_slice(&self.rows[first * self.description.dimension..][..out.len()]);
        Ok(())
    }

    fn id(&self, row: usize) -> &str {
        self.ids[row].as_deref().unwrap()
    }

    fn metadata(&self, row: usize) -> Option<&HashMap<String, String>> {
        Some(&self.metadata[row])
    }

    fn lists(&self) -> Option<Lists<'_>> {
        let (centres, list_of_row) = self.lists.as_ref()?;
        Some(Lists {
            centres,
            list_of_row,
        })
    }
}
