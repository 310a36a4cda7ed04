use crate::core::{data_mounts, load, memory, os_name, package_version, uptime};

#[test]
fn the_distribution_names_itself() {
    for (text, name) in [
        (
            "ID=debian\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n",
            Some("Debian GNU/Linux 12 (bookworm)"),
        ),
        ("NAME=Alpine\n", Some("Alpine")),
        ("PRETTY_NAME='Bob\\'s'\n", Some("Bob's")),
        ("PRETTY_NAME=\"\"\nNAME=Void\n", Some("Void")),
        ("XPRETTY_NAME=No\n", None),
        ("", None),
    ] {
        assert_eq!(os_name(text).as_deref(), name, "{text:?}");
    }
}

#[test]
fn memory_is_in_bytes() {
    assert_eq!(memory("MemTotal:  8 kB\nMemFree: 1 kB\nMemAvailable:  4 kB\n"), Some((8192, 4096)));
    assert_eq!(memory("MemTotal:  8 kB\nMemFree: 1 kB\n"), Some((8192, 1024)));
    for broken in ["", "MemTotal: many kB\n", "MemTotal: 18446744073709551615 kB\nMemFree: 1 kB\n"] {
        assert_eq!(memory(broken), None, "{broken:?}");
    }
}

#[test]
fn uptime_is_whole_seconds() {
    assert_eq!(uptime("350735.47 234388.90\n"), Some(350_735));
    assert_eq!(uptime("soon"), None);
}

#[test]
fn load_is_the_average_of_the_last_minute() {
    assert_eq!(load("0.42 0.30 0.25 1/123 456\n"), Some(0.42));
    for broken in ["", "busy", "NaN 0 0", "inf 0 0", "-1 0 0"] {
        assert_eq!(load(broken), None, "{broken:?}");
    }
}

#[test]
fn mounts_are_disks_that_hold_data_once_each() {
    let table = "\
22 1 8:2 / / rw - ext4 /dev/sda2 rw
23 22 0:5 / /dev rw - devtmpfs udev rw
24 22 8:1 / /boot/efi rw - vfat /dev/sda1 rw
25 22 8:17 / /srv/my\\040disk rw shared:1 - btrfs /dev/sdb1 rw
26 22 8:17 /sub /home rw - btrfs /dev/sdb1 rw
27 22 0:50 / /mnt/nas rw - nfs4 nas:/x rw
28 22 8:33 / /bootleg rw - xfs /dev/sdc1 rw
not a line
";
    let points: Vec<_> = data_mounts(table).into_iter().map(|mount| (mount.point, mount.kind)).collect();
    let wanted = [("/", "ext4"), ("/bootleg", "xfs"), ("/srv/my disk", "btrfs")];
    assert_eq!(points, wanted.map(|(point, kind)| (point.to_owned(), kind.to_owned())));
}

#[test]
fn a_container_shows_its_root() {
    let mounts = data_mounts("1 0 0:30 / / rw - overlay overlay rw\n2 1 0:31 / /tmp rw - tmpfs tmpfs rw\n");
    assert_eq!(mounts.iter().map(|mount| mount.point.as_str()).collect::<Vec<_>>(), ["/"]);
}

#[test]
fn a_sealed_root_is_no_disk_that_is_full() {
    let mounts = data_mounts(
        "1 0 253:0 / / ro - erofs /dev/mapper/root ro\n2 1 0:31 /var /var rw - btrfs /dev/vda7 rw,subvol=/var\n",
    );
    assert_eq!(mounts.iter().map(|mount| mount.point.as_str()).collect::<Vec<_>>(), ["/var"]);
}

#[test]
fn odd_escapes_stay_as_they_are() {
    let mounts = data_mounts("1 0 8:1 / /a\\04 rw - ext4 /dev/a\\9 rw\n");
    assert_eq!(mounts.first().map(|mount| mount.point.as_str()), Some("/a\\04"));
}

#[test]
fn a_package_has_a_version_once_it_is_installed() {
    let status = "Package: livos-x\nStatus: install ok installed\nVersion: 9\n\n\
        Package: livos\nStatus: install ok installed\nVersion: 0.1.0\n";
    assert_eq!(package_version(status, "livos").as_deref(), Some("0.1.0"));
    assert_eq!(package_version(&status.replace("ok installed", "ok half-configured"), "livos"), None);
    assert_eq!(package_version("", "livos"), None);
}
