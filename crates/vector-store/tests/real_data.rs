//! Real data against faiss's exact answers, equal up to ties: `cargo xtask vectors` makes the files
//! and runs this.

#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};

use vector_store::canonical::{norm, score};
use vector_store::input::Reader;
use vector_store::shards::Shards;
use vector_store::{Bitset, Config, Dtype, Engine, Hit, Metric, Scan};

/// The folder of the files.
const DATA: &str = "REDWICK_VECTORS_DATA";

fn data() -> Option<PathBuf> {
    let folder = std::env::var_os(DATA);
    if folder.is_none() {
        println!("left out: digits and photo patches against faiss (cargo xtask vectors)");
    }
    folder.map(PathBuf::from)
}

struct Array {
    numbers: Vec<f32>,
    width: usize,
}

impl Array {
    fn read(folder: &Path, name: &str) -> Self {
        let batch = Reader::open(&folder.join(format!("{name}.npy")))
            .unwrap()
            .rest()
            .unwrap();
        Self {
            width: batch.dimension,
            numbers: batch.rows,
        }
    }

    fn row(&self, row: usize) -> &[f32] {
        &self.numbers[row * self.width..][..self.width]
    }
}

/// Vectors, queries and faiss's answers.
struct Case {
    metric: Metric,
    vectors: Array,
    queries: Array,
    scores: Array,
    ids: Array,
}

impl Case {
    fn read(folder: &Path, name: &str, metric: Metric) -> Self {
        Self {
            metric,
            vectors: Array::read(folder, name),
            queries: Array::read(folder, &format!("{name}-queries")),
            scores: Array::read(folder, &format!("{name}-{metric}-scores")),
            ids: Array::read(folder, &format!("{name}-{metric}-ids")),
        }
    }

    fn rows(&self) -> usize {
        self.vectors.numbers.len() / self.vectors.width
    }

    fn check(&self, what: &str, mut engine: Box<dyn Engine>) {
        engine.append(&self.vectors.numbers).unwrap();
        let live = Bitset::new(self.rows(), true);
        let k = self.scores.width;
        let found = engine
            .search(&Scan::new(&self.queries.numbers, k, &live))
            .unwrap();
        for (query, hits) in found.iter().enumerate() {
            self.check_query(
                &format!("{what}, {}, query {query}", self.metric),
                query,
                hits,
            );
        }
        println!(
            "{what}, {}: {} queries among {} vectors as faiss says",
            self.metric,
            found.len(),
            self.rows()
        );
    }

    fn check_query(&self, what: &str, query: usize, hits: &[Hit]) {
        let scores = self.scores.row(query);
        assert_eq!(hits.len(), scores.len(), "{what}");
        for (hit, score) in hits.iter().zip(scores) {
            assert!(
                self.is_same(hit.score, *score),
                "{what}: {hit:?}, faiss {score}"
            );
        }
        // faiss's rows have these scores too: what it has instead of ours is as good.
        let ids: Vec<u32> = self.ids.row(query).iter().map(|id| *id as u32).collect();
        for (id, hit) in ids.iter().zip(hits) {
            let theirs = self.canonical(query, *id);
            assert!(
                self.is_same(theirs, hit.score),
                "{what}: row {id} has {theirs}, {hit:?}"
            );
        }
        // Of equal scores ours are in order of insertion.
        for pair in hits.windows(2) {
            assert!(
                pair[0].score != pair[1].score || pair[0].row < pair[1].row,
                "{what}: {pair:?}"
            );
        }
    }

    fn canonical(&self, query: usize, row: u32) -> f32 {
        let (query, row) = (self.queries.row(query), self.vectors.row(row as usize));
        score(self.metric, query, norm(query), row, norm(row))
    }

    /// Integers are exact; faiss's cosine is a product of vectors rounded to f32.
    fn is_same(&self, ours: f32, theirs: f32) -> bool {
        match self.metric {
            Metric::Cosine => (ours - theirs).abs() < 1e-5,
            Metric::L2 | Metric::InnerProduct => ours == theirs,
        }
    }
}

const METRICS: [Metric; 3] = [Metric::L2, Metric::InnerProduct, Metric::Cosine];

fn check(folder: &Path, name: &str, device: &str, dtypes: &[Dtype]) {
    for metric in METRICS {
        let case = Case::read(folder, name, metric);
        for dtype in dtypes {
            let config = Config::new(case.vectors.width, metric).dtype(*dtype);
            let engine = vector_store::open(device, config).unwrap();
            case.check(&format!("{name} on {device} as {dtype}"), engine);
        }
    }
}

const ALL: [Dtype; 4] = [Dtype::F32, Dtype::F16, Dtype::Bf16, Dtype::Int8];

#[test]
fn digits_on_the_cpu() {
    if let Some(folder) = data() {
        check(&folder, "digits", "cpu", &ALL);
    }
}

#[test]
fn patches_on_the_cpu() {
    if let Some(folder) = data() {
        check(&folder, "patches", "cpu", &[Dtype::F32, Dtype::Int8]);
    }
}

#[test]
fn digits_on_emulated_devices() {
    if let Some(folder) = data() {
        check(&folder, "digits", "emulated:gfx90a", &[Dtype::F32]);
        check(&folder, "digits", "emulated:gfx1100", &[Dtype::F32]);
    }
}

#[test]
fn a_cut_of_the_patches_on_emulated_devices() {
    if let Some(folder) = data() {
        check(&folder, "patches-cut", "emulated:gfx90a", &ALL);
        check(&folder, "patches-cut", "emulated:gfx1100", &ALL);
    }
}

#[test]
fn digits_on_shards() {
    if let Some(folder) = data() {
        for metric in METRICS {
            let case = Case::read(&folder, "digits", metric);
            let config = Config::new(case.vectors.width, metric);
            let names = ["cpu", "emulated:gfx90a", "emulated:gfx1100"];
            let shards = names.map(|name| vector_store::open(name, config).unwrap());
            let shards = Shards::new(shards.into_iter().collect()).unwrap();
            case.check("digits on three devices", Box::new(shards));
        }
    }
}
