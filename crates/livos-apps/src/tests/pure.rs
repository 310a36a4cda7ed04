//! The decisions that need no service.

use livos_types::AppId;

use crate::core::addresses;
use crate::core::source::{Origin, name, parse};

#[test]
fn apps_have_names_that_host_names_may_have() {
    let host = |id: &str, port| addresses::host(&AppId::new(id).unwrap(), "localhost", port);
    assert_eq!(host("jellyfin", 8080), "jellyfin.localhost:8080");
    assert_eq!(host("io.livos_app", 80), "io-livos-app.localhost");
    assert_eq!(addresses::machine_name("Grace's Attic"), "grace-s-attic");
    assert_eq!(addresses::machine_name("書斎"), "livos");
    assert_eq!(addresses::domain("http://127.0.0.1:8080", "attic"), "localhost");
    assert_eq!(addresses::domain("http://localhost", "attic"), "localhost");
    assert_eq!(addresses::domain("", "attic"), "attic.local");
    assert_eq!(addresses::domain("https://home.example.org", "attic"), "attic.local");
}

#[test]
fn a_store_is_a_folder_or_a_repository() {
    assert_eq!(parse(" /srv/store "), Ok(Origin::Directory("/srv/store".into())));
    for git in
        ["https://example.org/x.git", "ssh://git@example.org/x", "file:///srv/x", "git@example.org:me/x.git"]
    {
        assert_eq!(parse(git), Ok(Origin::Git(git.into())), "{git}");
    }
    assert!(parse("git@-oProxyCommand=x:y").is_err());
}

#[test]
fn stores_get_names_of_their_own() {
    let named = |text: &str, taken: &[&str]| {
        let (id, label) = name(text, |id| taken.contains(&id)).unwrap();
        (id.to_string(), label)
    };
    assert_eq!(named("https://example.org/me/Big-Bear.git", &[]), ("big-bear".into(), "Big-Bear".into()));
    assert_eq!(named("/srv/apps/", &["apps", "apps-2"]), ("apps-3".into(), "apps".into()));
    assert_eq!(named("/srv/書斎", &[]).0, "store");
}
