//! The shipped bus policy, under real users on a real bus: what is not granted must fail.
//!
//! The bus runs with a user database of its own, so the file is tested word for word and nobody's
//! machine gains an account. Each user is a thread that gave up being root.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use futures_util::StreamExt as _;
use livos_bus::names::{self, Service};
use livos_e2e::skip;
use livos_testkit::PrivateBus;
use rustix::fs::{Gid, Uid};
use zbus::Connection;
use zbus::fdo::RequestNameFlags;

/// Users by name and number; those of the daemons, and people.
const USERS: [(&str, u32); 6] = [
    ("livos-web", 61_001),
    ("livos-apps", 61_002),
    ("livos", 61_003),
    ("livos-nexus", 61_004),
    ("admin", 61_005),
    ("guest", 61_006),
];
const ADMINS: (&str, u32) = ("livos-admin", 61_050);
const PATIENCE: Duration = Duration::from_secs(20);

/// Every interface there is, and which of the users below may call it, besides root, `admin` and the edge.
const INTERFACES: &[(Service, &str, &[&str])] = &[
    (names::WEB, "Service", &[]),
    (names::WEB, "Accounts", &[]),
    (names::WEB, "Approvals", &[]),
    (names::WEB, "Keys", &[]),
    (names::WEB, "Mcp", &[]),
    (names::APPS, "Service", &[]),
    (names::APPS, "Jobs", &[]),
    (names::APPS, "Catalog", &["livos-nexus"]),
    (names::APPS, "Reader", &["livos-nexus"]),
    (names::APPS, "Manager", &[]),
    (names::APPS, "DockerReader", &[]),
    (names::APPS, "DockerNames", &["livos-nexus"]),
    (names::APPS, "DockerManager", &[]),
    (names::APPS, "Terminal", &[]),
    (names::FILES, "Service", &[]),
    (names::FILES, "Jobs", &[]),
    (names::FILES, "Reader", &[]),
    (names::FILES, "Shared", &["livos-nexus"]),
    (names::FILES, "Personal", &[]),
    (names::FILES, "Manager", &[]),
    (names::FILES, "Uploads", &[]),
    (names::HOST, "Service", &[]),
    (names::HOST, "Reader", &["livos-nexus", "livos-apps"]),
    (names::HOST, "Power", &[]),
    (names::HOST, "Update", &[]),
    (names::HOST, "Docker", &[]),
    (names::HOST, "Services", &[]),
    (names::HOST, "Sandbox", &["livos-nexus"]),
    (names::HOST, "Programs", &["livos-nexus"]),
    (names::NEXUS, "Service", &[]),
    (names::NEXUS, "Chat", &[]),
    (names::NEXUS, "Providers", &[]),
    (names::NEXUS, "Schedules", &[]),
    (names::NEXUS, "Skills", &[]),
    (names::NEXUS, "Spending", &[]),
    (names::NEXUS, "Subagents", &[]),
    (names::NEXUS, "Web", &[]),
    (names::NEXUS, "Approvals", &[]),
    (names::NEXUS, "Tools", &[]),
    (names::NEXUS, "ToolServers", &[]),
];

/// Which user runs which daemon.
const OWNERS: [(&str, Service); 5] = [
    ("livos-web", names::WEB),
    ("livos-apps", names::APPS),
    ("livos", names::FILES),
    ("root", names::HOST),
    ("livos-nexus", names::NEXUS),
];

/// The full name of an interface: those that all daemons share have no daemon in their name.
fn interface(service: Service, part: &str) -> String {
    match part {
        "Service" | "Jobs" => format!("{}.{part}1", names::PREFIX),
        part => format!("{}.{part}", service.bus_name),
    }
}

/// Runs `scene` on a thread that is `user` in every respect.
fn become_user<T: Send>(user: &str, scene: impl AsyncFnOnce() -> T + Send) -> T {
    let id = USERS.iter().find(|(name, _)| *name == user).map_or(0, |(_, id)| *id);
    std::thread::scope(|scope| {
        let thread = scope.spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            if id != 0 {
                let group = Gid::from_raw(id);
                let groups = if user == "admin" { vec![Gid::from_raw(ADMINS.1)] } else { Vec::new() };
                rustix::thread::set_thread_groups(&groups).expect("other groups");
                rustix::thread::set_thread_res_gid(group, group, group).expect("another group");
                let user = Uid::from_raw(id);
                rustix::thread::set_thread_res_uid(user, user, user).expect("another user");
            }
            runtime.block_on(async { tokio::time::timeout(PATIENCE * 4, scene()).await.expect("it hangs") })
        });
        thread.join().expect("no panic")
    })
}

