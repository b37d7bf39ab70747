//! Generated populations and their arrivals.

use sdcsim::rng::RootSeed;
use sdcsim::units::Span;
use sdcsim::workload::generate::{App, Options, Population, generate};
use sdcsim::workload::published::Published;
use sdcsim::workload::stats::stats;
use sdcsim::workload::{Invocation, MINUTE, Spacing, Workload};

use super::shared;

const ROOT: RootSeed = RootSeed::new(1, 0);

/// The published distribution as it was published: (value, cumulative probability).
fn original(published: Published) -> Option<Vec<(f64, f64)>> {
    let name = match published {
        Published::ExecutionMs => "execTimeCDF.csv",
        Published::AppMemoryMib => "memCDF.csv",
        Published::FunctionsPerApp => "chainlenCDF.csv",
        Published::AppRatePerDay => "invokesCDF.csv",
        Published::AppCv => "CVs.csv",
    };
    let path = shared(&format!("traces/azure_functions_2019_cdfs_serverlessbench/{name}"))?;
    let text = std::fs::read_to_string(path).unwrap();
    let row = |line: &str| {
        let mut fields = line.split(',').map(|field| field.trim().parse::<f64>());
        Some((fields.next()?.ok()?, fields.next()?.ok()?))
    };
    Some(text.lines().filter_map(row).collect())
}

/// The Kolmogorov-Smirnov distance of values, as binned for `published`, from the original.
fn ks(published: Published, values: impl Iterator<Item = f64>, original: &[(f64, f64)]) -> f64 {
    let mut bins: Vec<f64> = values.map(|value| published.bin(value)).collect();
    bins.sort_by(f64::total_cmp);
    let share = |(value, p): &(f64, f64)| {
        let below = bins.partition_point(|bin| bin <= value) as f64 / bins.len() as f64;
        (below - p).abs()
    };
    original.iter().map(share).fold(0.0, f64::max)
}

/// Average durations of functions in milliseconds.
fn averages_ms(population: &Population) -> impl Iterator<Item = f64> + '_ {
    population.durations().iter().map(|inverse| inverse.mean() / 1e9)
}

#[test]
fn the_embedded_knots_are_the_published_distributions() {
    for published in Published::ALL {
        let Some(original) = original(published) else { return };
        let inverse = published.inverse();
        let furthest = original.iter().map(|(v, p)| (inverse.cdf(*v) - p).abs()).fold(0.0, f64::max);
        assert!(furthest < 0.00101, "{}: {furthest}", published.title());
    }
}

#[test]
fn populations_have_the_published_distributions() {
    for seed in [1, 2, 3, 4] {
        let population = Population::draw(&Options::new(10_000, 1, seed));
        let apps = population.apps();
        let mib = |memory: sdcsim::units::Bytes| memory.as_mib_f64();
        for (published, values, limit) in [
            (Published::ExecutionMs, averages_ms(&population).collect::<Vec<_>>(), 0.03),
            (Published::AppMemoryMib, apps.iter().map(|app| mib(app.memory)).collect(), 0.05),
            // About 3,700 apps: the distance of a perfect sample exceeds 1.63/√n = 0.027 once in a hundred.
            (Published::FunctionsPerApp, apps.iter().map(|app| app.members.len() as f64).collect(), 0.03),
            (Published::AppRatePerDay, apps.iter().map(|app| app.rate_per_day).collect(), 0.03),
            // An app of n invocations cannot show a variation above √(n − 1): apps with few invocations, of which 14 % have
            // less than one a day, draw again until theirs is below. That takes about 0.04 from the upper end.
            (Published::AppCv, apps.iter().map(|app| app.cv).collect(), 0.065),
        ] {
            let Some(original) = original(published) else { return };
            let distance = ks(published, values.iter().copied(), &original);
            eprintln!("seed {seed}: {}: KS {distance:.4} over {}", published.title(), values.len());
            assert!(distance <= limit, "seed {seed}: {}: {distance}", published.title());
            let by_knots = published.ks_distance(&values).unwrap();
            assert!((by_knots - distance).abs() < 0.005, "{}: {by_knots} by knots", published.title());
        }
    }
}

