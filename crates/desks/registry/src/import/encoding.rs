//! Which encoding a text file has, found from all of it.

use std::borrow::Cow;
use std::io::{self, Read};

use encoding_rs::{GB18030, UTF_16BE, UTF_16LE};

/// The encodings that registers come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// With or without a mark.
    Utf8,
    /// What Chinese spreadsheet programs save as CSV. Its multi-byte characters never contain
    /// a comma, a quote or a line end, so tables are cut before they are decoded.
    Gb18030,
    /// As spreadsheet programs save "Unicode text".
    Utf16Le,
    /// The same, the other byte first.
    Utf16Be,
}

impl Encoding {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Encoding::Utf8 => "UTF-8",
            Encoding::Gb18030 => "GB18030",
            Encoding::Utf16Le => "UTF-16LE",
            Encoding::Utf16Be => "UTF-16BE",
        }
    }

    /// Reads [`Encoding::name`].
    pub(crate) fn parse(name: &str) -> Option<Encoding> {
        [Encoding::Utf8, Encoding::Gb18030, Encoding::Utf16Le, Encoding::Utf16Be]
            .into_iter()
            .find(|encoding| encoding.name() == name)
    }

    /// The encoding that a text begins with a mark of, and the length of the mark.
    fn marked(start: &[u8]) -> Option<(Encoding, u64)> {
        match start {
            [0xef, 0xbb, 0xbf, ..] => Some((Encoding::Utf8, 3)),
            [0xff, 0xfe, ..] => Some((Encoding::Utf16Le, 2)),
            [0xfe, 0xff, ..] => Some((Encoding::Utf16Be, 2)),
            _ => None,
        }
    }

    /// The length of the mark that a text begins with.
    pub(crate) fn mark(reader: &mut impl Read) -> io::Result<u64> {
        let mut start = Vec::with_capacity(3);
        reader.take(3).read_to_end(&mut start)?;
        Ok(Encoding::marked(&start).map_or(0, |(_, length)| length))
    }

    /// The text of a cell; `None` when it is not valid.
    pub(crate) fn strict(self, bytes: &[u8]) -> Option<Cow<'_, str>> {
        match self {
            Encoding::Gb18030 => GB18030.decode_without_bom_handling_and_without_replacement(bytes),
            // UTF-16 has been turned into UTF-8 on reading.
            _ => std::str::from_utf8(bytes).ok().map(Cow::Borrowed),
        }
        .filter(|text| !text.contains('\u{fffd}'))
    }

    /// The text of a cell with `�` for what is not valid.
    pub(crate) fn lossy(self, bytes: &[u8]) -> Cow<'_, str> {
        match self {
            Encoding::Gb18030 => GB18030.decode_without_bom_handling(bytes).0,
            _ => String::from_utf8_lossy(bytes),
        }
    }

    /// The reader as a stream of bytes that tables can be cut from.
    pub(crate) fn reader<'a>(self, reader: impl Read + Send + 'a) -> Box<dyn Read + Send + 'a> {
        let utf16 = match self {
            Encoding::Utf8 | Encoding::Gb18030 => return Box::new(reader),
            Encoding::Utf16Le => UTF_16LE,
            Encoding::Utf16Be => UTF_16BE,
        };
        Box::new(Transcoder {
            reader,
            decoder: utf16.new_decoder_without_bom_handling(),
            raw: vec![0; 1 << 15],
            text: Vec::new(),
            at: 0,
            ended: false,
        })
    }
}

/// What is found of a text as it passes: all of it has to be seen once, and never again.
#[derive(Debug, Default)]
pub(crate) struct Probe {
    marked: Option<Encoding>,
    // What may be the beginning of a mark, then of a character.
    kept: Vec<u8>,
    begun: bool,
    good: u64,
    bad: u64,
    line_ends: u64,
    ended: bool,
}

/// What was found of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextSeen {
    /// Its encoding.
    pub encoding: Encoding,
    /// Its lines, blank ones and the header included. A cell with line ends has several.
    pub lines: u64,
}

impl Probe {
    pub(crate) fn feed(&mut self, bytes: &[u8]) {
        self.line_ends += bytes.iter().filter(|b| **b == b'\n').count() as u64;
        self.ended = bytes.last().map_or(self.ended, |last| *last == b'\n');
        if self.marked.is_some() {
            return;
        }
        let mut text = std::mem::take(&mut self.kept);
        text.extend_from_slice(bytes);
        if !self.begun {
            if text.len() < 3 {
                self.kept = text;
                return;
            }
            self.begun = true;
            self.marked = Encoding::marked(&text).map(|(encoding, _)| encoding);
        }
        let left = judge(&text, &mut self.good, &mut self.bad);
        self.kept = text.split_off(text.len() - left);
    }

    /// By its mark, else by whether the text is UTF-8. A mainly valid UTF-8 text stays one; its
    /// damaged rows are rejected one by one.
    pub(crate) fn finish(mut self) -> TextSeen {
        let mut marked = self.marked;
        if !self.begun {
            marked = Encoding::marked(&self.kept).map(|(encoding, _)| encoding);
            let left = judge(&self.kept, &mut self.good, &mut self.bad);
            self.kept = self.kept.split_off(self.kept.len() - left);
        }
        let bad = self.bad + u64::from(!self.kept.is_empty());
        let utf8 = bad == 0 || self.good > 4 * bad;
        let encoding = marked.unwrap_or(if utf8 { Encoding::Utf8 } else { Encoding::Gb18030 });
        TextSeen { encoding, lines: self.line_ends + u64::from(!self.ended) }
    }

