//! The calls of the kernel that a command may not make, and the filter of them that bubblewrap loads.
//!
//! systemd is given the same names beside its own allow-list (`systemd.rs`).

use nix::libc;

macro_rules! calls {
    ($($(#[$cfg:meta])* $name:ident = $number:ident,)*) => {
        &[$($(#[$cfg])* (stringify!($name), libc::$number),)*]
    };
}

/// What computing never needs: mounts, namespaces, other processes, the kernel itself, its keys, its clock, and the
/// corners in which its worst faults were found.
pub(crate) const REFUSED: &[(&str, i64)] = calls! {
    mount = SYS_mount,
    umount2 = SYS_umount2,
    pivot_root = SYS_pivot_root,
    chroot = SYS_chroot,
    open_tree = SYS_open_tree,
    move_mount = SYS_move_mount,
    fsopen = SYS_fsopen,
    fsconfig = SYS_fsconfig,
    fsmount = SYS_fsmount,
    fspick = SYS_fspick,
    mount_setattr = SYS_mount_setattr,
    unshare = SYS_unshare,
    setns = SYS_setns,
    ptrace = SYS_ptrace,
    process_vm_readv = SYS_process_vm_readv,
    process_vm_writev = SYS_process_vm_writev,
    pidfd_getfd = SYS_pidfd_getfd,
    kcmp = SYS_kcmp,
    bpf = SYS_bpf,
    perf_event_open = SYS_perf_event_open,
    io_uring_setup = SYS_io_uring_setup,
    io_uring_enter = SYS_io_uring_enter,
    io_uring_register = SYS_io_uring_register,
    userfaultfd = SYS_userfaultfd,
    keyctl = SYS_keyctl,
    add_key = SYS_add_key,
    request_key = SYS_request_key,
    init_module = SYS_init_module,
    finit_module = SYS_finit_module,
    delete_module = SYS_delete_module,
    kexec_load = SYS_kexec_load,
    reboot = SYS_reboot,
    swapon = SYS_swapon,
    swapoff = SYS_swapoff,
    acct = SYS_acct,
    quotactl = SYS_quotactl,
    syslog = SYS_syslog,
    settimeofday = SYS_settimeofday,
    clock_settime = SYS_clock_settime,
    clock_adjtime = SYS_clock_adjtime,
    adjtimex = SYS_adjtimex,
    sethostname = SYS_sethostname,
    setdomainname = SYS_setdomainname,
    vhangup = SYS_vhangup,
    personality = SYS_personality,
    name_to_handle_at = SYS_name_to_handle_at,
    open_by_handle_at = SYS_open_by_handle_at,
    fanotify_init = SYS_fanotify_init,
    migrate_pages = SYS_migrate_pages,
    move_pages = SYS_move_pages,
    mbind = SYS_mbind,
    set_mempolicy = SYS_set_mempolicy,
    #[cfg(target_arch = "x86_64")]
    iopl = SYS_iopl,
    #[cfg(target_arch = "x86_64")]
    ioperm = SYS_ioperm,
    #[cfg(target_arch = "x86_64")]
    modify_ldt = SYS_modify_ldt,
};

/// What a program with the network is refused besides: to be asked by others.
pub(crate) const LISTENING: &[(&str, i64)] = calls! {
    listen = SYS_listen,
};

/// `fchmodat2`: calls of later kernels were judged by nobody here, and fail as if the kernel had none.
const HIGHEST_KNOWN: u32 = 452;

#[cfg(target_arch = "x86_64")]
const ARCHITECTURE: u32 = 0xc000_003e;
#[cfg(target_arch = "aarch64")]
const ARCHITECTURE: u32 = 0xc000_00b7;

/// Where the filter finds the number of the call, the architecture and the first argument.
const NUMBER: u32 = 0;
const ARCH: u32 = 4;
const FIRST: u32 = 16;

const LOAD: u16 = 0x20;
const IF_EQUAL: u16 = 0x15;
const IF_AT_LEAST: u16 = 0x35;
const IF_ANY_BIT: u16 = 0x45;
const ANSWER: u16 = 0x06;

const ALLOW: u32 = 0x7fff_0000;
const KILL: u32 = 0x8000_0000;

const fn fail(errno: i32) -> u32 {
    0x0005_0000 | errno.unsigned_abs()
}

/// Any namespace that a clone could ask for.
const NEW_NAMESPACES: u32 = 0x7e02_0080;

/// The filter as the kernel takes it.
pub(crate) fn program(refused: &[(&str, i64)], families: &[(&str, u32)]) -> Vec<u8> {
    let mut code = Code::default();
    code.add(LOAD, 0, 0, ARCH);
    // Another architecture's numbers mean other calls.
    code.unless(IF_EQUAL, ARCHITECTURE, KILL);
    code.add(LOAD, 0, 0, NUMBER);
    // This takes those of x32 with it, which are the same calls by other numbers.
    code.when(IF_AT_LEAST, HIGHEST_KNOWN + 1, fail(libc::ENOSYS));
    for (_, number) in refused {
        code.when(IF_EQUAL, call(*number), fail(libc::EPERM));
    }
    // Its flags lie in memory, where no filter looks; C libraries then use `clone`.
    code.when(IF_EQUAL, call(libc::SYS_clone3), fail(libc::ENOSYS));
    // Not this call: the answer is "allow" four lines on.
    code.add(IF_EQUAL, 0, 4, call(libc::SYS_clone));
    code.add(LOAD, 0, 0, FIRST);
    code.when(IF_ANY_BIT, NEW_NAMESPACES, fail(libc::EPERM));
    code.add(ANSWER, 0, 0, ALLOW);
    // Not this call: the answer is "allow" behind what is said of each family.
    let past = u8::try_from(2 + families.len() * 2).unwrap_or(u8::MAX);
    code.add(IF_EQUAL, 0, past, call(libc::SYS_socket));
    code.add(LOAD, 0, 0, FIRST);
    for (_, family) in families {
        code.when(IF_EQUAL, *family, ALLOW);
    }
    code.add(ANSWER, 0, 0, fail(libc::EAFNOSUPPORT));
    code.add(ANSWER, 0, 0, ALLOW);
    code.0
}

fn call(number: i64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// Instructions, eight bytes each.
#[derive(Default)]
struct Code(Vec<u8>);

impl Code {
    fn add(&mut self, what: u16, skip_if_so: u8, skip_if_not: u8, value: u32) {
        self.0.extend_from_slice(&what.to_ne_bytes());
        self.0.extend_from_slice(&[skip_if_so, skip_if_not]);
        self.0.extend_from_slice(&value.to_ne_bytes());
    }

    /// Answers if it is so; goes on behind the answer if not.
    fn when(&mut self, what: u16, value: u32, answer: u32) {
        self.add(what, 0, 1, value);
        self.add(ANSWER, 0, 0, answer);
    }

    /// Goes on behind the answer if it is so.
    fn unless(&mut self, what: u16, value: u32, answer: u32) {
        self.add(what, 1, 0, value);
        self.add(ANSWER, 0, 0, answer);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::policy::Policy;

    /// What the kernel would answer to a call: the few instructions that are used here, executed.
    fn judge(arch: u32, number: u32, first: u32) -> u32 {
        judge_with(Policy::computing(1).families, arch, number, first)
    }

    fn judge_with(families: &[(&str, u32)], arch: u32, number: u32, first: u32) -> u32 {
        let program = program(REFUSED, families);
        let (mut at, mut value) = (0, 0);
        loop {
            let line = &program[at * 8..at * 8 + 8];
            let what = u16::from_ne_bytes([line[0], line[1]]);
            let operand = u32::from_ne_bytes([line[4], line[5], line[6], line[7]]);
            let so = match what {
                ANSWER => return operand,
                LOAD => {
                    value = match operand {
                        NUMBER => number,
                        ARCH => arch,
                        FIRST => first,
                        other => panic!("loads {other}"),
                    };
                    at += 1;
                    continue;
                }
                IF_EQUAL => value == operand,
                IF_AT_LEAST => value >= operand,
                IF_ANY_BIT => value & operand != 0,
                other => panic!("instruction {other}"),
            };
            at += 1 + usize::from(if so { line[2] } else { line[3] });
        }
    }

    fn here(number: i64, first: u32) -> u32 {
        judge(ARCHITECTURE, call(number), first)
    }

    #[test]
    fn what_computing_needs_goes_through_and_nothing_named_does() {
        for number in
            [libc::SYS_read, libc::SYS_execve, libc::SYS_openat, libc::SYS_exit_group, libc::SYS_mmap]
        {
            assert_eq!(here(number, 7), ALLOW, "{number}");
        }
        for (name, number) in REFUSED {
            assert_eq!(here(*number, 0), fail(libc::EPERM), "{name}");
        }
        assert_eq!(here(libc::SYS_clone3, 0), fail(libc::ENOSYS));
        assert_eq!(here(i64::from(HIGHEST_KNOWN), 0), ALLOW);
        assert_eq!(here(i64::from(HIGHEST_KNOWN) + 1, 0), fail(libc::ENOSYS));
    }

    #[test]
    fn other_architectures_and_their_numbers_are_no_way_around() {
        assert_eq!(judge(0x4000_0003, 1, 0), KILL, "32 bits");
        assert_eq!(judge(ARCHITECTURE, 0x4000_0000 | call(libc::SYS_mount), 0), fail(libc::ENOSYS), "x32");
    }

    #[test]
    fn threads_are_made_and_namespaces_are_not() {
        let (thread, signal) = (0x003d_0f00, 17);
        assert_eq!(here(libc::SYS_clone, thread), ALLOW);
        assert_eq!(here(libc::SYS_clone, signal), ALLOW);
        for bit in [0x80, 0x2_0000, 0x200_0000, 0x400_0000, 0x800_0000, 0x1000_0000, 0x2000_0000, 0x4000_0000]
        {
            assert_eq!(here(libc::SYS_clone, bit | signal), fail(libc::EPERM), "{bit:x}");
        }
    }

    #[test]
    fn only_sockets_of_the_machine_itself_exist() {
        assert_eq!(here(libc::SYS_socket, 1), ALLOW);
        for family in [0, 2, 10, 16, 17, 38, 40] {
            assert_eq!(here(libc::SYS_socket, family), fail(libc::EAFNOSUPPORT), "{family}");
        }
        // With the network, the sockets of the machine itself are out of reach: they are those of everybody on it.
        let with = |family| {
            let families = Policy::serving("notes", true).families;
            judge_with(families, ARCHITECTURE, call(libc::SYS_socket), family)
        };
        assert_eq!((with(2), with(10)), (ALLOW, ALLOW));
        for family in [0, 1, 16, 17, 38, 40] {
            assert_eq!(with(family), fail(libc::EAFNOSUPPORT), "{family}");
        }
    }
}
