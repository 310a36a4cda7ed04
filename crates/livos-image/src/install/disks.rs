//! The disks of a machine: what they are, what is on them, and which may be written over. Pure but for `look`.
//!
//! Names and labels are whatever somebody wrote on a disk: nothing of them reaches a terminal but letters.

use std::fmt;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::tools::Tools;
use crate::{Error, Result, disk, gpt, slots};

const GIGABYTE: u64 = 1_000_000_000;
/// Two slots, the boot partition and the least that the data partition takes on the first boot.
pub const LEAST_BYTES: u64 =
    2 * (disk::ROOT_BYTES + disk::HASHES_BYTES) + disk::ESP_BYTES + 2 * 1024 * 1024 * 1024 + 8 * 1024 * 1024;

const COLUMNS: &str = "NAME,PATH,MAJ:MIN,SIZE,TYPE,RO,LOG-SEC,TRAN,VENDOR,MODEL,SERIAL,PTTYPE,FSTYPE,LABEL,PARTLABEL,MOUNTPOINTS";

/// One disk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Disk {
    /// What the kernel calls it: `sda`.
    pub name: String,
    /// Its device: `/dev/sda`.
    pub path: String,
    /// How large it is.
    pub bytes: u64,
    /// What its maker calls it, or by what it is connected.
    pub model: String,
    /// What tells it from others of its kind.
    pub serial: String,
    /// What is on it.
    pub contents: Vec<Content>,
    /// Whether LivOS is among that.
    pub livos: Livos,
    /// Why it is not written over, whatever is asked.
    pub refused: Option<String>,
    /// It is the medium, or a seed disk: not one that could be meant.
    #[serde(skip)]
    pub apart: bool,
}

/// A partition, or a file system that has the whole disk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Content {
    /// Its device.
    pub path: String,
    /// How large it is.
    pub bytes: u64,
    /// What kind of file system.
    pub kind: String,
    /// What it is called.
    pub label: String,
}

/// What of LivOS is on a disk already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Livos {
    /// Nothing.
    No,
    /// A system that never started.
    Fresh,
    /// A system that somebody lives in.
    Data,
}

impl fmt::Display for Disk {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:<9} {:>9}  {}", self.name, size(self.bytes), self.model)?;
        if !self.serial.is_empty() {
            write!(out, " ({})", self.serial)?;
        }
        Ok(())
    }
}

impl Disk {
    /// What is on it, in a line.
    pub fn summary(&self) -> String {
        let parts: Vec<String> = self.contents.iter().map(Content::to_string).collect();
        match (self.livos, parts.is_empty()) {
            (_, true) => "nothing that is known".to_owned(),
            (Livos::No, _) => parts.join(", "),
            (Livos::Fresh, _) => format!("a LivOS that never started: {}", parts.join(", ")),
            (Livos::Data, _) => format!("a LivOS with data: {}", parts.join(", ")),
        }
    }
}

impl fmt::Display for Content {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.kind.is_empty() { "unknown" } else { &self.kind };
        write!(out, "{kind} {}", size(self.bytes))?;
        if !self.label.is_empty() {
            write!(out, " \"{}\"", self.label)?;
        }
        Ok(())
    }
}

/// As it is printed on a disk: in thousands.
pub(crate) fn size(bytes: u64) -> String {
    let (unit, name) = match bytes {
        0..GIGABYTE => (1_000_000, "MB"),
        GIGABYTE..1_000_000_000_000 => (GIGABYTE, "GB"),
        _ => (1_000 * GIGABYTE, "TB"),
    };
    let tenths = (bytes + unit / 20) / (unit / 10);
    format!("{}.{} {name}", tenths / 10, tenths % 10)
}

#[derive(Deserialize)]
struct Listing {
    blockdevices: Vec<Device>,
}

