//! The hour at which LivOS updates by itself: a timer that systemd keeps, so that nothing of ours waits for it.

use std::time::Duration;

use livos_bus::documents::UpdateAutomatic;
use zbus::{Connection, Variant};

use crate::sandbox::ManagerProxy;

/// Every timer of ours; its name says the hour, so that one that is on its way out is never mistaken for the new one.
/// What it starts is `livos-upgrade@.service`: a timer made like this starts the service of its own name and no other.
const TIMERS: &str = "livos-upgrade@*.timer";
/// Many households share an archive.
const SPREAD: Duration = Duration::from_secs(45 * 60);
/// systemd may put it together with whatever else wakes the machine.
const ACCURACY: Duration = Duration::from_secs(5 * 60);

fn timer(hour: u8) -> String {
    format!("livos-upgrade@{hour:02}.timer")
}

/// Has systemd keep exactly the timer that is wanted.
pub(crate) async fn arrange(bus: &Connection, wanted: UpdateAutomatic) -> zbus::Result<()> {
    let manager = ManagerProxy::new(bus).await?;
    let name = timer(wanted.hour);
    let mut there = false;
    for unit in manager.list_units_by_patterns(&[], &[TIMERS]).await? {
        let runs = unit.3 == "active";
        if wanted.on && unit.0 == name && runs {
            there = true;
        } else if runs {
            manager.stop_unit(&unit.0, "replace").await?;
        }
    }
    if !wanted.on || there {
        return Ok(());
    }
    let micros = |time: Duration| Variant::from(u64::try_from(time.as_micros()).unwrap_or(u64::MAX));
    let when = vec![("OnCalendar".to_owned(), format!("*-*-* {:02}:00:00", wanted.hour))];
    let properties = [
        ("Description", Variant::from("LivOS updates by itself")),
        ("TimersCalendar", Variant::from(when)),
        ("RandomizedDelayUSec", micros(SPREAD)),
        ("AccuracyUSec", micros(ACCURACY)),
        ("PartOf", Variant::from(vec!["livos.target"])),
    ];
    let started = match manager.start_transient_unit(&name, "replace", &properties, &[]).await {
        // It was stopped a moment ago and systemd has not forgotten it yet.
        Err(zbus::Error::MethodError(what, ..)) if what.ends_with(".UnitExists") => {
            manager.start_unit(&name, "replace").await
        }
        started => started,
    };
    started.map(|_job| ())
}
