# Makes pairs.csv and fits.csv with coarseDataTools (Debian: r-cran-coarsedatatools): Rscript make.R
suppressMessages(library(coarseDataTools))
set.seed(5)
sets <- list(days = c(4.8, 2.3, 0, 0, 120), ranges = c(6.5, 3.9, 3, 2, 80), short = c(2.2, 1.4, 1, 0, 200))
pairs <- fits <- NULL
for (name in names(sets)) {
  s <- sets[[name]]; n <- s[5]
  e <- runif(n, 0, 30); x <- e + rgamma(n, shape = (s[1] / s[2])^2, scale = s[2]^2 / s[1])
  widen <- function(v, w) { before <- sample(0:w, n, TRUE); after <- sample(0:w, n, TRUE); list(first = floor(v) - before, last = floor(v) + after) }
  a <- widen(e, s[3]); b <- widen(x, s[4])
  pairs <- rbind(pairs, data.frame(set = name, infector_first = a$first, infector_last = a$last, infected_first = b$first, infected_last = b$last))
  d <- data.frame(EL = a$first, ER = a$last + 1, SL = b$first, SR = b$last + 1, type = 0)
  # A range of the infected person starts not before that of the infector there.
  f <- dic.fit(d, dist = "G", ptiles = c(0.5, 0.95), n.boots = 20)
  shape <- f@ests[1, 1]; scale <- f@ests[2, 1]
  fits <- rbind(fits, data.frame(set = name, mean = shape * scale, sd = sqrt(shape) * scale, ln_likelihood = f@loglik))
}
write17 <- function(d, f) { d[] <- lapply(d, function(x) if (is.double(x)) sprintf("%.17g", x) else x); write.csv(d, f, row.names = FALSE, quote = FALSE) }
write17(pairs, "pairs.csv"); write17(fits, "fits.csv")
print(fits)
