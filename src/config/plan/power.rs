//! How the power of a processor rises from idle to busy.

/// Points of (share of cores busy, share of the difference between idle and busy power), both ends included.
#[derive(Clone, Debug, PartialEq)]
pub struct PowerCurve(Vec<(f64, f64)>);

impl PowerCurve {
    /// Through these points, from (0, 0) to (1, 1); the first shares rise. Without points, a straight line.
    pub fn through(points: &[Vec<f64>]) -> Self {
        let typed = points.iter().map(|point| (point[0], point[1]));
        let inner = typed.filter(|(share, _)| *share > 0.0 && *share < 1.0);
        Self([(0.0, 0.0)].into_iter().chain(inner).chain([(1.0, 1.0)]).collect())
    }

    /// The share of the difference that is drawn with this share of the cores busy.
    pub fn at(&self, busy: f64) -> f64 {
        let busy = busy.clamp(0.0, 1.0);
        let behind = self.0.partition_point(|(share, _)| *share < busy).clamp(1, self.0.len() - 1);
        let [(from, low), (to, high)] = [self.0[behind - 1], self.0[behind]];
        low + (high - low) * (busy - from) / (to - from)
    }
}

impl PowerCurve {
    /// Its straight pieces, each from one point to the next.
    pub fn pieces(&self) -> impl Iterator<Item = [(f64, f64); 2]> {
        self.0.windows(2).map(|pair| [pair[0], pair[1]])
    }
}

impl Default for PowerCurve {
    fn default() -> Self {
        Self::through(&[])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn straight_lines_between_points() {
        let curve = PowerCurve::through(&[vec![0.5, 0.2], vec![0.8, 0.8]]);
        for (busy, share) in [(0.0, 0.0), (0.25, 0.1), (0.5, 0.2), (0.65, 0.5), (0.9, 0.9), (1.0, 1.0), (1.5, 1.0)] {
            assert!((curve.at(busy) - share).abs() < 1e-12, "{busy}: {}", curve.at(busy));
        }
        assert!([0.0, 0.3, 1.0].iter().all(|busy| PowerCurve::default().at(*busy) == *busy));
        // The ends may be written out.
        assert_eq!(PowerCurve::through(&[vec![0.0, 0.0], vec![1.0, 1.0]]), PowerCurve::default());
    }
}
