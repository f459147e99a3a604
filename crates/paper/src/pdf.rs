//! The file: pages, their content, and the glyphs that they use.

use std::collections::BTreeSet;
use std::io::Write;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use pdf_writer::types::{CidFontType, FontFlags, SystemInfo, TextRenderingMode, UnicodeCmap};
use pdf_writer::{Content, Filter, Finish, Name, Pdf, Rect, Ref, Str, TextStr};
use subsetter::{GlyphRemapper, subset};

use crate::font::{DATA, Font};
use crate::layout::{Mark, PAGE, Sheet};
use crate::{Paper, PaperError, Printed};

const FONT: Name<'static> = Name(b"F1");
const FONT_NAME: &[u8] = b"SHPAPR+NotoSansSC";
const SYSTEM: SystemInfo<'static> =
    SystemInfo { registry: Str(b"Adobe"), ordering: Str(b"Identity"), supplement: 0 };

/// The characters of a document, each with its glyph in the part of the font that goes with it.
struct Glyphs<'a> {
    font: &'a Font,
    remapper: GlyphRemapper,
    used: BTreeSet<(u16, u16, char)>,
    missing: BTreeSet<char>,
}

impl Glyphs<'_> {
    /// A text as the glyphs that are shown, two bytes each.
    fn encode(&mut self, text: &str) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(text.len() * 2);
        for c in text.chars() {
            let old = self.font.glyph(c).unwrap_or_else(|| {
                self.missing.insert(c);
                self.font.boxed()
            });
            let new = self.remapper.remap(old);
            self.used.insert((new, old, c));
            bytes.extend(new.to_be_bytes());
        }
        bytes
    }
}

fn packed(data: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    // Writing to memory does not fail.
    encoder.write_all(data).and_then(|()| encoder.finish()).unwrap_or_default()
}

pub(crate) fn write(paper: &Paper, font: &Font, sheets: &[Sheet]) -> Result<Printed, PaperError> {
    let mut glyphs = Glyphs {
        font,
        remapper: GlyphRemapper::new(),
        used: BTreeSet::new(),
        missing: BTreeSet::new(),
    };
    let contents: Vec<Vec<u8>> = sheets.iter().map(|sheet| content(sheet, &mut glyphs)).collect();
    let mut next = 1;
    let mut fresh = || {
        next += 1;
        Ref::new(next - 1)
    };
    let (catalog, tree, info) = (fresh(), fresh(), fresh());
    let fonts = FontRefs {
        whole: fresh(),
        cid: fresh(),
        descriptor: fresh(),
        unicode: fresh(),
        file: fresh(),
    };
    let mut pdf = Pdf::new();
    pdf.catalog(catalog).pages(tree).lang(TextStr(&paper.lang));
    pdf.document_info(info).title(TextStr(&paper.title)).producer(TextStr("Songhua"));
    let pages: Vec<(Ref, Ref)> = contents.iter().map(|_| (fresh(), fresh())).collect();
    pdf.pages(tree).kids(pages.iter().map(|(page, _)| *page)).count(pages.len() as i32);
    for ((page, body), content) in pages.iter().zip(&contents) {
        let mut writer = pdf.page(*page);
        writer.media_box(Rect::new(0.0, 0.0, PAGE.0, PAGE.1)).parent(tree).contents(*body);
        writer.resources().fonts().pair(FONT, fonts.whole);
        writer.finish();
        pdf.stream(*body, &packed(content)).filter(Filter::FlateDecode);
    }
    embed(&mut pdf, &fonts, &glyphs)?;
    let missing = glyphs.missing.into_iter().collect();
    Ok(Printed { bytes: pdf.finish(), sheets: sheets.len(), missing })
}

/// What a sheet draws. A page's own measure goes up from the bottom.
fn content(sheet: &Sheet, glyphs: &mut Glyphs<'_>) -> Vec<u8> {
    let mut content = Content::new();
    for mark in sheet {
        match mark {
            Mark::Rule { x, y, width, weight } => {
                content.set_line_width(*weight);
                content.move_to(*x, PAGE.1 - y).line_to(x + width, PAGE.1 - y).stroke();
            }
            Mark::Text { x, y, size, strong, text } => {
                content.begin_text().set_font(FONT, *size);
                // One weight of the font is built in: strong letters are filled and drawn around.
                if *strong {
                    content.set_text_rendering_mode(TextRenderingMode::FillStroke);
                    content.set_line_width(size * 0.03);
                } else {
                    content.set_text_rendering_mode(TextRenderingMode::Fill);
                }
                content.next_line(*x, PAGE.1 - y).show(Str(&glyphs.encode(text))).end_text();
            }
        }
    }
    content.finish().to_vec()
}

struct FontRefs {
    whole: Ref,
    cid: Ref,
    descriptor: Ref,
    unicode: Ref,
    file: Ref,
}

fn embed(pdf: &mut Pdf, refs: &FontRefs, glyphs: &Glyphs<'_>) -> Result<(), PaperError> {
    let font = glyphs.font;
    let part = subset(DATA, 0, &glyphs.remapper).map_err(|e| PaperError::Font(e.to_string()))?;
    // The part is an OpenType font; a PDF reader takes the outlines alone.
    let outlines = ttf_parser::RawFace::parse(&part, 0)
        .ok()
        .and_then(|face| face.table(ttf_parser::Tag::from_bytes(b"CFF ")))
        .ok_or_else(|| PaperError::Font("no CFF outlines".to_owned()))?;
    let name = Name(FONT_NAME);
    pdf.type0_font(refs.whole)
        .base_font(name)
        .encoding_predefined(Name(b"Identity-H"))
        .descendant_font(refs.cid)
        .to_unicode(refs.unicode);
    let mut cid = pdf.cid_font(refs.cid);
    cid.subtype(CidFontType::Type0).base_font(name).system_info(SYSTEM);
    cid.font_descriptor(refs.descriptor).default_width(0.0);
    let widths: Vec<f32> = glyphs.remapper.remapped_gids().map(|old| font.advance(old)).collect();
    cid.widths().consecutive(0, widths);
    cid.finish();
    let [left, bottom, right, top] = font.frame();
    pdf.font_descriptor(refs.descriptor)
        .name(name)
        .flags(FontFlags::SYMBOLIC)
        .bbox(Rect::new(left, bottom, right, top))
        .italic_angle(0.0)
        .ascent(font.ascender())
        .descent(font.descender())
        .cap_height(font.cap_height())
        .stem_v(80.0)
        .font_file3(refs.file);
    let mut cmap = UnicodeCmap::new(Name(b"Songhua-UTF16"), SYSTEM);
    let mut told = BTreeSet::new();
    for (new, _, c) in &glyphs.used {
        if told.insert(*new) {
            cmap.pair(*new, *c);
        }
    }
    let cmap = cmap.finish();
    pdf.cmap(refs.unicode, cmap.as_slice());
    pdf.stream(refs.file, &packed(outlines))
        .filter(Filter::FlateDecode)
        .pair(Name(b"Subtype"), Name(b"CIDFontType0C"));
    Ok(())
}
