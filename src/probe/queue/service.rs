//! Distributions of the service time, by mean and squared coefficient of variation (SCV).

use rand::RngExt as _;
use rand_distr::{Gamma, LogNormal};

use crate::rng::{Real, Stream};
use crate::units::Span;

/// The largest SCV and Erlang order: beyond, no affordable run converges.
pub const LARGEST_PARAMETER: f64 = 10_000.0;

/// The shape of a service-time distribution; its mean is given apart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Service {
    /// Exponential: SCV 1.
    Exponential,
    /// Always the mean: SCV 0.
    Deterministic,
    /// Two exponential phases with balanced means, SCV ≥ 1 (Tijms 2003, "A first course in stochastic models",
    /// appendix B): phase 1 with probability `p = (1 + √((SCV − 1)/(SCV + 1))) / 2` and mean `m / 2p`, else phase
    /// 2 with mean `m / 2(1 − p)`.
    HyperExponential {
        /// Squared coefficient of variation.
        scv: f64,
    },
    /// The sum of `order` exponentials, which is a gamma of that shape: SCV 1 / order.
    Erlang {
        /// Number of phases.
        order: u32,
    },
    /// Log-normal with `σ² = ln(1 + SCV)` and `µ = ln m − σ²/2`.
    LogNormal {
        /// Squared coefficient of variation.
        scv: f64,
    },
}

impl Service {
    /// What a user may write.
    pub const SYNTAX: &'static str = "exp, det, hyperexp:SCV (SCV >= 1), erlang:K (K >= 1) or lognormal:SCV (SCV > 0)";

    /// Reads `exp`, `det`, `hyperexp:4`, `erlang:3` or `lognormal:1.72`; the error says what is wrong.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (name, parameter) = text.split_once(':').map_or((text, None), |(name, p)| (name, Some(p)));
        match (name, parameter) {
            ("exp", None) => Ok(Self::Exponential),
            ("det", None) => Ok(Self::Deterministic),
            ("hyperexp", Some(scv)) => {
                number(scv, 1.0, "the SCV of a hyperexponential").map(|scv| Self::HyperExponential { scv })
            }
            ("lognormal", Some(scv)) => {
                number(scv, f64::MIN_POSITIVE, "the SCV of a log-normal").map(|scv| Self::LogNormal { scv })
            }
            ("erlang", Some(order)) => {
                let value = number(order, 1.0, "the order of an Erlang distribution")?;
                if value == libm::floor(value) {
                    Ok(Self::Erlang { order: value as u32 })
                } else {
                    Err(format!("`{order}` is not a whole number of Erlang phases"))
                }
            }
            ("exp" | "det", Some(_)) => Err(format!("`{name}` takes no parameter, but `{text}` gives one")),
            ("hyperexp" | "erlang" | "lognormal", None) => Err(format!("`{name}` needs a parameter")),
            _ => Err(format!("`{text}` is not a distribution of service times")),
        }
    }

    /// Squared coefficient of variation, `Var(S) / E[S]²`.
    pub fn scv(self) -> f64 {
        match self {
            Self::Exponential => 1.0,
            Self::Deterministic => 0.0,
            Self::HyperExponential { scv } | Self::LogNormal { scv } => scv,
            Self::Erlang { order } => 1.0 / f64::from(order),
        }
    }

    /// One service time.
    pub(super) fn draw(self, mean: Span, stream: &mut Stream) -> Span {
        let factor = match self {
            Self::Exponential => stream.exponential(),
            Self::Deterministic => return mean,
            Self::HyperExponential { scv } => {
                let first = 0.5 * (1.0 + libm::sqrt((scv - 1.0) / (scv + 1.0)));
                let phase = if stream.random_bool(first) { first } else { 1.0 - first };
                stream.exponential() / (2.0 * phase)
            }
            Self::Erlang { order } => {
                let order = f64::from(order);
                stream.draw(&Gamma::new(Real(order), Real(1.0 / order)).expect("both are above zero"))
            }
            Self::LogNormal { scv } => {
                let variance = libm::log1p(scv);
                let (mu, sigma) = (-variance / 2.0, libm::sqrt(variance));
                stream.draw(&LogNormal::new(Real(mu), Real(sigma)).expect("the deviation is finite"))
            }
        };
        mean.scale(factor)
    }

    /// As the user writes it.
    pub fn label(self) -> String {
        match self {
            Self::Exponential => "exp".to_owned(),
            Self::Deterministic => "det".to_owned(),
            Self::HyperExponential { scv } => format!("hyperexp:{scv}"),
            Self::Erlang { order } => format!("erlang:{order}"),
            Self::LogNormal { scv } => format!("lognormal:{scv}"),
        }
    }
}

fn number(text: &str, least: f64, what: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if (least..=LARGEST_PARAMETER).contains(&value) => Ok(value),
        Ok(value) if value > LARGEST_PARAMETER => {
            Err(format!("`{text}` is too large: {what} is at most {LARGEST_PARAMETER}"))
        }
        Ok(_) if least < 1.0 => Err(format!("`{text}` is out of range: {what} is above 0")),
        Ok(_) => Err(format!("`{text}` is out of range: {what} is at least {least}")),
        Err(_) => Err(format!("`{text}` is not a number: {what} is one")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::RootSeed;
    use crate::stats::Moments;

    #[test]
    fn mean_and_variation_are_as_asked() {
        let mean = Span::from_secs(2);
        for text in ["exp", "det", "hyperexp:1", "hyperexp:4", "erlang:1", "erlang:5", "lognormal:0.5"] {
            let service = Service::parse(text).unwrap();
            assert_eq!(service.label(), text);
            let mut stream = RootSeed::new(11, 0).stream("service", &[]);
            let draws: Moments = (0..200_000).map(|_| service.draw(mean, &mut stream).as_secs_f64()).collect();
            let (got_mean, got_variance) = (draws.mean().unwrap(), draws.variance().unwrap());
            // Four standard errors of the mean; the variance's error is larger by the fourth moment.
            let error = 4.0 * libm::sqrt(service.scv() * 4.0 / 200_000.0);
            assert!((got_mean - 2.0).abs() <= error, "{text}: mean {got_mean}");
            assert!((got_variance / 4.0 - service.scv()).abs() <= 0.05 * service.scv(), "{text}: {got_variance}");
        }
    }

    #[test]
    fn wrong_distributions_say_why() {
        let check = |text: &str, message: &str| assert_eq!(Service::parse(text), Err(message.to_owned()));
        check("hyperexp:0.5", "`0.5` is out of range: the SCV of a hyperexponential is at least 1");
        check("hyperexp:NaN", "`NaN` is out of range: the SCV of a hyperexponential is at least 1");
        check("hyperexp", "`hyperexp` needs a parameter");
        check("exp:2", "`exp` takes no parameter, but `exp:2` gives one");
        check("erlang:2.5", "`2.5` is not a whole number of Erlang phases");
        check("erlang:0", "`0` is out of range: the order of an Erlang distribution is at least 1");
        check("lognormal:0", "`0` is out of range: the SCV of a log-normal is above 0");
        check("lognormal:inf", "`inf` is too large: the SCV of a log-normal is at most 10000");
        check("lognormal:x", "`x` is not a number: the SCV of a log-normal is one");
        check("gauss", "`gauss` is not a distribution of service times");
    }
}
