//! The split of memory between nodes and pools gives way where one of them is full.

use super::{ALIKE, measured};

/// All together, on two nodes of 16 cores.
fn together(layout: &str, count: usize, sets: &[&str]) -> f64 {
    let requests = vec![(0.0, 2_048, 60.0); count];
    let sets = [&[ALIKE][..], sets].concat();
    measured(layout, 200.0, &requests, &sets).get("response.max")
}

/// 48 GiB hold 24 sandboxes of 2 GiB, on one server as on two nodes with 12 GiB and a pool of 24 GiB, whatever the split
/// that they prefer: with a quarter local the pool is full after 16, and 16 GiB are free on the nodes; with three quarters
/// the nodes are full after 16, and 16 GiB are free in the pool.
#[test]
fn a_pool_strands_no_memory_that_a_server_does_not() {
    let server = ["LAYOUT.nodes.count=1", "LAYOUT.nodes.memory.capacity='48 GiB'"];
    assert!(together("serverless-servers", 24, &server) < 65.0);
    assert!(together("serverless-servers", 25, &server) > 120.0);
    for share in ["0.25", "0.5", "0.75"] {
        let share = format!("LAYOUT.memory_pools.local_share={share}");
        let pooled = [
            "LAYOUT.nodes.count=2",
            "LAYOUT.nodes.memory.capacity='12 GiB'",
            "LAYOUT.memory_pools.count=1",
            "LAYOUT.memory_pools.capacity='24 GiB'",
            "LAYOUT.memory_pools.bandwidth='10 Tbit/s'",
            share.as_str(),
        ];
        assert!(together("disaggregated", 24, &pooled) < 119.0, "{share}: all at once");
        assert!(together("disaggregated", 25, &pooled) > 120.0, "{share}: one has to wait");
        // The last have less than three quarters: not where they may not.
        let kept = [&pooled[..], &["LAYOUT.memory_pools.local_share_min=0.25"]].concat();
        assert_eq!(together("disaggregated", 24, &kept) > 120.0, share.ends_with("0.75"), "{share}");
    }
}

/// One request of 2 GiB on one node, which has so much memory, with a pool of so much.
fn alone(node: &str, pool: &str, share: &str) -> f64 {
    let sets = [
        ALIKE.to_owned(),
        "LAYOUT.nodes.count=1".to_owned(),
        "LAYOUT.memory_pools.count=1".to_owned(),
        format!("LAYOUT.nodes.memory.capacity='{node}'"),
        format!("LAYOUT.memory_pools.capacity='{pool}'"),
        format!("LAYOUT.memory_pools.local_share={share}"),
    ];
    let sets: Vec<&str> = sets.iter().map(String::as_str).collect();
    measured("disaggregated", 60.0, &[(0.0, 2_048, 10.0)], &sets).get("response.max")
}

/// A run takes as long as one that prefers the share that it has got.
#[test]
fn run_times_follow_the_split_that_a_sandbox_got() {
    let of_share = |share: &str| alone("16 GiB", "16 GiB", share);
    assert_eq!(alone("1 GiB", "16 GiB", "0.75"), of_share("0.5"), "the node is full");
    assert_eq!(alone("16 GiB", "512 MiB", "0.25"), of_share("0.75"), "the pool is full");
    assert_eq!(alone("1 B", "16 GiB", "0.5"), of_share("0"), "nodes without memory");
    assert_eq!(alone("16 GiB", "0 B", "0.5"), of_share("1"), "pools without memory");
    assert!(of_share("0") > of_share("0.5") && of_share("0.5") > of_share("1"));
}
