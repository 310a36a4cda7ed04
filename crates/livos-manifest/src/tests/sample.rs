//! The development sample of the four catalogues, when it lies beside the repository.

use std::path::PathBuf;

use crate::{Context, Format, catalogue};

fn check(name: &str, format: Format, apps: usize) {
    let directory = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/catalogues").join(name);
    if !directory.is_dir() {
        eprintln!("skipped: the sample catalogue {} is not there", directory.display());
        return;
    }
    let catalogue = catalogue::load(&directory).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(catalogue.problems, Vec::<String>::new());
    assert_eq!((catalogue.format, catalogue.entries.len()), (format, apps));
    let mut incomplete = Vec::new();
    for entry in &catalogue.entries {
        assert_eq!(entry.error, None, "{}", entry.folder);
        let plan = entry.plan(&Context::default());
        if plan.complete {
            let spec = plan.spec.as_ref();
            assert!(spec.is_some_and(|spec| !spec.services.is_empty()), "{}", plan.id);
        } else {
            assert!(plan.error.is_some() || !plan.unsupported.is_empty(), "{} doesn't say why", plan.id);
            incomplete.push(plan.id);
        }
    }
    let complete = apps - incomplete.len();
    assert!(complete * 100 >= apps * 97, "{name}: {complete} of {apps} complete; not: {incomplete:?}");
}

#[test]
fn umbrel() {
    check("umbrel", Format::Umbrel, 156);
}

#[test]
fn casaos() {
    check("casaos", Format::Casaos, 67);
}

#[test]
fn runtipi() {
    check("runtipi", Format::Runtipi, 108);
}

#[test]
fn livinity() {
    check("livinity", Format::Livinity, 52);
}
