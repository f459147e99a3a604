//! How sure it is that no chain of infection runs on in the community unseen.
//!
//! Hidden chains begin as a Poisson process: so many a day, told by the caller. Each is a branching process
//! with a negative binomial number of infections from each infected person (Lloyd-Smith and others, *Nature*
//! 438 (2005) 355–359). Whoever is infected may be found by each round of swabs, and by going to a clinic; a
//! chain of which anybody is found is known, and is no hidden one. Those that are found and those that are
//! not are independent parts of the same Poisson process, so the number of chains that are alive and unseen
//! is Poisson, and none is left with probability exp(-Λ),
//!
//! Λ = Σ over days d of seeds(d) q(d), q(d) = P(a chain begun d days ago is alive and nobody of it was found).
//!
//! q follows exactly from generating functions, worked from today backwards. With m(d) the chance that
//! somebody infected d days ago was not found, g the generation interval and G the generating function of
//! the number infected,
//!
//! - U(d) = m(d) G(Σ g(τ) U(d - τ)), nobody of the branch was found; U is 1 for days to come,
//! - E(d) = m(d) G(Σ g(τ) E(d - τ)) once the person infects nobody any more, else 0: nobody was found and
//!   the branch has ended,
//!
//! and q = U - E. There are two kinds of people: those whom rounds reach, and those whom no round reaches
//! (behind a locked gate, in no register). They infect their own kind more than chance would have it: or a
//! few unregistered people would soon be found through their neighbours, which is what does not happen.

use crate::AnalyticsError;
use crate::error::positive;

/// A round of swabs in which nobody of the community was found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sweep {
    /// How many days ago the swabs were taken; 0 for today.
    pub ago: usize,
    /// Share of those whom rounds reach who were swabbed and have their result, 0 to 1.
    pub covered: f64,
    /// The chance that a swab finds somebody at the height of the infection, in a tube of the round's size.
    pub sensitivity: f64,
}

/// What is taken to be so of chains that nobody has seen.
#[derive(Clone, Debug, PartialEq)]
pub struct Chains {
    /// How many begin, by days ago: today first. Chains older than the last are left out.
    pub seeds: Vec<f64>,
    /// How many somebody infects on average.
    pub reproduction: f64,
    /// The size of the negative binomial: small where a few infect many.
    pub dispersion: f64,
    /// The generation interval: weights of 0, 1, 2, … days. That of 0 is 0. Whoever was infected longer ago
    /// than its last day infects nobody.
    pub generation: Vec<f64>,
    /// How likely a swab finds somebody, against the height of the infection, by days since infection from
    /// 0. Nothing after the last.
    pub detectable: Vec<f64>,
    /// Chance that somebody infected is found without a round, in the end.
    pub clinic: f64,
    /// After how many days.
    pub clinic_after: usize,
    /// Share of the people whom no round reaches, 0 to below 1.
    pub unreached: f64,
    /// How much the two kinds mix: 1 by chance alone, 0 not at all.
    pub mixing: f64,
}

fn share(what: &'static str, value: f64) -> Result<f64, AnalyticsError> {
    if (0.0..=1.0).contains(&value) {
        Ok(value)
    } else {
        Err(AnalyticsError::Parameter { what, value, wanted: "between 0 and 1" })
    }
}

impl Chains {
    fn check(&self) -> Result<(), AnalyticsError> {
        positive("dispersion", self.dispersion)?;
        positive("reproduction number", self.reproduction)?;
        share("chance of a clinic", self.clinic)?;
        share("mixing", self.mixing)?;
        if share("share whom no round reaches", self.unreached)? >= 1.0 {
            return Err(AnalyticsError::Parameter {
                what: "share whom no round reaches",
                value: self.unreached,
                wanted: "below 1",
            });
        }
        for value in &self.detectable {
            share("detectability", *value)?;
        }
        crate::error::counts("seeds", &self.seeds)?;
        let sum: f64 = self.generation.iter().sum();
        if self.generation.len() < 2 || self.generation[0] != 0.0 || sum.is_nan() || sum <= 0.0 {
            let why = "no weight beyond day 0, or one at day 0".to_owned();
            return Err(AnalyticsError::SerialInterval(why));
        }
        crate::error::counts("generation interval", &self.generation)
    }

