//! How figures are printed.

/// 1234567 as `1,234,567`.
pub(super) fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `, 123 MiB at most`, where the system tells.
pub(super) fn peak(bytes: Option<u64>) -> String {
    bytes.map_or(String::new(), |bytes| format!(", {:.0} MiB at most", bytes as f64 / 1_048_576.0))
}
