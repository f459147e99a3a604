# Imports: files of places and people.
nav-imports = Imports
nav-imports-hint = Bring lists of places and people, and see what became of every row.

imp-lead = Every file that was brought, and what became of its rows.
imp-history-empty = Nothing has been imported yet. Start with the places, then bring the people.
imp-new = Import a file
imp-file = File
imp-what = What
imp-brought = Brought
imp-by = By
imp-areas = Areas
imp-size = Size
imp-rows = Rows
imp-accepted = Taken in
imp-would-accept = Would be taken in
imp-duplicate = There already
imp-rejected = Rejected
imp-state = State

imp-state-uploaded = columns to be named
imp-state-queued = waits for its turn
imp-state-checking = being checked
imp-state-running = being imported
imp-state-rehearsed = checked, waits for your word
imp-state-done = done
imp-state-failed = stopped at an error
imp-state-cancelled = stopped
imp-state-discarded = thrown away

# Steps
imp-steps = Steps of an import
imp-step-choose = Choose
imp-step-upload = Upload
imp-step-columns = Columns
imp-step-check = Check
imp-step-run = Import

# Choose and upload
imp-what-places = Places
imp-what-places-hint = Codes and names, from the province down to the entrance.
imp-what-places-file = CSV or XLSX with the columns code and name. Longitude, latitude and a boundary may stand beside them.
imp-what-persons = People and households
imp-what-persons-hint = One row a person: name, document, telephone, address.
imp-what-persons-file = CSV or XLSX, one row a person, with any number of rows and sheets. A header is needed; its words may be your own.
imp-what-boundaries = Boundaries (GeoJSON)
imp-what-boundaries-hint = Outlines of places, for the map.
imp-what-boundaries-file = GeoJSON in WGS 84: each feature with a code (or adcode) and a name.
imp-order = Places come first: a person whose place is not known is rejected.
imp-upload = Upload
imp-other-areas = choose other areas
imp-limit = Limit
imp-limit-text = Any number of rows, up to { $limit }. A longer list goes in several files.
imp-kept = Kept
imp-kept-text = Encrypted, until it has been taken in; one that nobody goes on with is deleted after { $days } days.
imp-template = Download an empty table with the headings

# Columns
imp-columns-title = What stands in which column?
imp-columns-lead-persons = The program has read the headings and proposes what each column holds. Correct what is wrong. Then all rows are checked; nothing is written yet.
imp-columns-lead-places = The program has read the headings and proposes what each column holds. Correct what is wrong. Then all rows are checked; nothing is written yet.
imp-format = Read as
imp-lines = Lines of text
imp-format-csv = text in { $encoding }, columns separated by “{ $delimiter }”
imp-format-xlsx = { $count ->
    [one] workbook with 1 sheet
   *[other] workbook with { $count } sheets
 }
imp-format-geojson = GeoJSON
imp-tab = tab
imp-same-file = This file was brought before
imp-same-file-next = Going on is safe: people who are registered already are left as they are and counted as “there already”.
imp-mapping = Columns
imp-heading = Heading
imp-examples = For example
imp-taken-for = Holds
imp-taken-for-of = What the column “{ $heading }” holds
imp-hint = Note
imp-left-out = (left out)
imp-column-taken = Another column holds this already.
imp-column-empty = Empty in the first rows.
imp-column-rounded = The spreadsheet has rounded these numbers: format the column as text, enter them again and bring the file anew.
imp-place = Place of rows that name none
imp-place-hint = Code of a community, compound, building or entrance, for a list of one place.
imp-check = Check all rows
imp-sample = First rows
imp-sample-of = First rows of “{ $sheet }”
imp-sample-masked = Masked: nobody can be known by it.
imp-sheet-unread = needed columns are missing: its rows will be rejected

imp-field = Field
imp-field-name = Name
imp-field-id_number = Document number
imp-field-id_type = Kind of document
imp-field-phone = Telephone
imp-field-sex = Sex
imp-field-birth_date = Date of birth
imp-field-place = Code of the place
imp-field-code = Code
imp-field-community = Code of the community
imp-field-compound = Code of the compound
imp-field-building = Building
imp-field-entrance = Entrance
imp-field-door = Door
imp-field-household_number = Number of the household
imp-field-name_zh = Chinese name
imp-field-name_en = English name
imp-field-lon = Longitude
imp-field-lat = Latitude
imp-field-outline = Boundary

