//! Which encoding a text file has, found by reading all of it.

use std::borrow::Cow;
use std::io::{self, Read};

use encoding_rs::{GB18030, UTF_16BE, UTF_16LE};

/// The encodings that registers come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    Utf8,
    /// What Chinese spreadsheet programs save as CSV. Its multi-byte characters never contain
    /// a comma, a quote or a line end, so tables are cut before they are decoded.
    Gb18030,
    Utf16Le,
    Utf16Be,
}

impl Encoding {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Encoding::Utf8 => "UTF-8",
            Encoding::Gb18030 => "GB18030",
            Encoding::Utf16Le => "UTF-16LE",
            Encoding::Utf16Be => "UTF-16BE",
        }
    }

    /// Finds the encoding: by its mark, else by whether the text is UTF-8. A mainly valid UTF-8
    /// text stays one; its damaged rows are rejected one by one. Gives the length of the mark.
    pub(crate) fn detect(reader: &mut impl Read) -> io::Result<(Encoding, u64)> {
        let mut block = vec![0; 1 << 16];
        let (mut kept, mut first) = (0, true);
        let (mut good, mut bad) = (0_u64, 0_u64);
        loop {
            let read = reader.read(&mut block[kept..])?;
            let bytes = &block[..kept + read];
            if first && bytes.len() < 3 && read > 0 {
                kept += read;
                continue;
            }
            if std::mem::take(&mut first) {
                match bytes {
                    [0xef, 0xbb, 0xbf, ..] => return Ok((Encoding::Utf8, 3)),
                    [0xff, 0xfe, ..] => return Ok((Encoding::Utf16Le, 2)),
                    [0xfe, 0xff, ..] => return Ok((Encoding::Utf16Be, 2)),
                    _ => {}
                }
            }
            let left = judge(bytes, &mut good, &mut bad);
            if read == 0 {
                bad += u64::from(left > 0);
                break;
            }
            let end = bytes.len();
            block.copy_within(end - left..end, 0);
            kept = left;
        }
        let utf8 = bad == 0 || good > 4 * bad;
        Ok((if utf8 { Encoding::Utf8 } else { Encoding::Gb18030 }, 0))
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
        Encoding::detect(&mut &*bytes).expect("reads")
    }

    /// Gives one byte at a time, as a slow disk might.
    struct Drip<'a>(&'a [u8]);

    impl Read for Drip<'_> {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            let (Some(first), false) = (self.0.first(), out.is_empty()) else { return Ok(0) };
            out[0] = *first;
            self.0 = &self.0[1..];
            Ok(1)
        }
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
        let found = Encoding::detect(&mut Drip(&gb)).expect("reads");
        assert_eq!(found.0, Encoding::Gb18030);
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
