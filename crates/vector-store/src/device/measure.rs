//! What a search costs the device.

use super::inputs::Inputs;
use super::plan::Plan;
use super::scans::How;
use super::{DeviceEngine, Scanner};
use crate::engine::{Result, Scan};

/// How long the device takes for a search, in milliseconds: medians.
#[derive(Debug, Clone)]
pub struct Times {
    /// All kernels of the first pass, which is the last for nearly all queries.
    pub all: f32,
    /// Its parts, each alone.
    pub parts: Vec<(&'static str, f32)>,
}

impl DeviceEngine {
    /// Measures the kernels of a search that has no ranges, by the device's clock. Uploads of queries
    /// and the download of results are left out.
    ///
    /// # Errors
    /// As [`Engine::search`](crate::Engine::search).
    pub fn measure(&self, scan: &Scan<'_>, repeats: usize) -> Result<Times> {
        let choice = &self.all_rows(scan)?;
        let inputs = Inputs::new(self, scan.queries, Some(How::Products))?;
        let plan = Plan::new(self, choice, &inputs, self.first(scan.k), scan.k)?;
        plan.launch()?;
        let parts = plan.stages().iter().map(|(name, stage)| {
            let time = self.median(repeats, || stage(&plan))?;
            Ok((*name, time))
        });
        let parts = parts.collect::<Result<_>>()?;
        let all = self.median(repeats, || plan.launch())?;
        Ok(Times { all, parts })
    }

    fn median(&self, repeats: usize, mut run: impl FnMut() -> Result<()>) -> Result<f32> {
        let (device, stream) = (self.gpu.device(), self.gpu.stream());
        let mut events = vec![device.create_event(true)?];
        stream.record(&events[0])?;
        for _ in 0..repeats.max(1) {
            run()?;
            let event = device.create_event(true)?;
            stream.record(&event)?;
            events.push(event);
        }
        stream.synchronize()?;
        let times = events.windows(2);
        let times = times.map(|pair| Ok(pair[1].milliseconds_since(&pair[0])?));
        let mut times = times.collect::<Result<Vec<f32>>>()?;
        times.sort_by(f32::total_cmp);
        Ok(times[times.len() / 2])
    }

    /// Workgroups of a scan for each compute unit, instead of those that were found best.
    pub fn set_workgroups(&mut self, each: u32) {
        self.workgroups = each;
    }
}
