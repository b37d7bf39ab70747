//! A figure as a list of shapes in printer's points, apart from how it is drawn.

use super::font;

/// The width of all figures in points.
pub const WIDTH: f64 = 252.0;

/// A place in points: from the left edge, from the top edge.
pub(super) type Point = (f64, f64);

/// Red, green and blue.
pub(super) type Color = (u8, u8, u8);

/// Black for text and frames.
pub(super) const INK: Color = (0x22, 0x22, 0x22);
/// Grey for grid lines.
pub(super) const GRID: Color = (0xDD, 0xDD, 0xDD);
/// White, between parts of a bar.
pub(super) const PAPER: Color = (0xFF, 0xFF, 0xFF);

/// The size of all text, in points: seven is the least that journals print.
pub(super) const TEXT: f64 = 7.0;

/// Which end of a text is at its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Anchor {
    /// The place is where it begins.
    Start,
    /// The place is its middle.
    Middle,
    /// The place is where it ends.
    End,
}

impl Anchor {
    /// The share of the text that is before its place.
    pub(super) fn share(self) -> f64 {
        match self {
            Self::Start => 0.0,
            Self::Middle => 0.5,
            Self::End => 1.0,
        }
    }
}

/// One thing to draw. Later shapes lie over earlier ones.
#[derive(Clone, Debug)]
pub(super) enum Shape {
    /// A line through points. Dashes are lengths drawn and left out in turn; none means solid.
    Stroke { points: Vec<Point>, width: f64, color: Color, dash: &'static [f64] },
    /// A filled polygon.
    Fill { points: Vec<Point>, color: Color, opacity: f64 },
    /// A line of text; `at` is on its base line. Vertical text reads from bottom to top.
    Text { at: Point, text: String, anchor: Anchor, vertical: bool },
}

/// The shape of a marker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Marker {
    /// A disc.
    Circle,
    /// A square.
    Square,
    /// A triangle, tip up.
    Triangle,
    /// A square on its corner.
    Diamond,
    /// A triangle, tip down.
    Down,
    /// A plus sign.
    Plus,
}

/// The lines drawn over a bar so that it differs from its neighbours without colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hatch {
    /// No lines.
    None,
    /// Lines that rise to the right.
    Rising,
    /// Lines that fall to the right.
    Falling,
    /// Both.
    Crossed,
}

/// A picture to be drawn.
#[derive(Clone, Debug)]
pub(super) struct Figure {
    /// Width in points.
    pub width: f64,
    /// Height in points.
    pub height: f64,
    /// What it shows, for readers who do not see it.
    pub title: String,
    /// The shapes from the back to the front.
    pub shapes: Vec<Shape>,
}

impl Figure {
    /// An empty figure.
    pub(super) fn new(width: f64, height: f64, title: String) -> Self {
        Self { width, height, title, shapes: Vec::new() }
    }

    /// A solid or dashed line.
    pub(super) fn stroke(&mut self, points: Vec<Point>, width: f64, color: Color, dash: &'static [f64]) {
        // Values at the edge of what floats hold have no place.
        if points.iter().all(|(x, y)| x.is_finite() && y.is_finite()) {
            self.shapes.push(Shape::Stroke { points, width, color, dash });
        }
    }

    /// A solid line between two points.
    pub(super) fn line(&mut self, from: Point, to: Point, width: f64, color: Color) {
        self.stroke(vec![from, to], width, color, &[]);
    }

    /// A filled polygon.
    pub(super) fn fill(&mut self, points: Vec<Point>, color: Color, opacity: f64) {
        self.shapes.push(Shape::Fill { points, color, opacity });
    }

    /// A filled rectangle from its left top to its right bottom corner.
    pub(super) fn rect(&mut self, (left, top): Point, (right, bottom): Point, color: Color) {
        self.fill(vec![(left, top), (right, top), (right, bottom), (left, bottom)], color, 1.0);
    }

    /// A line of text whose base line is at `at`.
    pub(super) fn text(&mut self, at: Point, text: impl Into<String>, anchor: Anchor) {
        self.shapes.push(Shape::Text { at, text: text.into(), anchor, vertical: false });
    }

    /// A line of text that reads upwards, centred on `at`; its base line is the vertical through it.
    pub(super) fn vertical_text(&mut self, at: Point, text: impl Into<String>) {
        self.shapes.push(Shape::Text { at, text: text.into(), anchor: Anchor::Middle, vertical: true });
    }

