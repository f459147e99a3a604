# 新手指南。
nav-guide = 指南
nav-guide-hint = 两分钟，跟着一支采样管走完四次交接。
tour-link = 第一次来？两分钟跟着一支采样管走一遍
tour-title = 跟着一支采样管走一遍
tour-lead = 采、送、检、报：四次交接，每一刻都有一个负责人。两分钟看完。
tour-example = 这是一个示例
tour-example-hint = 城市有了轮次后，看板上就是自己的采样管。要在虚构的城市里走一遍，请用 --demo 启动程序。
tour-example-summary = 平常的一个早晨，一支十人混采管。
tour-example-site = 采样点
tour-example-courier = 转运员
tour-example-lab = 实验室
tour-tube = 采样管
tour-look-at = 看点：
tour-collect-said = { $n ->
   *[other] 采样点为 { $n } 人采样，依次放入这支管；采样员逐人登记后封管。
 }
tour-collect-look = 记录从封管开始，写明从此由谁保管、何时之前必须转运。管内人员已遮盖，打开须说明用途。
tour-deliver-said = 采样管装入转运箱 { $box }；转运员签收后送到实验室。扫一次箱码，箱内所有管随之交接。
tour-deliver-look = 途中采样管没有单独的记录：箱到哪里，管就到哪里。交接双方各自记录，不一致就会显示出来。
tour-test-said = 实验室开箱清点，把这支管放在 { $plate } 板 { $well } 孔。
tour-test-look = 箱上所记与箱内所见逐一比对：少一支或多一支，立刻出现在清单上。结果由 Ct 值按现行方案判定。
tour-report-said = { $n ->
   *[other] 封管后 { $time }，{ $n } 人得到结果。
 }
tour-report-look = 住户只看到自己家的结果、样本现在在哪里、结果有效到何时。
tour-as-sampler = 以采样员身份看这支管
tour-as-commander = 以指挥部身份看这一轮
tour-as-commander-box = 看转运箱
tour-as-courier = 以转运员身份打开现场应用
tour-as-laboratory = 以实验室身份看结果
tour-as-resident = 以住户身份看结果
tour-idea = 一个人、一支管都不能少
tour-idea-text = 超时的、缺失的、互相矛盾的，都在清单上，并写明由谁负责；本轮还没有采样的人也是一张清单。每个数字都能点开看到明细。
tour-blind = 还有谁没采样（网格员）
tour-late = 哪些超时了（指挥部）
tour-balance = 账平不平（审计）
tour-next = 正式使用时
tour-next-accounts = 管理员开设账号：什么角色、哪些地区、代表哪个单位。
tour-next-import = 区级专班先导入地点，再导入人员：见导航中的“导入”。
tour-next-round = 指挥部制定轮次。计划在开始之前就说明采样、转运、检测能否按时完成。
