//! Which op is tested for which dtype, and what becomes of the others.

use std::cell::Cell;
use std::sync::Once;

use candle_core::{DType, Device, Error, Result, Tensor};

use crate::op::{Case, DTYPES, Op};

/// What is known of an op and a dtype.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coverage {
    /// A row tests it.
    Tested,
    /// Candle itself refuses it, before any device or on its CPU backend too.
    NotServed,
    /// The device refuses it with an error that names op and dtype.
    Refused,
    /// It runs, and no row tests it.
    Untested,
    /// The device fails otherwise.
    Broken,
}

impl Coverage {
    /// The cell as the page shows it.
    pub fn sign(self) -> &'static str {
        match self {
            Self::Tested => "✓",
            Self::NotServed => "·",
            Self::Refused => "error",
            Self::Untested => "untested",
            Self::Broken => "broken",
        }
    }
}

/// What is known of an op, whose rows these are, for each of [`DTYPES`].
pub fn cells(rows: &[&Op], device: &Device) -> Vec<Coverage> {
    let cell = |&dtype| match rows.iter().any(|row| row.dtypes.contains(&dtype)) {
        true => Coverage::Tested,
        false => probe(rows[0], dtype, device),
    };
    DTYPES.iter().map(cell).collect()
}

/// Tries the smallest case of an op on a dtype that no row has.
fn probe(row: &Op, dtype: DType, device: &Device) -> Coverage {
    let cases = (row.cases)(row.values);
    let filled = cases.into_iter().filter(|case| !is_empty(case));
    let Some(case) = filled.min_by_key(Case::elements) else {
        return Coverage::NotServed;
    };
    match on(row, &case, dtype, device) {
        Ok(_) => Coverage::Untested,
        Err(error) if is_candles(&error) || !on_cpu(row, &case, dtype) => Coverage::NotServed,
        Err(error) if names(&error, dtype) => Coverage::Refused,
        Err(_) => Coverage::Broken,
    }
}

fn is_empty(case: &Case) -> bool {
    case.operands
        .iter()
        .any(|operand| operand.dims.contains(&0))
}

/// Runs a case and waits for it.
fn on(row: &Op, case: &Case, dtype: DType, device: &Device) -> Result<Tensor> {
    let result = row.apply(case, dtype, device)?;
    device.synchronize()?;
    Ok(result)
}

/// Whether Candle's CPU backend does it; for some ops and dtypes it panics.
fn on_cpu(row: &Op, case: &Case, dtype: DType) -> bool {
    quietly(|| on(row, case, dtype, &Device::Cpu).is_ok())
}

thread_local! {
    /// Whether a panic of this thread is expected.
    static QUIET: Cell<bool> = const { Cell::new(false) };
}

/// What a closure says; no where it panics, which is then not shown.
fn quietly(ask: impl FnOnce() -> bool) -> bool {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let show = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if !QUIET.get() {
                show(panic);
            }
        }));
    });
    QUIET.set(true);
    let answer = std::panic::catch_unwind(std::panic::AssertUnwindSafe(ask));
    QUIET.set(false);
    answer.unwrap_or(false)
}

/// Whether an error is Candle's own and not a device's.
fn is_candles(error: &Error) -> bool {
    match error {
        Error::WithBacktrace { inner, .. } | Error::Context { inner, .. } => is_candles(inner),
        Error::Rocm(_) => false,
        _ => true,
    }
}

/// Whether an error of the device says which dtype it means.
fn names(error: &Error, dtype: DType) -> bool {
    let text = error.to_string().to_lowercase();
    text.contains(dtype.as_str())
}
