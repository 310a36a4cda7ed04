//! Power, updates, disks, network and time of the machine.
