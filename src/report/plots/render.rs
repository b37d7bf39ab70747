//! Figures to SVG and PNG with plotters' backends.
//!
//! Plotters draws on whole pixels. The SVG is therefore drawn on a grid of a twentieth of a point, which its
//! view box scales back; the PNG is drawn three times as large and averaged down, which also smooths edges.

use plotters::backend::{BitMapBackend, RGBPixel, SVGBackend};
use plotters::style::{Color as _, RGBColor, ShapeStyle};
use plotters_backend::{
    BackendColor, BackendTextStyle, DrawingBackend, DrawingErrorKind, FontFamily, FontTransform, text_anchor,
};

use super::figure::{Anchor, Color, Figure, INK, Point, Shape, TEXT};
use super::font;

/// Steps per point in an SVG.
const SVG_GRID: f64 = 20.0;
/// Pixels per point in a PNG: 288 dpi.
const PNG_SCALE: u32 = 4;
/// Drawn pixels per pixel of a PNG, in each direction.
const OVERSAMPLE: u32 = 3;

/// The figure as a PNG, four pixels to the point.
pub(super) fn png(figure: &Figure) -> Vec<u8> {
    let (width, height) = (figure.width as u32 * PNG_SCALE, figure.height as u32 * PNG_SCALE);
    let (fine_width, fine_height) = (width * OVERSAMPLE, height * OVERSAMPLE);
    let mut fine = vec![255_u8; (fine_width * fine_height * 3) as usize];
    let backend = BitMapBackend::<RGBPixel>::with_buffer_and_format(&mut fine, (fine_width, fine_height))
        .expect("the buffer has three bytes per pixel");
    Canvas { backend, scale: f64::from(PNG_SCALE * OVERSAMPLE), raster: true }.draw(figure);
    let pixels = averaged(&fine, width, height);
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Rgb);
    // Flat areas pack best as they are, and the fast mode is made for filtered rows only.
    encoder.set_filter(png::FilterType::NoFilter);
    encoder.set_compression(png::Compression::Best);
    let dots = f64::from(PNG_SCALE) * 72.0 / 0.0254;
    let (xppu, yppu) = (dots as u32, dots as u32);
    encoder.set_pixel_dims(Some(png::PixelDimensions { xppu, yppu, unit: png::Unit::Meter }));
    let in_memory = "writing a picture of the right size to memory cannot fail";
    let mut writer = encoder.write_header().expect(in_memory);
    writer.write_image_data(&pixels).expect(in_memory);
    writer.finish().expect(in_memory);
    bytes
}

/// Each pixel the mean of those drawn for it.
fn averaged(fine: &[u8], width: u32, height: u32) -> Vec<u8> {
    let side = OVERSAMPLE as usize;
    let count = (side * side) as u32;
    let row = width as usize * 3;
    let mut pixels = Vec::with_capacity(row * height as usize);
    for rows in fine.chunks_exact(row * side * side) {
        let mut sums = vec![0_u32; row];
        for line in rows.chunks_exact(row * side) {
            for (block, sum) in line.chunks_exact(3 * side).zip(sums.chunks_exact_mut(3)) {
                for pixel in block.chunks_exact(3) {
                    for (total, channel) in sum.iter_mut().zip(pixel) {
                        *total += u32::from(*channel);
                    }
                }
            }
        }
        pixels.extend(sums.into_iter().map(|sum| ((sum + count / 2) / count) as u8));
    }
    pixels
}

/// The figure as an SVG of its size in points, with its title for screen readers.
pub(super) fn svg(figure: &Figure) -> String {
    let mut text = String::new();
    let (width, height) = ((figure.width * SVG_GRID) as u32, (figure.height * SVG_GRID) as u32);
    let backend = SVGBackend::with_string(&mut text, (width, height));
    Canvas { backend, scale: SVG_GRID, raster: false }.draw(figure);
    let drawn = format!("width=\"{width}\" height=\"{height}\"");
    let titled = format!("width=\"{}pt\" height=\"{}pt\" role=\"img\"", figure.width, figure.height);
    let title = figure.title.replace('&', "&amp;").replace('<', "&lt;");
    let text = text.replacen(&drawn, &titled, 1).replacen(">\n", &format!(">\n<title>{title}</title>\n"), 1);
    // Attributes that say what is so anyway: a fifth of the file.
    text.replace(" opacity=\"1\"", "").replace(" \"/>", "\"/>")
}

/// A backend, and how many of its pixels are a point.
struct Canvas<B> {
    backend: B,
    scale: f64,
    /// Whether text is drawn by pixel and lines need rounded joints.
    raster: bool,
}

/// What a backend says of an error; none can happen in memory.
type Drawn<B> = Result<(), DrawingErrorKind<<B as DrawingBackend>::ErrorType>>;

impl<B: DrawingBackend> Canvas<B> {
    /// Draws all shapes. In memory nothing can fail.
    fn draw(mut self, figure: &Figure) {
        let page = [(0.0, 0.0), (figure.width, 0.0), (figure.width, figure.height), (0.0, figure.height)];
        let in_memory = "drawing in memory cannot fail";
        // The pixels of a PNG are white already.
        if !self.raster {
            self.fill(&page, super::figure::PAPER, 1.0).expect(in_memory);
        }
        for shape in &figure.shapes {
            let drawn = match shape {
                Shape::Stroke { points, width, color, dash } => self.stroke(points, *width, *color, dash),
                Shape::Fill { points, color, opacity } => self.fill(points, *color, *opacity),
                Shape::Text { at, text, anchor, vertical } => self.text(*at, text, *anchor, *vertical),
            };
            drawn.expect(in_memory);
        }
        self.backend.present().expect(in_memory);
    }

