//! An app as a store gives it: which store (the first character), then its files with a line `%%` between
//! them.

#![no_main]

use libfuzzer_sys::fuzz_target;
use livos_manifest::Format;

/// Which files a store's app is made of, in the order of the input.
const STORES: [(Format, &[&str]); 6] = [
    (Format::Umbrel, &["umbrel-app.yml", "docker-compose.yml", "exports.sh"]),
    (Format::Casaos, &["docker-compose.yml"]),
    (Format::Runtipi, &["config.json", "docker-compose.json"]),
    (Format::Runtipi, &["config.json", "docker-compose.yml"]),
    (Format::Livinity, &["manifest.json"]),
    (Format::Compose, &["compose.yaml", ".env", "app.env"]),
];

fuzz_target!(|input: (u8, &str)| {
    let (store, text) = input;
    let (format, names) = STORES[usize::from(store) % STORES.len()];
    let files: Vec<(&str, &str)> = names.iter().copied().zip(text.split("\n%%\n")).collect();
    livos_fuzz::plan(format, &files);
});
