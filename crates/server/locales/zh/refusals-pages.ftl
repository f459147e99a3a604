# 检测工作台各页的拒绝说明。
refusal-number-needed = 此处须填数字。
refusal-number-needed-next = 请只填数字。
refusal-person-ambiguous = 符合条件的不止一人。
refusal-person-ambiguous-next = 请使用证件号。
refusal-person-missing = 未填写人员。
refusal-person-missing-next = 请填写证件号或手机号。
refusal-person-not-found = 本辖区查无此号。
refusal-person-not-found-next = 请核对号码或先行登记。
refusal-place-name-ambiguous = 名为“{ $text }”的场所不止一处：{ $found }。
refusal-place-name-ambiguous-next = 请填写其中一处的代码。
refusal-place-name-unknown = 当前辖区内没有名为“{ $text }”的场所。
refusal-place-name-unknown-next = 请核对名称，或在登记册中查找后填写代码。
refusal-source-missing = 未注明来源。
refusal-source-missing-next = 请注明人员或文件。
