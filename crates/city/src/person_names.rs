//! Names of people: a surname by frequency, a given name by sex and year of birth.
//!
//! The tables are ours: characters that are common in the north-east, with weights from
//! general knowledge (王, 张, 李, 刘 and 赵 lead). No name is taken from a register.

use std::fmt;

use crate::Sex;
use crate::random::Rng;

/// A character with its pinyin.
type Syllable = (&'static str, &'static str);

/// A full name: one surname and one or two given characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PersonName {
    surname: Syllable,
    first: Syllable,
    second: Option<Syllable>,
}

/// Surnames with weights.
#[rustfmt::skip]
const SURNAMES: &[(&str, &str, u16)] = &[
    ("王", "wang", 980), ("张", "zhang", 900), ("李", "li", 880), ("刘", "liu", 700),
    ("赵", "zhao", 400), ("孙", "sun", 380), ("于", "yu", 300), ("杨", "yang", 290),
    ("陈", "chen", 280), ("徐", "xu", 230), ("马", "ma", 190), ("高", "gao", 180),
    ("宋", "song", 160), ("姜", "jiang", 150), ("林", "lin", 130), ("郭", "guo", 130),
    ("吴", "wu", 130), ("周", "zhou", 120), ("朱", "zhu", 110), ("韩", "han", 110),
    ("金", "jin", 110), ("崔", "cui", 90), ("胡", "hu", 80), ("关", "guan", 75), ("何", "he", 70),
    ("曹", "cao", 70), ("董", "dong", 65), ("邹", "zou", 55), ("吕", "lü", 55), ("田", "tian", 55),
    ("许", "xu", 50), ("佟", "tong", 45), ("梁", "liang", 45), ("杜", "du", 45), ("孟", "meng", 45),
    ("丁", "ding", 40), ("冯", "feng", 40), ("韦", "wei", 15), ("沈", "shen", 30),
    ("程", "cheng", 35), ("曲", "qu", 35), ("任", "ren", 35), ("付", "fu", 35), ("那", "na", 20),
    ("唐", "tang", 30), ("邢", "xing", 25), ("贾", "jia", 30), ("袁", "yuan", 30),
    ("尹", "yin", 28), ("朴", "piao", 28), ("战", "zhan", 12), ("庞", "pang", 15),
    ("侯", "hou", 25), ("石", "shi", 28), ("苏", "su", 25), ("潘", "pan", 22), ("史", "shi", 20),
    ("白", "bai", 22), ("钟", "zhong", 12), ("欧阳", "ouyang", 4),
];

/// Given characters for one sex and one span of birth years.
struct Fashion {
    /// The first birth year of the span.
    from: i16,
    /// Of how many in 100 the given name is one character.
    single: u32,
    first: &'static [Syllable],
    second: &'static [Syllable],
    alone: &'static [Syllable],
}

