// Every text of the app, in Chinese and English. `{name}` stands for a value, and
// `{name|tube|tubes}` for a word that depends on whether the value is 1. A test checks that both
// languages have the same values.

import type { Language } from "../core/state";
import { WORK_TEXTS } from "./texts-work";

const TEXTS = {
  // Shared
  "app.name": ["松花 · 现场", "Songhua field"],
  "word.back": ["返回", "Back"],
  "word.cancel": ["取消", "Cancel"],
  "word.close": ["关闭", "Close"],
  "word.ok": ["好", "OK"],
  "word.yes": ["是", "Yes"],
  "word.no": ["否", "No"],
  "word.none": ["无", "None"],
  "word.unknown": ["不详", "unknown"],
  "word.tubes": ["{n} 管", "{n} {n|tube|tubes}"],
  "word.persons": ["{n} 人", "{n} {n|person|persons}"],
  "word.minutes": ["{n} 分钟", "{n} min"],
  "word.hours": ["{h} 小时 {m} 分", "{h} h {m} min"],
  "word.days": ["{n} 天", "{n} days"],
  "saving": ["正在保存…", "Saving…"],
  "save-failed": ["没有保存成功：{why}。请再试一次。", "Not saved: {why}. Please try again."],
  "save-full": [
    "没有保存：手机存储空间已满。请删除照片或其他应用后重试；在此之前请用纸记录。",
    "Not saved: this phone has no room left. Delete photos or other apps, then try again. Until then write on paper.",
  ],
  "nav.label": ["主导航", "Main"],
  "nav.home": ["首页", "Home"],
  "nav.held": ["在手", "In hand"],
  "nav.queue": ["待同步", "To sync"],
  "nav.settings": ["设置", "Settings"],

  // Sync in the header
  "sync.all": ["已全部同步", "All synced"],
  "sync.waiting": ["{n} 条未同步", "{n} not synced"],
  "sync.photos": ["{n} 张照片未上传", "{n} {n|photo waits|photos wait}"],
  "sync.refused": ["{n} 条被拒", "{n} refused"],
  "sync.unrecorded": ["{n} 条未能记录", "{n} not recorded"],
  "sync.offline": ["离线", "Offline"],
  "sync.busy": ["正在同步…", "Syncing…"],
  "sync.never": ["尚未同步", "Never synced"],
  "sync.last": ["上次同步 {time}", "Last sync {time}"],
  "sync.problem.no-network": ["没有网络。数据都在本机，有网后自动上传。", "No network. Everything is on this phone and will be sent by itself."],
  "sync.problem.busy": ["服务器繁忙，稍后自动重试。数据都在本机。", "The server is busy. Trying again by itself; everything is on this phone."],
  "sync.problem.server": ["服务器出错，稍后自动重试。数据都在本机。", "The server failed. Trying again by itself; everything is on this phone."],
  "sync.problem.sign-in": ["登录已过期。请重新登录，未同步的记录不会丢。", "Signed out by the server. Sign in again; nothing in the queue is lost."],
  "sync.next": ["{time} 重试", "next try {time}"],
  "sync.sign-in": ["重新登录", "Sign in again"],

  // Sign-in and lock
  "sign-in.title": ["登录", "Sign in"],
  "sign-in.lead": ["登录一次需要网络，之后整个班次可离线工作。", "Signing in needs the network once. After that you can work a whole shift without it."],
  "sign-in.login": ["账号", "Account"],
  "sign-in.password": ["密码", "Password"],
  "sign-in.totp": ["动态口令", "One-time code"],
  "sign-in.device": ["本机名称", "Name of this phone"],
  "sign-in.device-help": ["例如“3号台 小米”。记录会注明来自哪台手机。", "For example “stand 3”. Records say which phone they come from."],
  "sign-in.no-login": ["请填写账号。", "Enter your account."],
  "sign-in.no-password": ["请填写密码。", "Enter your password."],
  "sign-in.go": ["登录并下载离线数据", "Sign in and download"],
  "sign-in.working": ["正在登录…", "Signing in…"],
  "sign-in.offline": ["没有网络，无法登录。", "There is no network to sign in."],
  "sign-in.queue": ["本机有 {n} 条未同步的记录，会保留。", "{n} {n|record on this phone is|records on this phone are} not synced, and will be kept."],
  "sign-in.other": ["其中 {n} 条由其他账号记录，要用该账号登录才能发送，或导出备份。", "{n} of them were made by another account: sign in as that account to send them, or export a backup."],
  "sign-in.insecure": ["此页面不是通过 https 打开的，无法离线工作。请联系管理员。", "This page was not opened by https and cannot work offline. Ask your administrator."],
  "download.title": ["下载离线数据", "Download for offline"],
  "download.working": ["正在下载名单…", "Downloading the list…"],
  "download.failed": ["下载失败：{why}", "The download failed: {why}"],
  "download.again": ["再试一次", "Try again"],
  "download.none": ["您的账号没有对应的采样点、转运员、实验室或网格，请联系区县工作台。", "Your account works for no site, courier, laboratory or grid. Ask the district desk."],
  "download.choose": ["您在哪里工作？", "Where do you work?"],
  "download.search": ["查找", "Search"],
  "download.ready": ["已下载，可以离线工作。", "Downloaded: ready for work without a network."],
  "download.done": ["已下载：{rounds} 轮，{compounds} 个小区，{persons} 人。", "Downloaded: {rounds} {rounds|round|rounds}, {compounds} {compounds|compound|compounds}, {persons} {persons|person|persons}."],
  "lock.title": ["已锁定", "Locked"],
  "lock.lead": ["输入本机密码继续。没有网络也可以。", "Enter the number of this phone. No network needed."],
  "lock.number": ["本机密码", "Number"],
  "lock.open": ["解锁", "Unlock"],
  "lock.wrong": ["不对，还可以试 {n} 次。", "Wrong. {n} more {n|try|tries}."],
  "lock.wiped": ["输错次数过多，名单已从本机删除。请登录。未同步的记录仍在。", "Too many wrong numbers: the list was removed from this phone. Please sign in. The queue is still here."],
  "lock.forgotten": ["忘了密码？用账号登录", "Forgotten? Sign in with your account"],
  "lock.set-title": ["设置本机密码", "Choose a number for this phone"],
  "lock.set-lead": ["闲置 10 分钟后自动锁定，用它解锁，不需要网络。", "After 10 idle minutes the app locks. This number opens it, without a network."],
  "lock.set-number": ["4 到 8 位数字", "4 to 8 digits"],
  "lock.set-again": ["再输一次", "Once more"],
  "lock.set-go": ["设置", "Set"],
  "lock.set-form": ["请输入 4 到 8 位数字。", "Enter 4 to 8 digits."],
  "lock.set-differ": ["两次输入不一致。", "The two do not match."],

  // Home
  "home.title": ["首页", "Home"],
  "home.round": ["第 {n} 轮", "Round {n}"],
  "home.ends": ["{time} 前出结果", "results due {time}"],
  "home.left": ["还有 {span}", "{span} left"],
  "home.over": ["已超过 {span}", "{span} ago"],
  "home.no-round": ["当前没有开放的轮次。", "No round is open now."],
  "home.today": ["本机今日", "On this phone today"],
  "home.sealed": ["封管", "tubes sealed"],
  "home.swabbed": ["采样人数", "persons swabbed"],
  "home.in-hand": ["在手", "In hand"],
  "home.nothing": ["手里没有样本。", "Nothing in hand."],
  "home.open-tube": ["有一管未封：{code}，{n}/{size}", "A tube is open: {code}, {n}/{size}"],
  "home.open-box": ["有一箱未封：{code}，{n} 管", "A box is open: {code}, {n} {n|tube|tubes}"],
  "home.open-receipt": ["有一箱正在清点：{code}", "A box is being checked: {code}"],
  "home.open-plate": ["有一块板正在加样：{code}，{n} 孔", "A plate is being loaded: {code}, {n} {n|well|wells}"],
  "home.continue": ["继续", "Continue"],
  "home.stale": ["名单是 {time} 下载的。有网络时请重新下载。", "The list was downloaded {time}. Download it again when there is a network."],
  "home.left-out": ["名单太大，有 {n} 个小区没有下载。", "The list is too large: {n} {n|compound was|compounds were} not downloaded."],
  "home.clock": ["手机时钟偏差 {span}，时间已自动校正。请校准手机时间。", "This phone's clock is off by {span}. Times are corrected; please set the clock."],
  "home.drill": ["服务器使用演练时间：{time}", "The server runs on exercise time: {time}"],
  "home.storage": ["浏览器没有保证长期保存数据。请把本应用添加到主屏幕，并尽快同步。", "The browser does not promise to keep the data. Add this app to the home screen and sync soon."],
  "task.collect": ["采样", "Collect"],
  "task.collect-help": ["扫管、扫人、封管", "Tube, persons, seal"],
  "task.box": ["装箱", "Box"],
  "task.box-help": ["把管装进转运箱", "Tubes into a box"],
  "task.hand": ["交接", "Hand over"],
  "task.hand-help": ["互扫二维码", "Scan each other"],
  "task.receive": ["接收", "Receive"],
  "task.receive-help": ["收箱、清点、开箱", "Box, count, open"],
  "task.plate": ["上板", "Load plate"],
  "task.plate-help": ["96 孔板加样", "96 wells"],
  "task.result": ["结果", "Results"],
  "task.result-help": ["录入 Ct 值", "Enter Ct values"],
  "task.doors": ["敲门", "Doors"],
  "task.doors-help": ["找未采样的人", "Who has no swab"],
  "task.sweep": ["摸排", "Sweep"],
  "task.sweep-help": ["逐户敲门", "Every door"],
  "task.interview": ["流调", "Interview"],
  "task.interview-help": ["无网也可填写", "No network needed"],
  "task.medicine": ["药品", "Medicines"],
  "task.medicine-help": ["末次用药、续方", "Last doses, renewals"],
  "task.delivery": ["配送", "Deliveries"],
  "task.delivery-help": ["逐户送达", "To every door"],
  "task.paper": ["纸质备用", "Paper"],
  "task.paper-help": ["打印二维码单", "Print QR sheets"],

  // Steps of units
  "step.sealed": ["已封管", "sealed"],
  "step.packing": ["装箱中", "packing"],
  "step.ready": ["待交接", "ready"],
  "step.in_transit": ["转运中", "in transit"],
  "step.at_lab": ["已到实验室", "at laboratory"],
  "step.received": ["已接收", "received"],
  "step.loaded": ["已上板", "loaded"],
  "step.missing": ["缺失", "missing"],
  "step.held": ["保管中", "kept"],
  "step.tested": ["已检测", "tested"],
  "unit.tube": ["管", "Tube"],
  "unit.box": ["箱", "Box"],
  "due.by": ["{time} 前送到", "due {time}"],
  "due.late": ["已超时 {span}", "late by {span}"],
  "held.title": ["在手样本", "In hand"],
  "held.empty": ["手里没有样本。扫管或接收后会列在这里。", "Nothing in hand. What you seal or take will be listed here."],
  "held.mark": ["管有问题？", "Something wrong with it?"],
  "mark.title": ["标记问题管 {code}", "Tube {code} has a problem"],
  "mark.lead": ["此管将没有结果，管内的人都要重新采样。", "It will have no result, and everybody in it has to be sampled again."],
  "mark.lost": ["丢失", "Lost"],
  "mark.leaked": ["泄漏", "Leaked"],
  "mark.invalid": ["不合格", "Cannot be tested"],
  "mark.note": ["说明", "Note"],
  "mark.go": ["标记", "Record"],
  "mark.done": ["已标记：{code}", "Recorded: {code}"],
} as const satisfies Record<string, readonly [string, string]>;

const ALL = { ...TEXTS, ...WORK_TEXTS } as const;

/** The name of a text. */
export type TextKey = keyof typeof ALL;
/** Values for a text. */
export type TextValues = Readonly<Record<string, string | number>>;
/** Gives texts in one language. */
export type Translate = (key: TextKey, values?: TextValues) => string;

/** All texts, for the test. */
export const ALL_TEXTS: Readonly<Record<string, readonly [string, string]>> = ALL;

/** The texts of a language. */
export function translator(language: Language): Translate {
  const at = language === "zh" ? 0 : 1;
  return (key, values = {}) =>
    ALL[key][at]
      .replace(/\{(\w+)\|([^|}]*)\|([^}]*)\}/g, (_all, name: string, one: string, more: string) => (values[name] === 1 ? one : more))
      .replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

/** Whether a key made at run time has a text. */
export function hasText(key: string): key is TextKey {
  return key in ALL;
}
