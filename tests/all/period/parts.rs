//! What is measured where not the whole run is: a window, or all but a warm-up.

use super::{Requests, close, run};

/// One request a second, of half a second, and one that is there all the time: from −1 s on, as it were, until 110 s.
fn regular() -> Requests {
    (0..120).map(|i| (f64::from(i), if i == 0 { 110.0 } else { 0.5 })).collect()
}

#[test]
fn a_window_has_what_arrives_in_it() {
    let ran = run(&regular(), 120, &["measure={ mode='window', from='20 s', to='80 s' }"]);
    for layout in ["machines", "functions"] {
        assert_eq!(ran.value(layout, "requests.arrived"), 60.0);
        assert_eq!(ran.value(layout, "requests.completed"), 60.0);
        // The last one of the window is answered before it ends.
        assert_eq!(ran.value(layout, "period"), 60.0);
        close(ran.value(layout, "cores.busy.mean"), 1.5);
        assert!(ran.value(layout, "response.max") < 0.6);
        // 300 s of the series would be one bin; it begins with the window.
        assert!(ran.0.series.iter().all(|row| row.time_s == 20.0));
        let concurrency = ran.value(layout, "concurrency.mean");
        close(concurrency, 1.0 + ran.value(layout, "response.mean"));
    }
    close(ran.value("machines", "cost.user"), 60.0 / 3_600.0 * 0.36);
    // Those that count are billed, and of the other what it runs in the window.
    close(ran.value("functions", "cost.user"), 60.0 * (0.5 * 2e-5 + 0.2e-6) + 60.0 * 2e-5);
    // No sandbox is older than the window, but for the one that runs; each request has a function of its own.
    assert_eq!(ran.value("functions", "sandboxes.started"), 60.0);
    assert!(ran.0.manifest.measured.starts_with("from 20 s to 80 s; latencies of what arrives in it"));
    assert_eq!((ran.0.manifest.runs[0].from_s, ran.0.manifest.runs[0].to_s), (20.0, 80.0));
}

#[test]
fn a_window_follows_its_requests_for_their_latencies_alone() {
    // Of a window of ten seconds at the end of which an 8-s request comes.
    let requests: Requests = (0..60).map(|i| (f64::from(i), if i == 29 { 8.0 } else { 0.5 })).collect();
    let ran = run(&requests, 60, &["measure={ mode='window', from='20 s', to='30 s' }"]);
    for (layout, dispatch) in [("machines", 0.001), ("functions", 0.018)] {
        assert_eq!(ran.value(layout, "period"), 10.0);
        // Nine of half a second, and the first second of the long one.
        close(ran.value(layout, "cores.busy.mean"), (9.0 * 0.5 + 1.0 - dispatch) / 10.0);
        assert_eq!(ran.value(layout, "requests.completed"), 10.0);
        close(ran.value(layout, "response.mean"), (9.0 * 0.5 + 8.0) / 10.0 + dispatch);
    }
    close(ran.value("machines", "cost.user"), 10.0 / 3_600.0 * 0.36);
    close(ran.value("functions", "cost.user"), (9.0 * 0.5 + 1.0 - 0.018) * 2e-5 + 10.0 * 0.2e-6);
}