/// A device as lsblk names it; everything it does not know is null.
#[derive(Deserialize)]
struct Device {
    name: String,
    path: String,
    #[serde(rename = "maj:min")]
    number: String,
    size: Option<u64>,
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    ro: bool,
    #[serde(rename = "log-sec")]
    sector: Option<u64>,
    tran: Option<String>,
    vendor: Option<String>,
    model: Option<String>,
    serial: Option<String>,
    pttype: Option<String>,
    fstype: Option<String>,
    label: Option<String>,
    partlabel: Option<String>,
    #[serde(default)]
    mountpoints: Vec<Option<String>>,
    #[serde(default)]
    children: Vec<Device>,
}

impl Device {
    /// It and everything on it.
    fn all(&self) -> Vec<&Self> {
        let mut all = vec![self];
        all.extend(self.children.iter().flat_map(Self::all));
        all
    }

    fn content(&self) -> Content {
        let label = [&self.partlabel, &self.label].into_iter().map(plain).find(|text| !text.is_empty());
        Content {
            path: self.path.clone(),
            bytes: self.size.unwrap_or(0),
            kind: plain(&self.fstype),
            label: label.unwrap_or_default(),
        }
    }

    fn disk(&self, medium: Option<&str>) -> Disk {
        let all = self.all();
        let labelled = |name: &str| all.iter().any(|part| part.partlabel.as_deref() == Some(name));
        let livos = match (labelled("livos-data"), labelled(slots::ESP_LABEL)) {
            (true, _) => Livos::Data,
            (false, true) => Livos::Fresh,
            (false, false) => Livos::No,
        };
        let mut contents: Vec<Content> = self.children.iter().map(Self::content).collect();
        if contents.is_empty() && self.fstype.is_some() {
            contents.push(self.content());
        }
        if contents.is_empty() && self.pttype.is_some() {
            // Damaged, perhaps: what it stood for may be there all the same.
            contents
                .push(Content { kind: "a partition table without partitions".to_owned(), ..self.content() });
        }
        // The vendor is often the bus, a number that nobody knows, or in the model's name already.
        let (vendor, model) = (plain(&self.vendor), plain(&self.model));
        let says_nothing = vendor == "ATA" || vendor.starts_with("0x") || model.starts_with(&vendor);
        let named = if says_nothing { model } else { format!("{vendor} {model}") }.trim().to_owned();
        let by = if self.name.starts_with("vd") { "virtual".to_owned() } else { plain(&self.tran) };
        let model = match (named.is_empty(), by.is_empty()) {
            (false, _) => named,
            (true, false) => format!("{by} disk"),
            (true, true) => "disk".to_owned(),
        };
        Disk {
            name: plain(&Some(self.name.clone())),
            path: self.path.clone(),
            bytes: self.size.unwrap_or(0),
            model,
            serial: plain(&self.serial),
            contents,
            livos,
            refused: self.refused(&all, medium),
            apart: is_medium(&all, medium) || all.iter().any(|device| is_seed(device)),
        }
    }

    fn refused(&self, all: &[&Self], medium: Option<&str>) -> Option<String> {
        let mounted = |device: &Self| device.mountpoints.iter().flatten().any(|place| !place.is_empty());
        if is_medium(all, medium) {
            return Some("the machine was started from it".to_owned());
        }
        if all.iter().any(|device| mounted(device)) {
            return Some("it is in use".to_owned());
        }
        if all.iter().any(|device| !["disk", "part"].contains(&device.kind.as_str())) {
            return Some(
                "it is a part of a RAID, a volume group or something encrypted that is open".to_owned(),
            );
        }
        if all.iter().any(|device| is_seed(device)) {
            return Some("it is a seed disk".to_owned());
        }
        if self.ro {
            return Some("it can't be written to".to_owned());
        }
        if let Some(sector) = self.sector.filter(|sector| *sector != gpt::SECTOR) {
            return Some(format!("its sectors have {sector} bytes, and only {} are supported", gpt::SECTOR));
        }
        let bytes = self.size.unwrap_or(0);
        (bytes < LEAST_BYTES)
            .then(|| format!("it is too small: {} are needed", size(LEAST_BYTES + GIGABYTE / 10)))
    }
}

