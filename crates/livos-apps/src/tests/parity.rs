//! How many apps of each catalogue can be installed, and why not the rest: on the development sample, when it lies
//! beside the repository.
//!
//! The sample has no scripts, and not every app that another one needs. So there are two counts for umbrel: the
//! sample as it is, and with a stand-in for each script and app that a whole catalogue has. What the stand-ins say
//! is not what the real ones say; the count shows that nothing else is in the way.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use livos_manifest::{Context, Entry, Format, Provider, Source, catalogue};

use crate::core::needs::{Present, State};
use crate::work::{full_entry, offers};

fn sample(name: &str) -> Option<Vec<Entry>> {
    let directory = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/catalogues").join(name);
    if !directory.is_dir() {
        eprintln!("skipped: the sample catalogue {} is not there", directory.display());
        return None;
    }
    let entries = catalogue::load(&directory).unwrap().entries;
    Some(entries.into_iter().filter(|entry| !entry.listing.hidden).collect())
}

/// How many can be installed, and the reasons of the others with the apps that have them.
fn count(entries: &[Entry]) -> (usize, BTreeMap<&'static str, BTreeSet<String>>) {
    let context = Context::default();
    let lines: Vec<_> = entries.iter().filter_map(|entry| Some(full_entry(entry, &context)?.line)).collect();
    assert_eq!(lines.len(), entries.len(), "every app has an id that can be offered");
    let offers = offers(&lines);
    let possible = offers.possible(&Present::new());
    let mut reasons: BTreeMap<&'static str, BTreeSet<String>> = BTreeMap::new();
    for ((entry, line), _) in entries.iter().zip(&lines).zip(&possible).filter(|(_, possible)| !**possible) {
        let plan = entry.plan(&context);
        let needs = offers.needs(&line.id, &entry.listing.dependencies, &line.store, &Present::new());
        let open = plan.spec.iter().flat_map(|spec| &spec.unresolved);
        let reason = if plan.error.is_some() && plan.needs_input.is_empty() {
            "cannot be read"
        } else if !plan.unsupported.is_empty() {
            "asks for what LivOS does not do"
        } else if !entry.listing.architectures.is_empty()
            && !entry.listing.architectures.contains(&context.architecture)
        {
            "is made for another machine"
        } else if !line.installable && open.into_iter().any(|variable| variable.provider == Provider::Own) {
            "its script is not there"
        } else if needs.iter().any(|need| need.state == State::Missing) {
            "needs an app that is not there"
        } else if !needs.is_empty() {
            "needs an app that cannot be installed"
        } else {
            "for no reason that is known"
        };
        reasons.entry(reason).or_default().insert(line.id.clone());
    }
    (possible.iter().filter(|possible| **possible).count(), reasons)
}

#[test]
fn the_samples_as_they_are() {
    // Name, apps that are shown, and how many of them can be installed.
    let wanted = [("umbrel", 144, 106), ("casaos", 67, 67), ("runtipi", 108, 106), ("livinity", 52, 52)];
    let mut told = Vec::new();
    let mut why = String::new();
    for (name, ..) in wanted {
        let Some(entries) = sample(name) else { return };
        let (possible, reasons) = count(&entries);
        assert!(!reasons.contains_key("for no reason that is known"), "{name}: {reasons:#?}");
        told.push((name, entries.len(), possible));
        why += &format!("{name}: {reasons:#?}\n");
    }
    assert_eq!(told, wanted, "{why}");
}

#[test]
fn umbrel_with_stand_ins_for_what_the_sample_lacks() {
    let Some(mut entries) = sample("umbrel") else { return };
    let visible = entries.len();
    let known: BTreeSet<String> = entries
        .iter()
        .flat_map(|entry| [&entry.listing.id].into_iter().chain(&entry.listing.implements))
        .cloned()
        .collect();
    let needed: BTreeSet<String> =
        entries.iter().flat_map(|entry| entry.listing.dependencies.clone()).collect();
    for id in needed.difference(&known) {
        let files = [
            ("umbrel-app.yml", format!("manifestVersion: 1\nid: {id}\nname: {id}\nversion: '1'\nport: 0\n")),
            ("docker-compose.yml", "services: {main: {image: 'x:1'}}\n".to_owned()),
        ];
        let files = files.into_iter().map(|(name, text)| (name.to_owned(), text)).collect();
        entries.push(Entry::new(Format::Umbrel, id, Source { files, icon: String::new() }));
    }
    for entry in &mut entries {
        let plan = entry.plan(&Context::default());
        let open = plan.spec.iter().flat_map(|spec| &spec.unresolved);
        let lines: String = open
            .filter(|variable| variable.provider == Provider::Own)
            .map(|variable| format!("export {}=$(cat somewhere)\n", variable.name))
            .collect();
        if !lines.is_empty() {
            entry.source.files.insert("exports.sh".to_owned(), lines);
        }
    }
    let (possible, reasons) = count(&entries);
    let possible = possible - (entries.len() - visible);
    eprintln!("umbrel with stand-ins: {possible} of {visible}; not: {reasons:#?}");
    assert!(possible * 100 >= visible * 97, "{possible} of {visible}; not: {reasons:#?}");
}
