//! A program that searches approximately, on whichever device there is.

use std::sync::Arc;

use hive_gpu::cpu::{CpuContext, CpuIvfIndex};
use hive_gpu::cuda::{CudaContext, CudaIvfIndex};
use hive_gpu::error::{HiveGpuError, Result};
use hive_gpu::rocm::context::RocmContext;
use hive_gpu::rocm::ivf::RocmIvfIndex;
use hive_gpu::traits::GpuMonitor;
use hive_gpu::types::{GpuDistanceMetric, GpuSearchResult, GpuVector, IvfConfig};
use hive_gpu::utils::similarity_calculations::top_k_similar;

const DIMENSION: usize = 12;
const VECTORS: usize = 240;
const CELLS: usize = 8;

/// What the program needs of an index.
trait Index {
    fn build(&mut self, vectors: &[GpuVector]) -> Result<()>;
    fn search(&self, query: &[f32], k: usize) -> Result<Vec<GpuSearchResult>>;
    fn set_nprobe(&mut self, nprobe: usize) -> Result<()>;
    fn figures(&self) -> (usize, usize, usize, bool);
}

/// All backends' indexes have the same methods.
macro_rules! index {
    ($($index:ty),*) => {$(
        impl Index for $index {
            fn build(&mut self, vectors: &[GpuVector]) -> Result<()> {
                <$index>::build(self, vectors)
            }
            fn search(&self, query: &[f32], k: usize) -> Result<Vec<GpuSearchResult>> {
                <$index>::search(self, query, k)
            }
            fn set_nprobe(&mut self, nprobe: usize) -> Result<()> {
                <$index>::set_nprobe(self, nprobe)
            }
            fn figures(&self) -> (usize, usize, usize, bool) {
                (self.n_list(), self.nprobe(), self.vector_count(), self.is_trained())
            }
        }
    )*};
}

index!(RocmIvfIndex, CudaIvfIndex, CpuIvfIndex);

fn config() -> IvfConfig {
    IvfConfig {
        n_list: CELLS,
        nprobe: 2,
        training_sample_size: VECTORS,
        kmeans_iters: 4,
        seed: Some(5),
    }
}

/// An index on each device there is.
fn indexes(metric: GpuDistanceMetric) -> Vec<(String, Box<dyn Index>)> {
    let mut indexes: Vec<(String, Box<dyn Index>)> = Vec::new();
    for target in ["gfx90a", "gfx1030", "gfx1100"] {
        let context = RocmContext::open(&format!("emulated:{target}")).unwrap();
        let index = RocmIvfIndex::new(context, DIMENSION, metric, config()).unwrap();
        indexes.push((target.to_owned(), Box::new(index)));
    }
    if CudaContext::is_available() {
        let context = Arc::new(CudaContext::new().unwrap());
        assert!(context.supports_required_features());
        let (number, major): (u32, u32) = (context.device_id(), context.compute_capability().0);
        assert!(number == 0 && major >= 7);
        let index = CudaIvfIndex::new(context, DIMENSION, metric, config()).unwrap();
        indexes.push(("CUDA".to_owned(), Box::new(index)));
    }
    let context = Arc::new(CpuContext::new());
    let index = CpuIvfIndex::new(context, DIMENSION, metric, config()).unwrap();
    indexes.push(("CPU".to_owned(), Box::new(index)));
    indexes
}

/// Numbers from −1 to 1, with a third of the vectors around each of three places.
fn vectors(count: usize, seed: u32) -> Vec<GpuVector> {
    let mut state = seed;
    let mut number = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state as f32 / u32::MAX as f32 * 2.0 - 1.0
    };
    let vector = |place: usize| {
        let middle = (place % 3) as f32 * 2.0;
        let data = (0..DIMENSION).map(|_| middle + number()).collect();
        GpuVector::new(format!("v{place}"), data)
    };
    (0..count).map(vector).collect()
}

fn found(results: &[GpuSearchResult]) -> Vec<(usize, f32)> {
    let ids_are_places = |result: &GpuSearchResult| result.id == format!("v{}", result.index);
    assert!(results.iter().all(ids_are_places));
    results
        .iter()
        .map(|result| (result.index, result.score))
        .collect()
}

#[test]
fn an_index_that_looks_everywhere_is_exact_on_each_device() {
    let (library, queries) = (vectors(VECTORS, 7), vectors(4, 99));
    let rows: Vec<Vec<f32>> = library.iter().map(Vec::from).collect();
    for metric in [
        GpuDistanceMetric::Cosine,
        GpuDistanceMetric::Euclidean,
        GpuDistanceMetric::DotProduct,
    ] {
        let mut few = Vec::new();
        for (device, mut index) in indexes(metric) {
            assert_eq!(index.figures(), (CELLS, 2, 0, false), "{device}");
            index.build(&library).unwrap();
            assert_eq!(index.figures(), (CELLS, 2, VECTORS, true), "{device}");
            let search = |index: &dyn Index| -> Vec<Vec<(usize, f32)>> {
                let each = queries.iter().map(|query| index.search(&query.data, 10));
                each.map(|results| found(&results.unwrap())).collect()
            };
            few.push(search(&*index));
            index.set_nprobe(CELLS).unwrap();
            for (query, results) in queries.iter().zip(search(&*index)) {
                let exact = top_k_similar(&query.data, &rows, 10, metric);
                assert_eq!(results, exact, "{device} {metric}");
            }
        }
        assert!(
            few.windows(2).all(|pair| pair[0] == pair[1]),
            "{metric}: alike on all devices"
        );
        let all: usize = few[0].iter().map(Vec::len).sum();
        assert!(
            all >= 30,
            "{metric}: two cells of eight hold ten vectors, {all}"
        );
    }
}

