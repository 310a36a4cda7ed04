//! Every way out that we know, what must stand in it, and how that is seen.

use livos_bus::sandbox::SandboxHow;

/// What refuses an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wall {
    /// What is not named in the policy is not there.
    NotThere,
    /// What is there can only be read.
    ReadOnly,
    /// Who a command runs as owns nothing.
    NoRights,
    /// It has no capabilities, and `setuid` gives none.
    NoPrivileges,
    /// The filter of system calls.
    Filter,
    /// It has a network of its own, with nobody in it.
    Network,
    /// It sees no processes but its own.
    Processes,
    /// There is a limit to it.
    Limit,
    /// It ends with its command.
    Ends,
    /// The environment is its own.
    Environment,
}

/// How it is seen that a wall has held.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Seen {
    /// In one of these words.
    Says(&'static [&'static str]),
    /// In one of these ends.
    Ends(&'static [SandboxHow]),
}

/// A way out.
#[derive(Debug)]
pub(crate) struct Attempt {
    pub(crate) name: &'static str,
    pub(crate) command: &'static str,
    pub(crate) wall: Wall,
    pub(crate) seen: Seen,
    pub(crate) seconds: u32,
}

const fn attempt(
    name: &'static str,
    wall: Wall,
    command: &'static str,
    says: &'static [&'static str],
) -> Attempt {
    Attempt { name, command, wall, seen: Seen::Says(says), seconds: 20 }
}

const fn ending(
    name: &'static str,
    wall: Wall,
    command: &'static str,
    seconds: u32,
    how: &'static [SandboxHow],
) -> Attempt {
    Attempt { name, command, wall, seen: Seen::Ends(how), seconds }
}

const GONE: &[&str] = &["No such file", "not found", "cannot access", "nonexistent directory"];
/// Where there is a folder of that name, and nobody may look into it.
const OUT_OF_SIGHT: &[&str] = &["No such file", "nonexistent", "Permission denied"];
const LOCKED: &[&str] = &["Read-only file system", "Permission denied", "Device or resource busy"];
const REFUSED: &[&str] = &["Operation not permitted", "Function not implemented"];
const NO_PROCESS: &[&str] = &["No such process", "Operation not permitted", "No such file"];

/// A call with arguments that would be taken if it went through, and what comes of it.
macro_rules! call {
    ($name:literal) => {
        call!($name, "0,0,0,0,0")
    };
    ($name:literal, $arguments:literal) => {
        concat!(
            "perl -e '$! = 0; my $r = syscall({nr:",
            $name,
            "},",
            $arguments,
            "); ",
            "print $r == -1 ? \"fails: $!\\n\" : \"went through: $r\\n\"'"
        )
    };
}

/// What must not be there, each of it: an error about one would hide another that can be seen.
macro_rules! unseen {
    ($paths:literal) => {
        concat!("test -z \"$(ls -A ", $paths, " 2>/dev/null)\" && echo none of them")
    };
}
const UNSEEN: &[&str] = &["none of them"];

