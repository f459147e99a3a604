# 外壳：布局、登录、账号、状态。
product-name = 松花
product-line = 从采样到床位，到家门口
language-name = 中文
skip-to-content = 跳到正文
main-navigation = 主导航
breadcrumb = 当前位置
areas-in-view = 当前区域
all-areas = 全部区域
areas-hint = 页面将显示您在此选择的区域。
live-on = 实时
live-lost = 连接已断开，数字停留在该时刻，正在重连。
as-of = 截至
reload = 刷新
times-in-zone = 时间按 { $zone }（{ $offset }）
my-household = 我的家庭
saved = 已保存
save = 保存
continue = 继续
optional = （可不填）
error = 错误
form-has-errors = 请改正以下内容
rows = { $count ->
   *[other] 共 { $n } 行
 }
rows-at-least = { $count ->
   *[other] 前 { $n } 行
 }
download-csv = 下载 CSV
paging = 列表翻页
first-page = 第一页
next-page = 下一页
progress-of = { $done } / { $total }（{ $percent }%）
chart-desc = { $slots } 个时段合计 { $total }，数字见下表。
show-numbers = 查看数字
time-slot = 时段
time = 时间

# 导航
nav-group-overview = 总览
nav-group-testing = 核酸检测
nav-group-registry = 人口与地点
nav-group-system = 系统
nav-home = 首页
nav-account = 我的账号
nav-accounts = 账号管理
nav-accounts-hint = 谁能登录，在哪些区域担任什么角色。
nav-status = 服务器状态
nav-status-hint = 负载、排队与被推迟的请求。
nav-styleguide = 样式手册
nav-styleguide-hint = 页面用到的全部组件。

# 角色
role = 角色
roles = 角色
role-commander = 指挥员
role-commander-hint = 查看本区域全部看板，启动检测。
role-district = 区级专班
role-district-hint = 安排轮次，对卡住的环节负责。
role-grid = 网格员
role-grid-hint = 上门核实，消除盲点。
role-sampler = 采样员
role-sampler-hint = 在采样点采样、封管。
role-courier = 转运员
role-courier-hint = 把样本箱从采样点送到实验室。
role-laboratory = 实验室
role-laboratory-hint = 收箱、上板、录入结果。
role-auditor = 督查员
role-auditor-hint = 核对账目，查看谁看过谁的资料。
role-resident = 居民
role-resident-hint = 查看本户的结果和样本所在环节。
role-admin = 管理员
role-admin-hint = 管理账号，不看任何人的资料。

# 首页
home-title = { $name }
home-field-app = 打开现场应用
home-links = 可以去的地方
home-empty = 目前没有您的工作。本区域安排轮次后，这里会出现入口。
to-home = 回首页

# 登录
sign-in = 登录
sign-out = 退出登录
login = 账号
login-hint = 2 到 40 个小写字母、数字、点或连字符。
password = 密码
one-time-code = 动态验证码
one-time-code-hint = 验证器应用显示的六位数字，或一个恢复码。
household-sign-in = 家庭登录
household-code = 家庭码
household-code-hint = 网格员送到家的纸上印的 12 位字符。
to-household-sign-in = 居民凭家庭码登录
to-staff-sign-in = 工作人员登录
no-code-title = 没有家庭码？
no-code-body = 请联系本社区网格员。家庭码只能打开自家的结果，看不到别的内容。
about-title = 一管不丢，一人不漏
about-line = 每一份样本、每一位等待的人，任何时刻都有人负责：谁负责、从何时起、到何时止。
about-recorded = 每次查看个人资料都会留下记录。
chain-collect = 采
chain-collect-who = 采样点
chain-deliver = 送
chain-deliver-who = 转运员
chain-test = 检
chain-test-who = 实验室
chain-report = 报
chain-report-who = 本人

# 我的账号
account-name = 姓名
codes-on = 动态验证码已启用
codes-off = 动态验证码未启用
change-password = 修改密码
manage-codes = 动态验证码
old-password = 当前密码
new-password = 新密码
new-password-hint = 至少 { $limit } 个字符，用一句短话最好。
new-password-again = 再次输入新密码
must-change-title = 请设置自己的密码
must-change-body = 当前密码由他人设置。修改之后才能使用其他功能。
turn-codes-on = 启用动态验证码
turn-codes-off = 停用动态验证码
turn-codes-off-hint = 停用后，仅凭密码即可登录。
first-code-hint = 六位数字。
enrol-app = 在手机上打开验证器应用。
enrol-scan = 用它扫描下图。
enrol-qr = 供验证器应用扫描的二维码
enrol-type = 或手动输入密钥：
enrol-confirm = 输入应用显示的验证码。
recovery-codes = 恢复码
recovery-keep = 请打印或抄下这些恢复码。手机丢失时，每个可用一次。此页不会再次显示。
recovery-left = 剩余恢复码：{ $n } 个。

# 账号管理
account-state = 状态
account-active = 正常
account-new = 待修改密码
account-disabled = 已停用
accounts-empty = 您的区域还没有账号，请添加。
add-account = 添加账号
created-at = 添加时间
no-role = 无角色
more-roles = 更多角色
role-field-hint = 此人担任的工作。
role-n = 角色 { $n }
area-scope = 区域
area-scope-hint = 区划代码：220202 区县，2202 市，22 省；* 全部。
holder = 所属单位
holder-hint = 例如 site:220202-S012、courier:C7、lab:JL-03。
temporary-password = 临时密码
temporary-password-hint = 请当面交给本人。此密码不会再次显示，首次登录必须修改。
account-change = 姓名与角色
account-access = 登录权限
reset-password = 重置密码
disable-account = 停用账号
enable-account = 恢复账号
account-history = 变更记录
account-history-empty = 此账号没有变更记录。
own-account-title = 这是您自己的账号
own-account-body = 角色由另一位管理员修改。密码请在“我的账号”中修改。
event = 事项
by = 操作人
detail = 说明
account-event-created = 添加
account-event-grants = 修改角色
account-event-password = 修改密码
account-event-password-reset = 重置密码
account-event-disabled = 停用
account-event-enabled = 恢复
account-event-code-on = 启用动态验证码
account-event-code-off = 停用动态验证码
account-event-recovery-used = 使用恢复码

# 错误
error-title-not-found = 没有这个页面
error-title-not-allowed = 没有权限
error-title-busy = 系统繁忙
error-title-broken = 出现故障
error-title-refused = 未被接受
error-next = 接下来怎么办
error-code = 代码
error-rule = 依据
error-request = 请求编号

# 状态
commands-waiting = 待写入的指令
retry-after = 被推迟者 { $n } 秒后重试
journal-entries = 流水条数
requests-shed = 被推迟的请求
since-start = 自启动以来
watchers = 实时观看
running-for = 已运行
class = 类别
class-bulk = 批量
class-normal = 一般
class-urgent = 紧急
requests-in-work = 处理中的请求
requests-room = 上限
bytes-in-work = 处理中的字节
bytes-room = 字节上限
room-by-class = 各类请求的余量
shed-explained = 没有余量的请求会立即得到 503 和重试时间，不留下任何内容。紧急事务有单独的余量，最后才会被推迟。