fn is_medium(all: &[&Device], medium: Option<&str>) -> bool {
    medium.is_some_and(|medium| all.iter().any(|device| device.number.trim() == medium))
}

fn is_seed(device: &Device) -> bool {
    device.label.as_deref().is_some_and(|label| label.eq_ignore_ascii_case(crate::cloud::LABEL))
}

/// Without what a terminal could take for a command.
fn plain(text: &Option<String>) -> String {
    let text = text.as_deref().unwrap_or_default().trim();
    text.chars().map(|letter| if letter.is_control() { '?' } else { letter }).take(60).collect()
}

/// The disks in what lsblk says; `medium` is the number of the device that the machine was started from.
pub fn parse(listing: &str, medium: Option<&str>) -> Result<Vec<Disk>> {
    let listing: Listing = serde_json::from_str(listing)
        .map_err(|error| Error::Invalid(format!("lsblk can't be understood: {error}")))?;
    let unlikely = ["zram", "ram", "fd"];
    let disks = listing.blockdevices.iter().filter(|device| {
        // Empty card readers are disks of no size.
        device.kind == "disk"
            && device.size.unwrap_or(0) > 0
            && !unlikely.iter().any(|prefix| device.name.starts_with(prefix))
    });
    Ok(disks.map(|device| device.disk(medium)).collect())
}

/// The disks of this machine.
pub fn look(medium: Option<&Path>) -> Result<Vec<Disk>> {
    let number = medium.map(device_number).transpose()?;
    let listing = Tools::here().run("lsblk", ["--json", "--bytes", "--output", COLUMNS])?;
    let mut disks = parse(&listing, number.as_deref())?;
    for disk in &mut disks {
        // Where the kernel sees no partitions there may be a table that only its second copy is left of.
        if let Ok(table) = gpt::Table::read(Path::new(&disk.path)) {
            disk.livos = disk.livos.with(&table);
        }
    }
    Ok(disks)
}

impl Livos {
    /// With what a partition table names.
    fn with(self, table: &gpt::Table) -> Self {
        let named = |name: &str| table.partitions.iter().flatten().any(|part| part.label == name);
        match self {
            Self::No | Self::Fresh if named("livos-data") => Self::Data,
            Self::No if named(slots::ESP_LABEL) => Self::Fresh,
            other => other,
        }
    }
}

/// The number of the device that a folder is on, as lsblk writes it.
fn device_number(folder: &Path) -> Result<String> {
    use std::os::unix::fs::MetadataExt as _;

    use crate::error::About as _;
    let device = std::fs::metadata(folder).about("could not look at", folder)?.dev();
    Ok(format!("{}:{}", rustix::fs::major(device), rustix::fs::minor(device)))
}

/// A disk as a seed names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// There must be no other beside the medium and seed disks, not even one that can't be written over.
    Only,
    /// `/dev/disk/by-id/…` or any other path to it.
    Path(String),
    /// Its serial number.
    Serial(String),
}

impl fmt::Display for Which {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Only => out.write_str("the only one"),
            Self::Path(text) | Self::Serial(text) => out.write_str(text),
        }
    }
}

