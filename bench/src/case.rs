//! A case: how it is made ready on a device, and the least that a device must do for it.

use candle_core::{DType, Device, Result, Tensor};

use crate::input::Input;

/// What is repeated and timed.
pub(crate) type Program = Box<dyn FnMut() -> Result<Tensor>>;

/// What makes it ready on a device.
type Make = Box<dyn FnOnce(&Device) -> Result<Program>>;

/// Which clock says how long a run takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Clock {
    /// Events of the device's stream.
    Device,
    /// The host's: for what the device has no part in, or is waited for.
    Host,
}

/// More than twice the largest L2 of the devices that this is run on.
const ROTATED_BYTES: u64 = 160 << 20;
const MAX_SETS: u64 = 64;

/// A case.
pub(crate) struct Case {
    pub(crate) group: &'static str,
    pub(crate) name: String,
    /// Makes it ready: inputs and weights are drawn on the device.
    pub(crate) make: Make,
    pub(crate) bounds: Bounds,
}

/// What says how fast a case can be at most, and how it is timed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    pub(crate) clock: Clock,
    /// Bytes of the inputs.
    pub(crate) input_bytes: u64,
    /// Bytes that must move, where it is not all of the inputs and of the result.
    pub(crate) bytes: Option<u64>,
    /// Floating-point operations that must be done, and in which type.
    pub(crate) flops: u64,
    pub(crate) math: DType,
}

impl Case {
    /// An op of some inputs, of which there are as many sets as the L2 cannot hold.
    pub(crate) fn new(
        group: &'static str,
        name: impl Into<String>,
        inputs: Vec<Input>,
        run: impl Fn(&[Tensor]) -> Result<Tensor> + 'static,
    ) -> Self {
        let math = inputs.first().map_or(DType::F32, |input| input.dtype);
        let input_bytes = inputs.iter().map(Input::bytes).sum();
        let make = move |device: &Device| {
            let set = || inputs.iter().map(|input| input.make(device)).collect();
            let sets: Vec<Vec<Tensor>> = sets(input_bytes, set)?;
            Ok(turning(sets, move |set: &Vec<Tensor>| run(set)))
        };
        let mut case = Self::program(group, name, math, make);
        case.bounds.input_bytes = input_bytes;
        case
    }

    /// Anything that is made ready once and repeated; `math` is the type that it computes in.
    pub(crate) fn program(
        group: &'static str,
        name: impl Into<String>,
        math: DType,
        make: impl FnOnce(&Device) -> Result<Program> + 'static,
    ) -> Self {
        Self {
            group,
            name: name.into(),
            make: Box::new(make),
            bounds: Bounds {
                clock: Clock::Device,
                input_bytes: 0,
                bytes: None,
                flops: 0,
                math,
            },
        }
    }

    /// At least so many bytes move.
    pub(crate) fn moving(mut self, bytes: u64) -> Self {
        self.bounds.bytes = Some(bytes);
        self
    }

    /// So many floating-point operations are done.
    pub(crate) fn computing(mut self, flops: u64) -> Self {
        self.bounds.flops = flops;
        self
    }

    /// Timed by the host's clock; the device's limits say nothing on it.
    pub(crate) fn on_host(mut self) -> Self {
        self.bounds.clock = Clock::Host;
        self
    }

    /// Whether its group or its name contains one of these.
    pub(crate) fn is_named(&self, parts: &[String]) -> bool {
        let named = |part: &String| self.group.contains(part) || self.name.contains(part);
        parts.iter().any(named)
    }

    /// The name with its group, by which the two backends' times are joined.
    pub(crate) fn key(&self) -> String {
        format!("{}/{}", self.group, self.name)
    }
}

/// As many of something as exceeds the L2, each of so many bytes.
pub(crate) fn sets<T>(bytes: u64, make: impl FnMut() -> Result<T>) -> Result<Vec<T>> {
    let count = ROTATED_BYTES.div_ceil(bytes.max(1)).clamp(1, MAX_SETS);
    std::iter::repeat_with(make).take(count as usize).collect()
}

/// A program that takes the next of the sets in each run.
pub(crate) fn turning<T: 'static>(
    sets: Vec<T>,
    run: impl Fn(&T) -> Result<Tensor> + 'static,
) -> Program {
    let mut turn = 0;
    Box::new(move || {
        turn = (turn + 1) % sets.len();
        run(&sets[turn])
    })
}
