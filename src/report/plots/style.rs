//! Colours, dashes and legends: layouts and components look the same in every figure.
//!
//! Colours are those of Okabe and Ito (Color Universal Design, 2008), which people with any colour vision
//! tell apart. Dashes, markers and hatches tell the same apart in grey.

use super::figure::{Anchor, Color, Figure, Hatch, INK, Marker, TEXT, text_width};

/// How a layout looks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Look {
    pub color: Color,
    pub dash: &'static [f64],
    pub marker: Marker,
}

const BLUE: Color = (0x00, 0x72, 0xB2);
const VERMILION: Color = (0xD5, 0x5E, 0x00);
const GREEN: Color = (0x00, 0x9E, 0x73);
const PURPLE: Color = (0xCC, 0x79, 0xA7);
const ORANGE: Color = (0xE6, 0x9F, 0x00);
const SKY: Color = (0x56, 0xB4, 0xE9);
const YELLOW: Color = (0xF0, 0xE4, 0x42);
const PALE: Color = (0xD0, 0xD0, 0xD0);
const GREY: Color = (0x99, 0x99, 0x99);
const DARK: Color = (0x55, 0x55, 0x55);

/// The look of the `index`-th layout. Colours repeat after six, then with other dashes and markers.
pub(super) fn layout(index: usize) -> Look {
    const COLORS: [Color; 6] = [BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY];
    const DASHES: [&[f64]; 5] = [&[], &[5.0, 2.0], &[1.2, 1.4], &[6.0, 1.6, 1.2, 1.6], &[2.6, 1.4]];
    const MARKERS: [Marker; 6] =
        [Marker::Circle, Marker::Square, Marker::Triangle, Marker::Diamond, Marker::Down, Marker::Plus];
    let round = index / COLORS.len();
    Look {
        color: COLORS[index % COLORS.len()],
        dash: DASHES[(index + round) % DASHES.len()],
        marker: MARKERS[(index + round) % MARKERS.len()],
    }
}

/// The look of a component of the response time.
pub(super) fn component(name: &str) -> (Color, Hatch) {
    match name {
        "queue" => (PALE, Hatch::None),
        "dispatch" => (DARK, Hatch::Rising),
        "cold_allocate" => (YELLOW, Hatch::None),
        "cold_fetch" => (ORANGE, Hatch::Falling),
        "cold_boot" => (VERMILION, Hatch::Crossed),
        "cold_init" => (VERMILION, Hatch::Rising),
        "compute" => (BLUE, Hatch::None),
        "local_memory" => (SKY, Hatch::None),
        "remote_memory" => (SKY, Hatch::Crossed),
        "network" => (GREEN, Hatch::Rising),
        "storage" => (PURPLE, Hatch::Falling),
        _ => (GREY, Hatch::Crossed),
    }
}

/// The colour of installed, allocated and used capacity, from pale to full.
pub(super) const ALLOCATED: Color = (0x9C, 0xCB, 0xE8);
/// See [`ALLOCATED`].
pub(super) const USED: Color = BLUE;

/// The line through the points that no other one beats.
pub(super) const FRONTIER: Color = (0xF6, 0xE3, 0xB4);

/// What a legend shows before a label.
#[derive(Clone, Copy, Debug)]
pub(super) enum Key {
    /// A line with the look of a layout.
    Line(Look),
    /// A marker with the look of a layout.
    Point(Look),
    /// A line with a marker, both with the look of a layout.
    Mark(Look),
    /// The line through the points that no other one beats.
    Band,
    /// A bar.
    Bar(Color, Hatch),
    /// A black dashed line.
    Limit,
}

/// The dashes of a limit.
pub(super) const LIMIT_DASH: &[f64] = &[3.0, 2.0];

const KEY: f64 = 14.0;
const LEADING: f64 = TEXT + 3.5;

/// Draws a legend from the top left corner, in as many lines as it takes, and returns where it ends.
pub(super) fn legend(figure: &mut Figure, left: f64, top: f64, entries: &[(Key, String)]) -> f64 {
    let right = figure.width - 2.0;
    let (mut x, mut y) = (left, top);
    for (key, label) in entries {
        let width = KEY + 3.0 + text_width(label);
        if x > left && x + width > right {
            (x, y) = (left, y + LEADING);
        }
        let middle = y + LEADING / 2.0;
        let ends = [(x, middle), (x + KEY, middle)];
        match *key {
            Key::Line(look) => figure.stroke(ends.to_vec(), 1.2, look.color, look.dash),
            Key::Point(look) => figure.marker((x + KEY / 2.0, middle), look.marker, look.color),
            Key::Mark(look) => {
                figure.stroke(ends.to_vec(), 1.0, look.color, look.dash);
                figure.marker((x + KEY / 2.0, middle), look.marker, look.color);
            }
            Key::Band => figure.rect((x, middle - 2.5), (x + KEY, middle + 2.5), FRONTIER),
            Key::Bar(color, hatch) => figure.bar((x + 3.0, middle - 3.0), (x + KEY, middle + 3.0), color, hatch),
            Key::Limit => figure.stroke(ends.to_vec(), 0.8, INK, LIMIT_DASH),
        }
        figure.text((x + KEY + 3.0, middle + TEXT * 0.36), label.clone(), Anchor::Start);
        x += width + 9.0;
    }
    y + LEADING + 4.0
}

/// How high a legend is, without drawing it.
pub(super) fn legend_height(width: f64, left: f64, entries: &[(Key, String)]) -> f64 {
    legend(&mut Figure::new(width, 0.0, String::new()), left, 0.0, entries)
}