#[test]
fn a_larger_population_begins_with_the_smaller_one() {
    let draw = |n| Population::draw(&Options::new(n, 1, 9));
    let (small, large) = (draw(500), draw(1000));
    let whole = small.apps().len() - 1;
    assert_eq!(small.apps()[..whole], large.apps()[..whole]);
    let n = small.apps()[..whole].iter().map(|app| app.members.len()).sum::<usize>();
    assert_eq!(small.durations()[..n], large.durations()[..n]);
    assert_eq!(small.functions().len(), 500);
    assert_ne!(draw(500).apps(), Population::draw(&Options::new(500, 1, 10)).apps());
}

#[test]
fn memory_of_an_app_is_divided_evenly_in_whole_mib() {
    let population = Population::draw(&Options::new(2000, 1, 5));
    let functions: Vec<_> = population.functions().iter().collect();
    for app in population.apps() {
        let of: Vec<f64> = functions[app.members.start as usize..app.members.end as usize]
            .iter()
            .map(|f| f.memory.as_mib_f64())
            .collect();
        let (least, most) = (of.iter().copied().fold(f64::MAX, f64::min), of.iter().copied().fold(0.0, f64::max));
        assert!(most - least <= 1.0 && least >= 1.0 && least == libm::floor(least), "{of:?}");
        let total: f64 = of.iter().sum();
        assert!(total == app.memory.as_mib_f64() || least == 1.0, "{total} is not {}", app.memory);
    }
}

/// The invocations of a population of one app.
fn arrivals(workload: &Workload, root: RootSeed) -> Vec<Invocation> {
    workload.arrivals(root, Spacing::default()).collect()
}

#[test]
fn arrivals_are_in_order_repeatable_and_as_many_as_expected() {
    let workload = generate(&Options { rate_scale: 0.2, ..Options::new(300, 2, 3) }).unwrap();
    let list = arrivals(&workload, ROOT);
    assert!(list.is_sorted_by_key(|i| (i.at, i.function)));
    assert_eq!(list, arrivals(&workload, ROOT));
    assert_ne!(list, arrivals(&workload, RootSeed::new(1, 1)));
    assert!(list.iter().all(|i| i.at.as_ps() < workload.length().as_ps()));
    // The mean over replications is unbiased even for the burstiest apps, as processes start in equilibrium.
    let n = 40;
    let counts: Vec<f64> =
        (0..n).map(|r| workload.arrivals(RootSeed::new(1, r), Spacing::default()).count() as f64).collect();
    let mean = counts.iter().sum::<f64>() / f64::from(n);
    let variance = counts.iter().map(|c| (c - mean) * (c - mean)).sum::<f64>() / f64::from(n - 1);
    let error = libm::sqrt(variance / f64::from(n));
    let expected = workload.invocations() as f64;
    assert!((mean - expected).abs() < 3.5 * error, "{mean} ± {error}, expected {expected}");
    assert!(error < 0.1 * expected, "the test is too weak: {error} of {expected}");
}

/// The workload of one app only, chosen by its rate and coefficient of variation, over some days, and that rate.
fn one_app(days: u32, choose: impl Fn(f64, f64) -> bool) -> (Workload, f64, f64) {
    let options = Options::new(4000, days, 11);
    let population = Population::draw(&options);
    let alone =
        population.apps().iter().find(|app| app.members.len() == 1 && choose(app.rate_per_day, app.cv)).unwrap();
    let id = alone.members.start;
    (generate(&options).unwrap().retain(|f, _| f.raw() == id), alone.rate_per_day, alone.cv)
}

/// Mean and coefficient of variation of the gaps in seconds.
fn gaps(list: &[Invocation]) -> (f64, f64) {
    let gaps: Vec<f64> = list.windows(2).map(|pair| pair[1].at.since(pair[0].at).as_secs_f64()).collect();
    let mean = gaps.iter().sum::<f64>() / gaps.len() as f64;
    let variance = gaps.iter().map(|g| (g - mean) * (g - mean)).sum::<f64>() / gaps.len() as f64;
    (mean, libm::sqrt(variance) / mean)
}

