//! The rules in words, for the file of rejected rows: whoever repairs it needs no program.

use crate::import::RowStatus;

/// A status in Chinese and English.
pub fn status_words(status: RowStatus) -> (&'static str, &'static str) {
    match status {
        RowStatus::Rejected => ("未导入", "rejected"),
        RowStatus::Duplicate => ("已登记", "registered already"),
        RowStatus::Repeated => ("文件内重复", "repeated in the file"),
        RowStatus::Moved => {
            ("已登记，地址不同，待核实", "registered at another address, to be decided")
        }
    }
}

/// A rule in Chinese and English: what is wrong, and what would be right. An unknown code is
/// given back as it is.
pub fn rule_words(code: &str) -> (&str, &str) {
    match code {
        "name-missing" => ("缺姓名", "the name is missing"),
        "name-form" => (
            "姓名含数字或无法识别的字符，或超过60字",
            "the name has digits or unreadable characters, or is over 60 characters long",
        ),
        "id-number-missing" => (
            "缺证件号码；确无证件的，证件类型填“无”",
            "the document number is missing; for a person without papers set the document type to none",
        ),
        "id-number-form" => (
            "证件号码格式不对；身份证应为18位，其他证件请填证件类型",
            "the document number has the wrong form; a resident number has 18 characters, other documents need their type",
        ),
        "id-number-old" => (
            "15位旧身份证号，应填18位号码",
            "an old number of 15 digits; give the one of 18 characters",
        ),
        "id-number-check" => {
            ("身份证号校验码不对，请核对", "the check digit is wrong: compare with the document")
        }
        "id-number-rounded" => (
            "证件号码被表格软件当作数字存储，后几位已丢失；请设为文本后重新填写",
            "the spreadsheet kept the number as a figure and lost its last digits; format the column as text and enter it again",
        ),
        "id-type-unknown" => ("证件类型不能识别", "the document type is not understood"),
        "id-type-missing" => {
            ("证件类型为“无”，却有证件号码", "the document type is none, yet there is a number")
        }
        "birth-date" => (
            "出生日期不存在、晚于今天或格式不对",
            "the date of birth does not exist, lies in the future or has the wrong form",
        ),
        "birth-date-differs" => (
            "出生日期与身份证号不一致",
            "the date of birth differs from the one in the resident number",
        ),
        "sex-unknown" => ("性别不能识别", "the sex is not understood"),
        "sex-differs" => {
            ("性别与身份证号不一致", "the sex differs from the one in the resident number")
        }
        "phone-form" => ("电话号码格式不对", "the telephone number has the wrong form"),
        "place-missing" => ("缺社区或小区编码", "the code of the community or compound is missing"),
        "case-place-missing" => {
            ("缺地点编码，至少到区县", "the code of the place is missing: the county's at least")
        }
        "case-place-too-wide" => {
            ("地点编码太宽，至少到区县", "the place is too wide: give the county at least")
        }
        "place-unknown" => (
            "社区或小区编码未登记，请先导入地点",
            "the code of the community or compound is not registered; import the places first",
        ),
        "place-code-form" => ("地点编码格式不对", "the place code has the wrong form"),
        "place-too-wide" => (
            "地点编码太宽，应到社区、小区或单元",
            "the place is too wide: give a community, compound or entrance",
        ),
        "place-parent-unknown" => (
            "上级地点未登记，文件中也没有",
            "the place above it is neither registered nor in the file",
        ),
        "place-name-missing" => ("缺地点名称", "the name of the place is missing"),
        "place-twice" => ("地点编码在文件内重复", "the place code is in the file twice"),
        "area-not-allowed" => {
            ("不属于您负责的地区", "it lies outside of the areas that you are responsible for")
        }
        "household-missing" => {
            ("缺门牌号或户号", "the door or the number of the household is missing")
        }
        "door-too-long" => ("门牌号超过60字", "the door is over 60 characters long"),
        "coordinate-form" => ("经纬度格式不对", "a coordinate has the wrong form"),
        "outline-form" => ("边界格式不对", "the boundary has the wrong form"),
        "encoding" => (
            "含无法识别的字符（编码错误）",
            "it has characters that cannot be read (wrong encoding)",
        ),
        "quote-unclosed" => {
            ("引号没有成对，整行未读", "a quote is not closed; the row was not read")
        }
        "row-too-long" => ("行过长，未读", "the row is too long and was not read"),
        "row-too-wide" => {
            ("单元格比表头多，可能错列", "it has more cells than the header: they may have shifted")
        }
        "columns-missing" => ("工作表的表头不能识别", "the sheet has no header that is understood"),
        "person-duplicate" => ("证件号码已登记", "the document number is registered already"),
        "person-repeated" => {
            ("与文件内另一行证件号码相同", "another row of the file has the same number")
        }
        "person-moved" => (
            "证件号码已在另一地址登记，待人工核实",
            "the number is registered at another address; a person has to decide",
        ),
        "class-unknown" => (
            "病例分类不能识别；可填疑似、无症状、确诊",
            "the classification is not understood: suspected, asymptomatic or confirmed",
        ),
        "severity-unknown" => (
            "严重程度不能识别；可填无症状、轻型、普通型、重型、危重型",
            "the severity is not understood: asymptomatic, mild, moderate, severe or critical",
        ),
        "report-date" => (
            "报告日期缺失、不存在或晚于今天",
            "the date of report is missing, does not exist or lies in the future",
        ),
        "onset-form" => ("发病日期格式不对", "the date of onset has the wrong form"),
        "found-in-missing" => (
            "缺发现地点；应为隔离点、封控区、管控区或社会面",
            "it is not said where the infection was found: quarantine, locked, controlled or community",
        ),
        "found-in-unknown" => (
            "发现地点不能识别；应为隔离点、封控区、管控区或社会面",
            "where it was found is not understood: quarantine, locked, controlled or community",
        ),
        "age-form" => ("年龄应为0至130岁", "the age is not from 0 to 130 years"),
        "source-code-form" => (
            "不是病例或密接的编码，请从流调页面复制",
            "this is no code of a case or a contact: copy it from the investigation",
        ),
        "contact-time-form" => (
            "接触时间无法识别，例如2022-03-20 18:30",
            "this is no time of contact such as 2022-03-20 18:30",
        ),
        "contact-setting-unknown" => (
            "接触场景无法识别，例如同住、单位、市场",
            "this is no known setting such as household, work, market",
        ),
        "contact-known" => ("该接触已有记录", "this meeting is known already"),
        "contact-is-the-source" => ("此人即接触来源本人", "this is the person whom the others met"),
        "contact-in-the-future" => {
            ("末次接触时间在未来", "the last contact would be in the future")
        }
        "contact-outside-look-back" => (
            "末次接触不在追溯期内",
            "they last met outside of the look-back of the edition in force",
        ),
        "contact-time-wrong" => ("首次接触晚于末次接触", "the first contact lies after the last"),
        "contact-too-long-ago" => {
            ("隔离与监测期已过", "the time of quarantine and monitoring is over")
        }
        "investigation-unknown" => {
            ("该病例没有在查的流调", "there is no investigation of this case that goes on")
        }
        "source-is-a-case" => {
            ("该密接已是病例，请填病例编码", "this contact is a case now: name the case instead")
        }
        "source-is-secondary" => {
            ("次密接的接触者不再追踪", "those whom a secondary contact met are not followed")
        }
        "outcome-unknown" => (
            "转归不能识别；可填出院、解除隔离、死亡",
            "the outcome is not understood: discharged, released or died",
        ),
        "outcome-date" => (
            "转归日期缺失、不存在或早于报告日期",
            "the date of the outcome is missing, does not exist or lies before the report",
        ),
        "case-duplicate" => {
            ("该证件号码已有病例", "somebody with this document number has a case already")
        }
        "place-outside-area" => ("地点不在该区县内", "the place does not lie in the county"),
        "field-too-long" => ("内容过长", "a text is too long"),
        other => (other, other),
    }
}
