# 统计模块的拒绝；$reason 为程序自身的英文说明。

refusal-analytics-parameter = 统计无法使用此设置：{ $reason }。
refusal-analytics-parameter-next = 请按其中的要求修改设置。
refusal-analytics-count = 统计无法使用此病例数：{ $reason }。
refusal-analytics-count-next = 请更正所指的那一天，或将其剔除。
refusal-analytics-not-a-count = 序列中有不是病例数的内容：{ $reason }。
refusal-analytics-not-a-count-next = 请更正所指的那一天。
refusal-analytics-lengths = 各序列不一致：{ $reason }。
refusal-analytics-lengths-next = 请提供日期相同的序列。
refusal-analytics-serial-interval = 代际间隔无法使用：{ $reason }。
refusal-analytics-serial-interval-next = 请另给间隔并注明来源。
refusal-analytics-triangle = 发病日与报告日的对照表无法使用：{ $reason }。
refusal-analytics-triangle-next = 请更正所指的那一行。
refusal-analytics-too-little = 数据太少，无法得出结论：{ $reason }。
refusal-analytics-too-little-next = 请等待更多天数或病例，或选择更长的时间窗。
refusal-analytics-bulletin = 通报数字互不吻合：{ $reason }。
refusal-analytics-bulletin-next = 请更正所指的数字。
refusal-analytics-transmission = 传播链互不吻合：{ $reason }。
refusal-analytics-transmission-next = 请更正所指的病例。