#[rustfmt::skip]
const MEN: [Fashion; 4] = [
    Fashion {
        from: i16::MIN,
        single: 6,
        first: &[
            ("德", "de"), ("凤", "feng"), ("长", "chang"), ("永", "yong"), ("福", "fu"),
            ("振", "zhen"), ("玉", "yu"), ("国", "guo"), ("文", "wen"), ("忠", "zhong"),
            ("景", "jing"), ("广", "guang"), ("殿", "dian"), ("兴", "xing"), ("万", "wan"),
            ("春", "chun"), ("洪", "hong"), ("明", "ming"), ("喜", "xi"), ("占", "zhan"),
        ],
        second: &[
            ("山", "shan"), ("林", "lin"), ("财", "cai"), ("贵", "gui"), ("生", "sheng"),
            ("祥", "xiang"), ("武", "wu"), ("臣", "chen"), ("江", "jiang"), ("有", "you"),
            ("和", "he"), ("学", "xue"), ("义", "yi"), ("海", "hai"), ("田", "tian"), ("才", "cai"),
            ("安", "an"), ("奎", "kui"), ("清", "qing"), ("元", "yuan"),
        ],
        alone: &[("才", "cai"), ("福", "fu"), ("贵", "gui"), ("山", "shan"), ("忠", "zhong")],
    },
    Fashion {
        from: 1950,
        single: 28,
        first: &[
            ("建", "jian"), ("国", "guo"), ("志", "zhi"), ("永", "yong"), ("立", "li"),
            ("晓", "xiao"), ("春", "chun"), ("海", "hai"), ("文", "wen"), ("宏", "hong"),
            ("庆", "qing"), ("长", "chang"), ("玉", "yu"), ("铁", "tie"), ("英", "ying"),
            ("继", "ji"), ("德", "de"), ("大", "da"), ("维", "wei"), ("胜", "sheng"),
        ],
        second: &[
            ("军", "jun"), ("华", "hua"), ("国", "guo"), ("民", "min"), ("强", "qiang"),
            ("生", "sheng"), ("伟", "wei"), ("平", "ping"), ("东", "dong"), ("刚", "gang"),
            ("林", "lin"), ("新", "xin"), ("明", "ming"), ("杰", "jie"), ("利", "li"),
            ("臣", "chen"), ("岩", "yan"), ("波", "bo"), ("涛", "tao"), ("武", "wu"),
        ],
        alone: &[
            ("军", "jun"), ("强", "qiang"), ("伟", "wei"), ("勇", "yong"), ("刚", "gang"),
            ("平", "ping"), ("斌", "bin"), ("岩", "yan"), ("涛", "tao"), ("波", "bo"),
        ],
    },
    Fashion {
        from: 1975,
        single: 48,
        first: &[
            ("志", "zhi"), ("海", "hai"), ("晓", "xiao"), ("立", "li"), ("云", "yun"),
            ("鹏", "peng"), ("文", "wen"), ("俊", "jun"), ("天", "tian"), ("明", "ming"),
            ("振", "zhen"), ("忠", "zhong"), ("洪", "hong"), ("世", "shi"), ("成", "cheng"),
            ("嘉", "jia"), ("家", "jia"), ("大", "da"), ("少", "shao"), ("新", "xin"),
        ],
        second: &[
            ("龙", "long"), ("鹏", "peng"), ("超", "chao"), ("宇", "yu"), ("飞", "fei"),
            ("博", "bo"), ("峰", "feng"), ("辉", "hui"), ("亮", "liang"), ("鑫", "xin"),
            ("阳", "yang"), ("明", "ming"), ("杰", "jie"), ("涛", "tao"), ("旭", "xu"), ("野", "ye"),
            ("泽", "ze"), ("达", "da"), ("伟", "wei"), ("男", "nan"),
        ],
        alone: &[
            ("磊", "lei"), ("洋", "yang"), ("鹏", "peng"), ("超", "chao"), ("宇", "yu"),
            ("亮", "liang"), ("鑫", "xin"), ("旭", "xu"), ("博", "bo"), ("帅", "shuai"),
            ("龙", "long"), ("健", "jian"), ("伟", "wei"), ("楠", "nan"),
        ],
    },
    Fashion {
        from: 2003,
        single: 9,
        first: &[
            ("子", "zi"), ("浩", "hao"), ("宇", "yu"), ("梓", "zi"), ("俊", "jun"), ("博", "bo"),
            ("铭", "ming"), ("奕", "yi"), ("嘉", "jia"), ("天", "tian"), ("一", "yi"), ("佳", "jia"),
            ("思", "si"), ("明", "ming"), ("泽", "ze"), ("皓", "hao"), ("星", "xing"), ("沐", "mu"),
            ("柏", "bai"), ("承", "cheng"),
        ],
        second: &[
            ("轩", "xuan"), ("涵", "han"), ("宇", "yu"), ("睿", "rui"), ("辰", "chen"), ("泽", "ze"),
            ("豪", "hao"), ("航", "hang"), ("然", "ran"), ("霖", "lin"), ("阳", "yang"),
            ("恒", "heng"), ("博", "bo"), ("成", "cheng"), ("诺", "nuo"), ("远", "yuan"),
            ("宸", "chen"), ("熙", "xi"), ("骏", "jun"), ("城", "cheng"),
        ],
        alone: &[("睿", "rui"), ("宸", "chen"), ("航", "hang"), ("霖", "lin"), ("昊", "hao")],
    },
];

