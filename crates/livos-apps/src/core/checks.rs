//! What is looked at before an app is installed or changed, and how it is told.

use livos_bus::documents::{Check, Checks};
use livos_manifest::AppSpec;

use crate::ports::{Disk, Memory};

/// Less free space than this and nothing is begun.
pub(crate) const SPACE_NEEDED: u64 = 512 * 1024 * 1024;
/// Less than this, and a large app may not fit; how large one is, nobody says before.
const SPACE_COMFORTABLE: u64 = 4_000_000_000;
/// With less than this available, hardly any app runs well.
const MEMORY_COMFORTABLE: u64 = 256 * 1024 * 1024;
/// Left free beside a copy: whatever runs meanwhile needs some, too.
const BESIDE_A_COPY: u64 = 64 * 1024 * 1024;

fn check(what: &str, state: &str, words: String, next: String) -> Check {
    Check { check: what.to_owned(), state: state.to_owned(), words, next }
}

pub(crate) fn ok(what: &str, words: impl Into<String>) -> Check {
    check(what, "ok", words.into(), String::new())
}

pub(crate) fn warn(what: &str, words: impl Into<String>, next: impl Into<String>) -> Check {
    check(what, "warn", words.into(), next.into())
}

pub(crate) fn block(what: &str, words: impl Into<String>, next: impl Into<String>) -> Check {
    check(what, "block", words.into(), next.into())
}

/// All of them, with the worst that is among them.
pub(crate) fn all(checks: Vec<Check>) -> Checks {
    let has = |state: &str| checks.iter().any(|check| check.state == state);
    let state = if has("block") {
        "block"
    } else if has("warn") {
        "warn"
    } else {
        "ok"
    };
    Checks { state: state.to_owned(), checks, permissions: Vec::new() }
}

/// Bytes as people read them.
pub(crate) fn amount(bytes: u64) -> String {
    match bytes {
        0..1_000_000 => format!("{} KB", bytes.div_ceil(1000)),
        1_000_000..1_000_000_000 => format!("{} MB", bytes / 1_000_000),
        _ => {
            let tenths = bytes / 100_000_000;
            format!("{}.{} GB", tenths / 10, tenths % 10)
        }
    }
}

/// What an app's description says about memory, in bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// What its parts are to have at least.
    pub(crate) reserved: u64,
    /// What all of them may have together; `None` if one of them may have any.
    pub(crate) most: Option<u64>,
}

pub(crate) fn wanted(spec: &AppSpec) -> Wanted {
    let resources = || spec.services.iter().map(|service| &service.resources);
    Wanted {
        reserved: resources().filter_map(|part| part.memory_reservation).fold(0, u64::saturating_add),
        most: resources()
            .map(|part| part.memory_limit)
            .try_fold(0_u64, |sum, limit| Some(sum.saturating_add(limit?)))
            .filter(|most| *most > 0),
    }
}

/// Why an app has too little memory on a machine, however little else runs.
pub(crate) fn too_little_memory(wanted: Wanted, memory: Option<Memory>) -> Option<String> {
    let memory = memory.filter(|memory| wanted.reserved > memory.total)?;
    Some(format!(
        "It is to have at least {} of memory, and this machine has {}.",
        amount(wanted.reserved),
        amount(memory.total)
    ))
}

pub(crate) const MORE_MEMORY: &str = "Add memory, or install it on a larger machine.";

