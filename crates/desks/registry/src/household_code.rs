//! A household's sign-in code: twelve characters of Crockford's base 32, printed once, never
//! stored. 60 random bits cannot be guessed over a network.

use zeroize::Zeroizing;

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const LENGTH: usize = 12;

/// A fresh code as it is printed, in three groups: `7Q4M-X0ZT-2B9K`.
pub fn fresh() -> Zeroizing<String> {
    let mut random = Zeroizing::new([0_u8; LENGTH]);
    rand::fill(&mut *random);
    let mut code = Zeroizing::new(String::with_capacity(LENGTH + 2));
    for (at, byte) in random.iter().enumerate() {
        if at > 0 && at % 4 == 0 {
            code.push('-');
        }
        code.push(char::from(ALPHABET[usize::from(byte % 32)]));
    }
    code
}

/// A typed code in its one form: capitals, no signs, and the letters that look like digits
/// (I, L, O) as digits. `None` when it is not a code.
pub fn normal(typed: &str) -> Option<Zeroizing<String>> {
    let mut code = Zeroizing::new(String::with_capacity(LENGTH));
    for c in typed.chars().filter(|c| !c.is_whitespace() && *c != '-') {
        let c = match c.to_ascii_uppercase() {
            'I' | 'L' => '1',
            'O' => '0',
            c if c.is_ascii() && ALPHABET.contains(&(c as u8)) => c,
            _ => return None,
        };
        code.push(c);
    }
    (code.len() == LENGTH).then_some(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_reads_back_however_it_is_typed() {
        let code = fresh();
        assert_eq!(code.len(), LENGTH + 2);
        let plain = normal(&code).expect("its own form");
        assert_eq!(normal(&code.to_lowercase()).as_deref(), Some(&*plain));
        assert_eq!(normal("oil0-oil0-oil0").as_deref().map(String::as_str), Some("011001100110"));
        assert_eq!(normal("7Q4M-X0ZT-2B9"), None);
        assert_eq!(normal("7Q4M-X0ZT-2B9U"), None);
        assert_ne!(*fresh(), *fresh());
    }
}
