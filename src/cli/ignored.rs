//! Signals that were ignored before the program began, as by `nohup`: they stay ignored. Not so Ctrl-C (SIGINT), which shells ignore
//! for whatever a script starts with `&`, asked or not: whoever sends it then means it.

/// Blocks them, for this thread and all that it starts: a handler that is set for other signals too is then never called for
/// these. Call it before there are other threads. Where the system does not tell what is ignored, nothing is.
#[cfg(target_os = "linux")]
pub(super) fn keep_ignored() {
    use nix::sys::signal::{SigSet, Signal};
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = mask(&status);
    let mut kept = SigSet::empty();
    for signal in [Signal::SIGHUP, Signal::SIGTERM] {
        if ignored >> (signal as i32 - 1) & 1 == 1 {
            kept.add(signal);
        }
    }
    // Without it the signal interrupts in good order: nothing is lost.
    let _ = kept.thread_block();
}

/// Elsewhere only an unsafe call tells.
#[cfg(not(target_os = "linux"))]
pub(super) fn keep_ignored() {}

/// A bit for each signal that is ignored, the first one lowest, by the status of a process.
#[cfg(target_os = "linux")]
fn mask(status: &str) -> u64 {
    let of_line = |line: &str| u64::from_str_radix(line.strip_prefix("SigIgn:")?.trim(), 16).ok();
    status.lines().find_map(of_line).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    #[cfg(target_os = "linux")]
    #[test]
    fn the_mask_is_read() {
        use super::mask;
        assert_eq!(mask("Name:\tsdcsim\nSigBlk:\t0000000000000002\nSigIgn:\t0000000000001001\n"), 0x1001);
        assert_eq!(mask("SigIgn:\tnone\n"), 0);
    }
}
