//! Limits, reservations, accelerators, devices and the like.

use crate::compose::Loader;
use crate::error::{Error, Result};
use crate::fields::Fields;
use crate::interpolate::is_pending;
use crate::node::Node;
use crate::spec::{BlkioDevice, DeviceRequest, DeviceSpec, Resources, RestartPolicy, ServiceSpec, Ulimit};
use crate::values;

impl Loader<'_> {
    pub(super) fn resources(&mut self, fields: &mut Fields<'_>, spec: &mut ServiceSpec) -> Result<()> {
        let signed_bytes = |text: &str| match text {
            "-1" => Some(-1),
            text => values::bytes(text).and_then(|bytes| i64::try_from(bytes).ok()),
        };
        let mut resources = Resources {
            memory_limit: fields.bytes("mem_limit")?,
            memory_reservation: fields.bytes("mem_reservation")?,
            memory_swap_limit: fields.parse("memswap_limit", "a size", signed_bytes)?,
            memory_swappiness: fields.number("mem_swappiness")?,
            nano_cpus: fields.parse("cpus", "a number of CPUs", values::nano_cpus)?,
            nano_cpus_reservation: None,
            cpu_shares: fields.number("cpu_shares")?,
            cpu_quota: fields.parse("cpu_quota", "microseconds", microseconds)?,
            cpu_period: fields.parse("cpu_period", "microseconds", |t| microseconds(t)?.try_into().ok())?,
            cpu_rt_runtime: fields
                .parse("cpu_rt_runtime", "microseconds", |t| microseconds(t)?.try_into().ok())?,
            cpu_rt_period: fields
                .parse("cpu_rt_period", "microseconds", |t| microseconds(t)?.try_into().ok())?,
            cpuset: fields.filled("cpuset")?,
            pids_limit: fields.number("pids_limit")?,
            oom_kill_disable: fields.flag("oom_kill_disable")?.unwrap_or(false),
            oom_score_adj: fields.number("oom_score_adj")?,
            blkio_weight: None,
            blkio_devices: Vec::new(),
        };
        if let Some(node) = fields.get("blkio_config") {
            self.blkio(&fields.at("blkio_config"), node, &mut resources)?;
        }
        if let Some(node) = fields.get("deploy") {
            self.deploy(&fields.at("deploy"), node, &mut resources, spec)?;
        }
        match fields.get("gpus") {
            None => {}
            Some(Node::Scalar { text, .. }) if text == "all" => spec.device_requests.push(DeviceRequest {
                count: Some(-1),
                capabilities: vec!["gpu".into()],
                ..DeviceRequest::default()
            }),
            Some(Node::Seq(_)) => {
                for (place, item) in fields.items("gpus")? {
                    let mut request = self.device_request(&place, item)?;
                    if request.capabilities.is_empty() {
                        request.capabilities.push("gpu".into());
                    }
                    spec.device_requests.push(request);
                }
            }
            Some(_) => return Err(Error::field(fields.at("gpus"), "must be “all” or a list")),
        }
        if let Some(scale) = fields.number::<u64>("scale")?
            && scale != 1
        {
            self.report.unsupported(format!("{} (one container per service)", fields.at("scale")));
        }
        spec.resources = resources;
        Ok(())
    }

    fn deploy(
        &mut self,
        place: &str,
        node: &Node,
        resources: &mut Resources,
        spec: &mut ServiceSpec,
    ) -> Result<()> {
        let mut fields = Fields::new(place, node)?;
        if let Some(replicas) = fields.number::<u64>("replicas")?
            && replicas != 1
        {
            self.report.unsupported(format!("{} (one container per service)", fields.at("replicas")));
        }
        if let Some(mode) = fields.filled("mode")?
            && !matches!(mode.as_str(), "replicated" | "global")
        {
            self.report.unsupported(fields.at("mode"));
        }
        // Swarm's business; compose ignores these too when it starts containers.
        fields.ignore(&["placement", "update_config", "rollback_config", "endpoint_mode", "labels"]);
        if let Some(policy) = fields.get("restart_policy") {
            let mut policy = Fields::new(fields.at("restart_policy"), policy)?;
            let condition = policy.filled("condition")?.unwrap_or_else(|| "any".to_owned());
            let max_retries = policy.number("max_attempts")?;
            policy.ignore(&["delay", "window"]);
            // `restart` of the service itself wins, as in compose.
            if spec.restart == RestartPolicy::No {
                spec.restart = match condition.as_str() {
                    "none" => RestartPolicy::No,
                    "on-failure" => RestartPolicy::OnFailure { max_retries },
                    "any" | "unless-stopped" => RestartPolicy::UnlessStopped,
                    other => {
                        return Err(Error::field(
                            policy.at("condition"),
                            format!("“{other}” is not a condition"),
                        ));
                    }
                };
            }
            policy.finish(self.report);
        }
        if let Some(node) = fields.get("resources") {
            let mut all = Fields::new(fields.at("resources"), node)?;
            if let Some(node) = all.get("limits") {
                let mut limits = Fields::new(all.at("limits"), node)?;
                resources.memory_limit = limits.bytes("memory")?.or(resources.memory_limit);
                resources.nano_cpus =
                    limits.parse("cpus", "a number of CPUs", values::nano_cpus)?.or(resources.nano_cpus);
                resources.pids_limit = limits.number("pids")?.or(resources.pids_limit);
                limits.finish(self.report);
            }
            if let Some(node) = all.get("reservations") {
                let mut reserved = Fields::new(all.at("reservations"), node)?;
                resources.memory_reservation = reserved.bytes("memory")?.or(resources.memory_reservation);
                resources.nano_cpus_reservation =
                    reserved.parse("cpus", "a number of CPUs", values::nano_cpus)?;
                for (place, item) in reserved.items("devices")? {
                    let request = self.device_request(&place, item)?;
                    spec.device_requests.push(request);
                }
                reserved.finish(self.report);
            }
            all.finish(self.report);
        }
        fields.finish(self.report);
        Ok(())
    }

    fn device_request(&mut self, place: &str, node: &Node) -> Result<DeviceRequest> {
        let mut fields = Fields::new(place, node)?;
        let device_ids = fields.list("device_ids")?;
        let count = fields.parse("count", "a number or “all”", |text| {
            if text == "all" { Some(-1) } else { text.parse::<i64>().ok() }
        })?;
        let request = DeviceRequest {
            driver: fields.filled("driver")?.unwrap_or_default(),
            // Without a count and without ids, compose asks for all.
            count: if device_ids.is_empty() { Some(count.unwrap_or(-1)) } else { None },
            capabilities: fields.list("capabilities")?,
            options: fields.texts("options")?,
            device_ids,
        };
        fields.finish(self.report);
        Ok(request)
    }

    fn blkio(&mut self, place: &str, node: &Node, resources: &mut Resources) -> Result<()> {
        let mut fields = Fields::new(place, node)?;
        resources.blkio_weight = fields.number("weight")?;
        for (setting, value_key) in [
            ("weight_device", "weight"),
            ("device_read_bps", "rate"),
            ("device_read_iops", "rate"),
            ("device_write_bps", "rate"),
            ("device_write_iops", "rate"),
        ] {
            for (place, item) in fields.items(setting)? {
                let mut device = Fields::new(&place, item)?;
                let path =
                    device.filled("path")?.ok_or_else(|| Error::field(device.at("path"), "is missing"))?;
                let value = device
                    .bytes(value_key)?
                    .ok_or_else(|| Error::field(device.at(value_key), "is missing"))?;
                device.finish(self.report);
                resources.blkio_devices.push(BlkioDevice { setting: setting.to_owned(), path, value });
            }
        }
        fields.finish(self.report);
        Ok(())
    }

    pub(super) fn devices(&mut self, fields: &mut Fields<'_>) -> Result<Vec<DeviceSpec>> {
        let mut devices = Vec::new();
        for (place, item) in fields.items("devices")? {
            let (source, target, permissions) = match item {
                Node::Scalar { text, .. } => {
                    let parts: Vec<&str> = text.split(':').collect();
                    match parts.as_slice() {
                        [source] => ((*source).to_owned(), (*source).to_owned(), "rwm".to_owned()),
                        [source, mode] if is_device_mode(mode) => {
                            ((*source).to_owned(), (*source).to_owned(), (*mode).to_owned())
                        }
                        [source, target] => ((*source).to_owned(), (*target).to_owned(), "rwm".to_owned()),
                        [source, target, mode] => {
                            ((*source).to_owned(), (*target).to_owned(), (*mode).to_owned())
                        }
                        _ => return Err(Error::field(place, format!("“{text}” has too many colons"))),
                    }
                }
                _ => {
                    let mut device = Fields::new(&place, item)?;
                    let source = device
                        .filled("source")?
                        .ok_or_else(|| Error::field(device.at("source"), "is missing"))?;
                    let target = device.filled("target")?.unwrap_or_else(|| source.clone());
                    let mode = device.filled("permissions")?.unwrap_or_else(|| "rwm".to_owned());
                    device.finish(self.report);
                    (source, target, mode)
                }
            };
            let cdi = !source.starts_with('/') && source.contains('/') && source.contains('=');
            if !cdi && !is_pending(&source) {
                if !source.starts_with('/') || source.split('/').any(|part| part == "..") {
                    return Err(Error::field(place, format!("“{source}” is not a device path")));
                }
                if !target.starts_with('/') && !is_pending(&target) {
                    return Err(Error::field(place, format!("“{target}” is not an absolute path")));
                }
                if !is_device_mode(&permissions) {
                    return Err(Error::field(place, format!("“{permissions}” are not device permissions")));
                }
            }
            devices.push(DeviceSpec { source, target, permissions, optional: self.rules.optional_devices });
        }
        Ok(devices)
    }

    pub(super) fn ulimits(&mut self, fields: &mut Fields<'_>) -> Result<Vec<Ulimit>> {
        let Some(node) = fields.get("ulimits") else { return Ok(Vec::new()) };
        let place = fields.at("ulimits");
        let Node::Map(map) = node else {
            return Err(Error::field(place, format!("must be a mapping, not {}", node.kind())));
        };
        let mut ulimits = Vec::new();
        for (name, node) in map.iter() {
            let place = format!("{place}.{name}");
            let number = |text: &str| -> Result<i64> {
                text.trim()
                    .parse()
                    .map_err(|_| Error::field(&place, format!("“{text}” is not a whole number")))
            };
            let (soft, hard) = match node {
                Node::Scalar { text, .. } if is_pending(text) => continue,
                Node::Scalar { text, .. } => (number(text)?, number(text)?),
                _ => {
                    let mut limit = Fields::new(&place, node)?;
                    let (soft, hard) = (limit.number("soft")?, limit.number("hard")?);
                    limit.finish(self.report);
                    match (soft, hard) {
                        (Some(soft), Some(hard)) => (soft, hard),
                        _ => return Err(Error::field(place, "needs both soft and hard")),
                    }
                }
            };
            ulimits.push(Ulimit { name: name.to_owned(), soft, hard });
        }
        Ok(ulimits)
    }
}

fn is_device_mode(text: &str) -> bool {
    !text.is_empty() && text.len() <= 3 && text.bytes().all(|byte| matches!(byte, b'r' | b'w' | b'm'))
}

/// A plain number is microseconds; a duration is converted.
fn microseconds(text: &str) -> Option<i64> {
    text.parse().ok().or_else(|| i64::try_from(values::duration_ms(text)?.checked_mul(1000)?).ok())
}
