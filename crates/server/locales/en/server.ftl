# The shell: layout, sign-in, accounts, status.
product-name = Songhua
product-line = from swab to bed to doorstep
language-name = English
skip-to-content = Skip to content
main-navigation = Main navigation
breadcrumb = You are here
areas-in-view = Areas in view
all-areas = all areas
areas-hint = Pages show the areas that you choose here.
live-on = live
live-lost = The connection was lost: the numbers are of then. Trying again.
as-of = As of
reload = Reload
times-in-zone = Times in { $zone } ({ $offset })
my-household = My household
saved = Saved
save = Save
continue = Continue
optional = (optional)
error = Error
form-has-errors = There is a problem
rows = { $count ->
    [one] 1 row
   *[other] { $n } rows
 }
rows-at-least = { $count ->
    [one] first row
   *[other] first { $n } rows
 }
download-csv = Download CSV
paging = Pages of the list
first-page = First page
next-page = Next page
progress-of = { $done } of { $total } ({ $percent } %)
chart-desc = { $total } in { $slots } slots; the numbers are in the table below.
show-numbers = Show the numbers
time-slot = Time
time = Time

# Navigation
nav-group-overview = Overview
nav-group-testing = Testing
nav-group-registry = Registry
nav-group-system = System
nav-home = Start
nav-account = My account
nav-accounts = Accounts
nav-accounts-hint = Who may sign in, with which roles, in which areas.
nav-status = Server status
nav-status-hint = Load, queues, what was shed.
nav-styleguide = Style guide
nav-styleguide-hint = Every component of the pages.

# Roles
role = Role
roles = Roles
role-commander = Commander
role-commander-hint = Sees every board of the area and opens campaigns.
role-district = District desk
role-district-hint = Plans rounds and answers for what is stuck.
role-grid = Grid worker
role-grid-hint = Knocks at doors and closes blind spots.
role-sampler = Sampler
role-sampler-hint = Takes swabs and seals tubes at a site.
role-courier = Courier
role-courier-hint = Takes boxes from sites to laboratories.
role-laboratory = Laboratory
role-laboratory-hint = Receives boxes, loads plates, records results.
role-auditor = Auditor
role-auditor-hint = Checks the balance, and who looked at whom.
role-resident = Resident
role-resident-hint = Sees the household's own results and where its samples are.
role-admin = Administrator
role-admin-hint = Keeps accounts; sees no one's data.

# Home
home-title = { $name }
home-field-app = Open the field app
home-links = Where to go
home-empty = There is nothing for you here yet. Your work opens when a round is planned in your area.
to-home = To the start page

# Signing in
sign-in = Sign in
sign-out = Sign out
login = Login
login-hint = 2 to 40 lower-case letters, digits, dots or hyphens.
password = Password
one-time-code = One-time code
one-time-code-hint = The six digits in your authenticator app, or a recovery code.
household-sign-in = Household sign-in
household-code = Household code
household-code-hint = The twelve characters on the sheet that your grid worker brought.
to-household-sign-in = Sign in as a household
to-staff-sign-in = Sign in as staff
no-code-title = No code?
no-code-body = Ask the grid worker of your community. The code opens your own household's results and nothing else.
about-title = Nothing and nobody goes missing
about-line = Songhua keeps every sample, and everyone waiting for one, in somebody's hands: who answers for it, since when, until when.
about-recorded = Every look at a person's file is recorded.
chain-collect = Collect
chain-collect-who = site
chain-deliver = Deliver
chain-deliver-who = courier
chain-test = Test
chain-test-who = laboratory
chain-report = Report
chain-report-who = to each person

# My account
account-name = Name
codes-on = One-time codes on
codes-off = One-time codes off
change-password = Change password
manage-codes = One-time codes
old-password = Present password
new-password = New password
new-password-hint = At least { $limit } characters. A short sentence is good.
new-password-again = New password again
must-change-title = Choose your own password
must-change-body = Somebody else set your present one. Everything else opens afterwards.
turn-codes-on = Turn one-time codes on
turn-codes-off = Turn one-time codes off
turn-codes-off-hint = Your password alone will then open the account.
first-code-hint = Six digits.
enrol-app = Open an authenticator app on your phone.
enrol-scan = Scan this picture with it.
enrol-qr = QR code for the authenticator app
enrol-type = Or type the key:
enrol-confirm = Type the code that the app shows.
recovery-codes = Recovery codes
recovery-keep = Print or write down these codes. Each opens your account once if your phone is lost. They are not shown again.
recovery-left = Recovery codes left: { $n }.

# Accounts
account-state = State
account-active = active
account-new = password to be changed
account-disabled = disabled
accounts-empty = No accounts in your areas yet. Add one.
add-account = Add account
created-at = Added
no-role = no role
more-roles = More roles
role-field-hint = What the person does.
role-n = Role { $n }
area-scope = Areas
area-scope-hint = Digits of the area code: 220202 a county, 2202 a city, 22 a province; * everything.
holder = Acts for
holder-hint = For example site:220202-S012, courier:C7, lab:JL-03.
temporary-password = Temporary password
temporary-password-hint = Hand it over in person. It is not shown again, and has to be changed at first sign-in.
account-change = Name and roles
account-access = Access
reset-password = Reset password
disable-account = Disable account
enable-account = Enable account
account-history = History
account-history-empty = Nothing has happened to this account.
own-account-title = This is your own account
own-account-body = Another administrator changes your roles. Your password is under "My account".
event = Event
by = By
detail = Detail
account-event-created = Added
account-event-grants = Roles changed
account-event-password = Password changed
account-event-password-reset = Password reset
account-event-disabled = Disabled
account-event-enabled = Enabled
account-event-code-on = One-time codes turned on
account-event-code-off = One-time codes turned off
account-event-recovery-used = Recovery code used

# Errors
error-title-not-found = Nothing here
error-title-not-allowed = Not allowed
error-title-busy = Too much at once
error-title-broken = Something broke
error-title-refused = Not accepted
error-next = What to do next
error-code = Code
error-rule = Rule
error-request = Request

# Status
commands-waiting = Commands waiting
retry-after = shed callers come back after { $n } s
journal-entries = Journal entries
requests-shed = Requests shed
since-start = since the start
watchers = Live watchers
running-for = Running for
class = Class
class-bulk = Bulk
class-normal = Normal
class-urgent = Urgent
requests-in-work = Requests in work
requests-room = Room
bytes-in-work = Bytes in work
bytes-room = Room for bytes
room-by-class = Room by class of route
shed-explained = A request that finds no room is answered at once with 503 and a time to come back; nothing of it is kept. Urgent work has room of its own and is shed last.