/// Whether what it is to have is there, beside what runs.
pub(crate) fn memory(wanted: Wanted, memory: Option<Memory>) -> Check {
    const WHAT: &str = "memory";
    let Some(now) = memory else {
        return ok(WHAT, "How much memory this machine has could not be seen.");
    };
    if let Some(words) = too_little_memory(wanted, memory) {
        return block(WHAT, words, MORE_MEMORY);
    }
    let here = match now.available {
        Some(available) => {
            format!("{} of {} are available beside what runs", amount(available), amount(now.total))
        }
        None => format!("this machine has {}", amount(now.total)),
    };
    let free_some = "Stop an app that you don’t need now, or expect both to be slow.";
    if now.available.is_some_and(|available| wanted.reserved > available) {
        let words = format!("It is to have at least {} of memory; {here}.", amount(wanted.reserved));
        return warn(WHAT, words, free_some);
    }
    if now.available.is_some_and(|available| available < MEMORY_COMFORTABLE) {
        return warn(WHAT, format!("Only {here}."), free_some);
    }
    let asks = match (wanted.reserved, wanted.most) {
        (0, None) => "It does not say how much memory it wants".to_owned(),
        (0, Some(most)) => format!("It uses at most {} of memory", amount(most)),
        (reserved, None) => format!("It is to have at least {} of memory", amount(reserved)),
        (reserved, Some(most)) => {
            format!("It is to have at least {} of memory and at most {}", amount(reserved), amount(most))
        }
    };
    ok(WHAT, format!("{asks}; {here}."))
}

/// Whether it is made for this machine.
pub(crate) fn architecture(made_for: &[String], machine: &str) -> Check {
    const WHAT: &str = "architecture";
    if made_for.is_empty() {
        let words = format!(
            "Its store does not say for which machines it is made. This one is {machine}; if there is no image for \
             that, it is said before anything is changed."
        );
        return ok(WHAT, words);
    }
    if made_for.iter().any(|known| known == machine) {
        return ok(WHAT, format!("It is made for machines like this one ({machine})."));
    }
    let made_for = made_for.join(" and ");
    block(
        WHAT,
        format!("It is made for {made_for}, and this machine is {machine}."),
        "Look for an app that does the same and is made for this machine.",
    )
}

/// A place where something is going to be written, and what for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shelf {
    /// Where it is, in words: “where Docker keeps images”.
    pub(crate) place: &'static str,
    /// The disk, if that could be seen.
    pub(crate) disk: Option<Disk>,
}

pub(crate) const FREE_SOME: &str =
    "Free some space: Settings › Storage and Containers › Clean up say what takes it.";

/// Whether there is room at all where an app writes.
pub(crate) fn disk(shelves: &[Shelf]) -> Check {
    const WHAT: &str = "disk";
    let mut seen: Vec<(Disk, &str)> = Vec::new();
    for shelf in shelves {
        let Some(disk) = shelf.disk else { continue };
        // Two places on one disk are one line.
        if !seen.iter().any(|(known, _)| known.number == disk.number) {
            seen.push((disk, shelf.place));
        }
    }
    let Some((least, place)) = seen.iter().min_by_key(|(disk, _)| disk.free) else {
        return ok(WHAT, "How much space is free could not be seen.");
    };
    let free = amount(least.free);
    if least.free < SPACE_NEEDED {
        return block(WHAT, format!("Only {free} are free {place}."), FREE_SOME);
    }
    if least.free < SPACE_COMFORTABLE {
        let words = format!("{free} are free {place}; a large app needs more than that.");
        return warn(WHAT, words, FREE_SOME);
    }
    let lines: Vec<String> =
        seen.iter().map(|(disk, place)| format!("{} are free {place}", amount(disk.free))).collect();
    ok(WHAT, format!("{}.", lines.join("; ")))
}

/// An image of an app.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Image {
    /// Bytes on disk, if it is here.
    pub(crate) here: Option<u64>,
    /// It is downloaded even if it is here.
    pub(crate) anew: bool,
}

/// What is going to be downloaded. How much that is, only the registry knows, and Docker does not pass it on before it
/// begins; asking a registry ourselves would count as a download with those that limit them.
pub(crate) fn download(images: &[Image]) -> Check {
    const WHAT: &str = "download";
    let missing = images.iter().filter(|image| image.here.is_none()).count();
    let anew = images.iter().filter(|image| image.here.is_some() && image.anew).count();
    let on_disk: u64 = images.iter().filter_map(|image| image.here).fold(0, u64::saturating_add);
    let parts = |count: usize| if count == 1 { "One part".to_owned() } else { format!("{count} parts") };
    let then = "How much that is, Docker says as soon as it begins; it stops at once if that does not fit.";
    match (missing, anew) {
        (0, 0) => ok(WHAT, format!("Nothing has to be downloaded; its parts take {} here.", amount(on_disk))),
        (0, again) => ok(
            WHAT,
            format!(
                "{} may be newer in the registry, and only what differs is downloaded. What is here takes {}. {then}",
                parts(again),
                amount(on_disk)
            ),
        ),
        (missing, _) => {
            let verb = if missing == 1 { "is" } else { "are" };
            ok(WHAT, format!("{} {verb} downloaded. {then}", parts(missing)))
        }
    }
}

