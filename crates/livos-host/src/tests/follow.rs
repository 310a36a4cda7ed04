//! Waiting for lines of the journal: only those, seldom, and nobody reads it once nobody waits.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use livos_bus::schedules::{JournalLine, JournalRule};
use livos_bus::{Caller, Callers, ErrorKind, HostReaderProxy, names};
use livos_types::Role;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::net::unix::pipe;
use tokio::time::Instant;

use super::docker::{pair, person};
use crate::Linux;
use crate::bus::Reader;
use crate::follow::{Line, Waiting, line_of};

/// Nothing here takes this long unless it never comes.
const DEADLINE: Duration = Duration::from_secs(30);

fn rule(unit: &str, priority: u8, text: &str) -> JournalRule {
    JournalRule { id: "r".to_owned(), unit: unit.to_owned(), priority, text: text.to_owned() }
}

fn line(unit: &str, priority: u8, text: &str) -> Line {
    Line { unit: unit.to_owned(), priority, text: text.to_owned() }
}

#[test]
fn only_lines_that_fit_are_told_and_one_a_minute() {
    let now = Instant::now();
    let fits = |rule: JournalRule, line: &Line| Waiting::new(rule).take(line, now).is_some();
    let full = line("caddy.service", 3, "write: No Space left");
    assert!(fits(rule("caddy.service", 3, "no space"), &full));
    assert!(fits(rule("", 7, "NO SPACE"), &full));
    assert!(!fits(rule("docker.service", 7, "no space"), &full));
    assert!(!fits(rule("", 2, "no space"), &full), "it is not as bad");
    assert!(!fits(rule("", 7, "no room"), &full));
    // The agent would answer itself.
    let own = line("livos-nexus.service", 3, "no space");
    assert!(!fits(rule("", 7, "no space"), &own) && fits(rule("livos-nexus.service", 7, "no space"), &own));
    let mut one = Waiting::new(rule("", 7, "no space"));
    assert_eq!(one.take(&full, now).unwrap().left_out, 0);
    for second in 1..60 {
        assert_eq!(one.take(&full, now + Duration::from_secs(second)), None);
    }
    assert_eq!(one.take(&full, now + Duration::from_secs(60)).unwrap().left_out, 59);
    let long = line("", 6, &format!("no space {}\u{1b}[31m", "é".repeat(5_000)));
    let told = one.take(&long, now + Duration::from_secs(200)).unwrap();
    assert!(told.line.chars().count() == 300 && !told.line.contains('\u{1b}') && told.left_out == 0);
}

