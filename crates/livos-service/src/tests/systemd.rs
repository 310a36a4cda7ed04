use std::os::unix::net::UnixDatagram;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::Environment;
use crate::systemd::Notifier;

fn environment(variables: &[(&str, &str)]) -> Environment {
    let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Environment::from_vars(variables, 42)
}

#[test]
fn variables_for_another_process_are_not_ours() {
    let other = environment(&[
        ("WATCHDOG_USEC", "1000000"),
        ("WATCHDOG_PID", "7"),
        ("LISTEN_FDS", "1"),
        ("LISTEN_PID", "7"),
        ("HOME", "/root"),
    ]);
    assert_eq!((other.watchdog, other.listen_fds), (None, 0));
    let ours = environment(&[
        ("WATCHDOG_USEC", "1000000"),
        ("WATCHDOG_PID", "42"),
        ("LISTEN_FDS", "1"),
        ("LISTEN_PID", "42"),
        ("JOURNAL_STREAM", "8:99"),
        ("LIVOS_SERVER_NAME", "x"),
    ]);
    assert_eq!((ours.watchdog, ours.listen_fds), (Some(Duration::from_secs(1)), 1));
    assert_eq!(ours.journal_stream, Some((8, 99)));
    assert_eq!(ours.settings, [("LIVOS_SERVER_NAME".to_owned(), "x".to_owned())]);
}

#[tokio::test]
async fn the_service_manager_hears_ready_watchdog_and_stopping() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("notify");
    let manager = UnixDatagram::bind(&path).unwrap();
    let notifier = Notifier::new(&environment(&[
        ("NOTIFY_SOCKET", path.to_str().unwrap()),
        ("WATCHDOG_USEC", "20000000"),
    ]));
    assert_eq!(notifier.watchdog_interval(), Some(Duration::from_secs(10)));
    let receive = || {
        let mut buffer = [0; 64];
        let length = manager.recv(&mut buffer).unwrap();
        String::from_utf8_lossy(&buffer[..length]).into_owned()
    };
    notifier.ready().unwrap();
    assert_eq!(receive(), "READY=1");
    let shutdown = CancellationToken::new();
    let feeding = tokio::spawn({
        let (notifier, shutdown) = (notifier.clone(), shutdown.clone());
        async move { notifier.feed_watchdog(shutdown).await }
    });
    assert_eq!(
        tokio::task::spawn_blocking({
            let manager = manager.try_clone().unwrap();
            move || {
                let mut buffer = [0; 64];
                let length = manager.recv(&mut buffer).unwrap();
                String::from_utf8_lossy(&buffer[..length]).into_owned()
            }
        })
        .await
        .unwrap(),
        "WATCHDOG=1"
    );
    shutdown.cancel();
    feeding.await.unwrap();
    notifier.stopping().unwrap();
    assert_eq!(receive(), "STOPPING=1");
}

#[tokio::test]
async fn without_a_service_manager_nothing_is_sent_and_nothing_waits() {
    let notifier = Notifier::new(&environment(&[("WATCHDOG_USEC", "20000000")]));
    notifier.ready().unwrap();
    notifier.feed_watchdog(CancellationToken::new()).await;
}
