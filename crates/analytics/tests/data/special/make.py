"""Makes the tables of this folder with mpmath at 80 digits (pip install mpmath): python3 make.py

Arguments are written with 17 digits and read back before use, so each table is exact for its arguments.
"""
import csv
from mpmath import mp, mpf, loggamma, findroot, log, exp, sqrt

mp.dps = 80


def lower(a, x):
    """P(a, x) by its series of positive terms (DLMF 8.11.4): nothing cancels."""
    term, total, n = mpf(1), mpf(1), 0
    while term > total * mpf(10) ** -75:
        n += 1
        term *= x / (a + n)
        total += term
    return total * exp(a * log(x) - x - loggamma(a + 1))


def table(name, header, rows):
    with open(name, "w", newline="") as f:
        w = csv.writer(f, lineterminator="\n")
        w.writerow(header)
        w.writerows(rows)


def show(x):
    return mp.nstr(x, 20)


shapes = [0.01, 0.1, 0.5, 1.0, 1.7, 2.0, 5.3, 18.0, 97.25, 1000.0, 12345.5, 1e6]
probabilities = [1e-6, 0.025, 0.05, 0.25, 0.5, 0.75, 0.95, 0.975, 0.999999]

rows = []
for a in shapes:
    for t in [0.001, 0.3, 0.9, 1.0, 1.1, 2.0, 6.0]:
        x = a * t if a < 100 else a + (t - 1) * 3 * a ** 0.5
        if x <= 0:
            continue
        p = lower(mpf(a), mpf(x))
        q = 1 - p
        if q < mpf(10) ** -40:
            continue
        rows.append([repr(a), repr(x), show(log(p)), show(log(q))])
table("gamma_tails.csv", ["shape", "x", "ln_lower", "ln_upper"], rows)


def gamma_quantile(a, p):
    """By bisection on ln x, then by secants."""
    a, p = mpf(a), mpf(p)
    def f(u):
        return lower(a, exp(u)) - p
    lo, hi = mpf(-1500), log(a + 40 * sqrt(a) + 60)
    for _ in range(60):
        mid = (lo + hi) / 2
        if f(mid) < 0:
            lo = mid
        else:
            hi = mid
    return exp(findroot(f, (lo, hi), solver="anderson", tol=mpf(10) ** -60, verify=False))


table(
    "gamma_quantiles.csv",
    ["shape", "p", "x"],
    [[repr(a), repr(p), show(gamma_quantile(a, p))] for a in shapes if a < 2000 for p in probabilities],
)
table(
    "ln_gamma.csv",
    ["x", "ln_gamma"],
    [[repr(x), show(loggamma(mpf(x)))] for x in [1e-9, 0.01, 0.3, 0.5, 1.0, 1.0001, 1.5, 2.0, 2.5, 3.3, 9.99, 10.0, 14.5, 15.5, 171.3, 1e5, 1e9]],
)


def normal_quantile(p):
    return sqrt(2) * mp.erfinv(2 * mpf(p) - 1)


table(
    "normal_quantiles.csv",
    ["p", "z"],
    [[repr(p), show(normal_quantile(p))] for p in [1e-9, 1e-3, 0.025, 0.05, 0.25, 0.4, 0.6, 0.75, 0.95, 0.975, 0.999]],
)


def nb(k, mu, r):
    k, mu, r = mpf(k), mpf(mu), mpf(r)
    return loggamma(k + r) - loggamma(r) - loggamma(k + 1) + r * log(r / (r + mu)) + k * log(mu / (r + mu))


table(
    "negative_binomial.csv",
    ["k", "mean", "size", "ln_mass"],
    [
        [k, repr(m), repr(r), show(nb(k, m, r))]
        for k in [0, 1, 7, 120, 40000]
        for m in [0.01, 3.2, 150.0, 39000.0]
        for r in [0.1, 0.35, 2.0, 17.5, 1000.0, 1e7]
    ],
)