#[test]
fn a_line_is_read_as_the_program_writes_it() {
    let of = |json: &str| line_of(json.as_bytes());
    let plain = r#"{"MESSAGE":"hm","PRIORITY":"3","_SYSTEMD_UNIT":"a.service","UNIT":"b.service"}"#;
    assert_eq!(of(plain), Some(line("a.service", 3, "hm")), "anybody can name another unit");
    let of_systemd = r#"{"MESSAGE":"Failed","PRIORITY":"4","_SYSTEMD_UNIT":"init.scope","UNIT":"b.service"}"#;
    assert_eq!(of(of_systemd), Some(line("b.service", 4, "Failed")));
    assert_eq!(of(r#"{"MESSAGE":[104,105,255]}"#), Some(line("", 6, "hi\u{fffd}")));
    assert_eq!(of(r#"{"MESSAGE":null,"PRIORITY":"3"}"#), None);
    assert_eq!(of("nonsense"), None);
}

fn reader_of(journal: &Path, caller: Caller) -> Reader<Linux> {
    Reader {
        machine: Arc::new(Linux::default()),
        callers: Callers::peer(caller),
        systemd: None,
        journal: journal.to_owned(),
        follower: Arc::default(),
    }
}

#[tokio::test]
async fn the_journal_is_followed_until_the_pipe_is_closed() {
    let folder = tempfile::tempdir().expect("a folder");
    let (journal, pid, asked) =
        (folder.path().join("journalctl"), folder.path().join("pid"), folder.path().join("asked"));
    let script = format!(
        "#!/bin/sh\necho \"$@\" > {asked}\n\
         echo '{{\"MESSAGE\":\"all is well\",\"_SYSTEMD_UNIT\":\"x.service\"}}'\n\
         echo '{{\"MESSAGE\":\"Out of memory\",\"PRIORITY\":\"2\",\"_SYSTEMD_UNIT\":\"x.service\"}}'\n\
         echo $$ > {pid}\nexec /bin/sleep 1000\n",
        asked = asked.display(),
        pid = pid.display(),
    );
    std::fs::write(&journal, script).expect("a program");
    std::fs::set_permissions(&journal, std::fs::Permissions::from_mode(0o755)).expect("its mode");
    let (_server, client) = pair(names::HOST.path, reader_of(&journal, Caller::Nexus)).await;
    let reader = HostReaderProxy::new(&client).await.expect("a proxy");
    let rules = [rule("x.service", 3, "out of MEMORY"), rule("y.service", 5, "something")];
    let follow = async || {
        let pipe = reader.follow_journal(&person(Role::Admin), &rules).await.expect("a pipe");
        pipe::Receiver::from_owned_fd(pipe.into()).expect("a pipe")
    };
    let mut lines = BufReader::new(follow().await).lines();
    let told = tokio::time::timeout(DEADLINE, lines.next_line()).await.expect("in time").expect("a line");
    let told: JournalLine = serde_json::from_str(&told.expect("a line")).expect("JSON");
    assert_eq!((told.unit.as_str(), told.line.as_str(), told.left_out), ("x.service", "Out of memory", 0));
    let said = std::fs::read_to_string(&asked).expect("what was asked");
    assert!(said.contains("--priority=5") && said.contains("--unit=x.service --unit=y.service"), "{said}");
    let runs = async |wanted: bool| {
        let runs = || {
            let pid = std::fs::read_to_string(&pid).unwrap_or_default();
            !pid.trim().is_empty() && Path::new(&format!("/proc/{}/exe", pid.trim())).exists()
        };
        tokio::time::timeout(DEADLINE, async {
            while runs() != wanted {
                tokio::task::yield_now().await;
            }
        })
        .await
        .expect("in time");
    };
    runs(true).await;
    // Whoever follows anew ends what was followed before.
    let again = follow().await;
    let end = tokio::time::timeout(DEADLINE, lines.next_line()).await.expect("in time").expect("an end");
    assert_eq!(end, None);
    drop(again);
    runs(false).await;
}

#[tokio::test]
async fn only_the_agent_follows_it_and_for_admins_alone() {
    let nowhere = Path::new("/nonexistent/journalctl");
    let refused = async |caller, role, rules: &[JournalRule]| {
        let (_server, client) = pair(names::HOST.path, reader_of(nowhere, caller)).await;
        let reader = HostReaderProxy::new(&client).await.expect("a proxy");
        reader.follow_journal(&person(role), rules).await.expect_err("refused").kind
    };
    let rules = [rule("", 7, "words")];
    for caller in [Caller::Web, Caller::Apps, Caller::Files, Caller::Stranger] {
        assert_eq!(refused(caller, Role::Owner, &rules).await, ErrorKind::Denied, "{caller:?}");
    }
    assert_eq!(refused(Caller::Nexus, Role::Member, &rules).await, ErrorKind::Denied);
    for wrong in [vec![], vec![rule("", 7, "")], vec![rule("a b", 7, "words")], vec![rules[0].clone(); 65]] {
        assert_eq!(refused(Caller::Nexus, Role::Owner, &wrong).await, ErrorKind::Invalid, "{wrong:?}");
    }
    assert_eq!(refused(Caller::Nexus, Role::Owner, &rules).await, ErrorKind::Unavailable);
}