    /// In pixels.
    fn at(&self, (x, y): Point) -> (i32, i32) {
        (libm::round(x * self.scale) as i32, libm::round(y * self.scale) as i32)
    }

    fn fill(&mut self, points: &[Point], color: Color, opacity: f64) -> Drawn<B> {
        let points: Vec<(i32, i32)> = points.iter().map(|point| self.at(*point)).collect();
        self.backend.fill_polygon(points, &rgb(color).mix(opacity).filled())
    }

    fn stroke(&mut self, points: &[Point], width: f64, color: Color, dash: &[f64]) -> Drawn<B> {
        let pixels = libm::round(width * self.scale).max(1.0) as u32;
        let style = ShapeStyle { color: rgb(color).to_rgba(), filled: true, stroke_width: pixels };
        for piece in dashes(points, dash) {
            let piece: Vec<(i32, i32)> = piece.iter().map(|point| self.at(*point)).collect();
            if !self.raster {
                self.backend.draw_path(piece, &style)?;
                continue;
            }
            for pair in piece.windows(2) {
                self.backend.draw_line(pair[0], pair[1], &style)?;
            }
            for joint in piece.iter().take(piece.len() - 1).skip(1) {
                self.backend.draw_circle(*joint, pixels / 2, &style, true)?;
            }
        }
        Ok(())
    }

    fn text(&mut self, at: Point, text: &str, anchor: Anchor, vertical: bool) -> Drawn<B> {
        let (mut x, mut y) = at;
        if self.raster {
            // Drawn from its start.
            let before = anchor.share() * super::figure::text_width(text);
            (x, y) = if vertical { (x, y + before) } else { (x - before, y) };
        } else {
            // The SVG backend hangs text 0.76 em below its place.
            let hang = 0.76 * TEXT;
            (x, y) = if vertical { (x - hang, y) } else { (x, y - hang) };
        }
        let place = self.at((x, y));
        self.backend.draw_text(text, &Label { em: TEXT * self.scale, anchor, vertical }, place)
    }
}

/// As plotters has it.
fn rgb((red, green, blue): Color) -> RGBColor {
    RGBColor(red, green, blue)
}

/// A line cut into its dashes; whole where there are none.
fn dashes(points: &[Point], dash: &[f64]) -> Vec<Vec<Point>> {
    if dash.is_empty() {
        return vec![points.to_vec()];
    }
    let mut pieces = Vec::new();
    let (mut index, mut left) = (0, dash[0]);
    let mut piece: Vec<Point> = points.first().copied().into_iter().collect();
    for pair in points.windows(2) {
        let ((mut x, mut y), (to_x, to_y)) = (pair[0], pair[1]);
        loop {
            let length = libm::hypot(to_x - x, to_y - y);
            if length <= left {
                left -= length;
                break;
            }
            (x, y) = (x + (to_x - x) * left / length, y + (to_y - y) * left / length);
            if index % 2 == 0 {
                piece.push((x, y));
                pieces.push(std::mem::take(&mut piece));
            } else {
                piece = vec![(x, y)];
            }
            index += 1;
            left = dash[index % dash.len()];
        }
        if index % 2 == 0 {
            piece.push((to_x, to_y));
        }
    }
    if piece.len() > 1 {
        pieces.push(piece);
    }
    pieces
}

/// How a text is drawn.
struct Label {
    em: f64,
    anchor: Anchor,
    vertical: bool,
}

impl BackendTextStyle for Label {
    type FontError = std::convert::Infallible;

    fn color(&self) -> BackendColor {
        BackendColor { alpha: 1.0, rgb: INK }
    }
    fn size(&self) -> f64 {
        // The SVG backend divides by 1.24 for the size of an em.
        self.em * 1.24
    }
    fn transform(&self) -> FontTransform {
        if self.vertical { FontTransform::Rotate270 } else { FontTransform::None }
    }
    fn anchor(&self) -> text_anchor::Pos {
        let h_pos = match self.anchor {
            Anchor::Start => text_anchor::HPos::Left,
            Anchor::Middle => text_anchor::HPos::Center,
            Anchor::End => text_anchor::HPos::Right,
        };
        text_anchor::Pos::new(h_pos, text_anchor::VPos::Top)
    }
    fn family(&self) -> FontFamily<'_> {
        FontFamily::Name(font::FAMILY)
    }
    /// Empty: the canvas has already moved the text to where it starts.
    fn layout_box(&self, _: &str) -> Result<((i32, i32), (i32, i32)), Self::FontError> {
        Ok(((0, 0), (0, 0)))
    }
    fn draw<E, D: FnMut(i32, i32, BackendColor) -> Result<(), E>>(
        &self,
        text: &str,
        (x, y): (i32, i32),
        mut draw: D,
    ) -> Result<Result<(), E>, Self::FontError> {
        let mut result = Ok(());
        font::pixels(text, self.em, |dx, dy, coverage| {
            if result.is_ok() && coverage > 0.0 {
                result = draw(x + dx, y + dy, BackendColor { alpha: coverage, rgb: INK });
            }
        });
        Ok(result)
    }
}