    /// A marker of about five points, with a white rim so that it stands out from lines.
    pub(super) fn marker(&mut self, at: Point, marker: Marker, color: Color) {
        self.fill(outline(at, marker, 3.3), PAPER, 1.0);
        self.fill(outline(at, marker, 2.6), color, 1.0);
    }

    /// A small disc.
    pub(super) fn dot(&mut self, at: Point, color: Color) {
        self.fill(outline(at, Marker::Circle, 1.6), color, 1.0);
    }

    /// A bar with its hatch; no narrower than a hair, so that nothing vanishes.
    pub(super) fn bar(&mut self, (left, top): Point, (right, bottom): Point, color: Color, hatch: Hatch) {
        self.rect((left, top), (right, bottom), color);
        let both = [Hatch::Rising, Hatch::Falling].into_iter().filter(|h| hatch == *h || hatch == Hatch::Crossed);
        for direction in both {
            for (from, to) in hatch_lines((left, top), (right, bottom), direction == Hatch::Rising) {
                self.line(from, to, 0.45, PAPER);
            }
        }
    }

    /// An error bar with caps, from `low` to `high` along x.
    pub(super) fn whisker_x(&mut self, low: f64, high: f64, y: f64) {
        let cap = |x: f64| [(x, y - 2.0), (x, y + 2.0)];
        self.whisker([[(low, y), (high, y)], cap(low), cap(high)]);
    }

    /// An error bar with caps, from `low` to `high` along y.
    pub(super) fn whisker_y(&mut self, x: f64, low: f64, high: f64) {
        let cap = |y: f64| [(x - 2.0, y), (x + 2.0, y)];
        self.whisker([[(x, low), (x, high)], cap(low), cap(high)]);
    }

    /// Lines on a white rim, which shows them on dark bars too.
    fn whisker(&mut self, lines: [[Point; 2]; 3]) {
        for (width, color) in [(1.7, PAPER), (0.7, INK)] {
            for [from, to] in lines {
                self.line(from, to, width, color);
            }
        }
    }
}

/// How wide a text is, in points.
pub(super) fn text_width(text: &str) -> f64 {
    font::width(text) * TEXT
}

/// The corners of a marker of this radius.
fn outline((x, y): Point, marker: Marker, r: f64) -> Vec<Point> {
    let unit: &[Point] = match marker {
        Marker::Circle => {
            let angle = |i: u32| f64::from(i) * std::f64::consts::TAU / 24.0;
            return (0..24).map(|i| (x + r * libm::cos(angle(i)), y + r * libm::sin(angle(i)))).collect();
        }
        Marker::Square => &[(-0.88, -0.88), (0.88, -0.88), (0.88, 0.88), (-0.88, 0.88)],
        Marker::Triangle => &[(0.0, -1.15), (1.1, 0.8), (-1.1, 0.8)],
        Marker::Down => &[(0.0, 1.15), (-1.1, -0.8), (1.1, -0.8)],
        Marker::Diamond => &[(0.0, -1.2), (1.2, 0.0), (0.0, 1.2), (-1.2, 0.0)],
        Marker::Plus => &[
            (-0.4, -1.2),
            (0.4, -1.2),
            (0.4, -0.4),
            (1.2, -0.4),
            (1.2, 0.4),
            (0.4, 0.4),
            (0.4, 1.2),
            (-0.4, 1.2),
            (-0.4, 0.4),
            (-1.2, 0.4),
            (-1.2, -0.4),
            (-0.4, -0.4),
        ],
    };
    unit.iter().map(|(dx, dy)| (x + r * dx, y + r * dy)).collect()
}

/// Diagonals of a rectangle three points apart, cut at its edges.
fn hatch_lines((left, top): Point, (right, bottom): Point, rising: bool) -> Vec<(Point, Point)> {
    const STEP: f64 = 3.0;
    let (width, height) = (right - left, bottom - top);
    let count = libm::floor((width + height) / STEP) as u32;
    let diagonal = |i: u32| {
        // Where the diagonal x + y = offset enters and leaves the rectangle, from its left bottom corner.
        let offset = (f64::from(i) + 0.5) * STEP;
        let (x0, x1) = ((offset - height).max(0.0), offset.min(width));
        let y = |x: f64| if rising { top + (offset - x) } else { bottom - (offset - x) };
        ((left + x0, y(x0)), (left + x1, y(x1)))
    };
    (0..=count).map(diagonal).filter(|((x0, _), (x1, _))| x1 > x0).collect()
}
