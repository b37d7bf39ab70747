//! The files of `configs`, built into the program: an experiment anywhere can extend them.
//!
//! Each is known by the path `sdcsim:` and its name within `configs`, as in `sdcsim:layouts/hybrid.toml`. What such a file
//! extends is built in too, whatever lies in the folders around.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

/// What the paths of built-in files begin with.
const PREFIX: &str = "sdcsim:";

macro_rules! shipped {
    ($name:literal) => {
        ($name, include_str!(concat!("../../configs/", $name)))
    };
}

/// Names and texts, in order of name.
static FILES: [(&str, &str); 35] = [
    shipped!("layouts/disaggregated.toml"),
    shipped!("layouts/hybrid.toml"),
    shipped!("layouts/nodes-servers.toml"),
    shipped!("layouts/serverful-autoscaled.toml"),
    shipped!("layouts/serverful.toml"),
    shipped!("layouts/serverless-servers.toml"),
    shipped!("parts/cpu-sip-16.toml"),
    shipped!("parts/cpu-xeon-8380.toml"),
    shipped!("parts/disk-nvme-2t.toml"),
    shipped!("parts/fabric-leaf-spine-100g.toml"),
    shipped!("parts/fabric-photonic-ns.toml"),
    shipped!("parts/memory-ddr-256.toml"),
    shipped!("parts/memory-hbm-16.toml"),
    shipped!("parts/nic-ethernet-100g.toml"),
    shipped!("parts/nic-teraphy-g1.toml"),
    shipped!("parts/pool-cxl-176.toml"),
    shipped!("parts/site.toml"),
    shipped!("parts/storage-nvme-node.toml"),
    shipped!("parts/vm-c5-4xlarge.toml"),
    shipped!("platforms/aws2021.toml"),
    shipped!("platforms/azure2021.toml"),
    shipped!("platforms/endgame2020.toml"),
    shipped!("platforms/gcf2021.toml"),
    shipped!("platforms/huawei2025.toml"),
    shipped!("platforms/serverless-aws-like.toml"),
    shipped!("platforms/vm-autoscaled.toml"),
    shipped!("platforms/vm-fixed.toml"),
    shipped!("starts/container.toml"),
    shipped!("starts/firecracker.toml"),
    shipped!("starts/gvisor.toml"),
    shipped!("starts/remote-fork.toml"),
    shipped!("starts/remote-template.toml"),
    shipped!("starts/snapshot-reap.toml"),
    shipped!("starts/sock.toml"),
    shipped!("starts/wasm.toml"),
];

/// All names, in order.
pub fn names() -> impl Iterator<Item = &'static str> {
    FILES.iter().map(|(name, _)| *name)
}

/// The text of the file at a path that begins as those of built-in files do.
pub(super) fn text(path: &Path) -> Option<&'static str> {
    let name = path.to_str()?.strip_prefix(PREFIX)?;
    FILES.binary_search_by_key(&name, |(known, _)| known).ok().map(|index| FILES[index].1)
}

/// The path of the built-in file that a name means.
pub(super) fn find(name: &str) -> Option<PathBuf> {
    let path = PathBuf::from(format!("{PREFIX}{}", name.strip_prefix(PREFIX).unwrap_or(name)));
    text(&path).map(|_| path)
}

/// Whether a path, or a name in an `extends`, is of what is built in.
pub(super) fn is_shipped(path: &Path) -> bool {
    path.to_str().is_some_and(|path| path.starts_with(PREFIX))
}

/// SHA-256 of the text at a path, in hex, where it is built in.
pub(super) fn digest(path: &Path) -> Option<String> {
    let digest = Sha256::digest(text(path)?.as_bytes());
    Some(digest.iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_with_and_without_the_prefix() {
        assert!(FILES.is_sorted_by_key(|(name, _)| *name));
        for name in names() {
            let path = find(name).expect("it is built in");
            assert_eq!(find(path.to_str().unwrap()), Some(path.clone()));
            assert!(is_shipped(&path) && text(&path).is_some_and(|text| text.contains('=')));
        }
        assert_eq!((find("layouts/none.toml"), text(Path::new("layouts/hybrid.toml"))), (None, None));
    }
}
