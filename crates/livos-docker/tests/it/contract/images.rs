use livos_docker::{EngineError, PullProgress};
use tokio::sync::watch;

use crate::world::World;

pub(crate) async fn status_says_usable(world: &World) {
    let status = world.engine.status().await;
    assert!(status.usable && status.reason.is_empty(), "{status:?}");
    assert!(!status.version.is_empty() && status.api_version.starts_with("1."), "{status:?}");
    assert_eq!(status.os, "linux");
    assert!(["amd64", "arm64"].contains(&status.architecture.as_str()), "{status:?}");
}

pub(crate) async fn a_pull_reports_bytes_and_layers(world: &World) {
    let progress = watch::Sender::new(PullProgress::default());
    let pulled = world.engine.pull(&world.images.plain, None, &progress).await.unwrap();
    let end = *progress.borrow();
    assert!(end.bytes_total > 0 && end.bytes_done == end.bytes_total, "{end:?}");
    assert!(end.layers_total > 0 && end.layers_done == end.layers_total, "{end:?}");

    let found = world.engine.image(&world.images.plain).await.unwrap().unwrap();
    assert_eq!(found, pulled);
    assert!(found.id.starts_with("sha256:") && found.size > 0, "{found:?}");
    assert_eq!(found.exposed_ports.first().map(|exposed| exposed.port), Some(8080));
    assert_eq!(found.labels["made.by"], "tests");
    assert!(found.tags.contains(&world.images.plain), "{found:?}");
    assert_eq!(world.engine.image(&found.id).await.unwrap().as_ref(), Some(&found), "by id");

    assert!(world.engine.remove_image(&world.images.plain).await.unwrap());
    assert!(!world.engine.remove_image(&world.images.plain).await.unwrap(), "it was removed before");
    assert_eq!(world.engine.image(&world.images.plain).await.unwrap(), None);
}

pub(crate) async fn missing_images_are_named(world: &World) {
    let missing = &world.images.missing;
    let progress = watch::Sender::new(PullProgress::default());
    let error = world.engine.pull(missing, None, &progress).await.unwrap_err();
    assert!(matches!(&error, EngineError::ImageNotFound { image } if image == missing), "{error:?}");
    assert_eq!(world.engine.image(missing).await.unwrap(), None);

    let config = livos_docker::ContainerConfig {
        image: missing.clone(),
        name: "of-nothing".to_owned(),
        ..livos_docker::ContainerConfig::default()
    };
    let error = world.engine.create_container(&config).await.unwrap_err();
    assert!(matches!(&error, EngineError::ImageNotFound { image } if image == missing), "{error:?}");
    assert_eq!(world.engine.inspect_container("of-nothing").await.unwrap(), None);
}

pub(crate) async fn foreign_architectures_are_refused(world: &World) {
    let own = world.engine.status().await.architecture;
    let foreign = if own == "arm64" { "amd64" } else { "arm64" };
    let image = &world.images.foreign;
    let progress = watch::Sender::new(PullProgress::default());
    let error = world.engine.pull(image, None, &progress).await.unwrap_err();
    let EngineError::WrongPlatform { image: named, wanted, found } = &error else { panic!("{error:?}") };
    assert_eq!((named, wanted), (image, &format!("linux/{own}")));
    assert_eq!(found.as_deref(), Some(format!("linux/{foreign}").as_str()));
    assert_eq!(world.engine.image(image).await.unwrap(), None, "what can't run isn't kept");

    // Whoever asks for another platform gets it: emulation may be installed.
    let asked = format!("linux/{foreign}");
    let pulled = world.engine.pull(image, Some(&asked), &progress).await.unwrap();
    assert_eq!(pulled.architecture, foreign);
    assert!(world.engine.remove_image(image).await.unwrap());
}

pub(crate) async fn an_index_yields_the_own_architecture(world: &World) {
    let own = world.engine.status().await.architecture;
    assert_eq!(world.pull(&world.images.several).await.architecture, own);
    let progress = watch::Sender::new(PullProgress::default());
    let error = world.engine.pull(&world.images.several, Some("linux/s390x"), &progress).await.unwrap_err();
    assert!(
        matches!(&error, EngineError::WrongPlatform { wanted, .. } if wanted == "linux/s390x"),
        "{error:?}"
    );
}

pub(crate) async fn digests_name_images(world: &World) {
    let image = &world.images.digest;
    let pulled = world.pull(image).await;
    assert_eq!(world.engine.image(image).await.unwrap(), Some(pulled.clone()));
    let config = world.config(image, "by-digest").await;
    let id = world.engine.create_container(&config).await.unwrap();
    let made = world.engine.inspect_container(&id).await.unwrap().unwrap();
    assert_eq!((made.image_id, &made.image), (pulled.id, image));
    assert!(matches!(world.engine.remove_image(image).await.unwrap_err(), EngineError::Conflict { .. }));
    assert!(world.engine.remove_container(&id, crate::world::FORCE).await.unwrap());
    assert!(world.engine.remove_image(image).await.unwrap());
    assert_eq!(world.engine.image(image).await.unwrap(), None);
}