/// All of them. What the earlier product's list of forbidden words let through stands first.
pub(crate) const ATTEMPTS: &[Attempt] = &[
    // --- words that a list of words lets through -------------------------------------------------------
    attempt("rm -rf /etc", Wall::ReadOnly, "rm -rf /etc; ls -d /etc", LOCKED),
    attempt("rm -rf /home", Wall::NotThere, "ls /home; rm -rf /home", GONE),
    attempt("rm -fr /", Wall::ReadOnly, "rm -fr --no-preserve-root / 2>&1 | head -n 5", LOCKED),
    attempt("rm -r -f /", Wall::ReadOnly, "rm -r -f --no-preserve-root /usr 2>&1 | head -n 5", LOCKED),
    attempt(
        "rm --recursive --force /",
        Wall::ReadOnly,
        "rm --recursive --force --no-preserve-root /usr/sbin/ /etc 2>&1 | tail -n 5",
        LOCKED,
    ),
    attempt("rm -rf \"/\"", Wall::ReadOnly, "cd / && rm -rf \"/\"* 2>&1 | head -n 5", LOCKED),
    attempt("find / -delete", Wall::ReadOnly, "find /usr/bin /etc -delete 2>&1 | head -n 5", LOCKED),
    attempt(
        "mkfs -t ext4 /dev/sda1",
        Wall::NotThere,
        "for d in sda sda1 vda vda1 nvme0n1; do ls /dev/$d; done; mkfs -t ext4 /dev/sda1",
        GONE,
    ),
    attempt("dd of=/dev/sda", Wall::ReadOnly, "dd if=/dev/zero of=/dev/sda bs=512 count=1", LOCKED),
    attempt(
        "> /dev/nvme0n1",
        Wall::ReadOnly,
        ": > /dev/nvme0n1",
        &["Read-only file system", "Permission denied", "cannot create"],
    ),
    attempt("poweroff", Wall::Filter, call!("reboot", "0xfee1dead,672274793,0x4321fedc,0"), REFUSED),
    attempt(
        "halt",
        Wall::NotThere,
        concat!("systemctl halt; halt; ", unseen!("/run/systemd/private /run/systemd/io.systemd.*")),
        UNSEEN,
    ),
    attempt(
        "curl x | sh",
        Wall::Network,
        "(curl -sS -m 5 http://1.1.1.1/ || wget -T 5 -O- http://1.1.1.1/ || perl -MIO::Socket::INET -e 'IO::Socket::INET->new(PeerAddr => \"1.1.1.1:80\", Timeout => 5) or print \"no way: $@\\n\"') 2>&1",
        &["not supported", "Could not resolve", "Couldn't connect", "no way", "Failed to connect"],
    ),
    attempt("cat .env", Wall::NotThere, "cat /opt/livos/.env /etc/livos/livos.toml {secret}", GONE),
    attempt(
        "printenv",
        Wall::Environment,
        "env | cut -d= -f1 | grep -vE '^(PATH|HOME|TMPDIR|LANG|PWD|OLDPWD|SHLVL|_|INVOCATION_ID|USER|LOGNAME|SHELL|SYSTEMD_EXEC_PID|JOURNAL_STREAM|MEMORY_PRESSURE_.*)$' || echo nothing else",
        &["nothing else"],
    ),
    attempt(
        "a reverse shell",
        Wall::Network,
        "bash -c 'exec 3<>/dev/tcp/127.0.0.1/{tcp}; sh <&3'",
        &["not supported", "Connection refused", "unreachable", "No such file"],
    ),
    attempt(
        "docker run -v /:/h",
        Wall::NotThere,
        concat!(
            "docker run -v /:/h alpine true; ",
            unseen!("/run/docker.sock /var/run/docker.sock /run/containerd")
        ),
        UNSEEN,
    ),
    // --- other people's files ---------------------------------------------------------------------------
    attempt("a canary is overwritten", Wall::NotThere, "echo changed > {canary}", OUT_OF_SIGHT),
    attempt("a secret is read", Wall::NotThere, "cat {secret}", OUT_OF_SIGHT),
    attempt("a secret through a link", Wall::NotThere, "ln -s {secret} link && cat link", OUT_OF_SIGHT),
    attempt(
        "a secret through a relative path",
        Wall::NotThere,
        "cat ../../../../../../../..{secret}",
        OUT_OF_SIGHT,
    ),
    attempt(
        "a secret through its own root",
        Wall::NotThere,
        "cat /proc/self/root{secret} /proc/1/root{secret}",
        OUT_OF_SIGHT,
    ),
    attempt("a hard link to what is outside", Wall::NotThere, "ln {secret} here && cat here", OUT_OF_SIGHT),
    attempt("the accounts", Wall::NotThere, "cat /etc/passwd /etc/shadow", GONE),
    attempt(
        "the databases of daemons",
        Wall::NotThere,
        concat!(
            "cat /var/lib/livos/web/web.db; ",
            unseen!("/var/lib/livos/web /var/lib/livos/host /var/lib/livos/caddy /var/lib/docker /var/log")
        ),
        UNSEEN,
    ),
    attempt("people's files", Wall::NotThere, unseen!("/srv /home /root /mnt /media /opt /boot"), UNSEEN),
    attempt(
        "credentials of services",
        Wall::NotThere,
        unseen!("/run/credentials /etc/credstore /etc/credstore.encrypted /etc/ssl/private /etc/ssh"),
        UNSEEN,
    ),
    attempt(
        "the root of process 1",
        Wall::Processes,
        "ls /proc/1/root/ 2>&1 | grep -E '^(home|srv|opt|boot)$' || echo not its root",
        &["not its root"],
    ),
    attempt("the environment of others", Wall::Processes, "cat /proc/{pid}/environ", NO_PROCESS),
    attempt(
        "the environment of whoever put up the walls",
        Wall::Environment,
        "(tr '\\0' '\\n' </proc/1/environ) 2>/dev/null | cut -d= -f1 | grep -vE '^(PATH|PWD|OLDPWD|SHLVL|_)$' || echo nothing else",
        &["nothing else"],
    ),
    attempt(
        "memory of others through /proc",
        Wall::Processes,
        "dd if=/proc/{pid}/mem bs=1 count=1",
        NO_PROCESS,
    ),
    attempt(
        "folders of others through /proc",
        Wall::Processes,
        "ls /proc/{pid}/cwd/ /proc/{pid}/root/",
        NO_PROCESS,
    ),
    attempt(
        "descriptors that were left open",
        Wall::NotThere,
        "for fd in /proc/self/fd/*; do readlink $fd; done | grep -vE '^(/dev/null|pipe:|/proc/[0-9]+/fd)|^$' || echo none but its own",
        &["none but its own"],
    ),
    attempt(
        "the kernel's memory",
        Wall::NoRights,
        "head -c 1 /proc/kcore; head -c 1 /dev/mem; head -c 1 /dev/kmem",
        &["Permission denied", "No such file", "Operation not permitted"],
    ),
    // --- writing where it must not ----------------------------------------------------------------------
    attempt(
        "a program is replaced",
        Wall::ReadOnly,
        "cp /bin/true /usr/bin/ls; echo x > /usr/bin/evil",
        LOCKED,
    ),
    attempt(
        "whoever put up the walls is replaced",
        Wall::ReadOnly,
        "echo x > /proc/1/exe; echo x >> /proc/$$/exe",
        &["Read-only file system", "Permission denied", "Text file busy"],
    ),
    attempt(
        "a job for cron",
        Wall::ReadOnly,
        "mkdir -p /etc/cron.d && echo '* * * * * root id' > /etc/cron.d/x",
        LOCKED,
    ),
    attempt(
        "a unit for systemd",
        Wall::ReadOnly,
        "mkdir -p /run/systemd/system; echo x > /run/systemd/system/x.service",
        &["Read-only file system", "Permission denied", "nonexistent", "No such file"],
    ),
    attempt("a library for everybody", Wall::ReadOnly, "echo /work/evil.so > /etc/ld.so.preload", LOCKED),
    attempt("/tmp of the machine", Wall::ReadOnly, "echo x > /tmp/x", LOCKED),
    attempt(
        "shared memory of the machine",
        Wall::ReadOnly,
        "echo x > /dev/shm/x",
        &["Read-only file system", "Permission denied", "nonexistent", "No such file"],
    ),
    attempt(
        "settings of the kernel",
        Wall::ReadOnly,
        "echo evil > /proc/sys/kernel/hostname; echo '|/work/x' > /proc/sys/kernel/core_pattern",
        &["Read-only file system", "Permission denied", "No such file", "nonexistent"],
    ),
    attempt(
        "the magic key",
        Wall::ReadOnly,
        "echo b > /proc/sysrq-trigger",
        &["Read-only file system", "Permission denied", "No such file", "nonexistent"],
    ),
    attempt(
        "sysfs",
        Wall::NotThere,
        concat!("echo 1 > /sys/kernel/reboot/force; ", unseen!("/sys/kernel /sys/class /sys/block /sys/fs")),
        UNSEEN,
    ),
    attempt(
        "a device of one's own",
        Wall::NoPrivileges,
        "mknod disk b 8 0 && head -c 1 disk",
        &["Operation not permitted", "Permission denied"],
    ),
    attempt(
        "another control group",
        Wall::NotThere,
        "for f in /sys/fs/cgroup/cgroup.procs /sys/fs/cgroup/memory/cgroup.procs; do echo $$ > $f; done",
        &["nonexistent", "No such file", "Permission denied", "Read-only"],
    ),
    attempt(
        "its own limits through /proc",
        Wall::NoRights,
        "echo -1000 | tee /proc/self/oom_score_adj",
        &["Permission denied", "Read-only file system", "Operation not permitted"],
    ),
    // --- the network -------------------------------------------------------------------------------------
    attempt(
        "TCP to this machine",
        Wall::Network,
        "perl -MSocket -e 'my $s; socket($s, PF_INET, SOCK_STREAM, 0) && connect($s, sockaddr_in({tcp}, inet_aton(\"127.0.0.1\"))) or print \"fails: $!\\n\"'",
        &["not supported"],
    ),
    attempt(
        "UDP to this machine",
        Wall::Network,
        "perl -MSocket -e 'my $s; socket($s, PF_INET, SOCK_DGRAM, 0) && send($s, \"x\", 0, sockaddr_in({udp}, inet_aton(\"127.0.0.1\"))) or print \"fails: $!\\n\"'",
        &["not supported"],
    ),
    attempt(
        "IPv6",
        Wall::Network,
        "perl -MSocket -e 'my $s; socket($s, PF_INET6, SOCK_STREAM, 0) or print \"fails: $!\\n\"'",
        &["not supported"],
    ),
    attempt(
        "raw packets",
        Wall::Network,
        "perl -MSocket -e 'my $s; socket($s, 17, SOCK_RAW, 0) or print \"fails: $!\\n\"'",
        &["not supported", "not permitted"],
    ),
    attempt(
        "netlink",
        Wall::Network,
        "perl -MSocket -e 'my $s; socket($s, 16, SOCK_RAW, 0) or print \"fails: $!\\n\"'",
        &["not supported", "not permitted"],
    ),
    attempt(
        "vsock to a hypervisor",
        Wall::Network,
        "perl -MSocket -e 'my $s; socket($s, 40, SOCK_STREAM, 0) or print \"fails: $!\\n\"'",
        &["not supported", "not permitted"],
    ),
    attempt(
        "an abstract socket",
        Wall::Network,
        "perl -MSocket -e 'my $s; socket($s, PF_UNIX, SOCK_STREAM, 0) or die; connect($s, pack(\"Sa*\", PF_UNIX, \"\\0{abstract}\")) or print \"fails: $!\\n\"'",
        &["Connection refused"],
    ),
    attempt(
        "a socket in a folder",
        Wall::NotThere,
        "perl -MSocket -e 'my $s; socket($s, PF_UNIX, SOCK_STREAM, 0) or die; connect($s, pack_sockaddr_un(\"{socket}\")) or print \"fails: $!\\n\"'",
        OUT_OF_SIGHT,
    ),
    attempt(
        "a name is looked up",
        Wall::Network,
        "getent hosts example.com || echo no answer",
        &["no answer"],
    ),
    attempt(
        "the bus of the machine",
        Wall::NotThere,
        "perl -MSocket -e 'for my $p (\"/run/dbus/system_bus_socket\", \"/var/run/dbus/system_bus_socket\") { my $s; socket($s, PF_UNIX, SOCK_STREAM, 0) or die; connect($s, pack_sockaddr_un($p)) or print \"fails: $!\\n\" }'",
        GONE,
    ),
    attempt(
        "the journal of the machine",
        Wall::NotThere,
        "perl -MSocket -e 'my $n = 0; for my $p (\"/dev/log\", map { \"/run/systemd/$_\" } \"journal/socket\", \"journal/dev-log\", \"journal/stdout\", \"notify\") { for my $t (SOCK_DGRAM, SOCK_STREAM) { my $s; socket($s, PF_UNIX, $t, 0) or die; connect($s, pack_sockaddr_un($p)) and $n++ } } print $n ? \"$n answer\\n\" : \"none answers\\n\"'",
        &["none answers"],
    ),
    attempt(
        "a write interface on the bus",
        Wall::NotThere,
        "apps=io.livos.\"Apps1\"; dbus-send --system --print-reply --dest=$apps /io/livos/Apps1 $apps.Manager.Remove 2>&1; busctl call $apps /io/livos/Apps1 $apps.Manager Remove 2>&1",
        &["No such file", "Failed to", "not found"],
    ),
    attempt(
        "the sockets of LivOS",
        Wall::NotThere,
        unseen!("/run/livos /run/livos/web.sock /run/livos/caddy/admin.sock /run/dbus /run/user"),
        UNSEEN,
    ),
    attempt(
        "what the network is",
        Wall::Network,
        "sed 1,2d /proc/self/net/dev | cut -d: -f1 | tr -d ' ' | grep -v '^lo$' || echo nothing but lo",
        &["nothing but lo"],
    ),
    // --- becoming somebody else -------------------------------------------------------------------------
    attempt(
        "becoming root",
        Wall::NoPrivileges,
        "perl -e '$! = 0; $< = 0; $> = 0; print \"$< $> fails: $!\\n\"'",
        &["Operation not permitted", "Invalid argument"],
    ),
    attempt(
        "a setuid program",
        Wall::NoPrivileges,
        "su -c id 2>&1; mount -t tmpfs none /work 2>&1; grep NoNewPrivs /proc/self/status",
        &["NoNewPrivs:\t1"],
    ),
    attempt(
        "a setuid program of one's own",
        Wall::NoPrivileges,
        "cp /usr/bin/id me && chmod 4755 me; ./me | grep -v 'uid=0' && echo still nobody",
        &["still nobody"],
    ),
    attempt(
        "capabilities",
        Wall::NoPrivileges,
        "grep CapEff /proc/self/status",
        &["CapEff:\t0000000000000000"],
    ),
    // Who is nobody is refused most of what follows anyway: so it is looked at that the filter stands there as well.
    attempt("no filter", Wall::Filter, "grep -w Seccomp: /proc/self/status", &["Seccomp:\t2"]),
    attempt(
        "a user namespace",
        Wall::Filter,
        "unshare -U -r id 2>&1; perl -e '$! = 0; syscall({nr:unshare}, 0x10000000); print \"fails: $!\\n\"'",
        REFUSED,
    ),
    attempt("a mount namespace", Wall::Filter, call!("unshare", "0x00020000"), REFUSED),
    attempt(
        "another's namespace",
        Wall::Filter,
        "perl -e 'open(my $f, \"<\", \"/proc/self/ns/net\"); $! = 0; syscall({nr:setns}, fileno($f), 0); print \"fails: $!\\n\"'",
        REFUSED,
    ),
    // --- the kernel -------------------------------------------------------------------------------------
    attempt(
        "mounting",
        Wall::Filter,
        "perl -e '$! = 0; my ($a, $b) = (\"none\", \"/work\"); syscall({nr:mount}, $a, $b, my $t = \"tmpfs\", 0, 0); print \"fails: $!\\n\"'",
        REFUSED,
    ),
    attempt(
        "unmounting",
        Wall::Filter,
        "perl -e '$! = 0; my $p = \"/usr\"; syscall({nr:umount2}, $p, 2); print \"fails: $!\\n\"'",
        REFUSED,
    ),
    attempt(
        "mounting the new way",
        Wall::Filter,
        "perl -e '$! = 0; my $t = \"tmpfs\"; syscall({nr:fsopen}, $t, 0); print \"fails: $!\\n\"'",
        REFUSED,
    ),
    attempt(
        "a copy of a mount",
        Wall::Filter,
        "perl -e '$! = 0; my $p = \"/\"; syscall({nr:open_tree}, -100, $p, 1); print \"fails: $!\\n\"'",
        REFUSED,
    ),
    attempt(
        "another root",
        Wall::Filter,
        "perl -e '$! = 0; my $p = \"/work\"; syscall({nr:pivot_root}, $p, $p); print \"fails: $!\\n\"'",
        REFUSED,
    ),
    attempt("chroot", Wall::Filter, "perl -e '$! = 0; chroot(\"/work\") or print \"fails: $!\\n\"'", REFUSED),
    attempt("a file by its handle", Wall::Filter, call!("open_by_handle_at"), REFUSED),
    attempt("ptrace", Wall::Filter, call!("ptrace", "0,0,0,0"), REFUSED),
    attempt("attaching to a process outside", Wall::Filter, call!("ptrace", "16,{pid},0,0"), REFUSED),
    attempt(
        "memory of a process outside",
        Wall::Filter,
        call!("process_vm_readv", "{pid},0,0,0,0,0"),
        REFUSED,
    ),
    attempt("keys of the kernel", Wall::Filter, call!("keyctl", "0,-3,0,0,0"), REFUSED),
    attempt(
        "a key of one's own",
        Wall::Filter,
        "perl -e '$! = 0; my ($t, $d, $p) = (\"user\", \"x\", \"y\"); syscall({nr:add_key}, $t, $d, $p, 1, -3); print \"fails: $!\\n\"'",
        REFUSED,
    ),
    attempt("bpf", Wall::Filter, call!("bpf"), REFUSED),
    attempt("perf", Wall::Filter, call!("perf_event_open"), REFUSED),
    attempt("io_uring", Wall::Filter, call!("io_uring_setup", "8,0"), REFUSED),
    attempt("userfaultfd", Wall::Filter, call!("userfaultfd"), REFUSED),
    attempt("a kernel module", Wall::Filter, call!("finit_module"), REFUSED),
    attempt("a kernel module is removed", Wall::Filter, call!("delete_module"), REFUSED),
    attempt("another kernel", Wall::Filter, call!("kexec_load"), REFUSED),
    attempt("the time", Wall::Filter, "date -s 2001-01-01 2>&1", REFUSED),
    attempt(
        "the clock, slowly",
        Wall::Filter,
        "perl -e '$! = 0; my $b = pack(\"L\", 1) . \"\\0\" x 300; syscall({nr:adjtimex}, $b); print \"fails: $!\\n\"'",
        REFUSED,
    ),
    attempt(
        "the machine's name",
        Wall::Filter,
        "perl -e '$! = 0; my $n = \"evil\"; syscall({nr:sethostname}, $n, 4); print \"fails: $!\\n\"'",
        REFUSED,
    ),
    attempt("swap", Wall::Filter, call!("swapon"), REFUSED),
    attempt("the kernel's log", Wall::Filter, call!("syslog", "10,0,0"), REFUSED),
    attempt("another personality", Wall::Filter, call!("personality", "0x0040000"), REFUSED),
    // --- processes outside ------------------------------------------------------------------------------
    attempt("a signal to a process outside", Wall::Processes, "kill -9 {pid}", NO_PROCESS),
    attempt(
        "a signal to everybody",
        Wall::Processes,
        "trap '' TERM; perl -e 'kill(\"TERM\", -1)'; kill -9 {pid}",
        NO_PROCESS,
    ),
    attempt(
        "who else is there",
        Wall::Processes,
        "for p in /proc/[0-9]*; do tr '\\0' ' ' <$p/cmdline; echo; done | grep -E '[s]leep 3600|[d]bus-daemon|[s]ystemd|[l]ivos-' || echo nobody",
        &["nobody"],
    ),
    ending(
        "a survivor in the background",
        Wall::Ends,
        "nohup setsid sh -c 'while :; do sleep 1; : {survivor}; done' >/dev/null 2>&1 & echo left",
        20,
        &[SandboxHow::Exited],
    ),
    ending(
        "a survivor that forks twice",
        Wall::Ends,
        "perl -e 'fork && exit; setsid_ok(); sub setsid_ok { require POSIX; POSIX::setsid() } fork && exit; $0 = \"{survivor}\"; close STDOUT; close STDERR; sleep 1000'; sleep 1; echo left",
        20,
        &[SandboxHow::Exited],
    ),
    // --- too much ---------------------------------------------------------------------------------------
    attempt(
        "a fork bomb",
        Wall::Limit,
        "perl -e 'for (1..200) { my $p = fork; if (!defined $p) { print \"fails: $!\\n\"; exit } unless ($p) { sleep 30; exit } }'",
        &["Resource temporarily unavailable"],
    ),
    ending(
        "a fork bomb that goes on",
        Wall::Limit,
        "perl -e '$SIG{TERM} = \"IGNORE\"; $0 = \"{survivor}\"; while (1) { fork }'",
        3,
        &[SandboxHow::Time, SandboxHow::Memory],
    ),
    ending(
        "all memory",
        Wall::Limit,
        "perl -e 'my @a; push @a, \"x\" x 10_000_000 while 1'",
        60,
        &[SandboxHow::Memory, SandboxHow::Signalled],
    ),
    ending(
        "all memory in a child",
        Wall::Limit,
        "sh -c \"perl -e 'my @a; push @a, \\\"x\\\" x 10_000_000 while 1'\"; exit 7",
        60,
        &[SandboxHow::Memory, SandboxHow::Signalled],
    ),
    attempt(
        "the disk is filled",
        Wall::Limit,
        "for i in 1 2 3 4 5 6 7 8; do dd if=/dev/zero of=f$i bs=1M count=20 2>&1; done | grep -m1 'No space'",
        &["No space left"],
    ),
    attempt(
        "one file that grows",
        Wall::Limit,
        "sh -c 'dd if=/dev/zero of=f bs=1M count=60'; ls -l f; echo \"ended with $?\"",
        &["33554432"],
    ),
    ending("a flood of words", Wall::Limit, "yes", 60, &[SandboxHow::Output]),
    ending(
        "waiting for ever",
        Wall::Limit,
        "trap '' TERM INT HUP; while :; do sleep 1; done",
        2,
        &[SandboxHow::Time],
    ),
    ending("computing for ever", Wall::Limit, "while :; do :; done", 2, &[SandboxHow::Time]),
    attempt(
        "too many open files",
        Wall::Limit,
        "perl -e 'my @f; while (1) { open(my $f, \"<\", \"/dev/null\") or do { print \"fails: $!\\n\"; exit }; push @f, $f }'",
        &["Too many open files"],
    ),
    attempt(
        "a core of what died",
        Wall::Limit,
        "sh -c 'kill -SEGV $$'; ls -A /work | grep core || echo none",
        &["none"],
    ),
    attempt(
        "more than its share of limits",
        Wall::Limit,
        "ulimit -H -n 100000 2>&1 || echo refused",
        &["refused", "not permitted", "error setting limit"],
    ),
];