/// The shipped rules on a bus that knows our users; `None` if that can't be had here.
async fn bus(home: &Path) -> Option<PrivateBus> {
    if !rustix::process::geteuid().is_root() {
        skip("ROOT", "the bus policy is tested under real users, which takes root")
            .expect("it may be skipped");
        return None;
    }
    let mut passwd = std::fs::read_to_string("/etc/passwd").expect("users");
    let mut group = std::fs::read_to_string("/etc/group").expect("groups");
    let known: BTreeSet<&str> = USERS.iter().map(|(name, _)| *name).collect();
    let others = |text: &str| {
        let keep = |line: &&str| !known.contains(line.split(':').next().unwrap_or_default());
        text.lines().filter(keep).map(|line| format!("{line}\n")).collect::<String>()
    };
    (passwd, group) = (others(&passwd), others(&group));
    for (name, id) in USERS {
        passwd += &format!("{name}:x:{id}:{id}::/:/usr/sbin/nologin\n");
        group += &format!("{name}:x:{id}:\n");
    }
    group += &format!("{}:x:{}:admin\n", ADMINS.0, ADMINS.1);
    std::fs::write(home.join("passwd"), passwd).expect("written");
    std::fs::write(home.join("group"), group).expect("written");
    let script = "mount --bind \"$1/passwd\" /etc/passwd && mount --bind \"$1/group\" /etc/group && shift && exec \"$@\"";
    let wrapper: Vec<String> = ["unshare", "--mount", "sh", "-c", script, "sh", home.to_str().expect("text")]
        .map(str::to_owned)
        .to_vec();
    let policy = std::fs::read_to_string(root().join("systemd/io.livos.conf")).expect("the policy");
    let rules = policy
        .split_once("<busconfig>")
        .and_then(|(_, rest)| rest.split_once("</busconfig>"))
        .expect("rules")
        .0;
    // The system bus of every distribution begins with these.
    let system = "<policy context=\"default\"><allow user=\"*\"/><deny own=\"*\"/><deny send_type=\"method_call\"/>\
        <allow send_type=\"signal\"/><allow send_requested_reply=\"true\" send_type=\"method_return\"/>\
        <allow send_requested_reply=\"true\" send_type=\"error\"/><allow receive_type=\"method_call\"/>\
        <allow receive_type=\"method_return\"/><allow receive_type=\"error\"/><allow receive_type=\"signal\"/>\
        <allow send_destination=\"org.freedesktop.DBus\"/></policy>";
    match PrivateBus::with_policy(&format!("{system}{rules}"), &wrapper).await {
        Ok(bus) => Some(bus),
        Err(error) => {
            skip("ROOT", &format!("no bus with users of its own: {error:#}")).expect("it may be skipped");
            None
        }
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("a checkout")
}

async fn may_own(address: &str, service: Service) -> bool {
    let connection = livos_testkit::connect(address).await.expect("a connection");
    match connection.request_name_with_flags(service.bus_name, RequestNameFlags::DO_NOT_QUEUE).await {
        // Somebody else may have it: the policy let us ask.
        Ok(_) | Err(zbus::Error::NameTaken) => true,
        Err(error) => {
            assert!(is_denied(&error), "{} as somebody: {error}", service.bus_name);
            false
        }
    }
}

/// A call that reaches the daemon is answered by it: it serves nothing here, which is not "denied".
async fn may_call(connection: &Connection, service: Service, interface: &str) -> bool {
    let call = connection.call_method(Some(service.bus_name), service.path, Some(interface), "Anything", &());
    match tokio::time::timeout(PATIENCE, call).await.expect("an answer") {
        Ok(_) => true,
        Err(error) => !is_denied(&error),
    }
}

fn is_denied(error: &zbus::Error) -> bool {
    match error {
        zbus::Error::MethodError(name, ..) => name.as_str() == "org.freedesktop.DBus.Error.AccessDenied",
        zbus::Error::FDO(error) => matches!(**error, zbus::fdo::Error::AccessDenied(_)),
        _ => false,
    }
}

/// Somebody owns each name, as the daemons do, until the value is dropped.
struct Daemons {
    stop: tokio::sync::watch::Sender<bool>,
    threads: Vec<std::thread::JoinHandle<()>>,
}

impl Daemons {
    fn start(address: &str) -> Self {
        let (stop, stopped) = tokio::sync::watch::channel(false);
        let (ready, all_ready) = std::sync::mpsc::channel();
        let threads = OWNERS
            .iter()
            .map(|(user, service)| {
                let (address, mut stopped, ready) = (address.to_owned(), stopped.clone(), ready.clone());
                std::thread::spawn(move || {
                    become_user(user, async || {
                        let connection = livos_testkit::connect(&address).await.expect("a connection");
                        // Answers "no such object" to everything.
                        let _ = connection.object_server();
                        connection.request_name(service.bus_name).await.expect("its own name");
                        ready.send(()).expect("somebody waits");
                        let _ = stopped.wait_for(|stopped| *stopped).await;
                    });
                })
            })
            .collect();
        for _ in OWNERS {
            all_ready.recv_timeout(PATIENCE).expect("every daemon gets its name");
        }
        Self { stop, threads }
    }

    fn stop(self) {
        self.stop.send_replace(true);
        for thread in self.threads {
            thread.join().expect("no panic");
        }
    }
}

#[tokio::test]
async fn only_its_own_user_may_take_a_name() {
    let home = tempfile::tempdir().expect("a folder");
    let Some(bus) = bus(home.path()).await else { return };
    let address = bus.address();
    let mut wrong = Vec::new();
    let users = USERS.iter().map(|(name, _)| *name).chain(["root"]);
    for user in users {
        for service in names::SERVICES {
            let wanted = OWNERS.iter().any(|(owner, owned)| *owner == user && *owned == service);
            let address = address.clone();
            let found = become_user(user, async move || may_own(&address, service).await);
            if found != wanted {
                wrong.push(format!(
                    "{user} {} take {}",
                    if found { "may" } else { "may not" },
                    service.bus_name
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    bus.stop().await;
}

#[tokio::test]
async fn each_user_may_call_what_is_granted_and_nothing_else() {
    let home = tempfile::tempdir().expect("a folder");
    let Some(bus) = bus(home.path()).await else { return };
    let address = bus.address();
    let daemons = Daemons::start(&address);
    let mut wrong = Vec::new();
    for user in USERS.iter().map(|(name, _)| *name).chain(["root"]) {
        let address = address.clone();
        let found = become_user(user, async move || {
            let connection = livos_testkit::connect(&address).await.expect("a connection");
            let uid = zbus::fdo::DBusProxy::new(&connection)
                .await
                .expect("the bus")
                .get_connection_unix_user(connection.unique_name().expect("a name").clone().into())
                .await
                .expect("an answer");
            let mut found = Vec::new();
            for (service, part, granted) in INTERFACES {
                found.push((
                    *service,
                    *part,
                    *granted,
                    may_call(&connection, *service, &interface(*service, part)).await,
                ));
            }
            (uid, found)
        });
        let id = USERS.iter().find(|(name, _)| *name == user).map_or(0, |(_, id)| *id);
        assert_eq!(found.0, id, "the bus takes {user} for somebody else");
        for (service, part, granted, may) in found.1 {
            let edge = user == "livos-web" && service != names::WEB;
            let wanted = user == "root" || user == "admin" || edge || granted.contains(&user);
            if may != wanted {
                let verb = if may { "may" } else { "may not" };
                wrong.push(format!("{user} {verb} call {}", interface(service, part)));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    daemons.stop();
    bus.stop().await;
}

#[tokio::test]
async fn signals_reach_the_edge_and_the_agent_but_no_guest() {
    let home = tempfile::tempdir().expect("a folder");
    let Some(bus) = bus(home.path()).await else { return };
    let address = bus.address();
    for (user, service, wanted) in [
        ("livos-web", names::FILES, true),
        ("admin", names::FILES, true),
        ("livos-nexus", names::APPS, true),
        // It would name folders that nobody shares with the agent.
        ("livos-nexus", names::FILES, false),
        ("livos-apps", names::FILES, false),
        ("guest", names::FILES, false),
    ] {
        // Both are started from here, where we are still root.
        let (listening, listener) = std::sync::mpsc::channel();
        let told = address.clone();
        let sender = std::thread::spawn(move || {
            let listener: String = listener.recv_timeout(PATIENCE).expect("somebody listens");
            let (teller, _) = OWNERS.iter().find(|(_, owned)| *owned == service).expect("somebody owns it");
            become_user(teller, async || tell(&told, &listener, service).await);
        });
        let heard = become_user(user, async || hears(&address, &listening, service).await);
        sender.join().expect("no panic");
        assert_eq!(heard, wanted, "{user} of {}", service.short);
    }
    bus.stop().await;
}

/// Sends a signal as that daemon, then a message that everybody may get.
async fn tell(address: &str, listener: &str, service: Service) {
    let daemon = livos_testkit::connect(address).await.expect("a connection");
    daemon.request_name(service.bus_name).await.expect("its own name");
    let signal = interface(service, "Reader");
    let path = service.path;
    daemon.emit_signal(None::<&str>, path, signal.as_str(), "DirChanged", &("home", "")).await.expect("sent");
    // Without the name it is nobody in particular, and this message comes after the other.
    daemon.release_name(service.bus_name).await.expect("released");
    let end = format!("{}x.test", names::PREFIX);
    daemon.emit_signal(Some(listener), path, end.as_str(), "End", &()).await.expect("sent");
}

/// Whether a signal of that daemon reaches this user before the message that ends the test.
async fn hears(address: &str, listening: &std::sync::mpsc::Sender<String>, service: Service) -> bool {
    let listener = livos_testkit::connect(address).await.expect("a connection");
    let mut messages = zbus::MessageStream::from(&listener);
    let bus = zbus::fdo::DBusProxy::new(&listener).await.expect("the bus");
    let rule = format!("type='signal',interface='{}'", interface(service, "Reader"));
    bus.add_match_rule(rule.as_str().try_into().expect("a rule")).await.expect("a subscription");
    listening.send(listener.unique_name().expect("a name").to_string()).expect("somebody tells");
    let mut heard = false;
    let listen = async {
        while let Some(Ok(message)) = messages.next().await {
            let member = message.header().member().map(|member| member.as_str().to_owned());
            match member.as_deref() {
                Some("DirChanged") => heard = true,
                Some("End") => return,
                _ => {}
            }
        }
    };
    tokio::time::timeout(PATIENCE, listen).await.expect("the last message comes");
    heard
}