#[rustfmt::skip]
const WOMEN: [Fashion; 4] = [
    Fashion {
        from: i16::MIN,
        single: 4,
        first: &[
            ("桂", "gui"), ("淑", "shu"), ("玉", "yu"), ("凤", "feng"), ("秀", "xiu"), ("金", "jin"),
            ("素", "su"), ("亚", "ya"), ("春", "chun"), ("玲", "ling"), ("兰", "lan"), ("月", "yue"),
            ("翠", "cui"), ("彩", "cai"), ("景", "jing"), ("瑞", "rui"), ("艳", "yan"),
            ("连", "lian"), ("丽", "li"), ("文", "wen"),
        ],
        second: &[
            ("兰", "lan"), ("珍", "zhen"), ("芝", "zhi"), ("英", "ying"), ("琴", "qin"),
            ("华", "hua"), ("荣", "rong"), ("芬", "fen"), ("梅", "mei"), ("云", "yun"),
            ("清", "qing"), ("芳", "fang"), ("霞", "xia"), ("香", "xiang"), ("贤", "xian"),
            ("杰", "jie"), ("娥", "e"), ("环", "huan"), ("范", "fan"), ("坤", "kun"),
        ],
        alone: &[("兰", "lan"), ("琴", "qin"), ("芝", "zhi"), ("芳", "fang"), ("英", "ying")],
    },
    Fashion {
        from: 1950,
        single: 24,
        first: &[
            ("丽", "li"), ("秀", "xiu"), ("淑", "shu"), ("艳", "yan"), ("玉", "yu"), ("亚", "ya"),
            ("春", "chun"), ("晓", "xiao"), ("红", "hong"), ("桂", "gui"), ("海", "hai"),
            ("彦", "yan"), ("立", "li"), ("凤", "feng"), ("雅", "ya"), ("金", "jin"), ("冬", "dong"),
            ("国", "guo"), ("永", "yong"), ("文", "wen"),
        ],
        second: &[
            ("华", "hua"), ("红", "hong"), ("梅", "mei"), ("杰", "jie"), ("玲", "ling"),
            ("霞", "xia"), ("娟", "juan"), ("敏", "min"), ("萍", "ping"), ("艳", "yan"),
            ("英", "ying"), ("芬", "fen"), ("波", "bo"), ("娜", "na"), ("荣", "rong"), ("云", "yun"),
            ("新", "xin"), ("丽", "li"), ("芳", "fang"), ("君", "jun"),
        ],
        alone: &[
            ("丽", "li"), ("敏", "min"), ("红", "hong"), ("艳", "yan"), ("杰", "jie"), ("霞", "xia"),
            ("萍", "ping"), ("梅", "mei"), ("颖", "ying"), ("静", "jing"),
        ],
    },
    Fashion {
        from: 1975,
        single: 46,
        first: &[
            ("丽", "li"), ("晓", "xiao"), ("雪", "xue"), ("海", "hai"), ("春", "chun"),
            ("美", "mei"), ("思", "si"), ("佳", "jia"), ("文", "wen"), ("艳", "yan"), ("婷", "ting"),
            ("冬", "dong"), ("明", "ming"), ("诗", "shi"), ("雨", "yu"), ("慧", "hui"),
            ("静", "jing"), ("欣", "xin"), ("爱", "ai"), ("莹", "ying"),
        ],
        second: &[
            ("娜", "na"), ("婷", "ting"), ("莹", "ying"), ("丹", "dan"), ("玲", "ling"),
            ("颖", "ying"), ("琳", "lin"), ("雪", "xue"), ("娇", "jiao"), ("楠", "nan"),
            ("静", "jing"), ("妍", "yan"), ("彤", "tong"), ("慧", "hui"), ("萌", "meng"),
            ("瑶", "yao"), ("艳", "yan"), ("蕊", "rui"), ("儿", "er"), ("宁", "ning"),
        ],
        alone: &[
            ("丹", "dan"), ("娜", "na"), ("静", "jing"), ("雪", "xue"), ("婷", "ting"),
            ("颖", "ying"), ("莹", "ying"), ("楠", "nan"), ("爽", "shuang"), ("琳", "lin"),
            ("蕾", "lei"), ("倩", "qian"), ("薇", "wei"), ("晶", "jing"),
        ],
    },
    Fashion {
        from: 2003,
        single: 8,
        first: &[
            ("子", "zi"), ("梓", "zi"), ("雨", "yu"), ("欣", "xin"), ("诗", "shi"), ("思", "si"),
            ("佳", "jia"), ("一", "yi"), ("语", "yu"), ("芷", "zhi"), ("若", "ruo"), ("嘉", "jia"),
            ("可", "ke"), ("艺", "yi"), ("沐", "mu"), ("紫", "zi"), ("安", "an"), ("美", "mei"),
            ("依", "yi"), ("婉", "wan"),
        ],
        second: &[
            ("涵", "han"), ("萱", "xuan"), ("彤", "tong"), ("怡", "yi"), ("琪", "qi"), ("诺", "nuo"),
            ("妍", "yan"), ("瑶", "yao"), ("桐", "tong"), ("然", "ran"), ("悦", "yue"),
            ("宁", "ning"), ("欣", "xin"), ("曦", "xi"), ("潼", "tong"), ("晴", "qing"),
            ("依", "yi"), ("琳", "lin"), ("儿", "er"), ("冉", "ran"),
        ],
        alone: &[("怡", "yi"), ("彤", "tong"), ("玥", "yue"), ("瑶", "yao"), ("妍", "yan")],
    },
];