/// A copy that is made before something is changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Copy {
    /// What is copied: “its folder”.
    pub(crate) of: &'static str,
    /// Where to: “where apps keep their data”.
    pub(crate) to: &'static str,
    /// Bytes that it takes up, 0 if it shares them with what it is made from; `None` if they could not be counted.
    pub(crate) needed: Option<u64>,
    /// The disk that it is written to.
    pub(crate) disk: Option<Disk>,
}

/// Why the copies do not fit; `None` if they do, or if that cannot be known.
pub(crate) fn too_little_room(copies: &[Copy]) -> Option<String> {
    // Copies that go to one disk need their space together.
    let mut disks: Vec<(Disk, u64, Vec<&Copy>)> = Vec::new();
    for copy in copies {
        let Some(bytes) = copy.needed.filter(|needed| *needed > 0) else { continue };
        let Some(disk) = copy.disk.filter(|disk| !disk.may_share) else { continue };
        match disks.iter_mut().find(|(known, ..)| known.number == disk.number) {
            Some((_, needed, of)) => {
                *needed = needed.saturating_add(bytes);
                of.push(copy);
            }
            None => disks.push((disk, bytes, vec![copy])),
        }
    }
    let (disk, needed, of) =
        disks.into_iter().find(|(disk, needed, _)| disk.free < needed.saturating_add(BESIDE_A_COPY))?;
    let what = of.iter().map(|copy| copy.of).collect::<Vec<_>>().join(" and ");
    let to = of.first().map(|copy| copy.to).unwrap_or_default();
    let missing = needed.saturating_add(BESIDE_A_COPY).saturating_sub(disk.free);
    Some(format!(
        "a copy of {what} is kept for the way back; it needs {}, and {} are free {to}, so {} are missing",
        amount(needed),
        amount(disk.free),
        amount(missing)
    ))
}

/// Whether what is kept for the way back fits.
pub(crate) fn room(copies: &[Copy]) -> Check {
    const WHAT: &str = "copy";
    if let Some(reason) = too_little_room(copies) {
        let mut letters = reason.chars();
        let first: String = letters.next().map(|first| first.to_uppercase().collect()).unwrap_or_default();
        return block(WHAT, format!("{first}{}.", letters.as_str()), FREE_SOME);
    }
    let sum = copies.iter().try_fold(0_u64, |sum, copy| Some(sum.saturating_add(copy.needed?)));
    let words = match sum {
        _ if copies.is_empty() => "It has stored nothing yet, so there is nothing to copy for the way back.".to_owned(),
        None => "A copy for the way back is made first. How much it takes could not be counted so soon; it is counted \
                 again before anything is stopped."
            .to_owned(),
        Some(0) => "A copy for the way back is made first; it takes up no space here.".to_owned(),
        Some(sum) => {
            format!("A copy for the way back is made first; it takes {}, for which there is room.", amount(sum))
        }
    };
    ok(WHAT, words)
}

