//! A full disk is said, and changes nothing.

use std::io::Write as _;

use livos_bus::UploadRequest;
use livos_types::JobState;

use super::*;

/// A small file system of its own, gone with the value.
struct SmallDisk(PathBuf);

impl SmallDisk {
    /// `None`, said aloud, where mounting is not allowed.
    fn mount(at: PathBuf) -> Option<Self> {
        let path = at.to_str().unwrap().to_owned();
        if !is_root() || !succeeds("mount", &["-t", "tmpfs", "-o", "size=1m", "tmpfs", &path]) {
            eprintln!("skipped: a small tmpfs, which only root can mount");
            return None;
        }
        Some(Self(at))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        assert!(succeeds("umount", &["-l", self.0.to_str().unwrap()]));
    }
}

#[tokio::test]
async fn an_upload_that_does_not_fit_is_refused_at_once() {
    let house = House::new().await;
    let Some(_disk) = SmallDisk::mount(house.path("shared")) else { return };
    let upload = |name: &str, size| UploadRequest {
        root: "shared".to_owned(),
        path: String::new(),
        relative_path: String::new(),
        name: name.to_owned(),
        size,
        on_conflict: "keep_both".to_owned(),
        modified_at: 0,
    };
    assert_eq!(refusal(house.files.create_upload(&owner(), upload("a", 2 << 20)).await), "no_space");
    // What was promised and has not come keeps nobody out; what has come does.
    let promised = house.files.create_upload(&owner(), upload("a", 700 << 10)).await.unwrap();
    let kept = house.files.create_upload(&owner(), upload("b", 700 << 10)).await.unwrap();
    let (_, file) = house.files.open_upload(&owner(), &kept.id).await.unwrap();
    std::fs::File::from(file).write_all(&[1; 500 << 10]).unwrap();
    assert_eq!(refusal(house.files.open_upload(&owner(), &promised.id).await), "no_space");
    assert_eq!(refusal(house.files.create_upload(&owner(), upload("c", 700 << 10)).await), "no_space");
    // The rest of one that has begun fits, and the other goes on when there is room again.
    assert!(house.files.open_upload(&owner(), &kept.id).await.is_ok());
    house.files.cancel_upload(&owner(), &kept.id).await.unwrap();
    assert!(house.files.open_upload(&owner(), &promised.id).await.is_ok());
}

#[tokio::test]
async fn a_copy_that_does_not_fit_fails_and_leaves_nothing() {
    let house = House::new().await;
    let Some(_disk) = SmallDisk::mount(house.path("shared")) else { return };
    house.write("home/a/small", "x");
    house.write("home/a/z-large", vec![1; 3 << 20]);
    for moves in [false, true] {
        let order = TransferRequest {
            items: vec![location("home", "a")],
            destination: location("shared", ""),
            on_conflict: "keep_both".to_owned(),
        };
        let id = house.files.transfer(&owner(), &order, moves).await.unwrap();
        let job = house.finish(&id).await;
        assert_eq!(
            (job.state, job.error_code.as_str()),
            (JobState::Failed, "no_space"),
            "{}",
            job.error_message
        );
        assert!(tree(&house.path("shared")).is_empty());
        assert_eq!(tree(&house.path("home/a")), ["small", "z-large"]);
    }
}

#[tokio::test]
async fn what_is_on_another_disk_than_the_trash_is_not_thrown_away() {
    let house = House::new().await;
    let Some(_disk) = SmallDisk::mount(house.path("shared")) else { return };
    house.write("shared/a", "x");
    let refused = house.files.trash(&owner(), &[location("shared", "a")]).await;
    assert_eq!(refusal(refused), "conflict");
    assert_eq!(house.read("shared/a"), "x");
    assert!(tree(&house.path("trash")).is_empty());
}
