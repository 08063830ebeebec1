//! Small stores for the fuzzer to begin with: `seeds FOLDER`.

use std::collections::HashMap;
use std::error::Error;
use std::path::PathBuf;

use vector_store::ivf::{Ivf, Training};
use vector_store::store::Store;
use vector_store::{Config, Dtype, Engine, Metric};

fn main() -> Result<(), Box<dyn Error>> {
    let folder: PathBuf = std::env::args_os().nth(1).ok_or("seeds FOLDER")?.into();
    std::fs::create_dir_all(&folder)?;
    let kinds = [
        (0, 3, Metric::L2, Dtype::F32, false),
        (5, 2, Metric::Cosine, Dtype::Int8, false),
        (70, 1, Metric::InnerProduct, Dtype::F16, false),
        (20, 4, Metric::L2, Dtype::Bf16, true),
    ];
    for (number, (rows, dimension, metric, dtype, has_lists)) in kinds.into_iter().enumerate() {
        let config = Config::new(dimension, metric).dtype(dtype);
        let numbers: Vec<f32> = (0..rows * dimension).map(|i| (i * 7 % 11) as f32).collect();
        let make = |config| vector_store::open("cpu", config);
        let engine: Box<dyn Engine> = match has_lists {
            true => Box::new(Ivf::build(config, &make, &numbers, &Training::new(3), 1)?),
            false => make(config)?,
        };
        let mut store = Store::new(engine)?;
        let ids: Vec<String> = (0..rows).map(|row| format!("id {row}")).collect();
        let facts: Vec<_> = (0..rows)
            .map(|row| HashMap::from([("key".to_owned(), row.to_string())]))
            .collect();
        store.add(&ids, &numbers, &facts)?;
        store.remove(&ids[..rows / 3])?;
        store.save(&folder.join(format!("seed-{number}.rwv")))?;
    }
    Ok(())
}
