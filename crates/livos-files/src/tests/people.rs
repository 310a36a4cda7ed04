//! Who may enter which place.

use super::*;

/// Everything a person can ask for in a place; all of it must be refused alike.
async fn check(house: &House, person: &Actor, at: &str, allowed: bool) {
    let label = format!("{} in {at}", person.username);
    let files = &house.files;
    let want = if allowed { "no refusal" } else { "denied" };
    let of = |code: String| if code == "not_found" && allowed { "no refusal".to_owned() } else { code };
    assert_eq!(of(refusal(house.list(person, at, "").await)), want, "list: {label}");
    assert_eq!(of(refusal(files.stat(person.clone(), root(at), rel("x")).await)), want, "stat: {label}");
    assert_eq!(of(refusal(files.open(person.clone(), root(at), rel("x")).await)), want, "open: {label}");
    let archive = files.archive(person.clone(), root(at), vec![rel("x")]).await;
    assert_eq!(of(refusal(archive)), want, "archive: {label}");
    let found = files.search(person.clone(), root(at), rel(""), "x".to_owned()).await;
    assert_eq!(of(refusal(found)), want, "search: {label}");
    let name = format!("new-{}", person.username);
    let made = files.create_directory(person.clone(), root(at), rel(&name)).await;
    assert_eq!(of(refusal(made)), want, "create: {label}");
    let renamed = files.rename(person.clone(), root(at), rel("x"), "y".to_owned()).await;
    assert_eq!(of(refusal(renamed)), want, "rename: {label}");
    assert_eq!(of(refusal(files.trash(person, &[location(at, "x")]).await)), want, "trash: {label}");
    let home = livos_policy::home_of(person.role, person.username.as_str()).unwrap();
    for moves in [true, false] {
        let order = TransferRequest {
            items: vec![location(at, "x")],
            destination: location(home.as_str(), ""),
            on_conflict: "keep_both".to_owned(),
        };
        assert_eq!(of(refusal(files.transfer(person, &order, moves).await)), want, "from: {label}");
        house.write(&format!("{}/mine", directory(home.as_str())), "mine");
        let order = TransferRequest {
            items: vec![location(home.as_str(), "mine")],
            destination: location(at, ""),
            on_conflict: "keep_both".to_owned(),
        };
        assert_eq!(of(refusal(files.transfer(person, &order, moves).await)), want, "to: {label}");
    }
    let upload = livos_bus::UploadRequest {
        root: at.to_owned(),
        path: String::new(),
        relative_path: String::new(),
        name: "up".to_owned(),
        size: 1,
        on_conflict: "keep_both".to_owned(),
        modified_at: 0,
    };
    assert_eq!(of(refusal(files.create_upload(person, upload).await)), want, "upload: {label}");
}

fn directory(at: &str) -> String {
    at.strip_prefix("home.").map_or(at.to_owned(), |name| format!("members/{name}"))
}

#[tokio::test]
async fn each_place_is_for_those_it_is_for() {
    let house = House::new().await;
    let places = ["home", "home.ada", "home.bob", "shared", "apps"];
    for (person, allowed) in [
        (owner(), &["home", "shared", "apps"][..]),
        (admin(), &["home.bob", "shared", "apps"]),
        (member(), &["home.ada", "shared"]),
    ] {
        for at in places {
            check(&house, &person, at, allowed.contains(&at)).await;
        }
        let ids: Vec<_> =
            house.files.roots(person.clone()).await.unwrap().into_iter().map(|root| root.id).collect();
        assert_eq!(ids, allowed, "{}", person.username);
    }
    for nowhere in ["trash", "members", "backups", "home.", "x"] {
        if let Ok(nowhere) = RootId::new(nowhere) {
            assert_eq!(refusal(house.files.list(owner(), nowhere, rel("")).await.map(drop)), "denied");
        }
    }
}

#[tokio::test]
async fn nobody_sees_or_touches_the_trash_of_another_home() {
    let house = House::new().await;
    house.files.roots(member()).await.unwrap();
    house.write("members/ada/diary", "dear diary");
    let ids = house.files.trash(&member(), &[location("home.ada", "diary")]).await.unwrap();
    for other in [owner(), admin()] {
        assert!(house.files.trashed(&other).await.unwrap().is_empty());
        assert_eq!(refusal(house.files.restore(&other, &ids).await), "not_found");
        assert_eq!(refusal(house.files.delete(&other, &ids).await), "not_found");
        let all = house.files.delete(&other, &[]).await.unwrap();
        house.finish(&all).await;
    }
    let restored = house.files.restore(&member(), &ids).await.unwrap();
    assert_eq!(restored[0].path, "diary");
    assert_eq!(house.read("members/ada/diary"), "dear diary");
}

#[tokio::test]
async fn places_are_made_for_their_owner_alone_and_tell_their_space() {
    use std::os::unix::fs::PermissionsExt;
    let house = House::new().await;
    house.files.roots(member()).await.unwrap();
    for (below, mode) in
        [("home", 0o700), ("members", 0o700), ("members/ada", 0o700), ("shared", 0o770), ("trash", 0o700)]
    {
        let found = std::fs::metadata(house.path(below)).unwrap().permissions().mode() & 0o777;
        assert_eq!(found, mode, "{below}");
    }
    for place in house.files.roots(owner()).await.unwrap() {
        assert!(place.writable && place.total > 0 && place.free <= place.total, "{place:?}");
    }
}