    /// Reads a text to its end.
    pub(crate) fn of(reader: &mut impl Read) -> io::Result<TextSeen> {
        let (mut probe, mut block) = (Probe::default(), vec![0; 1 << 16]);
        loop {
            match reader.read(&mut block)? {
                0 => return Ok(probe.finish()),
                read => probe.feed(&block[..read]),
            }
        }
    }
}

/// Counts valid multi-byte characters and invalid bytes; gives the length of an unfinished
/// character at the end.
fn judge(bytes: &[u8], good: &mut u64, bad: &mut u64) -> usize {
    let mut rest = bytes;
    loop {
        match std::str::from_utf8(rest) {
            Ok(valid) => {
                *good += leads(valid.as_bytes());
                return 0;
            }
            Err(e) => {
                *good += leads(&rest[..e.valid_up_to()]);
                let Some(length) = e.error_len() else { return rest.len() - e.valid_up_to() };
                *bad += 1;
                rest = &rest[e.valid_up_to() + length..];
            }
        }
    }
}

fn leads(bytes: &[u8]) -> u64 {
    bytes.iter().filter(|b| **b >= 0xc0).count() as u64
}

/// UTF-16 to UTF-8 on the fly.
struct Transcoder<R> {
    reader: R,
    decoder: encoding_rs::Decoder,
    raw: Vec<u8>,
    text: Vec<u8>,
    at: usize,
    ended: bool,
}

impl<R: Read> Read for Transcoder<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.at == self.text.len() {
            if self.ended {
                return Ok(0);
            }
            let read = self.reader.read(&mut self.raw)?;
            self.ended = read == 0;
            self.text.resize(3 * self.raw.len() + 16, 0);
            let (_, _, written, _) =
                self.decoder.decode_to_utf8(&self.raw[..read], &mut self.text, self.ended);
            self.text.truncate(written);
            self.at = 0;
        }
        let count = out.len().min(self.text.len() - self.at);
        out[..count].copy_from_slice(&self.text[self.at..self.at + count]);
        self.at += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn detect(bytes: &[u8]) -> (Encoding, u64) {
        let seen = Probe::of(&mut &*bytes).expect("reads");
        // In pieces of any length it is the same.
        for length in [1, 2, 3, 7, 1_000] {
            let mut probe = Probe::default();
            bytes.chunks(length).for_each(|piece| probe.feed(piece));
            assert_eq!(probe.finish(), seen, "in pieces of {length}");
        }
        (seen.encoding, Encoding::mark(&mut &*bytes).expect("reads"))
    }

    #[test]
    fn the_usual_encodings_are_told_apart() {
        let text = "姓名,身份证号\n张三,11010519491231002X\n";
        assert_eq!(detect(text.as_bytes()), (Encoding::Utf8, 0));
        assert_eq!(detect(b"name,id\n"), (Encoding::Utf8, 0));
        assert_eq!(detect(b""), (Encoding::Utf8, 0));
        assert_eq!(detect(&[b"\xef\xbb\xbf", text.as_bytes()].concat()), (Encoding::Utf8, 3));
        let (gb, _, _) = GB18030.encode(text);
        assert_eq!(detect(&gb), (Encoding::Gb18030, 0));
        assert_eq!(detect(b"\xff\xfea\0"), (Encoding::Utf16Le, 2));
        assert_eq!(detect(b"\xff\xfe"), (Encoding::Utf16Le, 2));
        assert_eq!(detect(b"\xd5"), (Encoding::Gb18030, 0));
    }

    #[test]
    fn lines_are_counted_on_the_way() {
        for (text, lines) in [("", 1), ("a", 1), ("a\n", 1), ("a\nb", 2), ("a\r\n\r\nb\r\n", 3)] {
            let seen = Probe::of(&mut text.as_bytes()).expect("reads");
            assert_eq!(seen.lines, lines, "{text:?}");
        }
    }

    #[test]
    fn chinese_far_into_a_file_and_across_blocks_counts() {
        for pad in 65_530..65_540 {
            let ascii = "1,2\n".repeat(pad / 4) + &"x".repeat(pad % 4);
            let utf8 = format!("{ascii}张三");
            assert_eq!(detect(utf8.as_bytes()).0, Encoding::Utf8, "{pad}");
            let (gb, _, _) = GB18030.encode(&utf8);
            assert_eq!(detect(&gb).0, Encoding::Gb18030, "{pad}");
        }
    }

    #[test]
    fn one_damaged_row_does_not_change_the_encoding_of_the_file() {
        let mut bytes = "姓名,地址\n".repeat(50).into_bytes();
        bytes.extend_from_slice(b"\xff\xd5\xc5\n");
        assert_eq!(detect(&bytes).0, Encoding::Utf8);
        assert_eq!(Encoding::Utf8.strict(b"\xd5\xc5"), None);
    }

    #[test]
    fn utf16_becomes_utf8() {
        let text = "姓名\t电话\n张三\t138\n";
        let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let mut out = String::new();
        Encoding::Utf16Le.reader(&*bytes).read_to_string(&mut out).expect("reads");
        assert_eq!(out, text);
    }
}