    /// The chance that somebody infected `day` days ago was not found: of those whom rounds reach, and of
    /// the others.
    fn missed(&self, sweeps: &[Sweep], day: usize) -> [f64; 2] {
        let unseen = if day >= self.clinic_after { 1.0 - self.clinic } else { 1.0 };
        let by_rounds: f64 = sweeps
            .iter()
            .filter_map(|sweep| Some((sweep, day.checked_sub(sweep.ago)?)))
            .map(|(sweep, since)| {
                let load = self.detectable.get(since).copied().unwrap_or(0.0);
                1.0 - sweep.covered * sweep.sensitivity * load
            })
            .product();
        [unseen * by_rounds, unseen]
    }

    /// The chance that a chain begun so many days ago is alive and unseen, by days ago.
    ///
    /// # Errors
    /// [`AnalyticsError`] for a share that is none, or a generation interval without weights.
    pub fn unseen(&self, sweeps: &[Sweep]) -> Result<Vec<f64>, AnalyticsError> {
        self.check()?;
        for sweep in sweeps {
            share("coverage", sweep.covered)?;
            share("sensitivity", sweep.sensitivity)?;
        }
        let sum: f64 = self.generation.iter().sum();
        let (k, r) = (self.dispersion, self.reproduction);
        let offspring = |x: f64| (1.0 + r / k * (1.0 - x)).powf(-k);
        // How likely somebody of each kind infects one of the other.
        let across = [self.mixing * self.unreached, self.mixing * (1.0 - self.unreached)];
        let last = self.generation.len() - 1;
        let (mut nobody, mut ended): (Vec<[f64; 2]>, Vec<[f64; 2]>) = (Vec::new(), Vec::new());
        for day in 0..self.seeds.len() {
            let missed = self.missed(sweeps, day);
            let mut sums = [[0.0; 2]; 2];
            for (tau, weight) in self.generation.iter().enumerate().skip(1) {
                let then = day.checked_sub(tau);
                for kind in 0..2 {
                    sums[0][kind] += weight / sum * then.map_or(1.0, |d| nobody[d][kind]);
                    sums[1][kind] += weight / sum * then.map_or(0.0, |d| ended[d][kind]);
                }
            }
            let branch = |sums: [f64; 2], kind: usize| {
                let mean = (1.0 - across[kind]) * sums[kind] + across[kind] * sums[1 - kind];
                missed[kind] * offspring(mean)
            };
            nobody.push([branch(sums[0], 0), branch(sums[0], 1)]);
            let over = if day >= last { 1.0 } else { 0.0 };
            ended.push([over * branch(sums[1], 0), over * branch(sums[1], 1)]);
        }
        let alive = nobody.iter().zip(&ended).map(|(nobody, ended)| {
            let of = |kind: usize| (nobody[kind] - ended[kind]).max(0.0);
            (1.0 - self.unreached) * of(0) + self.unreached * of(1)
        });
        Ok(alive.collect())
    }

    /// The probability that no chain runs on unseen, where none of these rounds found anybody.
    ///
    /// # Errors
    /// As [`Chains::unseen`].
    pub fn none_left(&self, sweeps: &[Sweep]) -> Result<f64, AnalyticsError> {
        let unseen = self.unseen(sweeps)?;
        let left: f64 = self.seeds.iter().zip(&unseen).map(|(seeds, q)| seeds * q).sum();
        Ok((-left).exp())
    }

    /// The same for the least favourable of several reproduction numbers: nobody knows that of a chain that
    /// nobody has seen. A slow one stays small and is missed, a fast one infects more whom rounds miss.
    ///
    /// # Errors
    /// As [`Chains::unseen`]; [`AnalyticsError::TooLittle`] without any number.
    pub fn at_least(&self, sweeps: &[Sweep], of: &[f64]) -> Result<f64, AnalyticsError> {
        let mut least: Option<f64> = None;
        for reproduction in of {
            let chains = Chains { reproduction: *reproduction, ..self.clone() };
            let none = chains.none_left(sweeps)?;
            least = Some(least.map_or(none, |known| known.min(none)));
        }
        least.ok_or_else(|| AnalyticsError::TooLittle("no reproduction number".to_owned()))
    }
}
