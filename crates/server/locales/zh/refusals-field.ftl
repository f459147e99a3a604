# 现场应用被拒绝的情形。
refusal-device-key-wrong = 设备 { $device } 的公钥与它的名称不符。
refusal-device-key-wrong-next = 请在该设备上重新登录。
refusal-envelope-unreadable = 服务器打不开这份加密的登记信息。
refusal-envelope-unreadable-next = 请重新下载名单后再登记此人。
refusal-labels-used-up = 区县 { $area } 的号码已用完。
refusal-labels-used-up-next = 请联系管理员。
refusal-labels-count = 张数应为 1 到 { $limit }。
refusal-labels-count-next = 请返回并修改张数。
