//! The course of an infection: load, symptoms, severity, and what a swab of it shows.

use super::agents::{Agent, Population, Role};
use super::draw::{Draw, Purpose, Quantiles};
use super::parameters::{BANDS, DOSES, EpidemicParameters, band_of};

/// How badly an infection goes at its worst, or at a given time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// No symptoms.
    None = 0,
    /// Mild symptoms.
    Mild = 1,
    /// Pneumonia, or what the protocol calls moderate.
    Moderate = 2,
    /// Severe.
    Severe = 3,
    /// Critical.
    Critical = 4,
    /// Dead.
    Dead = 5,
}

impl Severity {
    const ALL: [Severity; 6] = [
        Severity::None,
        Severity::Mild,
        Severity::Moderate,
        Severity::Severe,
        Severity::Critical,
        Severity::Dead,
    ];

    /// The word in files.
    pub fn word(self) -> &'static str {
        match self {
            Severity::None => "none",
            Severity::Mild => "mild",
            Severity::Moderate => "moderate",
            Severity::Severe => "severe",
            Severity::Critical => "critical",
            Severity::Dead => "dead",
        }
    }
}

/// Where an infection happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Layer {
    /// At home; for students in their room.
    Household = 0,
    /// In the building.
    Building = 1,
    /// In the compound.
    Compound = 2,
    /// In the street.
    Street = 3,
    /// In the region.
    Region = 4,
    /// Elsewhere in the city.
    City = 5,
    /// In the class or team.
    Team = 6,
    /// In the school, campus or workplace.
    Place = 7,
    /// At a market: between customers and stallholders.
    Market = 8,
    /// Between residents and response workers.
    Service = 9,
    /// Between patients and hospital staff.
    Care = 10,
    /// Brought in from outside.
    Import = 11,
}

/// Layers that a contact can have.
pub(crate) const LAYERS: usize = 11;

impl Layer {
    /// All layers, by number.
    pub const ALL: [Layer; 12] = [
        Layer::Household,
        Layer::Building,
        Layer::Compound,
        Layer::Street,
        Layer::Region,
        Layer::City,
        Layer::Team,
        Layer::Place,
        Layer::Market,
        Layer::Service,
        Layer::Care,
        Layer::Import,
    ];

    /// The word in files.
    pub fn word(self) -> &'static str {
        match self {
            Layer::Household => "household",
            Layer::Building => "building",
            Layer::Compound => "compound",
            Layer::Street => "street",
            Layer::Region => "region",
            Layer::City => "city",
            Layer::Team => "team",
            Layer::Place => "place",
            Layer::Market => "market",
            Layer::Service => "service",
            Layer::Care => "care",
            Layer::Import => "import",
        }
    }
}

/// The infector of those who brought the disease in.
pub const NOBODY: u32 = u32::MAX;

/// One infection: 32 bytes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Infection {
    /// Who.
    pub agent: Agent,
    /// By whom; [`NOBODY`] when brought in.
    pub infector: Agent,
    /// Days since the start.
    pub at: f32,
    /// Days from infection to the onset of symptoms; infinite without symptoms.
    pub(crate) onset_after: f32,
    /// Days from infection to the peak.
    pub(crate) peak: f32,
    /// Infectiousness against the mean person's.
    pub(crate) factor: f32,
    /// Rise and fall in tenths of a day, Ct of the N gene at the peak in quarters.
    rise: u8,
    fall: u8,
    ct: u8,
    pub(crate) orf: u8,
    pub(crate) severity: u8,
    pub(crate) layer: u8,
    pub(crate) role: u8,
    /// Others in the household or room.
    pub(crate) housemates: u8,
}

const _: () = assert!(std::mem::size_of::<Infection>() == 32);

impl Infection {
    /// Where it happened.
    pub fn layer(&self) -> Layer {
        Layer::ALL[usize::from(self.layer)]
    }

    /// The worst that it comes to.
    pub fn worst(&self) -> Severity {
        Severity::ALL[usize::from(self.severity)]
    }

