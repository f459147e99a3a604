# What the statistics refuse; $reason is the program's own account, in English.

refusal-analytics-parameter = The statistics cannot work with this setting: { $reason }.
refusal-analytics-parameter-next = Change the setting to what is asked for there.
refusal-analytics-count = The statistics cannot use this number of cases: { $reason }.
refusal-analytics-count-next = Correct the day that is named, or leave it out.
refusal-analytics-not-a-count = The series holds something that is no number of cases: { $reason }.
refusal-analytics-not-a-count-next = Correct the day that is named.
refusal-analytics-lengths = The series do not fit together: { $reason }.
refusal-analytics-lengths-next = Give series over the same days.
refusal-analytics-serial-interval = The serial interval cannot be used: { $reason }.
refusal-analytics-serial-interval-next = Give another interval, with its source.
refusal-analytics-triangle = The table of reports by day of onset and of report cannot be used: { $reason }.
refusal-analytics-triangle-next = Correct the row that is named.
refusal-analytics-too-little = There is too little to tell anything from: { $reason }.
refusal-analytics-too-little-next = Wait for more days or cases, or choose a longer window.
refusal-analytics-bulletin = The figures of the bulletin do not fit together: { $reason }.
refusal-analytics-bulletin-next = Correct the figure that is named.
refusal-analytics-transmission = The chains of infection do not fit together: { $reason }.
refusal-analytics-transmission-next = Correct the case that is named.
