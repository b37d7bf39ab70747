//! Random valid experiments: none panics, all audits hold, and every figure is one that can be.
//! `PROPTEST_CASES` asks for more of them.

use proptest::prelude::*;

use super::any::{KNOBS, check, experiment};

proptest! {
    #![proptest_config(ProptestConfig {
        cases: ProptestConfig::default().cases.max(1_000),
        max_shrink_iters: 2_000,
        ..ProptestConfig::default()
    })]
    #[test]
    fn valid_experiments_hold_whatever_they_are(numbers in prop::collection::vec(any::<u32>(), KNOBS)) {
        if let Err(wrong) = check(&numbers) {
            let (text, _) = experiment(&numbers);
            prop_assert!(false, "{wrong:#?}\n{text}");
        }
    }
}