    /// When symptoms begin, in days since the start.
    pub fn onset(&self) -> Option<f64> {
        let onset = f64::from(self.at) + f64::from(self.onset_after);
        onset.is_finite().then_some(onset)
    }
}

/// Cycle thresholds of one swab; `None` where the assay finds nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Swab {
    /// Of the N gene.
    pub n: Option<f32>,
    /// Of ORF1ab.
    pub orf: Option<f32>,
}

/// The parameters of `epidemic.toml` made ready for drawing.
#[derive(Clone, Debug)]
pub struct Disease {
    pub(crate) parameters: EpidemicParameters,
    /// Divides a load's infectiousness so that the mean person's adds up to 1.
    norm: f64,
    /// Days after which nobody infects anybody.
    pub(crate) last_day: f64,
    /// Mean days from infection to infecting.
    generation: f64,
    /// Contact rates by role and layer, before the day's behaviour; of the household with each
    /// other member.
    pub(crate) rates: [[f64; LAYERS]; 8],
    /// Susceptibility by band of age and doses.
    pub(crate) susceptibility: [[f64; DOSES]; BANDS],
    normal: Quantiles,
    gamma: Quantiles,
}

/// Draws behind the normalisation: the error of its mean is below a tenth of a percent.
const SAMPLES: u32 = 20_000;

impl Disease {
    /// Makes the parameters ready.
    pub fn new(parameters: &EpidemicParameters) -> Disease {
        let mut disease = Disease {
            parameters: parameters.clone(),
            norm: 1.0,
            last_day: 0.0,
            generation: 0.0,
            rates: rates(parameters),
            susceptibility: parameters.severity.susceptibility.value.map(|by_age| {
                parameters.vaccination.susceptibility.value.map(|by_dose| by_age * by_dose)
            }),
            normal: Quantiles::normal(),
            gamma: Quantiles::gamma(parameters.transmission.dispersion.value),
        };
        let (mut total, mut weighted) = (0.0, 0.0);
        for n in 0..SAMPLES {
            let mut draw = Draw::keyed(0, n, 0, Purpose::Course);
            let course = disease.course(&mut draw);
            let (window, mean) = disease.window(&course);
            total += window;
            weighted += window * mean;
        }
        disease.norm = (total / f64::from(SAMPLES)).max(1e-9);
        disease.generation = weighted / total.max(1e-9);
        let c = &parameters.course;
        disease.last_day = c.peak_day.value[0]
            + 3.0 * c.peak_day.value[1]
            + c.fall_days.value[0]
            + 3.0 * c.fall_days.value[1];
        disease
    }

    /// Days after which nobody infects anybody any more.
    pub fn last_day(&self) -> f64 {
        self.last_day
    }

    /// The parameters.
    pub fn parameters(&self) -> &EpidemicParameters {
        &self.parameters
    }

    /// Mean days from a person's infection to those that the person causes, in a population
    /// that does not run out; from the parameters alone.
    pub fn generation_time(&self) -> f64 {
        self.generation
    }

    /// Rise, peak day, fall, Ct at the peak, drawn in this order.
    fn course(&self, draw: &mut Draw) -> Infection {
        let c = &self.parameters.course;
        let peak = self.normal.around(draw, c.peak_day.value, 0.3);
        let rise = self.normal.around(draw, c.rise_days.value, 0.1).min(25.0).min(peak - 0.1);
        let fall = self.normal.around(draw, c.fall_days.value, 0.1).min(25.0);
        let ct = self.normal.around(draw, c.peak_ct.value, 5.0).min(c.limit_ct.value - 1.0);
        Infection {
            agent: 0,
            infector: NOBODY,
            at: 0.0,
            onset_after: f32::INFINITY,
            peak: peak as f32,
            factor: 1.0,
            rise: (rise * 10.0) as u8,
            fall: (fall * 10.0) as u8,
            ct: (ct * 4.0) as u8,
            orf: 0,
            severity: 0,
            layer: 0,
            role: 0,
            housemates: 0,
        }
    }

