//! Adds up what the daemon says about each layer while it pulls.

use std::collections::HashMap;

use bollard::models::CreateImageInfo;

use crate::info::PullProgress;

#[derive(Debug, Default)]
struct Layer {
    done: u64,
    total: u64,
    finished: bool,
}

/// The layers of one pull.
#[derive(Debug, Default)]
pub(crate) struct Layers {
    layers: HashMap<String, Layer>,
}

impl Layers {
    /// Takes one message of the stream into account.
    pub(crate) fn add(&mut self, message: &CreateImageInfo) {
        let (Some(id), Some(status)) = (&message.id, &message.status) else { return };
        // `Pulling from library/nginx` carries the tag in the place of a layer.
        if status.starts_with("Pulling from") {
            return;
        }
        let layer = self.layers.entry(id.clone()).or_default();
        let figure = |value: Option<i64>| u64::try_from(value.unwrap_or(0)).unwrap_or(0);
        let (current, total) = message
            .progress_detail
            .as_ref()
            .map_or((0, 0), |detail| (figure(detail.current), figure(detail.total)));
        match status.as_str() {
            "Downloading" => {
                layer.total = layer.total.max(total);
                layer.done = current.min(layer.total.max(current));
            }
            "Verifying Checksum" | "Download complete" | "Extracting" => {
                if status == "Extracting" {
                    layer.total = layer.total.max(total);
                }
                layer.done = layer.total;
            }
            "Pull complete" | "Already exists" => {
                layer.done = layer.total;
                layer.finished = true;
            }
            _ => {}
        }
    }

    /// The sum.
    pub(crate) fn sum(&self) -> PullProgress {
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        PullProgress {
            bytes_done: self.layers.values().map(|layer| layer.done).sum(),
            bytes_total: self.layers.values().map(|layer| layer.total.max(layer.done)).sum(),
            layers_done: count(self.layers.values().filter(|layer| layer.finished).count()),
            layers_total: count(self.layers.len()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bollard::models::ProgressDetail;

    #[test]
    fn layers_add_up() {
        let mut layers = Layers::default();
        let mut check = |id: &str, status: &str, current: i64, total: i64, want: [u64; 4]| {
            layers.add(&CreateImageInfo {
                id: Some(id.to_owned()),
                status: Some(status.to_owned()),
                progress_detail: Some(ProgressDetail { current: Some(current), total: Some(total) }),
                ..CreateImageInfo::default()
            });
            let sum = layers.sum();
            let have = [sum.bytes_done, sum.bytes_total, sum.layers_done.into(), sum.layers_total.into()];
            assert_eq!(have, want, "{id} {status}");
        };
        check("latest", "Pulling from a/b", 0, 0, [0, 0, 0, 0]);
        check("aa", "Pulling fs layer", 0, 0, [0, 0, 0, 1]);
        check("bb", "Already exists", 0, 0, [0, 0, 1, 2]);
        check("aa", "Downloading", 10, 100, [10, 100, 1, 2]);
        check("aa", "Download complete", 0, 0, [100, 100, 1, 2]);
        check("aa", "Extracting", 30, 100, [100, 100, 1, 2]);
        check("aa", "Pull complete", 0, 0, [100, 100, 2, 2]);
    }
}