/// The one disk that is meant; `device` follows links to where a path leads.
pub fn choose<'a>(
    disks: &'a [Disk],
    which: &Which,
    device: &dyn Fn(&str) -> Option<String>,
) -> Result<&'a Disk> {
    let found: Vec<&Disk> = match which {
        Which::Only => disks.iter().filter(|disk| !disk.apart).collect(),
        Which::Serial(serial) => disks.iter().filter(|disk| disk.serial == *serial).collect(),
        Which::Path(path) => {
            let path = device(path);
            disks.iter().filter(|disk| path.as_deref() == Some(disk.path.as_str())).collect()
        }
    };
    let names = |disks: &[&Disk]| disks.iter().map(|disk| disk.name.as_str()).collect::<Vec<_>>().join(", ");
    match (found.as_slice(), which) {
        ([disk], _) => match &disk.refused {
            None => Ok(*disk),
            Some(reason) => Err(Error::Invalid(format!("{} is not written over: {reason}", disk.name))),
        },
        ([], Which::Only) => Err(Error::Invalid("this machine has no disk".to_owned())),
        ([], _) => Err(Error::Invalid(format!(
            "no disk is {which}; there are {}",
            if disks.is_empty() { "none".to_owned() } else { names(&disks.iter().collect::<Vec<_>>()) }
        ))),
        (many, Which::Only) => Err(Error::Invalid(format!(
            "there is more than one disk ({}): say which by its serial number or its path",
            names(many)
        ))),
        (many, _) => Err(Error::Invalid(format!(
            "more than one disk is {which} ({}): say which by its path below /dev/disk/by-path",
            names(many)
        ))),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A laptop with a Windows, a new disk, a LivOS, the stick it was started from, and what is no disk.
    pub(crate) const LISTING: &str = r#"{"blockdevices": [
      {"name":"loop0","path":"/dev/loop0","maj:min":"7:0","size":477577216,"type":"loop","ro":true,"log-sec":512,
       "tran":null,"vendor":null,"model":null,"serial":null,"fstype":"erofs","label":null,"partlabel":null,"mountpoints":[null],
       "children":[{"name":"root","path":"/dev/mapper/root","maj:min":"254:0","size":477577216,"type":"crypt","ro":true,"log-sec":512,
         "tran":null,"vendor":null,"model":null,"serial":null,"fstype":"erofs","label":null,"partlabel":null,"mountpoints":["/"]}]},
      {"name":"nvme0n1","path":"/dev/nvme0n1","maj:min":"259:0","size":512110190592,"type":"disk","ro":false,"log-sec":512,
       "tran":"nvme","vendor":null,"model":"Samsung SSD","serial":"S1","fstype":null,"label":null,"partlabel":null,"mountpoints":[null],
       "children":[
        {"name":"nvme0n1p1","path":"/dev/nvme0n1p1","maj:min":"259:1","size":104857600,"type":"part","ro":false,"log-sec":512,
         "tran":"nvme","vendor":null,"model":null,"serial":null,"fstype":"vfat","label":"SYSTEM","partlabel":null,"mountpoints":[null]},
        {"name":"nvme0n1p2","path":"/dev/nvme0n1p2","maj:min":"259:2","size":512000000000,"type":"part","ro":false,"log-sec":512,
         "tran":"nvme","vendor":null,"model":null,"serial":null,"fstype":"ntfs","label":"Win\u001b[2J","partlabel":null,"mountpoints":[null]}]},
      {"name":"vda","path":"/dev/vda","maj:min":"253:0","size":12884901888,"type":"disk","ro":false,"log-sec":512,
       "tran":"virtio","vendor":"0x1af4","model":null,"serial":"attic","fstype":null,"label":null,"partlabel":null,"mountpoints":[null]},
      {"name":"sdb","path":"/dev/sdb","maj:min":"8:16","size":2000398934016,"type":"disk","ro":false,"log-sec":512,
       "tran":"sata","vendor":"ATA     ","model":"Seagate","serial":"Z2","fstype":null,"label":null,"partlabel":null,"mountpoints":[null],
       "children":[
        {"name":"sdb2","path":"/dev/sdb2","maj:min":"8:18","size":536870912,"type":"part","ro":false,"log-sec":512,
         "tran":null,"vendor":null,"model":null,"serial":null,"fstype":"vfat","label":"LIVOS-BOOT","partlabel":"livos-esp","mountpoints":[null]},
        {"name":"sdb7","path":"/dev/sdb7","maj:min":"8:23","size":1990000000000,"type":"part","ro":false,"log-sec":512,
         "tran":null,"vendor":null,"model":null,"serial":null,"fstype":"btrfs","label":null,"partlabel":"livos-data","mountpoints":[null]}]},
      {"name":"sda","path":"/dev/sda","maj:min":"8:0","size":16000000000,"type":"disk","ro":false,"log-sec":512,
       "tran":"usb","vendor":"Generic","model":"Generic Stick","serial":"U3","fstype":"iso9660","label":"LIVOS","partlabel":null,"mountpoints":[null],
       "children":[
        {"name":"sda1","path":"/dev/sda1","maj:min":"8:1","size":500000000,"type":"part","ro":false,"log-sec":512,
         "tran":null,"vendor":null,"model":null,"serial":null,"fstype":"iso9660","label":"LIVOS","partlabel":null,
         "mountpoints":["/run/livos/medium"]}]},
      {"name":"sdc","path":"/dev/sdc","maj:min":"8:32","size":1000000,"type":"disk","ro":false,"log-sec":512,
       "tran":"usb","vendor":null,"model":null,"serial":null,"fstype":"vfat","label":"CIDATA","partlabel":null,"mountpoints":[null]},
      {"name":"sdd","path":"/dev/sdd","maj:min":"8:48","size":4000787030016,"type":"disk","ro":false,"log-sec":4096,
       "tran":"sata","vendor":null,"model":"Big","serial":"B4","fstype":null,"label":null,"partlabel":null,"mountpoints":[null]},
      {"name":"sde","path":"/dev/sde","maj:min":"8:64","size":0,"type":"disk","ro":false,"log-sec":512,
       "tran":"usb","vendor":null,"model":"Card reader","serial":null,"fstype":null,"label":null,"partlabel":null,"mountpoints":[null]},
      {"name":"mmcblk0","path":"/dev/mmcblk0","maj:min":"179:0","size":4000000000,"type":"disk","ro":false,"log-sec":512,
       "tran":"mmc","vendor":null,"model":null,"serial":"M5","fstype":null,"label":null,"partlabel":null,"mountpoints":[null]},
      {"name":"sr0","path":"/dev/sr0","maj:min":"11:0","size":1073741312,"type":"rom","ro":false,"log-sec":2048,
       "tran":"sata","vendor":null,"model":null,"serial":null,"fstype":null,"label":null,"partlabel":null,"mountpoints":[null]}
    ]}"#;

    pub(crate) fn disks() -> Vec<Disk> {
        parse(LISTING, Some("8:1")).unwrap()
    }

    #[test]
    fn disks_are_listed_with_what_is_on_them_and_why_they_are_spared() {
        let disks = disks();
        let lines: Vec<String> = disks
            .iter()
            .map(|disk| {
                format!("{disk} | {} | {}", disk.summary(), disk.refused.as_deref().unwrap_or("offered"))
            })
            .collect();
        assert_eq!(
            lines,
            [
                "nvme0n1    512.1 GB  Samsung SSD (S1) | vfat 104.9 MB \"SYSTEM\", ntfs 512.0 GB \"Win?[2J\" | offered",
                "vda         12.9 GB  virtual disk (attic) | nothing that is known | offered",
                "sdb          2.0 TB  Seagate (Z2) | a LivOS with data: vfat 536.9 MB \"livos-esp\", btrfs 2.0 TB \
                 \"livos-data\" | offered",
                "sda         16.0 GB  Generic Stick (U3) | iso9660 500.0 MB \"LIVOS\" | the machine was started from it",
                "sdc          1.0 MB  usb disk | vfat 1.0 MB \"CIDATA\" | it is a seed disk",
                "sdd          4.0 TB  Big (B4) | nothing that is known | its sectors have 4096 bytes, and only 512 are supported",
                "mmcblk0      4.0 GB  mmc disk (M5) | nothing that is known | it is too small: 9.4 GB are needed",
            ]
        );
    }

    /// Also where nobody knows what the machine was started from.
    #[test]
    fn what_is_mounted_is_never_offered() {
        let disks = parse(LISTING, None).unwrap();
        let stick = disks.iter().find(|disk| disk.name == "sda").unwrap();
        assert_eq!(stick.refused.as_deref(), Some("it is in use"));
        assert!(parse("{", None).is_err());
    }

    #[test]
    fn a_table_without_partitions_and_a_raid_are_not_nothing() {
        let disk = |more: &str| {
            let text = format!(
                r#"{{"blockdevices": [{{"name":"sda","path":"/dev/sda","maj:min":"  8:0","size":20000000000,"type":"disk",
                "log-sec":512 {more}}}]}}"#
            );
            parse(&text, Some("8:99")).unwrap().remove(0)
        };
        let torn = disk(r#","pttype":"gpt""#);
        assert_eq!(torn.summary(), "a partition table without partitions 20.0 GB");
        let member = r#","children":[{"name":"md0","path":"/dev/md0","maj:min":"9:0","type":"raid1"}]"#;
        assert!(disk(member).refused.unwrap().contains("RAID"));
        assert_eq!(disk("").refused, None);
        let mut table = gpt::Table::new(uuid::Uuid::nil(), 1 << 30);
        assert_eq!(Livos::No.with(&table), Livos::No);
        table.append(gpt::ESP, uuid::Uuid::nil(), slots::ESP_LABEL, 1 << 20).unwrap();
        assert_eq!(Livos::No.with(&table), Livos::Fresh);
        table.append(gpt::ROOT, uuid::Uuid::nil(), "livos-data", 1 << 20).unwrap();
        assert_eq!(Livos::No.with(&table), Livos::Data);
    }

    #[test]
    fn a_seed_gets_the_one_disk_it_means_or_a_reason() {
        let disks = disks();
        let device = |path: &str| (path == "/dev/disk/by-id/wwn-2").then(|| "/dev/sdb".to_owned());
        let by = |which: &Which, disks: &[Disk]| {
            choose(disks, which, &device).map(|disk| disk.name.clone()).map_err(|error| error.to_string())
        };
        let serial = |text: &str| Which::Serial(text.to_owned());
        let path = |text: &str| Which::Path(text.to_owned());
        assert_eq!(by(&serial("attic"), &disks), Ok("vda".to_owned()));
        assert_eq!(by(&path("/dev/disk/by-id/wwn-2"), &disks), Ok("sdb".to_owned()));
        assert_eq!(by(&Which::Only, &disks[1..2]), Ok("vda".to_owned()));
        assert_eq!(by(&Which::Only, &disks[3..5]).unwrap_err(), "this machine has no disk");
        // A disk that can't be the target may be the one that was meant.
        assert!(
            by(&Which::Only, &[disks[1].clone(), disks[5].clone()]).unwrap_err().starts_with("there is more")
        );
        for (which, words) in [
            (Which::Only, "there is more than one disk (nvme0n1, vda, sdb, sdd, mmcblk0)"),
            (serial("U3"), "sda is not written over: the machine was started from it"),
            (serial("none"), "no disk is none; there are nvme0n1, vda, sdb"),
            (path("/dev/disk/by-id/gone"), "no disk is /dev/disk/by-id/gone"),
        ] {
            assert!(by(&which, &disks).unwrap_err().starts_with(words), "{which}: {:?}", by(&which, &disks));
        }
        let mut twins = disks;
        twins[0].serial = "attic".to_owned();
        assert!(by(&serial("attic"), &twins).unwrap_err().starts_with("more than one disk is attic"));
        assert_eq!(by(&Which::Only, &[]).unwrap_err(), "this machine has no disk");
    }
}
