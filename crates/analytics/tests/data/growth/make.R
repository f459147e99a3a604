# Makes series.csv and glm.csv with R's own glm (quasi-Poisson): Rscript make.R
set.seed(1)
series <- list(
  rising = rnbinom(14, mu = 20 * exp(0.15 * 0:13), size = 8),
  falling = rnbinom(21, mu = 400 * exp(-0.08 * 0:20), size = 20),
  flat = rnbinom(10, mu = 30, size = 5),
  steep = round(3 * exp(0.45 * 0:11)),
  sparse = c(0, 1, 0, 0, 2, 1, 0, 3, 2, 5)
)
out <- fit <- NULL
for (name in names(series)) {
  y <- series[[name]]; t <- seq_along(y) - 1
  out <- rbind(out, data.frame(series = name, t = t, cases = y))
  m <- glm(y ~ t, family = quasipoisson, control = glm.control(epsilon = 1e-14, maxit = 200))
  phi <- max(1, summary(m)$dispersion)
  se <- sqrt(phi * summary(m)$cov.unscaled["t", "t"])
  reach <- qt(0.975, length(y) - 2) * se
  fit <- rbind(fit, data.frame(series = name, rate = coef(m)[["t"]], se = se, low = coef(m)[["t"]] - reach, high = coef(m)[["t"]] + reach, dispersion = phi))
}
write17 <- function(d, f) { d[] <- lapply(d, function(x) if (is.double(x)) sprintf("%.17g", x) else x); write.csv(d, f, row.names = FALSE, quote = FALSE) }
write17(out, "series.csv"); write17(fit, "glm.csv")
q <- expand.grid(freedom = c(1, 2, 3, 5, 12, 30, 200), p = c(0.001, 0.025, 0.4, 0.5, 0.8, 0.975, 0.9995))
q$t <- qt(q$p, q$freedom); write17(q, "student.csv")