pub(crate) async fn a_dropped_pull_leaves_nothing(world: &World) {
    let image = &world.images.big;
    let progress = watch::Sender::new(PullProgress::default());
    let mut seen = progress.subscribe();
    {
        let pull = world.engine.pull(image, None, &progress);
        let begun = seen.wait_for(|now| now.layers_total > 0 && now.bytes_done < now.bytes_total);
        tokio::select! {
            pulled = pull => panic!("it was to be dropped half way, and is {pulled:?}"),
            begun = begun => { begun.unwrap(); }
        }
    }
    assert_eq!(world.engine.image(image).await.unwrap(), None);
    world.release_big();
    world.pull(image).await;
    assert!(world.engine.remove_image(image).await.unwrap());
}

pub(crate) async fn hostile_names_are_refused(world: &World) {
    let progress = watch::Sender::new(PullProgress::default());
    for image in ["", "../containers/json", "a?fromSrc=-", "a b", "a/../../x"] {
        let error = world.engine.pull(image, None, &progress).await.unwrap_err();
        assert!(matches!(error, EngineError::Invalid { .. }), "{image:?}: {error:?}");
    }
    for name in ["", "a/b", "..", "a?force=1", "-a"] {
        let config = world.config(&world.images.plain, name).await;
        let error = world.engine.create_container(&config).await.unwrap_err();
        assert!(matches!(error, EngineError::Invalid { .. }), "{name:?}: {error:?}");
        let error = world.engine.remove_container(name, crate::world::FORCE).await.unwrap_err();
        assert!(matches!(error, EngineError::Invalid { .. }), "{name:?}: {error:?}");
        let error = world.engine.remove_volume(name).await.unwrap_err();
        assert!(matches!(error, EngineError::Invalid { .. }), "{name:?}: {error:?}");
        let error = world.engine.remove_network(name).await.unwrap_err();
        assert!(matches!(error, EngineError::Invalid { .. }), "{name:?}: {error:?}");
    }
}

pub(crate) async fn references_can_be_given_and_images_made(world: &World) {
    let progress = watch::Sender::new(PullProgress::default());
    let pulled = world.engine.pull(&world.images.plain, None, &progress).await.unwrap();
    let other = "livos.test/kept:7";
    world.engine.tag_image(&pulled.id, other).await.unwrap();
    assert_eq!(world.engine.image(other).await.unwrap().unwrap().id, pulled.id);
    assert!(world.engine.remove_image(other).await.unwrap());
    assert!(world.engine.image(&world.images.plain).await.unwrap().is_some(), "the other reference stays");
    assert!(world.engine.tag_image("livos.test/nothing:1", other).await.is_err());

    let mut archive = livos_docker::Archive::new();
    archive.directory("usr", livos_docker::Permissions::root(0o755)).unwrap();
    let made = "livos.test/made:1";
    world.engine.import_image(made, archive.finish()).await.unwrap();
    assert!(world.engine.image(made).await.unwrap().is_some());
    assert!(world.engine.remove_image(made).await.unwrap());
    for hostile in ["../etc", "a b", ""] {
        assert!(world.engine.tag_image(&pulled.id, hostile).await.is_err(), "{hostile}");
    }
}

fn archive(folder: &str) -> bytes::Bytes {
    let mut archive = livos_docker::Archive::new();
    archive.directory(folder, livos_docker::Permissions::root(0o755)).unwrap();
    archive.finish()
}

pub(crate) async fn all_are_listed_those_without_a_name_too(world: &World) {
    let engine = &world.engine;
    let pulled = world.pull(&world.images.plain).await;
    let name = "livos.test/listed:1";
    engine.tag_image(&pulled.id, name).await.unwrap();
    let listed = async |id: &str| engine.list_images().await.unwrap().into_iter().find(|one| one.id == id);
    let both = listed(&pulled.id).await.unwrap();
    assert!(both.tags.contains(&name.to_owned()) && both.tags.contains(&world.images.plain), "{both:?}");
    assert!(both.size > 0 && !both.digests.is_empty(), "{both:?}");

    engine.import_image(name, archive("first")).await.unwrap();
    let first = engine.image(name).await.unwrap().unwrap().id;
    assert_eq!(
        listed(&pulled.id).await.unwrap().tags,
        std::slice::from_ref(&world.images.plain),
        "the other one has it now"
    );
    engine.import_image(name, archive("second")).await.unwrap();
    let nameless = listed(&first).await.unwrap();
    assert_eq!((nameless.tags, nameless.digests), (Vec::<String>::new(), Vec::<String>::new()));
    assert!(engine.remove_image(&first).await.unwrap());
    assert_eq!(listed(&first).await, None);
    assert!(engine.remove_image(name).await.unwrap());
    assert!(engine.list_images().await.unwrap().iter().all(|image| !image.tags.contains(&name.to_owned())));
}
