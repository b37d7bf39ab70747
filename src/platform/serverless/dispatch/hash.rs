//! Names as numbers: the hashes by which functions, colours and hosts find their places.

use sha2::{Digest, Sha256};

/// 64 bits of SHA-256 over the length-prefixed parts of a name, such as `[owner, app, function]`. Taken once, before
/// the run; the same on every machine, whatever else the workload holds.
pub fn of_name(parts: &[&str]) -> u64 {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part.as_bytes());
    }
    let digest: [u8; 32] = hash.finalize().into();
    digest[..8].iter().rev().fold(0, |bits, &byte| bits << 8 | u64::from(byte))
}

/// A hash of a hash and a salt: the finaliser of `SplitMix64` (Steele, Lea and Flood, OOPSLA 2014), a bijection for a
/// given salt.
pub const fn mix(hash: u64, salt: u64) -> u64 {
    let mut z = hash.wrapping_add(salt.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ z >> 31
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_the_start_of_its_digest() {
        // SHA-256 of nothing begins e3 b0 c4 42 98 fc 1c 14.
        assert_eq!(of_name(&[]), 0x141c_fc98_42c4_b0e3);
        assert_ne!(of_name(&["ab", "c"]), of_name(&["a", "bc"]));
    }

    #[test]
    fn the_mixer_is_splitmix() {
        // The first outputs of SplitMix64 from seed 1234567, as its reference implementation prints them.
        assert_eq!(mix(1_234_567, 0), 6_457_827_717_110_365_317);
        assert_eq!(mix(1_234_567, 1), 3_203_168_211_198_807_973);
    }
}
