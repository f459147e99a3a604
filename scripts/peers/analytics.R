# Runs the tasks of `songhua bench analytics` with EpiEstim and baselinenowcast, as far as they are
# installed, and tells CPU seconds and figures. Started by analytics.sh.
have <- function(package) suppressWarnings(suppressMessages(requireNamespace(package, quietly = TRUE)))
.libPaths(c(Sys.getenv("R_LIBS_USER"), .libPaths()))
if (!have("jsonlite") || !(have("EpiEstim") || have("baselinenowcast"))) quit(status = 3)
task <- jsonlite::fromJSON(file("stdin"), simplifyMatrix = TRUE)
cpu <- function(expression) {
  taken <- system.time(expression)
  unname(taken["user.self"] + taken["sys.self"])
}
answer <- list(epiestim = NULL, baselinenowcast = NULL)
if (have("EpiEstim")) {
  figures <- list()
  seconds <- cpu(for (i in seq_len(nrow(task$series))) {
    cases <- task$series[i, ]
    n <- length(cases)
    config <- EpiEstim::make_config(list(mean_si = task$mean, std_si = task$sd, t_start = 2:(n - 6), t_end = 8:n))
    r <- suppressWarnings(EpiEstim::estimate_R(cases, "parametric_si", config = config))$R
    figures[[i]] <- unname(as.matrix(r[, c("Mean(R)", "Quantile.0.025(R)", "Quantile.0.975(R)")]))
  })
  answer$epiestim <- list(
    version = as.character(utils::packageVersion("EpiEstim")), seconds = seconds,
    figures = do.call(rbind, figures)
  )
}
if (have("baselinenowcast")) {
  suppressWarnings(suppressMessages(library(baselinenowcast)))
  cells <- task$triangle
  colnames(cells) <- seq_len(ncol(cells)) - 1
  dates <- as.Date("2022-01-01") + seq_len(nrow(cells)) - 1
  triangle <- suppressMessages(as_reporting_triangle(cells, delays_unit = "days", reference_dates = dates))
  completed <- NULL
  point <- cpu(for (i in 1:5) completed <- estimate_and_apply_delay(triangle, n = task$history)) / 5
  whole <- cpu({
    params <- estimate_uncertainty_retro(triangle, n_history_delay = task$history, n_retrospective_nowcasts = task$retrospective)
    draws <- sample_nowcasts(completed, triangle, params, draws = task$draws)
  }) + point
  answer$baselinenowcast <- list(
    version = as.character(utils::packageVersion("baselinenowcast")), point_seconds = point,
    seconds = whole, totals = unname(rowSums(unclass(completed)))
  )
}
cat(jsonlite::toJSON(answer, auto_unbox = TRUE, digits = NA, null = "null", na = "null"), "\n", sep = "")