/// The same when nobody could count.
pub(crate) fn room_unknown() -> Check {
    let unknown = Copy { of: "what it has stored", to: "", needed: None, disk: None };
    room(std::slice::from_ref(&unknown))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GB: u64 = 1_000_000_000;

    fn disk_of(number: u64, free: u64) -> Option<Disk> {
        Some(Disk { number, free, may_share: false })
    }

    #[test]
    fn memory_is_weighed_against_all_there_is_and_what_is_available() {
        let machine = |available| Some(Memory { total: 4 * GB, available: Some(available) });
        let wants = |reserved, most| Wanted { reserved, most };
        for (wanted, machine, state, words) in [
            (wants(0, None), machine(2 * GB), "ok", "does not say"),
            (wants(GB, None), machine(2 * GB), "ok", "at least 1.0 GB"),
            (wants(0, Some(GB)), machine(2 * GB), "ok", "at most 1.0 GB"),
            (wants(3 * GB, None), machine(2 * GB), "warn", "at least 3.0 GB of memory; 2.0 GB of 4.0 GB"),
            (wants(5 * GB, None), machine(4 * GB), "block", "this machine has 4.0 GB"),
            // A limit is no wish.
            (wants(0, Some(64 * GB)), machine(2 * GB), "ok", "at most 64.0 GB"),
            (wants(0, None), machine(100_000_000), "warn", "Only 100 MB"),
            (wants(5 * GB, None), None, "ok", "could not be seen"),
        ] {
            let found = memory(wanted, machine);
            assert_eq!(found.state, state, "{found:?}");
            assert!(found.words.contains(words), "{found:?}");
            assert_eq!(found.next.is_empty(), state == "ok", "{found:?}");
        }
    }

    #[test]
    fn copies_that_go_to_one_disk_need_their_space_together() {
        let copy = |of, needed, disk| Copy { of, to: "there", needed: Some(needed), disk };
        let both =
            [copy("its folder", 3 * GB, disk_of(1, 5 * GB)), copy("its volumes", 3 * GB, disk_of(1, 5 * GB))];
        let reason = too_little_room(&both).unwrap();
        assert!(reason.contains("its folder and its volumes") && reason.contains("needs 6.0 GB"), "{reason}");
        assert!(reason.contains("1.0 GB are missing"), "{reason}");
        assert_eq!(room(&both).state, "block");

        let apart =
            [copy("its folder", 3 * GB, disk_of(1, 5 * GB)), copy("its volumes", 3 * GB, disk_of(2, 5 * GB))];
        assert_eq!(too_little_room(&apart), None);
        // Where blocks may be shared, nobody knows before how much a copy takes.
        let shared = [copy("its folder", 9 * GB, Some(Disk { number: 1, free: GB, may_share: true }))];
        assert_eq!(too_little_room(&shared), None);
        assert_eq!(too_little_room(&[copy("its folder", 9 * GB, None)]), None);
        assert_eq!(room(&[]).state, "ok");
        let unknown = Copy { needed: None, ..copy("its folder", 0, disk_of(1, GB)) };
        assert!(room(&[unknown]).words.contains("could not be counted"));
    }

    #[test]
    fn two_places_on_one_disk_are_one_line() {
        let shelf = |place, disk| Shelf { place, disk };
        let one = disk(&[shelf("here", disk_of(1, 9 * GB)), shelf("there", disk_of(1, 9 * GB))]);
        assert_eq!((one.state.as_str(), one.words.as_str()), ("ok", "9.0 GB are free here."));
        let two = disk(&[shelf("here", disk_of(1, 9 * GB)), shelf("there", disk_of(2, 1000))]);
        assert_eq!((two.state.as_str(), two.words.as_str()), ("block", "Only 1 KB are free there."));
        assert_eq!(disk(&[shelf("here", disk_of(1, GB))]).state, "warn");
        assert_eq!(disk(&[shelf("here", None)]).state, "ok");
    }

    #[test]
    fn what_is_here_is_not_downloaded() {
        let image = |here, anew| Image { here, anew };
        for (images, words) in [
            (vec![image(Some(GB), false)], "Nothing has to be downloaded; its parts take 1.0 GB"),
            (vec![image(None, false), image(Some(GB), false)], "One part is downloaded"),
            (vec![image(None, false), image(None, true)], "2 parts are downloaded"),
            (vec![image(Some(GB), true)], "One part may be newer"),
        ] {
            let found = download(&images);
            assert!(found.words.starts_with(words), "{found:?}");
        }
    }
}
