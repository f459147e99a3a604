//! Names of made-up places below community level, in Chinese and English.

use crate::random::Rng;

type Word = (&'static str, &'static str);

/// First words of estates; ours, in the manner of the region.
#[rustfmt::skip]
const ESTATES: &[Word] = &[
    ("江城", "Jiangcheng"), ("松江", "Songjiang"), ("雾凇", "Wusong"), ("北山", "Beishan"),
    ("吉祥", "Jixiang"), ("阳光", "Yangguang"), ("滨江", "Binjiang"), ("世纪", "Shiji"),
    ("幸福", "Xingfu"), ("丽江", "Lijiang"), ("金色", "Jinse"), ("东方", "Dongfang"), ("锦绣", "Jinxiu"),
    ("兴隆", "Xinglong"), ("和平", "Heping"), ("春光", "Chunguang"), ("龙泉", "Longquan"),
    ("翠湖", "Cuihu"), ("天润", "Tianrun"), ("福源", "Fuyuan"), ("紫光", "Ziguang"), ("丰泽", "Fengze"),
    ("安居", "Anju"), ("康乐", "Kangle"), ("白桦", "Baihua"), ("玉兰", "Yulan"), ("青松", "Qingsong"),
    ("银河", "Yinhe"), ("恒安", "Heng'an"), ("清波", "Qingbo"), ("瑞景", "Ruijing"),
    ("华阳", "Huayang"), ("裕华", "Yuhua"), ("文苑", "Wenyuan"), ("乐府", "Lefu"), ("永安", "Yong'an"),
    ("盛世", "Shengshi"), ("嘉和", "Jiahe"), ("长兴", "Changxing"), ("临江", "Linjiang"),
    ("新星", "Xinxing"),
];

/// Second words of estates of blocks.
#[rustfmt::skip]
const SLABS: &[Word] = &[
    ("小区", "Residential Quarter"), ("花园", "Garden"), ("家园", "Homes"), ("新村", "New Village"),
    ("苑", "Court"), ("嘉园", "Park"), ("里", "Lane"),
];

/// Second words of high-rise estates.
#[rustfmt::skip]
const TOWERS: &[Word] = &[
    ("国际", "International"), ("名邸", "Residence"), ("华府", "Mansion"), ("豪庭", "Heights"),
    ("广场", "Plaza"), ("名城", "Grand City"), ("公馆", "House"),
];

/// Natural villages: who settled there, or how it lies.
#[rustfmt::skip]
const HAMLETS: &[Word] = &[
    ("前", "Qian"), ("后", "Hou"), ("东", "Dong"), ("西", "Xi"), ("腰", "Yao"), ("王家", "Wangjia"),
    ("张家", "Zhangjia"), ("李家", "Lijia"), ("刘家", "Liujia"), ("赵家", "Zhaojia"), ("孙家", "Sunjia"),
    ("于家", "Yujia"), ("杨家", "Yangjia"), ("陈家", "Chenjia"), ("马家", "Majia"), ("高家", "Gaojia"),
    ("韩家", "Hanjia"), ("关家", "Guanjia"), ("佟家", "Tongjia"), ("大", "Da"), ("小", "Xiao"),
    ("上", "Shang"), ("下", "Xia"),
];

/// What a compound is built of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CompoundKind {
    /// Blocks of five to seven storeys without a lift.
    Slab,
    /// High-rises.
    Tower,
    /// A natural village: one-storey houses.
    Hamlet,
}

/// The name of a compound: two words that are unique within the community.
pub(crate) type CompoundName = (Word, Word);

/// The names of a community's compounds, by number from 0. Walking the list of first words
/// from a drawn start keeps them different as long as there are fewer compounds than words.
pub(crate) fn compound_name(kind: CompoundKind, start: u32, number: u32) -> CompoundName {
    let pick = |words: &'static [Word], at: u32| words[at as usize % words.len()];
    match kind {
        CompoundKind::Hamlet => (pick(HAMLETS, start + number), ("屯", "Tun")),
        CompoundKind::Slab => (pick(ESTATES, start + number), pick(SLABS, start / 64 + number * 3)),
        CompoundKind::Tower => {
            (pick(ESTATES, start + number), pick(TOWERS, start / 64 + number * 3))
        }
    }
}

/// A start for [`compound_name`].
pub(crate) fn name_start(rng: &mut Rng) -> u32 {
    rng.below(1 << 16)
}

/// The name in Chinese; repeats beyond the list are numbered.
pub(crate) fn zh(kind: CompoundKind, (first, second): CompoundName, number: u32) -> String {
    format!("{}{}{}", first.0, second.0, suffix(kind, number, "期"))
}

/// The name in English.
pub(crate) fn en(kind: CompoundKind, (first, second): CompoundName, number: u32) -> String {
    match kind {
        // 前屯 is one word: Qiantun.
        CompoundKind::Hamlet => format!("{}tun{}", first.1, suffix(kind, number, "")),
        _ => format!("{} {}{}", first.1, second.1, suffix(kind, number, "")),
    }
}

fn suffix(kind: CompoundKind, number: u32, phase: &str) -> String {
    let words = if kind == CompoundKind::Hamlet { HAMLETS } else { ESTATES };
    match number as usize / words.len() {
        0 => String::new(),
        more if phase.is_empty() => format!(" {}", more + 1),
        more => format!("{}{phase}", more + 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn names_do_not_repeat_within_a_community() {
        for kind in [CompoundKind::Slab, CompoundKind::Tower, CompoundKind::Hamlet] {
            for start in [0, 17, 40, 65_535] {
                let (mut chinese, mut english) = (BTreeSet::new(), BTreeSet::new());
                for number in 0..99 {
                    let name = compound_name(kind, start, number);
                    assert!(chinese.insert(zh(kind, name, number)));
                    assert!(english.insert(en(kind, name, number)));
                }
            }
        }
        let name = compound_name(CompoundKind::Slab, 0, 0);
        assert_eq!(zh(CompoundKind::Slab, name, 0), "江城小区");
        assert_eq!(en(CompoundKind::Slab, name, 0), "Jiangcheng Residential Quarter");
    }
}