    /// Infectiousness over the whole course and its mean day: the load above the threshold is
    /// a triangle.
    fn window(&self, i: &Infection) -> (f64, f64) {
        let c = &self.parameters.course;
        let height = c.limit_ct.value - f64::from(i.ct) / 4.0;
        let part = (c.infectious_ct.value - f64::from(i.ct) / 4.0).max(0.0) / height;
        let (up, down) = (part * f64::from(i.rise) / 10.0, part * f64::from(i.fall) / 10.0);
        (0.5 * part * (up + down), f64::from(i.peak) + (down - up) / 3.0)
    }

    /// Load at a time after infection, as a share of the height between the limit and Ct 0.
    fn load(&self, i: &Infection, after: f64) -> f64 {
        let from_peak = after - f64::from(i.peak);
        let slope = if from_peak < 0.0 { i.rise } else { i.fall };
        let left = 1.0 - from_peak.abs() * 10.0 / f64::from(slope.max(1));
        if left <= 0.0 {
            return 0.0;
        }
        left * (self.parameters.course.limit_ct.value - f64::from(i.ct) / 4.0)
    }

    /// Ct of the N gene at a time after infection; `None` when nothing is there.
    pub fn ct(&self, i: &Infection, after: f64) -> Option<f64> {
        let load = self.load(i, after);
        (load > 0.0).then_some(self.parameters.course.limit_ct.value - load)
    }

    /// Infectiousness a day at a time after infection; the mean person's adds up to 1 over the
    /// course.
    pub(crate) fn infectiousness(&self, i: &Infection, after: f64) -> f64 {
        let c = &self.parameters.course;
        let threshold = c.limit_ct.value - c.infectious_ct.value;
        let above = self.load(i, after) - threshold;
        if above <= 0.0 {
            return 0.0;
        }
        let height = c.limit_ct.value - f64::from(i.ct) / 4.0;
        f64::from(i.factor) * above / height / self.norm
    }

    /// Draws the whole course of a new infection. It depends on the seed and the agent alone.
    pub(crate) fn infect(
        &self,
        seed: u64,
        all: &Population,
        agent: Agent,
        (infector, at, layer): (Agent, f64, Layer),
    ) -> Infection {
        let p = &self.parameters;
        let mut draw = Draw::keyed(seed, agent, 0, Purpose::Course);
        let mut i = self.course(&mut draw);
        let (band, doses) = (band_of(all.age(agent)), all.doses(agent));
        i.agent = agent;
        i.infector = infector;
        i.at = at as f32;
        i.layer = layer as u8;
        let role = all.role(agent);
        i.role = role as u8;
        let home = match (role, all.team_of(agent)) {
            (Role::Student, Some(room)) => all.team(room).len(),
            _ => all.members(all.household_of(agent)).len(),
        };
        i.housemates = (home - 1).min(255) as u8;
        i.factor = (self.gamma.entry(&mut draw) * p.vaccination.infectiousness.value[doses]) as f32;
        i.orf = (self.normal.around(&mut draw, p.course.orf_offset.value, 0.0) * 10.0) as u8;
        let onset = (f64::from(i.peak)
            + self.normal.around(&mut draw, p.course.onset_after_peak.value, -20.0))
        .max(0.3);
        if draw.chance(p.severity.symptomatic.value[band]) {
            i.onset_after = onset as f32;
            let s = &p.severity;
            let moderate = s.moderate.value[band] * p.vaccination.severe_risk.value[doses];
            i.severity = 1;
            let [severe, critical, death] =
                [&s.severe, &s.critical, &s.death].map(|t| t.value[band]);
            // The last draws of a course: one more step changes no other.
            for share in [moderate, severe, critical, death] {
                if !draw.chance(share) {
                    break;
                }
                i.severity += 1;
            }
        }
        i
    }

    /// Severity at a time since the start: nothing before onset, then step by step to the
    /// worst.
    pub fn severity_at(&self, i: &Infection, at: f64) -> Severity {
        let Some(onset) = i.onset() else { return Severity::None };
        let since = at - onset;
        let s = &self.parameters.severity;
        let reached = if since < 0.0 {
            Severity::None
        } else if since < s.moderate_after.value {
            Severity::Mild
        } else if since < s.severe_after.value {
            Severity::Moderate
        } else if since < s.critical_after.value {
            Severity::Severe
        } else if since < s.death_after.value {
            Severity::Critical
        } else {
            Severity::Dead
        };
        reached.min(i.worst())
    }

