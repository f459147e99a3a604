//! The built-in font: which glyph a character has and how wide it is.

use ttf_parser::{Face, GlyphId};

use crate::PaperError;

/// Noto Sans CJK SC, cut to GB 2312 and Latin; OFL-1.1, see `fonts/README.md`.
pub(crate) const DATA: &[u8] = include_bytes!("../fonts/NotoSansSC-Paper.otf");

pub(crate) struct Font {
    face: Face<'static>,
    unit: f32,
}

impl Font {
    pub(crate) fn built_in() -> Result<Font, PaperError> {
        let face = Face::parse(DATA, 0).map_err(|e| PaperError::Font(e.to_string()))?;
        let unit = f32::from(face.units_per_em());
        Ok(Font { face, unit })
    }

    /// The glyph of a character; `None` when the font does not have it.
    pub(crate) fn glyph(&self, c: char) -> Option<u16> {
        self.face.glyph_index(c).map(|id| id.0)
    }

    /// The glyph that stands for what is missing.
    pub(crate) fn boxed(&self) -> u16 {
        self.glyph('□').unwrap_or(0)
    }

    /// How far a glyph moves on, in thousandths of the size.
    pub(crate) fn advance(&self, glyph: u16) -> f32 {
        let advance = self.face.glyph_hor_advance(GlyphId(glyph)).unwrap_or(0);
        f32::from(advance) * 1000.0 / self.unit
    }

    /// How wide a text is at a size.
    pub(crate) fn width(&self, text: &str, size: f32) -> f32 {
        let glyphs = text.chars().map(|c| self.glyph(c).unwrap_or_else(|| self.boxed()));
        glyphs.map(|glyph| self.advance(glyph)).sum::<f32>() * size / 1000.0
    }

    /// A length of the font in thousandths of the size.
    fn thousandths(&self, n: i16) -> f32 {
        f32::from(n) * 1000.0 / self.unit
    }

    pub(crate) fn ascender(&self) -> f32 {
        self.thousandths(self.face.ascender())
    }

    pub(crate) fn descender(&self) -> f32 {
        self.thousandths(self.face.descender())
    }

    pub(crate) fn cap_height(&self) -> f32 {
        self.thousandths(self.face.capital_height().unwrap_or(self.face.ascender()))
    }

    /// Left, bottom, right and top of all glyphs.
    pub(crate) fn frame(&self) -> [f32; 4] {
        let b = self.face.global_bounding_box();
        [b.x_min, b.y_min, b.x_max, b.y_max].map(|n| self.thousandths(n))
    }
}
