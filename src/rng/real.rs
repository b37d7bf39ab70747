//! A real number whose mathematics comes from `libm`, so that distributions drawn in it are the same on every platform.
//!
//! `rand_distr` is generic over [`Float`]. For `f64` that trait takes the platform's mathematics as soon as any package
//! of a build asks for it, and logarithms then differ between platforms in the last bit: hence a type of our own.

use std::num::FpCategory;
use std::ops::{Add, Div, Mul, Neg, Rem, Sub};

use num_traits::{Float, Num, NumCast, One, ToPrimitive, Zero};

/// A real number, an `f64` with the mathematics of `libm`.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
pub struct Real(pub f64);

macro_rules! operators {
    ($($operator:ident $function:ident),*) => {$(
        impl $operator for Real {
            type Output = Self;
            #[inline]
            fn $function(self, other: Self) -> Self {
                Self($operator::$function(self.0, other.0))
            }
        }
    )*};
}
operators!(Add add, Sub sub, Mul mul, Div div, Rem rem);

impl Neg for Real {
    type Output = Self;
    #[inline]
    fn neg(self) -> Self {
        Self(-self.0)
    }
}

impl Zero for Real {
    fn zero() -> Self {
        Self(0.0)
    }
    fn is_zero(&self) -> bool {
        self.0 == 0.0
    }
}

impl One for Real {
    fn one() -> Self {
        Self(1.0)
    }
}

impl Num for Real {
    type FromStrRadixErr = <f64 as Num>::FromStrRadixErr;

    fn from_str_radix(text: &str, radix: u32) -> Result<Self, Self::FromStrRadixErr> {
        f64::from_str_radix(text, radix).map(Self)
    }
}

impl ToPrimitive for Real {
    fn to_i64(&self) -> Option<i64> {
        self.0.to_i64()
    }
    fn to_u64(&self) -> Option<u64> {
        self.0.to_u64()
    }
    fn to_f64(&self) -> Option<f64> {
        Some(self.0)
    }
}

impl NumCast for Real {
    fn from<T: ToPrimitive>(number: T) -> Option<Self> {
        number.to_f64().map(Self)
    }
}

/// Functions of one number: those of `libm`, and those of `f64` that are exact on every platform.
macro_rules! functions {
    (libm: $($function:ident $of_libm:ident),*; exact: $($same:ident),*; tests: $($test:ident),*) => {
        $(#[inline] fn $function(self) -> Self { Self(libm::$of_libm(self.0)) })*
        $(#[inline] fn $same(self) -> Self { Self(self.0.$same()) })*
        $(#[inline] fn $test(self) -> bool { self.0.$test() })*
    };
}

macro_rules! constants {
    ($($function:ident $constant:ident),*) => {$(
        fn $function() -> Self { Self(f64::$constant) }
    )*};
}

impl Float for Real {
    constants!(nan NAN, infinity INFINITY, neg_infinity NEG_INFINITY, min_value MIN, max_value MAX, epsilon EPSILON,
        min_positive_value MIN_POSITIVE);
    functions!(
        libm: floor floor, ceil ceil, round round, trunc trunc, sqrt sqrt, exp exp, exp2 exp2, ln log, log2 log2,
            log10 log10, cbrt cbrt, sin sin, cos cos, tan tan, asin asin, acos acos, atan atan, exp_m1 expm1,
            ln_1p log1p, sinh sinh, cosh cosh, tanh tanh, asinh asinh, acosh acosh, atanh atanh;
        exact: abs, signum, recip;
        tests: is_nan, is_infinite, is_finite, is_normal, is_sign_positive, is_sign_negative
    );

    fn neg_zero() -> Self {
        Self(-0.0)
    }
    fn classify(self) -> FpCategory {
        self.0.classify()
    }
    fn fract(self) -> Self {
        self - self.trunc()
    }
    fn mul_add(self, factor: Self, sum: Self) -> Self {
        Self(libm::fma(self.0, factor.0, sum.0))
    }
    fn powi(self, exponent: i32) -> Self {
        Self(libm::pow(self.0, exponent.into()))
    }
    fn powf(self, exponent: Self) -> Self {
        Self(libm::pow(self.0, exponent.0))
    }
    fn log(self, base: Self) -> Self {
        Self(libm::log(self.0) / libm::log(base.0))
    }
    fn max(self, other: Self) -> Self {
        Self(self.0.max(other.0))
    }
    fn min(self, other: Self) -> Self {
        Self(self.0.min(other.0))
    }
    fn abs_sub(self, other: Self) -> Self {
        Self(libm::fdim(self.0, other.0))
    }
    fn hypot(self, other: Self) -> Self {
        Self(libm::hypot(self.0, other.0))
    }
    fn atan2(self, other: Self) -> Self {
        Self(libm::atan2(self.0, other.0))
    }
    fn sin_cos(self) -> (Self, Self) {
        let (sin, cos) = libm::sincos(self.0);
        (Self(sin), Self(cos))
    }
    fn integer_decode(self) -> (u64, i16, i8) {
        self.0.integer_decode()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The functions that `rand_distr` calls, compared with the bits of `libm`, which a build with the platform's mathematics
    /// would not keep.
    #[test]
    fn mathematics_is_that_of_libm() {
        for value in [1e-300, 0.017, 0.5, 1.0, 1.7, 42.0, 1e9] {
            let real = Real(value);
            for (ours, libms) in [
                (Float::ln(real), libm::log(value)),
                (Float::exp(real), libm::exp(value)),
                (Float::sqrt(real), libm::sqrt(value)),
                (Float::powf(real, Real(0.37)), libm::pow(value, 0.37)),
                (Float::cos(real), libm::cos(value)),
                (real.floor(), libm::floor(value)),
            ] {
                assert_eq!(ours.0.to_bits(), libms.to_bits(), "of {value}");
            }
        }
    }

    #[test]
    fn numbers_convert_both_ways() {
        assert_eq!(<Real as NumCast>::from(3_u64), Some(Real(3.0)));
        assert_eq!((Real(3.9).to_u64(), Real(-3.9).to_i64(), Real(0.5).to_f64()), (Some(3), Some(-3), Some(0.5)));
        assert_eq!((Real(7.0) % Real(4.0) - Real::one()) / Real(2.0), Real(1.0));
    }
}