    /// When an infected person dies, in days since the start.
    pub fn death(&self, i: &Infection) -> Option<f64> {
        let onset = i.onset().filter(|_| i.worst() == Severity::Dead)?;
        Some(onset + self.parameters.severity.death_after.value)
    }

    /// Whether the worst is over at a time since the start: nobody whose illness still gets worse
    /// is let go by a doctor, and the severely ill not before the time by which it would have killed
    /// them. Never for somebody who dies of it.
    pub fn is_over_the_worst(&self, i: &Infection, at: f64) -> bool {
        let Some(onset) = i.onset() else { return true };
        let worst = i.worst();
        let stays =
            worst >= Severity::Severe && at < onset + self.parameters.severity.death_after.value;
        worst != Severity::Dead && !stays && self.severity_at(i, at) == worst
    }

    /// When an infected person goes to a fever clinic unasked, in days since the start: those
    /// with more than mild disease when it becomes so, some of the others after onset.
    pub fn seeks_care(&self, seed: u64, i: &Infection) -> Option<f64> {
        let onset = i.onset()?;
        let s = &self.parameters.severity;
        let mut draw = Draw::keyed(seed, i.agent, 0, Purpose::Care);
        let (willing, delay) = (draw.chance(s.seek_care.value), draw.unit());
        let early = onset - libm::log(1.0 - delay) * s.seek_after.value;
        let forced = onset + s.moderate_after.value;
        match (willing, i.worst() >= Severity::Moderate) {
            (true, true) => Some(early.min(forced)),
            (true, false) => Some(early),
            (false, true) => Some(forced),
            (false, false) => None,
        }
    }

    /// The swab of an infected person. `take` tells swabs of one day apart.
    pub fn swab(&self, seed: u64, i: &Infection, at: f64, take: u32) -> Swab {
        let Some(ct) = self.ct(i, at - f64::from(i.at)) else { return Swab::default() };
        let c = &self.parameters.course;
        let key = ((at.max(0.0) * 24.0) as u32) << 6 | (take & 63);
        let mut draw = Draw::keyed(seed, i.agent, key, Purpose::Swab);
        let n = ct + c.swab_noise.value * draw.normal();
        let orf = n + f64::from(i.orf) / 10.0;
        let seen = |ct: f64| (ct < c.limit_ct.value).then_some(ct as f32);
        Swab { n: seen(n), orf: seen(orf) }
    }
}

/// Contact rates by role and layer.
fn rates(p: &EpidemicParameters) -> [[f64; LAYERS]; 8] {
    let t = &p.transmission;
    Role::ALL.map(|role| {
        let mut r = [0.0; LAYERS];
        let away = role == Role::Student;
        r[Layer::Household as usize] = t.household.value;
        r[Layer::Building as usize] = if away { 0.0 } else { t.building.value };
        r[Layer::Compound as usize] = if away { 0.0 } else { t.compound.value };
        r[Layer::Street as usize] = if away { 0.0 } else { t.street.value };
        r[Layer::Region as usize] = t.region.value;
        r[Layer::City as usize] = t.city.value;
        let has_team = !matches!(role, Role::Resident);
        // A student's room is the household.
        r[Layer::Team as usize] = if has_team && !away { t.team.value } else { 0.0 };
        r[Layer::Place as usize] = match role {
            Role::Resident => 0.0,
            // The lectures are with the people of the hall.
            Role::Student => t.place.value + t.team.value,
            _ => t.place.value,
        };
        r[Layer::Market as usize] = match role {
            Role::LocalStall | Role::WholesaleStall => t.stall.value,
            _ => t.market.value,
        };
        r[Layer::Service as usize] =
            if role == Role::Response { t.service.value } else { t.served.value };
        r[Layer::Care as usize] = t.care.value;
        r
    })
}
