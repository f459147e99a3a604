//! Character sets of MSH-18 (HL7 v2.5 2.15.9.18, table 0211).

use encoding_rs::GB18030;
use std::borrow::Cow;

/// The character set of a message or file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Charset {
    /// Seven-bit ASCII, what an absent MSH-18 means by the standard.
    Ascii,
    /// UTF-8.
    #[default]
    Utf8,
    /// GB 18030, of which GBK and GB 2312 are parts: common in China.
    Gb18030,
    /// ISO 8859/1.
    Latin1,
}

impl Charset {
    /// The character set that a text of MSH-18 names; `None` for one that is not handled.
    ///
    /// Besides the names of table 0211 it takes what senders really write, such as `GBK`.
    /// `UNICODE` alone is the deprecated name and in practice means UTF-8.
    pub fn named(label: &str) -> Option<Charset> {
        let plain: String = label
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .map(|c| c.to_ascii_uppercase())
            .collect();
        match plain.as_str() {
            "ASCII" | "USASCII" | "ISOIR6" => Some(Charset::Ascii),
            "UNICODE" | "UNICODEUTF8" | "UTF8" => Some(Charset::Utf8),
            "GB18030" | "GB180302000" | "GB180302005" | "GBK" | "GB2312" | "GB231280" | "CP936" => {
                Some(Charset::Gb18030)
            }
            "88591" | "ISO88591" | "LATIN1" => Some(Charset::Latin1),
            _ => None,
        }
    }

    /// The name of table 0211.
    pub fn label(self) -> &'static str {
        match self {
            Charset::Ascii => "ASCII",
            Charset::Utf8 => "UNICODE UTF-8",
            Charset::Gb18030 => "GB 18030-2000",
            Charset::Latin1 => "8859/1",
        }
    }

    /// The text that the bytes stand for.
    ///
    /// # Errors
    /// The position of the first byte that is not text in this character set.
    pub fn decode(self, bytes: &[u8]) -> Result<Cow<'_, str>, usize> {
        match self {
            Charset::Ascii => match bytes.iter().position(|b| !b.is_ascii()) {
                Some(at) => Err(at),
                None => std::str::from_utf8(bytes).map(Cow::Borrowed).map_err(|e| e.valid_up_to()),
            },
            Charset::Utf8 => {
                std::str::from_utf8(bytes).map(Cow::Borrowed).map_err(|e| e.valid_up_to())
            }
            Charset::Gb18030 => GB18030
                .decode_without_bom_handling_and_without_replacement(bytes)
                .ok_or_else(|| first_bad_gb18030(bytes)),
            Charset::Latin1 => Ok(bytes.iter().map(|b| char::from(*b)).collect()),
        }
    }

    /// The text up to the first byte that is not text, for messages about that byte.
    pub(crate) fn decode_prefix(self, bytes: &[u8]) -> Cow<'_, str> {
        let end = self.decode(bytes).map_or_else(|at| at, |_| bytes.len());
        self.decode(&bytes[..end.min(bytes.len())]).unwrap_or_default()
    }

    /// The bytes that stand for the text.
    ///
    /// # Errors
    /// The first character that this character set cannot express, or not so that it would be
    /// read back as the same.
    pub fn encode(self, text: &str) -> Result<Cow<'_, [u8]>, char> {
        match self {
            _ if text.is_ascii() => Ok(Cow::Borrowed(text.as_bytes())),
            Charset::Ascii => Err(text.chars().find(|c| !c.is_ascii()).unwrap_or('?')),
            Charset::Utf8 => Ok(Cow::Borrowed(text.as_bytes())),
            Charset::Gb18030 => {
                let bytes = GB18030.encode(text).0;
                if self.decode(&bytes).is_ok_and(|back| back == text) {
                    return Ok(bytes);
                }
                let mut buffer = [0; 4];
                Err(text
                    .chars()
                    .find(|c| {
                        let one = GB18030.encode(c.encode_utf8(&mut buffer)).0.into_owned();
                        !self.decode(&one).is_ok_and(|back| back.chars().eq([*c]))
                    })
                    .unwrap_or('?'))
            }
            Charset::Latin1 => text
                .chars()
                .map(|c| u8::try_from(u32::from(c)).map_err(|_| c))
                .collect::<Result<Vec<u8>, char>>()
                .map(Cow::Owned),
        }
    }

    /// Like [`Charset::encode`], with `?` for what cannot be expressed.
    pub(crate) fn encode_lossy(self, text: &str) -> Vec<u8> {
        match self.encode(text) {
            Ok(bytes) => bytes.into_owned(),
            Err(_) => {
                let mut buffer = [0; 4];
                text.chars()
                    .flat_map(|c| {
                        self.encode(c.encode_utf8(&mut buffer))
                            .map_or_else(|_| vec![b'?'], Cow::into_owned)
                    })
                    .collect()
            }
        }
    }
}

