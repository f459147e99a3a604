//! The gamma distribution as posteriors have it: shape and scale.

use serde::Serialize;

use crate::AnalyticsError;
use crate::error::positive;
use crate::special::{gamma_lower, gamma_quantile};

/// A gamma distribution. Its mean is shape × scale, its variance shape × scale².
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Gamma {
    shape: f64,
    scale: f64,
}

impl Gamma {
    /// # Errors
    /// [`AnalyticsError::Parameter`] unless both are finite and above 0.
    pub fn new(shape: f64, scale: f64) -> Result<Gamma, AnalyticsError> {
        Ok(Gamma { shape: positive("shape", shape)?, scale: positive("scale", scale)? })
    }

    /// The gamma distribution of this mean and standard deviation.
    ///
    /// # Errors
    /// [`AnalyticsError::Parameter`] unless both are finite and above 0.
    pub fn of_moments(mean: f64, sd: f64) -> Result<Gamma, AnalyticsError> {
        let (mean, sd) = (positive("mean", mean)?, positive("standard deviation", sd)?);
        Gamma::new((mean / sd).powi(2), sd * sd / mean)
    }

    /// The shape.
    pub fn shape(self) -> f64 {
        self.shape
    }

    /// The scale.
    pub fn scale(self) -> f64 {
        self.scale
    }

    /// The mean.
    pub fn mean(self) -> f64 {
        self.shape * self.scale
    }

    /// The standard deviation.
    pub fn sd(self) -> f64 {
        self.shape.sqrt() * self.scale
    }

    /// The probability of at most `x`.
    pub fn lower(self, x: f64) -> f64 {
        gamma_lower(self.shape, x.max(0.0) / self.scale)
    }

    /// The value below which `p` of the probability lies; NaN for p outside of 0..=1.
    pub fn quantile(self, p: f64) -> f64 {
        gamma_quantile(self.shape, p) * self.scale
    }
}