imp-hint-name = Needed. Full name, as on the document.
imp-hint-id_number = Needed. 18 characters for a resident number; as text, or a spreadsheet rounds it.
imp-hint-id_type = Resident identity card when left out; “none” for people without papers.
imp-hint-phone = 11 digits, or + and the country code.
imp-hint-sex = Is compared with the document number.
imp-hint-birth_date = Is compared with the document number.
imp-hint-place = Of the community, compound, building or entrance.
imp-hint-code = Needed. 2 to 12 digits; below the community one part a level, such as 220202001001-03.
imp-hint-community = 12 digits.
imp-hint-compound = Whole, or its part below the community.
imp-hint-building = As a part of the code, or as people say it.
imp-hint-entrance = As a part of the code, or as people say it.
imp-hint-door = Needed, or the number of the household.
imp-hint-household_number = Tells households apart where there are no doors.
imp-hint-name_zh = Needed.
imp-hint-name_en = Shown on English pages.
imp-hint-lon = In degrees, WGS 84.
imp-hint-lat = In degrees, WGS 84.
imp-hint-outline = Coordinates of GeoJSON.

# At work
imp-queued = Another import is at work. This one begins by itself when that has ended.
imp-checking = Every row is read and checked. Nothing is written.
imp-running = The rows are taken in.
imp-so-far = { $rows } rows read: { $accepted } sound, { $duplicate } there already, { $rejected } rejected
imp-progress = Share of the file that has been read
imp-cancel = Stop
imp-cancel-hint = What has been taken in stays. You can go on later.
imp-leave = You can leave this page: the work goes on, also after a restart of the server.

# Checked
imp-all-sound = Every row can be taken in or is there already
imp-some-rejected = { $n } rows would be rejected
imp-nothing-written = Nothing has been written yet. Look at the account below.
imp-nothing-to-take = No row would be taken in
imp-nothing-to-take-next = Look at the reasons below: often a column is taken for another one, or the places have not been imported.
imp-run = Import { $n } rows now
imp-change-columns = Name the columns anew

# Done, stopped, failed
imp-done = { $n } rows were taken in
imp-done-next = What was rejected can be repaired in the downloaded file and imported again.
imp-to-registry = Open the registry
imp-to-moves = { $n } to be decided
imp-another = Import another file
imp-cancelled = The import was stopped
imp-cancelled-begun = What had been taken in stays. Going on finishes the rest; nobody is registered twice.
imp-cancelled-check = It was a check: nothing has been written.
imp-go-on = Go on
imp-discarded = The file was thrown away
imp-discarded-next = Its rows are gone too. Bring the file again if it is needed.
imp-discard = Throw the file away
imp-discard-hint = The file and what was found in it are deleted. What has been taken in stays.
imp-forget-rows = Delete the rows that were not taken in
imp-forget-rows-hint = They hold personal data. Delete them when they have been repaired; the numbers of the account stay.
imp-full = Is the end of the list missing?
imp-full-next = The table { $sheet } has { $rows } rows, exactly as many as a spreadsheet program can keep. Compare its last row with the source. Every row that is in the file was read.
imp-no-header = A sheet could not be understood
imp-no-header-next = The sheet { $sheet } has no header with the needed columns. Its rows were rejected.

# The account
imp-about-file = About the file
imp-account = Account of the rows
imp-sum = { $rows } rows = { $accepted } taken in + { $duplicate } there already + { $rejected } rejected
imp-blank = { $n } blank rows and headings apart
imp-of-these-repeated = { $n } twice in the file
imp-of-these-moved = { $n } at another address
imp-reasons = Why rows were not taken in
imp-reason = Reason
imp-row-status = What became of it
imp-row-rejected = rejected
imp-row-duplicate = registered already
imp-row-repeated = twice in the file
imp-row-moved = at another address, to be decided
imp-first-rejected = First rejected rows
imp-rows-not-taken = Rows that were not taken in
imp-rows-none = There is no such row.
imp-rows-forgotten = The rows themselves have been deleted.
imp-line = Row
imp-sheet = Sheet
imp-cells = What stands there
imp-whole-row = the whole row
imp-repeats = data row { $row }
imp-download = Take the rows away
imp-download-lead = A CSV with the columns of your file and, behind them, row number, field and reason. Repair it and import it again: extra columns do no harm.
imp-download-recorded = The file holds personal data in the clear. That you took it is recorded, with your purpose.
imp-download-rejected = Rejected rows (CSV)
imp-download-all = All rows not taken in (CSV)