/// Where GB 18030 text goes wrong: decodes in steps, since the decoder in one go does not say.
fn first_bad_gb18030(bytes: &[u8]) -> usize {
    let mut decoder = GB18030.new_decoder_without_bom_handling();
    let mut sink = String::with_capacity(
        decoder.max_utf8_buffer_length_without_replacement(bytes.len()).unwrap_or(0),
    );
    let (result, read) = decoder.decode_to_string_without_replacement(bytes, &mut sink, true);
    match result {
        encoding_rs::DecoderResult::Malformed(bad, after) => {
            read.saturating_sub(usize::from(bad) + usize::from(after))
        }
        _ => read,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_of_the_table_and_of_practice_are_known() {
        for set in [Charset::Ascii, Charset::Utf8, Charset::Gb18030, Charset::Latin1] {
            assert_eq!(Charset::named(set.label()), Some(set));
        }
        assert_eq!(Charset::named("gbk"), Some(Charset::Gb18030));
        assert_eq!(Charset::named("UNICODE"), Some(Charset::Utf8));
        assert_eq!(Charset::named("UNICODE UTF-16"), None);
        assert_eq!(Charset::named("ISO IR87"), None);
    }

    #[test]
    fn chinese_text_is_read_in_both_encodings() {
        let gbk = [0xD1, 0xF4, 0xD0, 0xD4];
        assert_eq!(Charset::Gb18030.decode(&gbk).as_deref(), Ok("阳性"));
        assert_eq!(Charset::Gb18030.encode("阳性").as_deref(), Ok(&gbk[..]));
        assert_eq!(Charset::Utf8.decode(&gbk), Err(0));
        assert_eq!(Charset::Latin1.encode("é阳"), Err('阳'));
    }

    #[test]
    fn the_first_bad_byte_is_found() {
        assert_eq!(Charset::Gb18030.decode(b"ab\xD1\xF4\xFF\xFFcd"), Err(4));
        assert_eq!(Charset::Gb18030.decode(b"ab\xD1"), Err(2));
        assert_eq!(Charset::Utf8.decode(b"ab\xE9\x98\xB3\xFF"), Err(5));
        assert_eq!(Charset::Ascii.decode(b"ab\xE9"), Err(2));
        assert_eq!(Charset::Gb18030.decode_prefix(b"ab\xD1\xF4\xFF\xFFcd"), "ab阳");
        assert_eq!(Charset::Gb18030.encode_lossy("a\u{E5E5}b"), b"a?b");
    }

    proptest! {
        #[test]
        fn what_is_encoded_is_read_back(text in any::<String>()) {
            for set in [Charset::Ascii, Charset::Utf8, Charset::Gb18030, Charset::Latin1] {
                if let Ok(bytes) = set.encode(&text) {
                    let back = set.decode(&bytes);
                    prop_assert_eq!(back.as_deref(), Ok(text.as_str()));
                }
            }
        }

        #[test]
        fn a_bad_byte_is_inside_the_input(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            for set in [Charset::Ascii, Charset::Utf8, Charset::Gb18030] {
                if let Err(at) = set.decode(&bytes) {
                    prop_assert!(at < bytes.len());
                    prop_assert!(set.decode(&bytes[..at]).is_ok());
                }
            }
        }
    }
}