/// Draws names.
#[derive(Clone, Debug)]
pub(crate) struct Names {
    surnames: crate::random::Alias,
}

impl Names {
    /// The built-in tables; `None` only if they held no weight.
    pub(crate) fn new() -> Option<Names> {
        let weights: Vec<f64> = SURNAMES.iter().map(|(.., w)| f64::from(*w)).collect();
        crate::random::Alias::new(&weights).map(|surnames| Names { surnames })
    }

    /// A surname, as an index.
    pub(crate) fn surname(&self, rng: &mut Rng) -> usize {
        self.surnames.draw(rng)
    }

    /// A full name with a given surname.
    pub(crate) fn name(&self, surname: usize, sex: Sex, born: i16, rng: &mut Rng) -> PersonName {
        let (zh, pinyin, _) = SURNAMES[surname % SURNAMES.len()];
        let fashions = if sex == Sex::Male { &MEN } else { &WOMEN };
        let fashion = fashions.iter().rev().find(|f| f.from <= born).unwrap_or(&fashions[0]);
        let mut pick = |of: &'static [Syllable]| of[rng.below(of.len() as u32) as usize];
        let (first, second) = (pick(fashion.first), pick(fashion.second));
        let alone = pick(fashion.alone);
        let single = rng.below(100) < fashion.single;
        if single {
            PersonName { surname: (zh, pinyin), first: alone, second: None }
        } else {
            // The same character twice reads as a nickname.
            let second = (second.0 != first.0).then_some(second);
            PersonName { surname: (zh, pinyin), first, second }
        }
    }
}

impl PersonName {
    /// Writes the name in Chinese, for example `王桂兰`.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn write_zh(&self, w: &mut impl fmt::Write) -> fmt::Result {
        w.write_str(self.surname.0)?;
        w.write_str(self.first.0)?;
        w.write_str(self.second.map_or("", |s| s.0))
    }

    /// Writes the name in pinyin without tones, surname first, for example `Wang Guilan`.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn write_pinyin(&self, w: &mut impl fmt::Write) -> fmt::Result {
        write_capitalised(w, self.surname.1)?;
        w.write_char(' ')?;
        write_capitalised(w, self.first.1)?;
        if let Some((_, second)) = self.second {
            if second.starts_with(['a', 'e', 'o']) {
                w.write_char('\'')?;
            }
            w.write_str(second)?;
        }
        Ok(())
    }

    /// The name in Chinese.
    pub fn zh(&self) -> String {
        let mut text = String::with_capacity(12);
        let _never_fails = self.write_zh(&mut text);
        text
    }

    /// The name in pinyin.
    pub fn pinyin(&self) -> String {
        let mut text = String::with_capacity(20);
        let _never_fails = self.write_pinyin(&mut text);
        text
    }
}

fn write_capitalised(w: &mut impl fmt::Write, syllable: &str) -> fmt::Result {
    let mut chars = syllable.chars();
    if let Some(first) = chars.next() {
        w.write_char(first.to_ascii_uppercase())?;
    }
    w.write_str(chars.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Stream;

    #[test]
    fn names_read_well_in_both_scripts() {
        let name =
            PersonName {
                surname: ("王", "wang"), first: ("玉", "yu"), second: Some(("娥", "e"))
            };
        assert_eq!((name.zh().as_str(), name.pinyin().as_str()), ("王玉娥", "Wang Yu'e"));
        let short = PersonName { surname: ("吕", "lü"), first: ("伟", "wei"), second: None };
        assert_eq!(short.pinyin(), "Lü Wei");
    }

    #[test]
    fn tables_have_one_character_a_syllable() {
        for fashion in MEN.iter().chain(&WOMEN) {
            for (zh, pinyin) in fashion.first.iter().chain(fashion.second).chain(fashion.alone) {
                assert_eq!(zh.chars().count(), 1);
                assert!(pinyin.chars().all(char::is_lowercase), "{zh} {pinyin}");
            }
        }
    }

    #[test]
    fn fashions_change_with_the_year_of_birth() {
        let names = Names::new().expect("weights");
        let old = (0..200).map(|n| {
            let mut rng = Rng::keyed(1, Stream::Names, n, 0);
            names.name(0, Sex::Female, 1940, &mut rng).zh()
        });
        assert!(!old.into_iter().any(|n| n.ends_with("萱")));
    }
}
