//! From options to an engine, telling on stderr what happens.

use indicatif::{ProgressBar, ProgressStyle};
use redwick_llm::{Engine, LoadOptions, LoadProgress, Source};

use crate::args::ModelArgs;
use crate::demo;
use crate::device::Opened;
use crate::failure::Failure;

/// An engine, and what it is.
pub struct Loaded {
    /// The engine.
    pub engine: Engine,
    /// The model's name.
    pub model: String,
    /// The device that computes.
    pub device: Opened,
}

/// Opens the device and loads the model on it.
pub fn load(args: &ModelArgs) -> Result<Loaded, Failure> {
    // A mistake in the path shows at once, before a device is looked for.
    let source = args
        .model
        .as_ref()
        .map_or_else(|| Ok(demo::model()), Source::from_path)?;
    let device = args.device.open()?;
    let model = source.name();
    let options = LoadOptions {
        device: device.device.clone(),
        precision: args.dtype.into(),
    };
    let bar = Bar::new(&model);
    let engine = Engine::load_with(&source, &options, &mut |progress| bar.show(progress))?;
    bar.finish();
    eprintln!("device: {}", device.description);
    eprintln!("model: {model}, {}", engine.dtype().as_str());
    Ok(Loaded {
        engine,
        model,
        device,
    })
}

/// A bar while weights are read; indicatif hides it where stderr is no terminal.
struct Bar(ProgressBar);

impl Bar {
    fn new(model: &str) -> Self {
        let bar = ProgressBar::no_length();
        let template = "{spinner} loading {msg} {bar:30} {bytes}/{total_bytes}";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_message(model.to_owned());
        Self(bar)
    }

    fn show(&self, progress: LoadProgress) {
        self.0.set_length(progress.total);
        self.0.set_position(progress.done);
    }

    fn finish(&self) {
        self.0.finish_and_clear();
    }
}
