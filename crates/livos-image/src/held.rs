//! Everything that is newer but LivOS itself: for a version of LivOS that failed here, without which the rest of the
//! system still gets what its makers put right.

use std::path::Path;

/// Above every other preference, and as much as it takes to go on with a version that no archive has any more.
const PRIORITY: u32 = 1001;

/// What a program of apt is told about a file of such preferences.
pub fn words(path: &Path) -> [String; 2] {
    ["-o".to_owned(), format!("Dir::Etc::preferences={}", path.display())]
}

/// Preferences of apt that keep LivOS' packages as dpkg's database has them.
pub fn preferences(database: &str) -> String {
    let mut text = String::new();
    for paragraph in database.split("\n\n") {
        let field = |name: &str| paragraph.lines().find_map(|line| line.strip_prefix(name));
        let (Some(package), Some(version)) = (field("Package: "), field("Version: ")) else { continue };
        if is_ours(package) {
            text.push_str(&format!(
                "Package: {package}\nPin: version {version}\nPin-Priority: {PRIORITY}\n\n"
            ));
        }
    }
    text
}

/// Whether a package comes with LivOS' versions.
pub fn is_ours(package: &str) -> bool {
    package == "livos" || package.starts_with("livos-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_ours_is_held_at_the_version_that_is_there() {
        let database = "Package: livos\nStatus: install ok installed\nVersion: 0.1.0\n\n\
                        Package: libivos\nVersion: 3\n\nPackage: livos-appliance\nVersion: 0.1.0\n";
        assert_eq!(
            preferences(database),
            "Package: livos\nPin: version 0.1.0\nPin-Priority: 1001\n\n\
             Package: livos-appliance\nPin: version 0.1.0\nPin-Priority: 1001\n\n"
        );
    }
}
