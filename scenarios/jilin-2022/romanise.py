#!/usr/bin/env python3
"""Adds English names to the division list.

Reads `code,name` rows (province to community) on standard input and writes
`code,name,name_en` to standard output. Needs pypinyin 0.55.0 (MIT):
`pip install pypinyin==0.55.0`. Only whoever renews the list runs it; the program does not.

Rules: the generic last word is translated (街道 Subdistrict, 社区 Community), the name proper is
written in pinyin as one capitalised word, without tones, with an apostrophe before a vowel.
"""
import csv
import re
import sys

from pypinyin import Style, lazy_pinyin, load_phrases_dict, load_single_dict

# Names that the dictionary reads otherwise than people there do.
load_single_dict({ord("长"): "cháng", ord("乐"): "lè", ord("朝"): "cháo", ord("曾"): "zēng"})
load_phrases_dict({
    "村长": [["cūn"], ["zhǎng"]],
    "长大": [["cháng"], ["dà"]],
    "朝阳": [["cháo"], ["yáng"]],
    "朝霞": [["zhāo"], ["xiá"]],
    "重庆": [["chóng"], ["qìng"]],
    "窝堡": [["wō"], ["pù"]],
    "里堡": [["lǐ"], ["pù"]],
    "双城堡": [["shuāng"], ["chéng"], ["pù"]],
    "单家": [["shàn"], ["jiā"]],
    "解家": [["xiè"], ["jiā"]],
    "仇家": [["qiú"], ["jiā"]],
    "查家": [["zhā"], ["jiā"]],
    "任家": [["rén"], ["jiā"]],
    "蛟河": [["jiāo"], ["hé"]],
    "岔路河": [["chà"], ["lù"], ["hé"]],
})

# Longest first: the generic part of a name and its English.
GENERIC = [
    ("虚拟生活区", "Residential Area"),
    ("生活区", "Residential Area"),
    ("满族朝鲜族乡", "Manchu and Korean Township"),
    ("朝鲜族满族乡", "Korean and Manchu Township"),
    ("朝鲜族乡", "Korean Township"),
    ("满族乡", "Manchu Township"),
    ("满族镇", "Manchu Town"),
    ("蒙古族乡", "Mongol Township"),
    ("回族乡", "Hui Township"),
    ("社区居委会", "Community"),
    ("居委会", "Community"),
    ("大路社区", "Avenue Community"),
    ("铁路社区", "Tielu Community"),
    ("路社区", "Road Community"),
    ("大街社区", "Street Community"),
    ("花园社区", "Garden Community"),
    ("社区", "Community"),
    ("村民委员会", "Village"),
    ("村委会", "Village"),
    ("村委", "Village"),
    ("村", "Village"),
    ("路街道", "Road Subdistrict"),
    ("街道", "Subdistrict"),
    ("镇", "Town"),
    ("乡", "Township"),
    ("省", "Province"),
    ("市", "City"),
    ("县", "County"),
    ("区", "District"),
]

# Special areas, translated whole.
WHOLE = {
    "吉林市": "Jilin City",
    "长春市": "Changchun City",
    "长春经济技术开发区": "Changchun Economic and Technological Development Zone",
    "长春净月高新技术产业开发区": "Changchun Jingyue High-tech Industrial Development Zone",
    "长春高新技术产业开发区": "Changchun High-tech Industrial Development Zone",
    "长春汽车经济技术开发区": "Changchun Automotive Economic and Technological Development Zone",
    "吉林经济开发区": "Jilin Economic Development Zone",
    "吉林高新技术产业开发区": "Jilin High-tech Industrial Development Zone",
    "吉林中国新加坡食品区": "Sino-Singapore Jilin Food Zone",
    "吉林船营经济开发区": "Jilin Chuanying Economic Development Zone",
    "哈达湾经济开发区": "Hadawan Economic Development Zone",
    "幸福开发区": "Xingfu Development Zone",
    "皓月产业园区": "Haoyue Industrial Park",
    "绿园经济开发区": "Lüyuan Economic Development Zone",
    "范家屯经济开发区": "Fanjiatun Economic Development Zone",
    "金珠工业区": "Jinzhu Industrial Zone",
    "龙潭经济开发区": "Longtan Economic Development Zone",
    "四平农科院": "Siping Academy of Agricultural Sciences",
    "四平农科院虚拟生活区": "Siping Academy of Agricultural Sciences Residential Area",
    "吉林船营经济开发区虚拟生活区": "Jilin Chuanying Economic Development Zone Residential Area",
    "公主岭市种猪场": "Gongzhuling Pig Breeding Farm",
    "公主岭市种猪场虚拟生活区": "Gongzhuling Pig Breeding Farm Residential Area",
    "十屋种牛场": "Shiwu Cattle Breeding Farm",
    "十屋种牛场虚拟生活区": "Shiwu Cattle Breeding Farm Residential Area",
    "省原种繁殖场": "Provincial Seed Multiplication Farm",
    "省原种繁殖场虚拟生活区": "Provincial Seed Multiplication Farm Residential Area",
    "创业农场": "Chuangye Farm",
    "创业农场虚拟生活区": "Chuangye Farm Residential Area",
    "洼中高农场": "Wazhonggao Farm",
    "洼中高农场虚拟生活区": "Wazhonggao Farm Residential Area",
    "开发区虚拟社区": "Development Zone Community",
    "国家农业科技园区特殊社区": "National Agricultural Science Park Community",
    "吉林公主岭经济开发区虚拟社区": "Gongzhuling Economic Development Zone Community",
    "吉林哈达湾经济开发区管委会社区": "Hadawan Economic Development Zone Community",
    "产业园区虚拟社区": "Industrial Park Community",
    "幸福经济管理区虚拟社区": "Xingfu Economic Zone Community",
    "龙潭经济开发区虚拟社区": "Longtan Economic Development Zone Community",
    "北大湖体育旅游经济开发区省级特殊村": "Beidahu Sports and Tourism Zone Village",
    "永吉经济开发区特殊乡镇": "Yongji Economic Development Zone",
    "磐石经济开发区特殊街道": "Panshi Economic Development Zone",
    "九一四工业区社区": "No. 914 Industrial Area Community",
    "园艺场（特殊村委会）": "Horticultural Farm (special village)",
    "长江路省级电脑科技商品经营开发区（特殊社区）":
        "Changjiang Road Computer Trade Development Zone (special community)",
}


def word(text):
    """One capitalised word of pinyin, keeping Latin letters and figures as they are."""
    out = ""
    for syllable in lazy_pinyin(text, style=Style.NORMAL, v_to_u=True):
        if out and out[-1].isalpha() and syllable[:1] in "aoe":
            out += "'"
        out += syllable
    return out[:1].upper() + out[1:]


def english(code, name):
    if name in WHOLE:
        return WHOLE[name]
    base, _, note = name.partition("（")
    zone = ""
    if note and "开发区" in note:
        zone = " (" + word(re.sub("(现代农业产业|经济|工业经济|石材)?开发区.*", "", note)) + " Zone)"
    elif note and "工业小区" in note:
        zone = " (Industrial Area)"
    for chinese, translated in GENERIC:
        if base.endswith(chinese) and len(base) >= len(chinese) + (chinese != "铁路社区"):
            return f"{word(base[: -len(chinese)])} {translated}{zone}".strip()
    return word(base) + zone


def main():
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(["code", "name", "name_en"])
    for row in csv.DictReader(sys.stdin):
        out.writerow([row["code"], row["name"], english(row["code"], row["name"])])


if __name__ == "__main__":
    main()
