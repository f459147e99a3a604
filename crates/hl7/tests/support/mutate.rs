//! Damaging valid input, the same way for the same seed.

/// A small generator of pseudo-random numbers (xorshift64*).
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Dice {
        Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    /// A number below `n`; 0 if `n` is.
    pub fn below(&mut self, n: usize) -> usize {
        (self.next() >> 33) as usize % n.max(1)
    }
}

/// Bits of input that mean something to the parsers.
const WORDS: &[&[u8]] = &[
    b"|",
    b"^",
    b"~",
    b"\\",
    b"&",
    b"\r",
    b"\n",
    b"\r\n",
    b"\"",
    b"\"\"",
    b",",
    b"\x0B",
    b"\x1C",
    b"\x1C\r",
    b"MSH|^~\\&|",
    b"OBR|",
    b"OBX|",
    b"SPM|",
    b"SAC|",
    b"PID|",
    b"DSC|",
    b"\\X",
    b"\\X0D\\",
    b"\\F\\",
    b"\\E\\",
    b"NM",
    b"SN",
    b"CWE",
    b">",
    b"^40",
    b"94311-8",
    b"94500-6",
    b"260415000",
    b"UNICODE UTF-8",
    b"GBK",
    b"GB 18030-2000",
    b"20220320140533",
    b"+0800",
    b"-9999",
    b"99999999999999999999",
    b"0",
    b"\xEF\xBB\xBF",
    b"\xD1\xF4",
    b"\x81\x30\x81\x30",
    b"\xFF",
    b"\xE9\x98\xB3",
    b"\0",
    b"2.5",
];

/// The input with up to eight changes.
pub fn damaged(input: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut bytes = input.to_vec();
    for _ in 0..=dice.below(8) {
        let at = dice.below(bytes.len() + 1);
        let length = dice.below(24.min(bytes.len() - at + 1));
        match dice.below(7) {
            0 if at < bytes.len() => bytes[at] = (dice.next() >> 40) as u8,
            1 => bytes.truncate(at),
            2 => drop(bytes.drain(at..at + length)),
            3 => {
                let copy = bytes[at..at + length].to_vec();
                let to = dice.below(bytes.len() + 1);
                drop(bytes.splice(to..to, copy));
            }
            4 => {
                // Another line of the same input: orders and specimens change places.
                let lines: Vec<&[u8]> =
                    input.split_inclusive(|b| matches!(b, b'\r' | b'\n')).collect();
                let line = lines.get(dice.below(lines.len())).copied().unwrap_or_default().to_vec();
                let ends = bytes.iter().enumerate().filter(|(_, b)| matches!(b, b'\r' | b'\n'));
                let ends: Vec<usize> = ends.map(|(i, _)| i + 1).collect();
                let to = ends.get(dice.below(ends.len())).copied().unwrap_or(0);
                drop(bytes.splice(to..to, line));
            }
            _ => {
                let word = WORDS[dice.below(WORDS.len())];
                drop(bytes.splice(at..at, word.iter().copied()));
            }
        }
    }
    bytes
}
