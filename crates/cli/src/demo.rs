//! The demo model, which is part of the program.

use redwick_llm::{EmbeddedModel, Source};

/// A Llama of a few hundred thousand parameters that adds, subtracts and counts; see models/demo.
pub fn model() -> Source {
    Source::Embedded(EmbeddedModel {
        name: "redwick-demo",
        config: include_bytes!("../../../models/demo/config.json"),
        generation_config: include_bytes!("../../../models/demo/generation_config.json"),
        tokenizer: include_bytes!("../../../models/demo/tokenizer.json"),
        weights: include_bytes!("../../../models/demo/model.safetensors"),
    })
}
