//! Each payload crosses a real peer-to-peer connection, because a wrong signature only shows on the wire.

use std::collections::HashMap;
use std::io::Write;

use livos_types::Role;
use zbus::message::Header;
use zbus::{Connection, Guid, OwnedFd, connection, interface};

use crate::*;

struct Echo {
    callers: Callers,
}

#[interface(name = "io.livos.Test1")]
impl Echo {
    async fn whoami(&self, #[zbus(header)] header: Header<'_>, actor: Actor) -> Result<(Actor, String)> {
        let caller = self.callers.require_speaker(&header).await?;
        Ok((actor, format!("{caller:?}")))
    }

    fn job(&self, job: JobInfo) -> JobInfo {
        job
    }

    fn install(&self, request: InstallRequest) -> InstallRequest {
        request
    }

    fn document(&self, size: u32) -> Result<Document> {
        Document::from_bytes(vec![b'x'; size as usize])
    }

    fn open(&self) -> Result<(Location, OwnedFd)> {
        let (reader, writer) = std::io::pipe().map_err(Error::internal)?;
        let mut writer = std::fs::File::from(std::os::fd::OwnedFd::from(writer));
        writer.write_all(b"bytes").map_err(Error::internal)?;
        Ok((Location { root: "home".into(), path: "a".into() }, std::os::fd::OwnedFd::from(reader).into()))
    }

    fn fail(&self, kind: u32) -> Result<()> {
        let error = match kind {
            0 => Error::invalid("a"),
            1 => Error::denied("b"),
            2 => Error::not_found("c"),
            3 => Error::conflict("d").with_code(codes::EXISTS),
            4 => Error::unavailable("e"),
            _ => Error::internal("f"),
        };
        Err(error)
    }
}

#[zbus::proxy(interface = "io.livos.Test1", default_service = "io.livos.Test1", default_path = "/test")]
trait Echo {
    fn whoami(&self, actor: &Actor) -> Result<(Actor, String)>;
    fn job(&self, job: &JobInfo) -> Result<JobInfo>;
    fn install(&self, request: &InstallRequest) -> Result<InstallRequest>;
    fn document(&self, size: u32) -> Result<Document>;
    fn open(&self) -> Result<(Location, OwnedFd)>;
    fn fail(&self, kind: u32) -> Result<()>;
}

async fn pair(caller: Caller) -> (Connection, EchoProxy<'static>) {
    let (ours, theirs) = std::os::unix::net::UnixStream::pair().unwrap();
    let server = connection::Builder::unix_stream(ours)
        .server(Guid::generate())
        .p2p()
        .serve_at("/test", Echo { callers: Callers::peer(caller) });
    let client = connection::Builder::unix_stream(theirs).p2p();
    let (server, client) = tokio::try_join!(server.build(), client.build()).unwrap();
    (server, EchoProxy::new(&client).await.unwrap())
}

fn actor() -> Actor {
    Actor { role: Role::Member, via: Via::Web, ..Actor::command_line().unwrap() }
}

#[tokio::test]
async fn an_actor_arrives_as_it_was_sent() {
    let (_server, echo) = pair(Caller::Web).await;
    assert_eq!(echo.whoami(&actor()).await.unwrap(), (actor(), "Web".to_owned()));
}

#[tokio::test]
async fn only_the_edge_and_the_administrator_speak_for_a_person() {
    for (caller, may) in [
        (Caller::Web, true),
        (Caller::Administrator, true),
        (Caller::Nexus, false),
        (Caller::Apps, false),
        (Caller::Stranger, false),
    ] {
        let (_server, echo) = pair(caller).await;
        let answer = echo.whoami(&actor()).await;
        assert_eq!(answer.is_ok(), may, "{caller:?}");
        if let Err(error) = answer {
            assert_eq!(error.kind, ErrorKind::Denied);
        }
    }
}

#[tokio::test]
async fn structs_and_maps_keep_their_shape() {
    let (_server, echo) = pair(Caller::Web).await;
    let job = JobInfo {
        id: "apps-1".into(),
        kind: "app.install".into(),
        subject: "x".into(),
        title: "Install X".into(),
        state: "running".into(),
        step: "downloading".into(),
        step_index: 2,
        step_count: 6,
        done: 5,
        total: u64::MAX,
        unit: "bytes".into(),
        rate: 7,
        detail: String::new(),
        error_code: String::new(),
        error_message: String::new(),
        started_by: "u".into(),
        created_at: -1,
        started_at: 2,
        finished_at: 0,
        cancellable: true,
        retryable: false,
    };
    assert_eq!(echo.job(&job).await.unwrap(), job);
    let request = InstallRequest {
        store: "s".into(),
        app: "a".into(),
        answers: HashMap::from([("KEY".into(), "value".into())]),
        accept: vec!["host_network".into()],
        docker_control: true,
    };
    assert_eq!(echo.install(&request).await.unwrap(), request);
}

#[tokio::test]
async fn documents_of_any_size_arrive_whole() {
    let (_server, echo) = pair(Caller::Web).await;
    for size in [0, 1, INLINE_LIMIT, INLINE_LIMIT + 1, 5_000_000] {
        let document = echo.document(u32::try_from(size).unwrap()).await.unwrap();
        assert_eq!(document.stream.len(), usize::from(size > INLINE_LIMIT));
        assert_eq!(document.read().unwrap(), vec![b'x'; size]);
    }
}

#[tokio::test]
async fn descriptors_pass() {
    let (_server, echo) = pair(Caller::Web).await;
    let (location, descriptor) = echo.open().await.unwrap();
    assert_eq!(location.root, "home");
    let text = std::io::read_to_string(std::fs::File::from(std::os::fd::OwnedFd::from(descriptor))).unwrap();
    assert_eq!(text, "bytes");
}

#[tokio::test]
async fn the_six_errors_keep_kind_code_and_message() {
    let (_server, echo) = pair(Caller::Web).await;
    let mut seen = Vec::new();
    for kind in 0..6 {
        let error = echo.fail(kind).await.unwrap_err();
        seen.push((error.kind, error.code, error.message));
    }
    let expected = [
        (ErrorKind::Invalid, "invalid", "a"),
        (ErrorKind::Denied, "denied", "b"),
        (ErrorKind::NotFound, "not_found", "c"),
        (ErrorKind::Conflict, "exists", "d"),
        (ErrorKind::Unavailable, "unavailable", "e"),
        (ErrorKind::Internal, "internal", "f"),
    ];
    assert_eq!(seen, expected.map(|(kind, code, message)| (kind, code.to_owned(), message.to_owned())));
}

#[test]
fn the_errors_of_the_bus_itself_are_known_in_both_their_forms() {
    use zbus::fdo;
    let kind_of = |error: fdo::Error| Error::from(zbus::Error::FDO(Box::new(error))).kind;
    assert_eq!(kind_of(fdo::Error::ServiceUnknown(String::new())), ErrorKind::Unavailable);
    assert_eq!(kind_of(fdo::Error::NameHasNoOwner(String::new())), ErrorKind::Unavailable);
    assert_eq!(kind_of(fdo::Error::NoReply(String::new())), ErrorKind::Unavailable);
    assert_eq!(kind_of(fdo::Error::AccessDenied(String::new())), ErrorKind::Denied);
    assert_eq!(kind_of(fdo::Error::InvalidArgs(String::new())), ErrorKind::Invalid);
    assert_eq!(kind_of(fdo::Error::UnknownMethod(String::new())), ErrorKind::Internal);
}