refusal-import-file-missing = No file was chosen.
refusal-import-file-missing-next = Choose a file and upload it again.
refusal-import-file-empty = The file is empty.
refusal-import-file-empty-next = Open it: does it have rows? Save it again and bring that.
refusal-import-no-rows = The file has a header at most, and no rows below it.
refusal-import-no-rows-next = Check that the right file, with its rows, was saved.
refusal-import-old-workbook = This is an .xls workbook of 1997 to 2003. Such a file ends at row 65,536, and what stood below was lost when it was saved.
refusal-import-old-workbook-next = Open the source and save it as .xlsx or CSV, not the .xls anew.
refusal-import-not-a-table = This is neither a table nor GeoJSON.
refusal-import-not-a-table-next = Bring CSV, XLSX or GeoJSON. A picture or PDF has to be typed in.
refusal-import-people-as-geojson = People are read from CSV or XLSX, not from GeoJSON.
refusal-import-people-as-geojson-next = For boundaries choose “Boundaries” first.
refusal-import-not-a-workbook = The file begins like a workbook, but is damaged or something else: { $reason }
refusal-import-not-a-workbook-next = Open it in a spreadsheet program, save it as .xlsx or CSV and bring that.
refusal-import-not-geojson = The file begins like GeoJSON, but cannot be read: { $reason }
refusal-import-not-geojson-next = Export it again as a FeatureCollection in WGS 84.
refusal-import-too-large = The file is larger than { $limit }.
refusal-import-too-large-next = Split it, each part with the header, and bring the parts one after the other.
refusal-import-upload-broke-off = The upload broke off.
refusal-import-upload-broke-off-next = Nothing was kept of it. Upload the file again.
refusal-import-not-stored = The server could not store the file.
refusal-import-not-stored-next = Nothing was kept of it. Tell your administrator: the disk may be full.
refusal-import-encoding = The text cannot be read: some of its characters are not { $encoding }.
refusal-import-encoding-next = Save the file as “CSV UTF-8” or as .xlsx and bring that.
refusal-import-header-missing = The file has no header: its first rows hold data already.
refusal-import-header-missing-next = Add a row with headings on top, as in the empty table for download. If what you see below is unreadable, the file has another encoding: save it as CSV UTF-8.
refusal-import-columns-missing = No column holds: { $fields }
refusal-import-columns-missing-next = Say below which column holds it. If the headings are unreadable, the file has another encoding: save it as CSV UTF-8. If the column is not there at all, add it.
refusal-import-unaccounted = Chunk { $chunk } has { $rows } rows, and not all of them could be accounted for.
refusal-import-unaccounted-next = Nothing of that chunk counts as taken in. Tell your administrator: this is a fault of the program.
refusal-import-file-lost = The file of this import cannot be read on this server.
refusal-import-file-lost-next = Bring it again: people who are registered already are left as they are.
refusal-import-broke-off = The import broke off: the server could not go on.
refusal-import-broke-off-next = Try to go on. Nobody is registered twice. If it stops again, tell your administrator.
refusal-import-cancelled = The import was stopped.
refusal-import-cancelled-next = Go on with it, or throw it away.
refusal-import-not-checked = The file has not been checked yet.
refusal-import-not-checked-next = Name its columns and check all rows first.
refusal-import-begun = This import has begun or ended; its columns cannot be changed any more.
refusal-import-begun-next = Let it finish. For other columns bring the file again.
refusal-import-at-work = The import is at work.
refusal-import-at-work-next = Stop it first, or wait until it has ended.
refusal-import-elsewhere = The import is at work on another server, or is just ending.
refusal-import-elsewhere-next = Reload the page.
refusal-import-discarded = The file of this import was thrown away.
refusal-import-discarded-next = Bring it again.

# Line lists of cases
imp-what-cases = Cases (line list)
imp-what-cases-hint = One row a case, as WHO's line lists have it: person, classification, date of report, outcome.
imp-what-cases-file = CSV or XLSX, one row a case. Name, classification, date of report, where it was found and the place are needed.
imp-field-case_number = Number of the case
imp-field-age = Age in years
imp-field-class = Classification
imp-field-severity = Severity
imp-field-reported_on = Date of report
imp-field-onset = Date of onset
imp-field-found_in = Found in
imp-field-occupation = Occupation
imp-field-cluster = Cluster
imp-field-outcome = Outcome
imp-field-outcome_on = Date of the outcome
imp-field-remark = Remarks
