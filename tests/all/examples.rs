//! The programs in `examples` run, and find what they say. Each checks its own result.

#[path = "../../examples/data_centre.rs"]
mod data_centre;
#[path = "../../examples/own_policy.rs"]
mod own_policy;
#[path = "../../examples/queue.rs"]
mod queue;

#[test]
fn a_queue_agrees_with_its_closed_form() {
    queue::main().unwrap();
}

#[test]
fn a_policy_of_ones_own_counts_as_the_platform_does() {
    own_policy::main().unwrap();
}

#[test]
fn a_data_centre_in_code_is_compared() {
    data_centre::main().unwrap();
}
