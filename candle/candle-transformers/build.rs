//! This part of Candle is fetched and grafted: see `redwick_graft`.

fn main() {
    redwick_graft::build_script("candle-transformers");
}