#[test]
fn gaps_have_the_mean_and_variation_that_were_drawn() {
    let (timer, rate, _) = one_app(3, |rate, cv| cv == 0.0 && rate == 288.0);
    let list = arrivals(&timer, ROOT);
    assert_eq!((list.len(), rate), (3 * 288, 288.0));
    assert!(list.windows(2).all(|pair| pair[1].at.since(pair[0].at) == Span::from_secs(300)));
    for (low, high) in [(0.3, 0.7), (0.9, 1.0), (1.2, 1.6), (2.0, 3.0)] {
        let (app, rate, cv) = one_app(50, |rate, cv| (1000.0..20_000.0).contains(&rate) && (low..high).contains(&cv));
        let list = arrivals(&app, ROOT);
        let (mean, variation) = gaps(&list);
        // Four standard errors of the mean are 4·cv/√n; of the variation of such skewed gaps about 4·(1 + cv²)/√n.
        let n = libm::sqrt(list.len() as f64);
        assert!((mean * rate / 86_400.0 - 1.0).abs() < 4.0 * cv / n, "cv {cv}: mean {mean} at {rate} a day");
        assert!((variation / cv - 1.0).abs() < 4.0 * (1.0 + cv * cv) / n, "cv {cv}: {variation}");
    }
}

#[test]
fn members_are_called_by_zipfs_law() {
    let options = Options::new(4000, 20, 11);
    let population = Population::draw(&options);
    let wanted =
        |app: &&App| app.members.len() == 5 && app.cv > 0.0 && (5_000.0..100_000.0).contains(&app.rate_per_day);
    let members = population.apps().iter().find(wanted).unwrap().members.clone();
    let workload = generate(&options).unwrap().retain(|f, _| members.contains(&f.raw()));
    let mut counts = [0.0; 5];
    for request in arrivals(&workload, ROOT) {
        counts[request.function.index()] += 1.0;
    }
    let (n, ranks): (f64, f64) = (counts.iter().sum(), (1..=5).map(|rank| 1.0 / f64::from(rank)).sum());
    assert!(n > 50_000.0, "{n} invocations are too few");
    let chi_squared: f64 = (1..=5)
        .zip(counts)
        .map(|(rank, count)| (n / f64::from(rank) / ranks, count))
        .map(|(expected, count)| (count - expected) * (count - expected) / expected)
        .sum();
    // Exceeded once in a thousand with four degrees of freedom.
    assert!(chi_squared < 18.47, "{counts:?}: {chi_squared}");
}

#[test]
fn rates_swing_over_the_day_when_asked_and_keep_their_mean() {
    let chosen = |rate: f64, cv: f64| (5000.0..20_000.0).contains(&rate) && (0.9..1.1).contains(&cv);
    let (flat, rate, _) = one_app(1, chosen);
    let name = flat.functions().iter().next().unwrap().clone();
    let options = Options { diurnal: 0.5, ..Options::new(4000, 10, 11) };
    let swinging = generate(&options).unwrap().retain(|_, f| *f == name);
    let mut by_quarter = [0_u32; 4];
    for i in arrivals(&swinging, ROOT) {
        by_quarter[(i.at.as_ps() / Span::from_secs(21_600).as_ps() % 4) as usize] += 1;
    }
    // The integral of 1 − ½·cos over a quarter of its period is ¼ ∓ ½/2π for the outer and inner quarters.
    for (count, share) in by_quarter.into_iter().zip([0.170, 0.330, 0.330, 0.170]) {
        let expected = rate * 10.0 * share;
        assert!((f64::from(count) - expected).abs() < 5.0 * libm::sqrt(expected), "{count} is not {expected}");
    }
}

