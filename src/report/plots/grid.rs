//! Panels of one size beside and below each other, with a legend above and one label along each side.

use super::axis::{BOTTOM_ROOM, Panel as Frame};
use super::figure::WIDTH;
use super::figure::{Anchor, Figure, Point, TEXT, text_width};
use super::style::{self, Key};

/// Panels beside each other, at most.
const MOST_COLUMNS: usize = 4;
/// Between panels beside each other.
const GAP: f64 = 9.0;

/// Where the panels of a figure are.
#[derive(Clone, Debug)]
pub(super) struct Grid {
    count: usize,
    columns: usize,
    left: f64,
    top: f64,
    /// Of one panel.
    size: Point,
    /// From the bottom of a panel to the top of the next one below.
    between: f64,
}

impl Grid {
    /// An empty figure with its legend, and room for `count` panels of this height, with `left` points for ticks.
    pub(super) fn of(count: usize, height: f64, left: f64, keys: &[(Key, String)], title: String) -> (Figure, Self) {
        let columns = count.min(MOST_COLUMNS);
        let rows = count.div_ceil(columns);
        let width = if columns > 2 { 2.0 * WIDTH } else { WIDTH };
        // Above each panel its value; below one that has none under it, its ticks.
        let above = if count > 1 { TEXT + 5.0 } else { 0.0 };
        let between = above + if count.is_multiple_of(columns) { 5.0 } else { TEXT + 8.0 };
        let legend = style::legend_height(width, 4.0, keys) + 2.0;
        let total = legend + above + height * rows as f64 + between * (rows - 1) as f64 + BOTTOM_ROOM;
        let mut figure = Figure::new(width, libm::ceil(total), title);
        let top = style::legend(&mut figure, 4.0, 1.0, keys) + 2.0 + above;
        let panel = (width - left - 8.0 - GAP * (columns - 1) as f64) / columns as f64;
        (figure, Self { count, columns, left, top, size: (panel, height), between })
    }

    /// The frame of a panel.
    pub(super) fn frame(&self, index: usize) -> Frame {
        let (row, column) = (index / self.columns, index % self.columns);
        let (width, height) = self.size;
        let left = self.left + (width + GAP) * column as f64;
        let top = self.top + (height + self.between) * row as f64;
        Frame { left, top, right: left + width, bottom: top + height }
    }

    /// Whether a panel has ticks on its left, and below it.
    pub(super) fn edge(&self, index: usize) -> (bool, bool) {
        (index.is_multiple_of(self.columns), index + self.columns >= self.count)
    }

    /// What stands along both sides, once for all panels.
    pub(super) fn labels(&self, figure: &mut Figure, x: String, y: String) {
        let (width, height) = (figure.width, figure.height);
        figure.text((f64::midpoint(self.left, width - 8.0), height - 3.0), x, Anchor::Middle);
        let beside = (TEXT * 0.9 + 2.0, f64::midpoint(self.top, height - BOTTOM_ROOM));
        figure.vertical_text(beside, y);
    }
}

/// The value of a panel above it, with what it is a value of where that fits.
pub(super) fn title(figure: &mut Figure, frame: &Frame, label: &str, value: &str) {
    let long = format!("{label}: {value}");
    let text = if text_width(&long) <= frame.right - frame.left { long } else { value.to_owned() };
    figure.text((frame.left, frame.top - 3.5), text, Anchor::Start);
}
