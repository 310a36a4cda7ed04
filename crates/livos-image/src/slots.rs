//! The two places for a root on a disk, and which of them runs.

use std::path::{Path, PathBuf};

use uuid::Uuid;

use crate::gpt::{self, Partition, Table};
use crate::{Error, Result, RootHash, SlotVersion};

/// The label of the boot partition.
pub const ESP_LABEL: &str = "livos-esp";

/// One slot: numbers of its two partitions, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slot {
    /// With the file system.
    pub data: usize,
    /// With the hashes of it.
    pub hashes: usize,
}

/// All slots of a disk, in order.
pub fn of(table: &Table) -> Vec<Slot> {
    let numbers = |kind: Uuid| {
        let parts = table.partitions.iter().enumerate();
        parts
            .filter(move |(_, part)| part.as_ref().is_some_and(|part| part.kind == kind))
            .map(|(at, _)| at + 1)
    };
    numbers(gpt::ROOT).zip(numbers(gpt::ROOT_VERITY)).map(|(data, hashes)| Slot { data, hashes }).collect()
}

fn partition(table: &Table, number: usize) -> Result<&Partition> {
    let part = number.checked_sub(1).and_then(|at| table.partitions.get(at)).and_then(Option::as_ref);
    part.ok_or_else(|| Error::Table(format!("partition {number} is missing")))
}

/// The slot that holds this root.
pub fn holding(table: &Table, hash: &RootHash) -> Option<Slot> {
    of(table).into_iter().find(|slot| {
        partition(table, slot.data).is_ok_and(|part| part.id == hash.data_id())
            && partition(table, slot.hashes).is_ok_and(|part| part.id == hash.tree_id())
    })
}

/// The slot to write to: the one that does not run.
pub fn inactive(table: &Table, running: &RootHash) -> Result<Slot> {
    let active = holding(table, running)
        .ok_or_else(|| Error::Slot("the running root is not on this disk".to_owned()))?;
    of(table)
        .into_iter()
        .find(|slot| *slot != active)
        .ok_or_else(|| Error::Slot("the disk has no second slot".to_owned()))
}

/// The devices of a slot.
pub fn devices(disk: &Path, slot: Slot) -> (PathBuf, PathBuf) {
    (gpt::device(disk, slot.data), gpt::device(disk, slot.hashes))
}

/// Names a slot after what is in it, so that the boot finds it.
pub fn name(table: &mut Table, slot: Slot, version: &SlotVersion, hash: &RootHash) -> Result<()> {
    let taken = |id: Uuid| table.partitions.iter().flatten().any(|part| part.id == id);
    if taken(hash.data_id()) || taken(hash.tree_id()) {
        // Two partitions of one name: the boot could take either.
        return Err(Error::Nothing);
    }
    let names = [
        (slot.data, hash.data_id(), format!("livos_{version}")),
        (slot.hashes, hash.tree_id(), format!("livos_{version}_v")),
    ];
    for (number, id, label) in names {
        partition(table, number)?;
        if let Some(part) = table.partitions.get_mut(number - 1).and_then(Option::as_mut) {
            part.id = id;
            part.label = label;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(running: &RootHash) -> Table {
        let mut table = Table::new(Uuid::from_u128(1), 1 << 30);
        let mut add =
            |kind, id: u128, label: &str| table.append(kind, Uuid::from_u128(id), label, 1 << 20).unwrap();
        add(gpt::BIOS_BOOT, 2, "bios");
        add(gpt::ESP, 3, ESP_LABEL);
        add(gpt::ROOT, running.data_id().as_u128(), "livos_0.1.0-1");
        add(gpt::ROOT_VERITY, running.tree_id().as_u128(), "livos_0.1.0-1_v");
        add(gpt::ROOT, 6, "_empty");
        add(gpt::ROOT_VERITY, 7, "_empty");
        table
    }

    #[test]
    fn the_slot_that_does_not_run_is_written() {
        let running = RootHash::from_bytes([7; 32]);
        let mut table = table(&running);
        let target = inactive(&table, &running).unwrap();
        assert_eq!(target, Slot { data: 5, hashes: 6 });
        let next = RootHash::from_bytes([9; 32]);
        name(&mut table, target, &"0.1.0-2".parse().unwrap(), &next).unwrap();
        assert_eq!(holding(&table, &next), Some(target));
        // After the reboot it is the other way round.
        assert_eq!(inactive(&table, &next).unwrap(), Slot { data: 3, hashes: 4 });
    }

    #[test]
    fn the_same_root_twice_is_refused() {
        let running = RootHash::from_bytes([7; 32]);
        let mut table = table(&running);
        let target = inactive(&table, &running).unwrap();
        let refused = name(&mut table, target, &"0.1.0-2".parse().unwrap(), &running);
        assert!(matches!(refused, Err(Error::Nothing)));
    }

    #[test]
    fn a_disk_that_did_not_start_this_system_is_refused() {
        let table = table(&RootHash::from_bytes([7; 32]));
        assert!(inactive(&table, &RootHash::from_bytes([8; 32])).is_err());
    }
}
