//! Where in a file something is wrong.

use crate::{Context, Entry, Format, Position, Source, find};

fn at(text: &str) -> Option<(usize, usize)> {
    let files = [("compose.yaml".to_owned(), "services: {web: {image: 'web:1'}}".to_owned())].into();
    let entry = Entry::new(Format::Compose, "demo", Source { files, icon: String::new() });
    let plan = entry.with_compose(text).unwrap().plan(&Context::default());
    assert!(plan.spec.is_none(), "accepted: {text}");
    plan.error_at.map(|at| (at.line, at.column))
}

#[test]
fn an_error_says_its_line_and_column() {
    let before = "services:\n  web:\n    image: web:1\n";
    let cases = [
        // What is no YAML at all.
        ("services:\n  web: {image: [}\n", Some((2, 16))),
        ("services:\n\tweb: {}\n", Some((2, 2))),
        (&format!("{before}    image: web:2\n"), Some((4, 12))),
        // What is YAML, but means nothing.
        (&format!("{before}    ports: ['80:80', 'x:y']\n"), Some((4, 22))),
        (&format!("{before}    ports:\n      - 80:80\n      - no\n"), Some((6, 9))),
        (&format!("{before}    depends_on: [db]\n"), Some((4, 5))),
        (&format!("{before}    environment:\n      A: ${{A:?is needed}}\n"), Some((5, 7))),
        ("# nothing\nservices: []\n", Some((2, 1))),
        // A list in the file's place has no place of its own.
        ("- web\n", None),
    ];
    let found: Vec<_> = cases.iter().map(|(text, _)| (*text, at(text))).collect();
    assert_eq!(found, cases);
}

#[test]
fn a_place_is_found_as_far_as_it_is_there() {
    let text = "a:\n  b.c: [x, {d: 1}]\n  e: &e {f: 2}\n  g: *e\n";
    for (place, wanted) in [
        ("a", Some((1, 1))),
        ("a.b.c[1].d", Some((2, 13))),
        ("a.b.c[1].d: why", Some((2, 13))),
        ("a.b.c[7].d", Some((2, 3))),
        ("a.e.f", Some((3, 10))),
        ("a.gone.far", Some((1, 1))),
        ("ab", None),
        ("", None),
    ] {
        let found = find(text, place).map(|Position { line, column }| (line, column));
        assert_eq!(found, wanted, "{place}");
    }
    // What cannot be read is no place, and no reason to fall over.
    assert_eq!(find(&"[".repeat(100_000), "a[0]"), None);
    assert_eq!(find("a: *b\n", "a").map(|at| at.line), Some(1));
}

#[test]
fn the_file_of_every_format_is_read_and_replaced() {
    let compose = "services: {web: {image: 'web:1'}}\n";
    let manifest =
        serde_json::json!({ "slug": "demo", "name": "Demo", "docker_compose": compose }).to_string();
    let cases = [
        (Format::Compose, "compose.yaml", compose, "compose.yaml"),
        (Format::Umbrel, "docker-compose.yml", compose, "docker-compose.yml"),
        (Format::Casaos, "docker-compose.yml", compose, "docker-compose.yml"),
        (Format::Runtipi, "docker-compose.json", "{\"services\": []}", "docker-compose.json"),
        (Format::Runtipi, "docker-compose.yml", compose, "docker-compose.yml"),
        (Format::Livinity, "manifest.json", &manifest, "docker-compose.yml"),
    ];
    for (format, file, text, name) in cases {
        let files = [(file.to_owned(), text.to_owned())].into();
        let entry = Entry::new(format, "demo", Source { files, icon: String::new() });
        let (found, before) = entry.compose().unwrap();
        assert_eq!(found, name);
        let other = before.replace("web:1", "web:2") + "\n";
        let changed = entry.clone().with_compose(&other).unwrap();
        assert_eq!(changed.compose().unwrap().1, other, "{format:?}");
        assert_eq!(changed.listing, entry.listing);
    }
    let nothing = Entry::new(Format::Compose, "demo", Source::default());
    assert!(nothing.compose().is_none() && nothing.with_compose("x").is_none());
}
