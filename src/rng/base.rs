//! The distributions that those of `rand_distr` are made of, for [`Real`].
//!
//! Uniforms are whole multiples of 2^-53. The exponential is drawn by inversion, −ln u, and the normal by the method of
//! Box and Muller (Ann. Math. Stat. 29, 1958), √(−2 ln u)·cos 2πv: both by the mathematics of `libm`, and by the same
//! number of uniforms each time, so that a stream is at the same place whatever was drawn.

use rand::distr::{Open01, OpenClosed01, StandardUniform};
use rand::{Rng, RngExt};
use rand_distr::{Distribution, Exp1, StandardNormal};

use super::real::Real;

/// Those that are uniform are as for `f64`, which need no mathematics.
macro_rules! uniform {
    ($($distribution:ident),*) => {$(
        impl Distribution<Real> for $distribution {
            #[inline]
            fn sample<R: Rng + ?Sized>(&self, rng: &mut R) -> Real {
                Real(<Self as Distribution<f64>>::sample(self, rng))
            }
        }
    )*};
}
uniform!(StandardUniform, Open01, OpenClosed01);

impl Distribution<Real> for Exp1 {
    #[inline]
    fn sample<R: Rng + ?Sized>(&self, rng: &mut R) -> Real {
        Real(-libm::log(rng.sample(OpenClosed01)))
    }
}

impl Distribution<Real> for StandardNormal {
    #[inline]
    fn sample<R: Rng + ?Sized>(&self, rng: &mut R) -> Real {
        let radius = libm::sqrt(2.0 * rng.sample::<Real, _>(Exp1).0);
        Real(radius * libm::cos(std::f64::consts::TAU * rng.sample::<f64, _>(StandardUniform)))
    }
}
