# Exports the two line lists from the data files of the R package outbreaks 1.9.0 (MIT): put
# mers_korea_2015.RData and measles_hagelloch_1861.RData of its data/ folder here, then Rscript export.R
load("mers_korea_2015.RData"); load("measles_hagelloch_1861.RData")
w <- function(d, f) write.csv(d, f, row.names = FALSE, quote = FALSE, na = "")
l <- mers_korea_2015$linelist
w(l[, c("id", "place_infect", "dt_onset", "dt_report", "dt_start_exp", "dt_end_exp")], "mers_korea_2015_cases.csv")
w(mers_korea_2015$contacts[, c("from", "to", "diff_dt_onset")], "mers_korea_2015_pairs.csv")
m <- measles_hagelloch_1861
w(m[, c("case_ID", "infector", "date_of_prodrome", "date_of_rash", "family_ID", "class")], "measles_hagelloch_1861.csv")
