//! Breaking a text into lines: Latin words at spaces, Chinese between any two characters, except that
//! no line begins with a mark that closes or ends something, and none ends with one that opens.

use crate::font::Font;

/// Marks that do not begin a line.
const NOT_FIRST: &str = "，。、；：！？）】》」』”’％%,.;:!?)]}·—–-…万亿年月日时例人";
/// Marks that do not end a line.
const NOT_LAST: &str = "（【《「『“‘([{";

/// Whether a line may be broken beside this character without a space.
fn is_wide(c: char) -> bool {
    matches!(c, '\u{2e80}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{ff00}'..='\u{ffef}')
}

/// Whether a line may end between two characters.
fn may_break(before: char, after: char) -> bool {
    if NOT_FIRST.contains(after) || NOT_LAST.contains(before) {
        return false;
    }
    before == ' ' || is_wide(before) || is_wide(after)
}

/// The lines of a text that are at most `width` wide at a size. A word that is wider alone is broken
/// where it must be.
pub(crate) fn lines(font: &Font, text: &str, size: f32, width: f32) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in text.split('\n') {
        let chars: Vec<char> = paragraph.chars().collect();
        let mut start = 0;
        while start < chars.len() {
            let end = fits(font, &chars[start..], size, width) + start;
            let line: String = chars[start..end].iter().collect();
            lines.push(line.trim_end().to_owned());
            start = end;
            while start < chars.len() && chars[start] == ' ' {
                start += 1;
            }
        }
        if chars.is_empty() {
            lines.push(String::new());
        }
    }
    lines
}

/// How many of the characters make the first line; at least one.
fn fits(font: &Font, chars: &[char], size: f32, width: f32) -> usize {
    let mut used = 0.0;
    let mut last_break = 0;
    for (n, c) in chars.iter().enumerate() {
        used += font.width(c.encode_utf8(&mut [0; 4]), size);
        // A space at the end takes no room.
        if used > width && *c != ' ' && n > 0 {
            return if last_break > 0 { last_break } else { n };
        }
        if chars.get(n + 1).is_some_and(|next| may_break(*c, *next)) {
            last_break = n + 1;
        }
    }
    chars.len()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn font() -> Font {
        Font::built_in().expect("the font")
    }

    #[test]
    fn latin_breaks_at_spaces_and_chinese_anywhere_but_before_marks() {
        let font = font();
        let narrow = font.width("new confirmed", 10.0) + 0.1;
        assert_eq!(
            lines(&font, "new confirmed cases today", 10.0, narrow),
            ["new confirmed", "cases today"]
        );
        // Ten wide characters would leave a full stop for the next line: the one before goes along.
        let ten = font.width("一二三四五六七八九十", 10.0) + 0.1;
        assert_eq!(
            lines(&font, "一二三四五六七八九十。甲乙", 10.0, ten),
            ["一二三四五六七八九", "十。甲乙"]
        );
        assert_eq!(lines(&font, "一\n二", 10.0, 100.0), ["一", "二"]);
        assert_eq!(lines(&font, "", 10.0, 100.0), [""]);
    }

    proptest! {
        #[test]
        fn lines_fit_and_nothing_is_lost(text in "[a-z 一-二0-9，。（]{0,80}", width in 30.0_f32..200.0) {
            let font = font();
            let lines = lines(&font, &text, 10.0, width);
            let strip = |s: &str| s.chars().filter(|c| *c != ' ').collect::<String>();
            prop_assert_eq!(strip(&lines.concat()), strip(&text));
            for line in &lines {
                let fits = font.width(line, 10.0) <= width + 0.01;
                prop_assert!(fits || line.chars().count() == 1, "{:?}", line);
            }
        }
    }
}
