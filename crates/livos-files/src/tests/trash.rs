//! The trash loses nothing, whenever it is killed.

use super::*;

/// Runs `work` until its fault kills it.
async fn dies<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) {
    let ended = tokio::spawn(work).await;
    assert!(ended.is_err_and(|error| error.is_panic()), "it was not killed");
}

#[tokio::test]
async fn trashed_files_and_folders_come_back_where_they_were() {
    let house = House::new().await;
    house.write("home/a/file", "1");
    house.write("home/a/folder/deep/file", "2");
    let items = [location("home", "a/file"), location("home", "a/folder")];
    let ids = house.files.trash(&owner(), &items).await.unwrap();
    assert!(house.names("home", "a").await.is_empty());
    let trashed = house.files.trashed(&owner()).await.unwrap();
    let mut brief: Vec<_> = trashed
        .iter()
        .map(|item| (item.path.as_str(), item.name.as_str(), item.kind.as_str(), item.size))
        .collect();
    brief.sort_unstable();
    assert_eq!(brief, [("a/file", "file", "file", 1), ("a/folder", "folder", "dir", 0)]);
    assert_eq!(trashed[0].deleted_at, 1_000_000);
    // Its folder is gone and its name is taken by the time it comes back.
    std::fs::remove_dir(house.path("home/a")).unwrap();
    house.files.restore(&owner(), &ids[..1]).await.unwrap();
    house.write("home/a/folder", "a file now");
    let restored = house.files.restore(&owner(), &ids[1..]).await.unwrap();
    assert_eq!(restored[0].path, "a/folder (2)");
    assert_eq!(
        (house.read("home/a/file"), house.read("home/a/folder (2)/deep/file")),
        ("1".into(), "2".into())
    );
    assert!(house.files.trashed(&owner()).await.unwrap().is_empty());
    assert!(tree(&house.path("trash")).is_empty());
    assert_eq!(refusal(house.files.restore(&owner(), &ids).await), "not_found");
}

#[tokio::test]
async fn one_mistake_in_a_request_changes_nothing() {
    let house = House::new().await;
    house.write("home/a", "");
    let items = [location("home", "a"), location("home", "missing")];
    assert_eq!(refusal(house.files.trash(&owner(), &items).await), "not_found");
    assert_eq!(refusal(house.files.trash(&owner(), &[location("home", "")]).await), "invalid");
    assert_eq!(refusal(house.files.trash(&owner(), &[]).await), "invalid");
    assert_eq!(house.names("home", "").await, ["a"]);
    assert!(tree(&house.path("trash")).is_empty());
}

#[tokio::test]
async fn a_file_whose_folder_became_a_file_comes_back_to_the_top() {
    let house = House::new().await;
    house.write("home/a/file", "1");
    let ids = house.files.trash(&owner(), &[location("home", "a/file")]).await.unwrap();
    std::fs::remove_dir(house.path("home/a")).unwrap();
    house.write("home/a", "a file now");
    assert_eq!(house.files.restore(&owner(), &ids).await.unwrap()[0].path, "file");
}

async fn killed_while_trashing(step: &'static str, still_there: bool) {
    let house = House::killed_after(Some(step)).await;
    house.write("home/a/file", "precious");
    let files = Arc::clone(&house.files);
    dies(async move { files.trash(&owner(), &[location("home", "a/file")]).await }).await;
    let house = house.again().await;
    let trashed = house.files.trashed(&owner()).await.unwrap();
    assert_eq!(house.path("home/a/file").exists(), still_there, "{step}");
    assert_eq!(trashed.len(), usize::from(!still_there), "{step}");
    if let [item] = &trashed[..] {
        assert_eq!((item.root.as_str(), item.path.as_str(), item.deleted_at), ("home", "a/file", 1_000_000));
        house.files.restore(&owner(), std::slice::from_ref(&item.id)).await.unwrap();
    }
    assert_eq!(house.read("home/a/file"), "precious", "{step}");
    assert!(tree(&house.path("trash")).is_empty(), "{step} left something");
}

#[tokio::test]
async fn killed_while_trashing_a_file_is_either_here_or_there() {
    killed_while_trashing("trash: directory made", true).await;
    killed_while_trashing("trash: origin written", true).await;
    killed_while_trashing("trash: content moved", false).await;
}

#[tokio::test]
async fn killed_while_restoring_a_file_is_back_once() {
    let house = House::killed_after(Some("restore: content moved")).await;
    house.write("home/file", "precious");
    let ids = house.files.trash(&owner(), &[location("home", "file")]).await.unwrap();
    let files = Arc::clone(&house.files);
    dies(async move { files.restore(&owner(), &ids).await }).await;
    let house = house.again().await;
    assert_eq!(house.read("home/file"), "precious");
    assert!(house.files.trashed(&owner()).await.unwrap().is_empty());
    assert!(tree(&house.path("trash")).is_empty());
}

#[tokio::test]
async fn the_index_can_be_lost() {
    let house = House::new().await;
    house.write("home/a/file", "precious");
    house.files.trash(&owner(), &[location("home", "a/file")]).await.unwrap();
    let House { dir, files, clock, told } = house;
    drop((files, told));
    std::fs::remove_dir_all(dir.path().join("state")).unwrap();
    // Something else entirely in there neither hurts nor goes away.
    std::fs::create_dir(dir.path().join("data/trash/notes")).unwrap();
    let house = House::open(dir, None, clock).await;
    house.files.recover().await.unwrap();
    assert_eq!(house.files.trashed(&owner()).await.unwrap()[0].path, "a/file");
    assert!(house.path("trash/notes").exists());
}

/// Nested deeper than any path can name, with a folder that forbids its own clearing.
fn build_deep(house: &House, below: &str) {
    house.write(&format!("{below}/x/file"), "");
    let mut here = std::fs::File::open(house.path(below)).unwrap();
    for _ in 0..1_500 {
        rustix::fs::mkdirat(&here, "deep", rustix::fs::Mode::RWXU).unwrap();
        here = crate::core::fs::open_directory(&here, "deep").unwrap().into();
    }
    std::fs::set_permissions(
        house.path(&format!("{below}/x")),
        std::os::unix::fs::PermissionsExt::from_mode(0o0),
    )
    .unwrap();
}

#[tokio::test]
async fn deleting_for_good_frees_even_what_is_nested_absurdly() {
    let house = House::new().await;
    build_deep(&house, "home/a");
    house.write("home/outside", "stays");
    std::os::unix::fs::symlink("../outside", house.path("home/a/link")).unwrap();
    let ids = house.files.trash(&owner(), &[location("home", "a")]).await.unwrap();
    let job = house.files.delete(&owner(), &ids).await.unwrap();
    let job = house.finish(&job).await;
    assert_eq!(job.error_message, "");
    assert_eq!(job.state, livos_types::JobState::Succeeded);
    assert!(tree(&house.path("trash")).is_empty());
    assert_eq!(house.names("home", "").await, ["outside"]);
}

#[tokio::test]
async fn killed_while_deleting_it_is_deleted_in_the_end() {
    let house = House::killed_after(Some("delete: doomed")).await;
    house.write("home/a/file", "");
    house.files.trash(&owner(), &[location("home", "a")]).await.unwrap();
    let job = house.files.delete(&owner(), &[]).await.unwrap();
    house.run_until_killed().await;
    let house = house.again().await;
    // Half-deleted things are never offered again.
    assert!(house.files.trashed(&owner()).await.unwrap().is_empty());
    assert_eq!(house.finish(&job).await.state, livos_types::JobState::Succeeded);
    assert!(tree(&house.path("trash")).is_empty());
}