#[test]
fn what_arrives_in_a_window_counts_however_late_it_reaches_the_platform() {
    // Two come in the last 18 ms, which dispatch takes: one reaches machines in the window, none reaches functions.
    let requests: Requests = (0..30).map(f64::from).chain([29.99, 29.9995]).map(|at| (at, 0.25)).collect();
    let window = "measure={ mode='window', from='20 s', to='30 s' }";
    for drain in ["0 s", "1 ms", "1 d"] {
        let ran = run(&requests, 40, &[window, &format!("limits.drain='{drain}'")]);
        for layout in ["machines", "functions"] {
            assert_eq!(ran.value(layout, "requests.arrived"), 12.0, "{layout}, {drain}");
            let fates =
                ["completed", "rejected", "running_at_end"].map(|fate| ran.value(layout, &format!("requests.{fate}")));
            assert_eq!(fates.iter().sum::<f64>(), 12.0, "{layout}, {drain}: {fates:?}");
            assert_eq!(ran.value(layout, "period"), 10.0);
        }
        assert!(ran.0.manifest.audits.iter().all(|audit| audit.holds), "{drain}");
    }
    let whole = run(&vec![(0.0, 0.25), (39.9995, 0.25)], 40, &["limits.drain='0 s'"]);
    assert_eq!(["machines", "functions"].map(|layout| whole.value(layout, "requests.arrived")), [2.0; 2]);
}

/// Ten requests of a second each second, and one of 100 s every ten: 20 cores are busy at any time from 100 s on.
fn stationary() -> Requests {
    let mut requests = Vec::new();
    for second in 0..900 {
        requests.extend((0..10).map(|i| (f64::from(second) + f64::from(i) * 0.1, 1.0)));
        if second % 10 == 0 {
            requests.push((f64::from(second), 100.0));
        }
    }
    requests
}

#[test]
fn both_sides_cost_the_same_in_a_short_window_and_in_a_long_one() {
    let sets = ["layout[0].platform.fleet.size=15", "layout[0].nodes.count=3", "layout[1].nodes.count=3"];
    for (to, length) in [("220 s", 20.0), ("800 s", 600.0)] {
        let measure = format!("measure={{ mode='window', from='200 s', to='{to}' }}");
        let ran = run(&stationary(), 900, &[&sets[..], &[measure.as_str()]].concat());
        let requests = length * 10.1;
        assert_eq!(ran.value("functions", "requests.arrived"), requests);
        close(ran.value("functions", "cost.user"), 20.0 * length * 2e-5 + requests * 0.2e-6);
        close(ran.value("machines", "cost.user"), 15.0 * length / 3_600.0 * 0.36);
        for layout in ["machines", "functions"] {
            close(ran.value(layout, "cores.busy.mean"), 20.0);
        }
    }
}

#[test]
fn a_warm_up_is_left_out() {
    // All of the first ten seconds are cold; the trace calls the same functions no more, so take what is busy.
    let mut requests: Requests = (0..10).map(|i| (f64::from(i), 3.0)).collect();
    requests.extend((10..40).map(|i| (f64::from(i) + 5.0, 0.5)));
    let five = "layout[0].platform.fleet.size=5";
    let ran = run(&requests, 50, &["measure={ mode='steady-state', warm_up='15 s' }", five]);
    assert_eq!(ran.value("functions", "requests.arrived"), 30.0);
    assert_eq!(ran.value("functions", "period"), 35.0);
    close(ran.value("functions", "cores.busy.mean"), 15.0 / 35.0);
    close(ran.value("machines", "cores.busy.mean"), 15.0 / 35.0);
    // Nothing left out: the numbers of the whole run.
    let same = run(&requests, 50, &["measure={ mode='steady-state', warm_up='0 s' }", five]);
    assert_eq!(same.0.summary, run(&requests, 50, &[five]).0.summary);
}

#[test]
fn what_is_not_in_the_trace_is_refused() {
    let refused = |measure: &str| {
        let set = format!("measure={measure}");
        let told = std::panic::catch_unwind(|| run(&regular(), 120, &[&set]).0.summary.len());
        *told.unwrap_err().downcast::<String>().unwrap()
    };
    let told = refused("{ mode='window', from='20 s', to='121 s' }");
    assert!(told.contains("measure.to") && told.contains("the trace is over after 2 min"), "{told}");
    assert!(refused("{ mode='steady-state', warm_up='120 s' }").contains("measure.warm_up"));
    assert!(refused("{ mode='window', from='80 s', to='20 s' }").contains("let it end after it begins"));
}