#[test]
fn windows_and_cuts_of_a_generated_workload_are_parts_of_it() {
    let whole = generate(&Options { rate_scale: 0.05, ..Options::new(200, 1, 4) }).unwrap();
    let (from, until) = (MINUTE.as_ps() * 600, MINUTE.as_ps() * 900);
    let inside: Vec<_> = arrivals(&whole, ROOT)
        .iter()
        .filter(|i| (from..until).contains(&i.at.as_ps()))
        .map(|i| (i.at.as_ps() - from, i.function))
        .collect();
    let window = whole.clone().window(MINUTE * 600, MINUTE * 300);
    assert!(arrivals(&window, ROOT).iter().map(|i| (i.at.as_ps(), i.function)).eq(inside), "the window is another");
    let odd: Vec<_> =
        arrivals(&whole, ROOT).iter().filter(|i| i.function.raw() % 2 == 1).map(|i| (i.at, i.duration)).collect();
    let cut = whole.retain(|id, _| id.raw() % 2 == 1);
    assert!(!odd.is_empty() && arrivals(&cut, ROOT).iter().map(|i| (i.at, i.duration)).eq(odd), "the cut is another");
}

#[test]
fn statistics_of_a_generated_workload() {
    let workload = generate(&Options { rate_scale: 0.02, ..Options::new(2000, 14, 1) }).unwrap();
    let stats = stats(&workload, ROOT);
    assert_eq!((stats.functions, stats.length_s), (2000, 14.0 * 86_400.0));
    assert_eq!(stats.invocations as usize, workload.arrivals(ROOT, Spacing::default()).count());
    let drawn = Population::draw(&Options::new(2000, 14, 1));
    assert_eq!(stats.apps, drawn.apps().len() as u64);
    let of = |published| stats.distances.iter().find(|d| d.published == published).unwrap().ks.unwrap();
    // 2,000 functions and about 730 apps: 1.63/√n is 0.036 and 0.06.
    assert!(
        of(Published::ExecutionMs) < 0.04
            && of(Published::AppMemoryMib) < 0.06
            && of(Published::FunctionsPerApp) < 0.06
    );
}

/// Percentiles up to the limit stay, those above are at it, and so is no arrival's duration above.
#[test]
fn runs_are_cut_at_the_longest() {
    let whole = Options { rate_scale: 0.1, length: Span::from_secs(3_600), ..Options::new(300, 1, 3) };
    let cut = Options { longest: Some(Span::from_secs(5)), ..whole.clone() };
    let limit = Span::from_secs(5).as_ps() as f64;
    let [before, after] = [&whole, &cut].map(|options| Population::draw(options).durations().to_vec());
    assert!(before.iter().any(|durations| durations.quantile(0.5) > limit));
    for (before, after) in before.iter().zip(&after) {
        let cut: Vec<(f64, f64)> = before.knots().iter().map(|(p, value)| (*p, value.min(limit))).collect();
        assert_eq!(after.knots(), cut);
    }
    let all =
        |options| generate(options).unwrap().arrivals(RootSeed::new(1, 0), Spacing::default()).collect::<Vec<_>>();
    let (whole, cut) = (all(&whole), all(&cut));
    assert!(cut.iter().all(|request| request.duration <= Span::from_secs(5)));
    assert!(whole.iter().map(|request| request.at).eq(cut.iter().map(|request| request.at)));
}

#[test]
fn impossible_wishes_are_all_told() {
    let wish = Options {
        functions: 0,
        length: Span::ZERO,
        seed: 1,
        rate_scale: f64::NAN,
        diurnal: 2.0,
        longest: Some(Span::ZERO),
    };
    insta::assert_snapshot!(generate(&wish).unwrap_err().to_string(), @r"
    error: command line: functions: cannot be 0
      help: ask for 1 to 10,000,000 functions
    error: command line: length: cannot be 0 s
      help: ask for more than nothing and at most 213 days
    error: command line: rate_scale: cannot be NaN
      help: write a number above 0, at most 100
    error: command line: diurnal: cannot be 2
      help: write a number from 0 to 1
    error: command line: longest: cannot be 0 s
      help: write a time of 1 ms or more, or leave it out
    5 problems
    ");
    let many = Options { rate_scale: 100.0, ..Options::new(300_000, 1, 1) };
    insta::assert_snapshot!(generate(&many).unwrap_err().to_string(), @r"
    error: command line: rate_scale: 309483445 invocations a minute are more than fit in memory
      help: ask for fewer functions, or scale the rates down
    1 problem
    ");
}