#[test]
fn more_cells_find_more() {
    let (library, queries) = (vectors(VECTORS, 3), vectors(40, 77));
    let context = Arc::new(CpuContext::new());
    let metric = GpuDistanceMetric::Euclidean;
    let mut index = CpuIvfIndex::new(context, DIMENSION, metric, config()).unwrap();
    index.build(&library).unwrap();
    let rows: Vec<Vec<f32>> = library.iter().map(Vec::from).collect();
    let mut recall = |nprobe| {
        index.set_nprobe(nprobe).unwrap();
        let hits = queries.iter().map(|query| {
            let exact = top_k_similar(&query.data, &rows, 10, metric);
            let results = index.search(&query.data, 10).unwrap();
            results
                .iter()
                .filter(|result| exact.iter().any(|(place, _)| *place == result.index))
                .count()
        });
        hits.sum::<usize>() as f32 / 400.0
    };
    let (one, half, all) = (recall(1), recall(CELLS / 2), recall(CELLS));
    assert!(one > 0.3 && one < half && half > 0.8, "{one} {half}");
    assert_eq!(all, 1.0);
    assert!(
        index
            .index()
            .unwrap()
            .list_sizes()
            .iter()
            .all(|&size| size > 0)
    );
}

#[test]
fn settings_that_make_no_index_are_refused() {
    let context = RocmContext::open("emulated:gfx1100").unwrap();
    let refused = |dimension, n_list, nprobe| {
        let config = IvfConfig {
            n_list,
            nprobe,
            ..IvfConfig::default()
        };
        let index = RocmIvfIndex::new(
            context.clone(),
            dimension,
            GpuDistanceMetric::Cosine,
            config,
        );
        index.unwrap_err()
    };
    assert!(refused(0, 8, 2).to_string().contains("dimension"));
    assert!(refused(4, 0, 1).to_string().contains("n_list"));
    for nprobe in [0, 9] {
        let error = refused(4, 8, nprobe);
        assert!(
            matches!(&error, HiveGpuError::InvalidConfiguration(text) if text.contains("nprobe"))
        );
    }
}

#[test]
fn a_call_that_fails_leaves_the_index() {
    for (device, mut index) in indexes(GpuDistanceMetric::Cosine) {
        let unbuilt = index.search(&[0.0; DIMENSION], 1).unwrap_err();
        assert!(
            unbuilt.to_string().contains("before it is built"),
            "{device}: {unbuilt}"
        );
        assert!(index.build(&[]).is_err() && index.build(&vectors(CELLS - 1, 1)).is_err());
        let mut library = vectors(20, 5);
        index.build(&library).unwrap();
        library[3].data[1] = f32::INFINITY;
        let error = index.build(&library).unwrap_err().to_string();
        assert!(error.contains("`v3`"), "{device}: {error}");
        library[3].data.pop();
        let error = index.build(&library).unwrap_err();
        assert!(matches!(
            error,
            HiveGpuError::DimensionMismatch {
                expected: DIMENSION,
                ..
            }
        ));
        assert!(index.set_nprobe(0).is_err() && index.set_nprobe(CELLS + 1).is_err());
        assert_eq!(index.figures(), (CELLS, 2, 20, true), "{device}");
        assert!(index.search(&[f32::NAN; DIMENSION], 1).is_err());
        assert!(index.search(&[1.0; 3], 1).is_err());
        assert!(index.search(&[1.0; DIMENSION], 0).unwrap().is_empty());
        index.set_nprobe(CELLS).unwrap();
        assert_eq!(
            index.search(&[1.0; DIMENSION], usize::MAX).unwrap().len(),
            20
        );
        index.build(&vectors(30, 6)).unwrap();
        assert_eq!(index.figures(), (CELLS, CELLS, 30, true), "{device}");
    }
}

#[test]
fn a_contexts_account_has_its_indexes() {
    let context = RocmContext::open("emulated:gfx1030").unwrap();
    let metric = GpuDistanceMetric::DotProduct;
    let mut index = RocmIvfIndex::new(context.clone(), DIMENSION, metric, config()).unwrap();
    assert_eq!(context.get_vram_stats().allocated_vram, 0);
    index.build(&vectors(50, 2)).unwrap();
    assert!(context.get_vram_stats().allocated_vram >= 50 * DIMENSION * 4);
    let report = context.generate_vram_report();
    assert!(report.contains("storage 0: 50 × 12 f32 ip"), "{report}");
    drop(index);
    assert_eq!(context.get_vram_stats().allocated_vram, 0);
}

#[test]
fn a_size_has_settings() {
    let config = IvfConfig::for_dataset_size(10_000);
    assert_eq!((config.n_list, config.nprobe), (100, 6));
    assert_eq!(config.training_sample_size, 10_000);
}
