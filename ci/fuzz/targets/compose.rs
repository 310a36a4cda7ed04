//! A compose file by itself, and as the stores that keep one beside a manifest read it.

#![no_main]

use libfuzzer_sys::fuzz_target;
use livos_manifest::Format;

fuzz_target!(|text: &str| {
    livos_fuzz::plan(Format::Compose, &[("compose.yaml", text)]);
    livos_fuzz::plan(Format::Casaos, &[("docker-compose.yml", text)]);
    livos_fuzz::plan(
        Format::Umbrel,
        &[("umbrel-app.yml", "id: demo\nport: 80\n"), ("docker-compose.yml", text)],
    );
});
