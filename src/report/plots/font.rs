//! The font of the plots, compiled into the program: figures look the same on every machine.

use std::sync::LazyLock;

use ab_glyph::{Font, FontRef, Glyph, PxScale, ScaleFont, point};

/// The name of the font in SVG files, with what to use where it is missing.
pub(super) const FAMILY: &str = "Sdcsim Sans, DejaVu Sans, Verdana, sans-serif";

static FONT: LazyLock<FontRef<'static>> = LazyLock::new(|| {
    let bytes = include_bytes!("../../../assets/fonts/SdcsimSans.ttf");
    FontRef::try_from_slice(bytes).expect("the font in assets is whole")
});

/// The scale at which one em is this many pixels.
fn scale(em: f64) -> PxScale {
    let font = &*FONT;
    let units = font.units_per_em().unwrap_or(2048.0);
    PxScale::from(em as f32 * font.height_unscaled() / units)
}

/// How wide a text is, in em. Characters that the font lacks count as wide as its empty box.
pub(super) fn width(text: &str) -> f64 {
    const EM: f64 = 1000.0;
    let font = FONT.as_scaled(scale(EM));
    text.chars().map(|c| f64::from(font.h_advance(font.glyph_id(c)))).sum::<f64>() / EM
}

/// The pixels of a text with their coverage, 0 to 1, relative to the start of its base line; y points down.
pub(super) fn pixels(text: &str, em: f64, mut draw: impl FnMut(i32, i32, f64)) {
    let scale = scale(em);
    let font = FONT.as_scaled(scale);
    let mut x = 0.0;
    for c in text.chars() {
        let id = font.glyph_id(c);
        let glyph = Glyph { id, scale, position: point(x, 0.0) };
        if let Some(outline) = FONT.outline_glyph(glyph) {
            let bounds = outline.px_bounds();
            let (left, top) = (bounds.min.x as i32, bounds.min.y as i32);
            outline
                .draw(|dx, dy, coverage| draw(left + dx as i32, top + dy as i32, f64::from(coverage.clamp(0.0, 1.0))));
        }
        x += font.h_advance(id);
    }
}
