//! The check character of printed codes: ISO 7064, MOD 37,36.
//!
//! It catches every single wrong character and every swap of two neighbours, the two mistakes
//! that people make when they type a code from a tube.

const ALPHABET: &[u8; 36] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

fn value(byte: u8) -> Option<u32> {
    match byte {
        b'0'..=b'9' => Some(u32::from(byte - b'0')),
        b'A'..=b'Z' => Some(u32::from(byte - b'A') + 10),
        _ => None,
    }
}

/// The check character for a body of digits and capital letters; `None` for any other text.
pub fn check_character(body: &str) -> Option<char> {
    let mut product: u32 = 36;
    for byte in body.bytes() {
        let sum = (product + value(byte)?) % 36;
        product = (if sum == 0 { 36 } else { sum }) * 2 % 37;
    }
    let check = (37 - product) % 36;
    Some(char::from(ALPHABET[check as usize]))
}

/// Whether the last character of `code` is the check character of what stands before it.
pub fn has_valid_check(code: &str) -> bool {
    match code.char_indices().next_back() {
        Some((at, last)) => check_character(&code[..at]) == Some(last),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_every_single_error_and_every_swap() {
        let body = "T22020200012345";
        let code = format!("{body}{}", check_character(body).expect("alphanumeric"));
        assert!(has_valid_check(&code));
        let bytes = code.as_bytes();
        for at in 0..bytes.len() {
            for &other in ALPHABET.iter().filter(|&&c| c != bytes[at]) {
                let mut wrong = bytes.to_vec();
                wrong[at] = other;
                assert!(!has_valid_check(std::str::from_utf8(&wrong).expect("ascii")));
            }
            if at + 1 < bytes.len() && bytes[at] != bytes[at + 1] {
                let mut wrong = bytes.to_vec();
                wrong.swap(at, at + 1);
                assert!(!has_valid_check(std::str::from_utf8(&wrong).expect("ascii")));
            }
        }
        assert!(!has_valid_check(""));
        assert!(!has_valid_check("t1"));
    }
}
