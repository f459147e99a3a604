# Makes more_incidence.csv, more_reproduction.csv, more_discr_si.csv and uncertain.csv with EpiEstim 2.2-4
# (Debian: r-cran-epiestim). Run in this folder: Rscript more.R
suppressMessages(library(EpiEstim))
stopifnot(packageVersion("EpiEstim") == "2.2.4")
options(digits = 17, warn = -1)
set.seed(20220309)
scenarios <- list()
add <- function(name, incid, method, config) scenarios[[length(scenarios) + 1]] <<- list(name = name, incid = incid, method = method, config = config)
weekly <- function(n) list(t_start = 2:(n - 6), t_end = 8:n)
daily <- function(n) list(t_start = 2:n, t_end = 2:n)
w3 <- c(0, 0.2, 0.5, 0.2, 0.1)
grow <- round(3 * exp(0.12 * (0:39)))
add("imported-parametric-weekly", data.frame(local = c(0, rpois(39, grow[-1])), imported = c(4, rpois(39, 2))), "parametric_si", c(list(mean_si = 4.7, std_si = 2.9), weekly(40)))
add("imported-nonparametric-daily", data.frame(local = c(0, rpois(39, 6)), imported = c(1, rpois(39, 3))), "non_parametric_si", c(list(si_distr = w3), daily(40)))
add("leading-zeros", data.frame(local = c(rep(0, 9), 1, 0, 0, rpois(28, 5)), imported = 0), "parametric_si", c(list(mean_si = 2.6, std_si = 1.5), weekly(40)))
add("no-cases", data.frame(local = rep(0, 30), imported = 0), "parametric_si", c(list(mean_si = 2.6, std_si = 1.5), weekly(30)))
add("long-interval", data.frame(local = c(0, rpois(24, 9)), imported = c(3, rep(0, 24))), "parametric_si", c(list(mean_si = 14.2, std_si = 9.6), daily(25)))
add("interval-longer-than-series", data.frame(local = c(0, rpois(24, 9)), imported = c(3, rep(0, 24))), "non_parametric_si", c(list(si_distr = c(0, rep(0.025, 40))), list(t_start = 2:24, t_end = 3:25)))
add("large", data.frame(local = c(0, round(500 * exp(0.2 * (1:39)))), imported = c(500, rep(0, 39))), "parametric_si", c(list(mean_si = 6.5, std_si = 3.1), weekly(40)))
add("small-prior-shape", data.frame(local = c(0, rpois(29, 0.3)), imported = c(1, rep(0, 29))), "parametric_si", c(list(mean_si = 3.1, std_si = 1.9, mean_prior = 1, std_prior = 10), daily(30)))
add("tight-prior", data.frame(local = c(0, rpois(29, 12)), imported = c(7, rep(0, 29))), "parametric_si", c(list(mean_si = 3.1, std_si = 0.2, mean_prior = 1.2, std_prior = 0.05), weekly(30)))
add("fading", data.frame(local = c(0, 1, 0, 2, rep(0, 26)), imported = c(2, rep(0, 29))), "non_parametric_si", c(list(si_distr = w3), daily(30)))
incidence <- estimates <- NULL
for (s in scenarios) {
  r <- suppressMessages(estimate_R(s$incid, s$method, config = make_config(s$config)))
  n <- nrow(s$incid)
  incidence <- rbind(incidence, data.frame(scenario = s$name, t = 1:n, local = s$incid$local, imported = s$incid$imported))
  e <- r$R
  names(e) <- c("t_start", "t_end", "mean", "sd", "q0.025", "q0.05", "q0.25", "q0.5", "q0.75", "q0.95", "q0.975")
  estimates <- rbind(estimates, cbind(scenario = s$name, e))
}
write17 <- function(d, file) { d[] <- lapply(d, function(x) if (is.double(x)) ifelse(is.na(x), "NA", sprintf("%.17g", x)) else x); write.csv(d, file, row.names = FALSE, quote = FALSE) }
write17(incidence, "more_incidence.csv")
write17(estimates, "more_reproduction.csv")
si <- NULL
for (p in list(c(2.6, 1.5), c(8.4, 3.8), c(14.2, 9.6), c(1.05, 0.3), c(3, 3), c(12.6, 2.8), c(5, 0.1), c(30, 12), c(1.5, 4)))
  si <- rbind(si, data.frame(mean = p[1], sd = p[2], k = 0:40, w = discr_si(0:40, p[1], p[2])))
write17(si, "more_discr_si.csv")
# Uncertain serial interval on the 2009 influenza series; Monte Carlo, so to be met within a tolerance.
flu <- read.csv("Flu2009_incidence.csv")$I
r <- suppressMessages(estimate_R(flu, "uncertain_si", config = make_config(list(mean_si = 2.6, std_mean_si = 1, min_mean_si = 1, max_mean_si = 4.2,
  std_si = 1.5, std_std_si = 0.5, min_std_si = 0.5, max_std_si = 2.5, n1 = 20000, n2 = 100, seed = 1, t_start = 2:26, t_end = 8:32))))
e <- r$R
names(e) <- c("t_start", "t_end", "mean", "sd", "q0.025", "q0.05", "q0.25", "q0.5", "q0.75", "q0.95", "q0.975")
write17(e, "uncertain.csv")
