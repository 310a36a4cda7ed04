//! `/etc/os-release`, `/proc/meminfo`, `/proc/uptime`, `/proc/loadavg`, `/var/lib/dpkg/status`.

/// The distribution's own name for itself.
pub(crate) fn os_name(os_release: &str) -> Option<String> {
    let value = |key: &str| {
        os_release.lines().find_map(|line| {
            let (name, value) = line.trim().split_once('=')?;
            (name == key).then(|| unquoted(value)).filter(|value| !value.is_empty())
        })
    };
    value("PRETTY_NAME").or_else(|| value("NAME"))
}

/// The file is read by shells, so values may be quoted and escaped.
fn unquoted(value: &str) -> String {
    let inner = ['"', '\'']
        .iter()
        .find_map(|quote| value.strip_prefix(*quote)?.strip_suffix(*quote))
        .unwrap_or(value);
    let mut plain = String::new();
    let mut letters = inner.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => plain.extend(letters.next()),
            letter => plain.push(letter),
        }
    }
    plain
}

/// Total and available memory in bytes.
pub(crate) fn memory(meminfo: &str) -> Option<(u64, u64)> {
    let bytes = |key: &str| {
        let line = meminfo.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':'))?;
        let kibibytes: u64 = line.split_whitespace().next()?.parse().ok()?;
        kibibytes.checked_mul(1024)
    };
    // Kernels before 3.14 don't say what is available; what is free is the nearest honest answer.
    Some((bytes("MemTotal")?, bytes("MemAvailable").or_else(|| bytes("MemFree"))?))
}

/// Whole seconds since the start.
pub(crate) fn uptime(text: &str) -> Option<u64> {
    text.split_whitespace().next()?.split('.').next()?.parse().ok()
}

/// The average of the last minute: the first of three.
pub(crate) fn load(text: &str) -> Option<f64> {
    let load: f64 = text.split_whitespace().next()?.parse().ok()?;
    (load.is_finite() && load >= 0.0).then_some(load)
}

/// The version in which a package is installed, as dpkg writes it down.
pub(crate) fn package_version(status: &str, name: &str) -> Option<String> {
    let value = |entry: &'_ str, key: &str| {
        entry.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(": ").map(str::to_owned))
    };
    let entry = status.split("\n\n").find(|entry| value(entry, "Package").as_deref() == Some(name))?;
    value(entry, "Status").filter(|status| status.ends_with(" installed"))?;
    value(entry, "Version")
}
