//! Keys that were called otherwise before: what files of an older version are told.

use super::path::Path;

/// Each key by its whole path, without indices, as it was called; and its new name, or where it went.
const RENAMED: &[(&str, &str)] = &[
    ("layout.nodes.memory.power_per_gib", "idle_power_per_gib"),
    ("layout.nodes.nic.power", "idle_power"),
    ("layout.nodes.chassis_power", "chassis_idle_power"),
    ("layout.memory_pools.power_per_gib", "idle_power_per_gib"),
    ("layout.storage.power", "idle_power"),
];

/// What to write in place of an unknown key, where it is one that has another name now.
pub(super) fn remedy(path: &Path) -> Option<String> {
    remedy_in(RENAMED, path)
}

/// Files that are made to be extended are checked alone too: there a path begins further down.
fn remedy_in(renamed: &[(&str, &str)], path: &Path) -> Option<String> {
    let typed = path.keys_alone();
    let is_it =
        |old: &str| old.strip_suffix(typed.as_str()).is_some_and(|above| above.is_empty() || above.ends_with('.'));
    let (_, new) = renamed.iter().find(|(old, _)| is_it(old))?;
    Some(format!("it has another name now: write `{new}`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_names_are_told_wherever_the_path_begins() {
        let table = [("layout.platform.keep_alive.old", "new"), ("seeds", "seed")];
        let told = |path: &str| remedy_in(&table, &Path::parse(path).unwrap());
        let new = Some("it has another name now: write `new`".to_owned());
        assert_eq!(told("layout[3].platform.keep_alive.old"), new);
        assert_eq!(told("keep_alive.old"), new);
        assert_eq!(told("layout[0].nodes.old"), None);
        assert_eq!(told("bold"), None);
        assert_eq!(told("seeds"), Some("it has another name now: write `seed`".to_owned()));
        assert_eq!(told("layout[0].seeds"), None);
    }

    #[test]
    fn no_name_is_both_old_and_new() {
        let model = crate::config::shape::Model::of::<crate::config::raw::Experiment>();
        for (old, new) in RENAMED {
            assert!(crate::config::explain::explain(&model, old).is_err(), "`{old}` is still a key");
            let above = old.rsplit_once('.').map_or(String::new(), |(above, _)| format!("{above}."));
            assert!(crate::config::explain::explain(&model, &format!("{above}{new}")).is_ok(), "`{new}` is no key");
        }
    }
}
