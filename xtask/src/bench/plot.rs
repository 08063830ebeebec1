//! The benchmark's figures as a picture: a dot for each case, a line of dots for each group.

use std::ops::Range;
use std::path::Path;

use anyhow::{Result, anyhow};
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;

use super::{Group, SLOWEST, mean};

const WIDTH: u32 = 900;
const NAMES: u32 = 120;
const GROUP_HEIGHT: u32 = 36;
const MARGINS: u32 = 110;

const FASTER: RGBColor = RGBColor(31, 119, 140);
const SLOWER: RGBColor = RGBColor(200, 60, 50);

type Area<'a> = DrawingArea<SVGBackend<'a>, plotters::coord::Shift>;
type Plane = Cartesian2d<LogCoord<f64>, RangedCoordf64>;

/// Draws the groups.
pub(super) fn write(groups: &[Group], to: &Path) -> Result<()> {
    let height = MARGINS + GROUP_HEIGHT * groups.len() as u32;
    let area = SVGBackend::new(to, (WIDTH, height)).into_drawing_area();
    draw(&area, groups).map_err(|error| anyhow!("{}: {error}", to.display()))
}

/// Powers of two around all ratios.
fn range(groups: &[Group]) -> Range<f64> {
    let ratios = || groups.iter().flat_map(|group| group.ratios.iter().copied());
    let low = ratios().fold(0.5, f64::min).log2().floor().exp2();
    let high = ratios().fold(4.0, f64::max).log2().ceil().exp2();
    low..high
}

type Drawn<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

fn draw(area: &Area, groups: &[Group]) -> Drawn {
    area.fill(&WHITE)?;
    let range = range(groups);
    let all: Vec<f64> = groups.iter().flat_map(|g| g.ratios.clone()).collect();
    let title = format!(
        "Redwick against Candle's CUDA backend, one H200: {} cases, geometric mean {:.2}",
        all.len(),
        mean(&all)
    );
    let mut chart = ChartBuilder::on(area)
        .margin(14)
        .caption(title, ("sans-serif", 17))
        .x_label_area_size(44)
        .y_label_area_size(NAMES)
        .build_cartesian_2d(
            range.clone().log_scale().base(2.0),
            0.0..groups.len() as f64,
        )?;
    chart
        .configure_mesh()
        .disable_y_mesh()
        .y_labels(0)
        .light_line_style(TRANSPARENT)
        .x_label_formatter(&|x| format!("{x}"))
        .x_desc("times as fast (a dot is a case; the bar is a group's geometric mean)")
        .label_style(("sans-serif", 13))
        .draw()?;
    let top = groups.len() as f64;
    chart.draw_series(LineSeries::new(
        [(1.0, 0.0), (1.0, top)],
        BLACK.stroke_width(1),
    ))?;
    for (at, group) in groups.iter().enumerate() {
        let middle = top - at as f64 - 0.5;
        draw_group(area, &mut chart, group, middle)?;
    }
    area.present()?;
    Ok(())
}

/// A group's name, its dots from bottom to top, and its mean.
fn draw_group<'a>(
    area: &Area<'a>,
    chart: &mut ChartContext<'_, SVGBackend<'a>, Plane>,
    group: &Group,
    middle: f64,
) -> Drawn {
    let count = group.ratios.len() as f64;
    let dot = |(at, ratio): (usize, &f64)| {
        let height = middle + 0.6 * ((at as f64 + 0.5) / count - 0.5);
        let color = if *ratio < SLOWEST { SLOWER } else { FASTER };
        Circle::new((*ratio, height), 3, color.mix(0.6).filled())
    };
    chart.draw_series(group.ratios.iter().enumerate().map(dot))?;
    let mean = mean(&group.ratios);
    let bar = [(mean, middle - 0.38), (mean, middle + 0.38)];
    chart.draw_series(LineSeries::new(bar, BLACK.stroke_width(3)))?;
    let (_, y) = chart.backend_coord(&(1.0, middle));
    let name = format!("{} {mean:.1}", group.name);
    area.draw(&Text::new(name, (14, y - 7), ("sans-serif", 14)))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_names_its_groups() {
        let groups = [Group {
            name: "matmul".to_owned(),
            ratios: vec![1.0, 9.0],
        }];
        assert_eq!(range(&groups), 0.5..16.0);
        let mut text = String::new();
        let area = SVGBackend::with_string(&mut text, (WIDTH, 200)).into_drawing_area();
        assert!(draw(&area, &groups).is_ok());
        drop(area);
        assert!(text.contains("matmul 3.0"), "{text}");
    }
}
