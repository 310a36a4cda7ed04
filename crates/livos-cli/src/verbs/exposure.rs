//! `livos certificate` and `livos domain`

use std::process::ExitCode;

use anyhow::Result;
use livos_bus::documents::{Domain, Exposure};
use livos_bus::{AppsManagerProxy, AppsReaderProxy};
use serde_json::json;

use super::apps::read;
use crate::arguments::{CertificateArguments, DomainVerb, Switch};
use crate::bus::Bus;
use crate::output::{Output, plain};

pub(crate) async fn certificate(bus: &Bus, asked: &CertificateArguments, output: Output) -> Result<ExitCode> {
    let reader = AppsReaderProxy::new(&bus.connection).await?;
    if let Some(always) = asked.always {
        let manager = AppsManagerProxy::new(&bus.connection).await?;
        manager.set_always_https(&bus.actor, always == Switch::On).await?;
    }
    if asked.pem {
        let pem = reader.certificate().await?;
        output.print(&json!({ "pem": pem }), |_| pem.clone())?;
        return Ok(ExitCode::SUCCESS);
    }
    let exposure: Exposure = read(reader.exposure(&bus.actor).await?).await?;
    output.print(&exposure, about)?;
    Ok(if exposure.https == "on" { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn about(exposure: &Exposure) -> String {
    let suffix = |port: u16, usual| if port == usual { String::new() } else { format!(":{port}") };
    let (port, plain_port) = (suffix(exposure.port, 443), suffix(exposure.http_port, 80));
    let name = exposure.names.first().map_or("", String::as_str);
    let Some(authority) = &exposure.authority else {
        return format!("There is no HTTPS: {}.", plain(&exposure.detail));
    };
    let plain_http = if exposure.always { "leads to HTTPS" } else { "works beside it" };
    format!(
        "HTTPS:        https://{}{port}, and by address; plain HTTP {plain_http}\n\
         Authority:    {}{}\n\
         Fingerprint:  {}\n\
         Get it:       http://{}{plain_port}/trust on each device, or `livos certificate --pem`",
        plain(name),
        plain(&authority.name),
        if authority.renamed { " (the name that this server had then; it is as good as before)" } else { "" },
        authority.fingerprint,
        plain(name),
    )
}

pub(crate) async fn domain(bus: &Bus, verb: &DomainVerb, output: Output) -> Result<ExitCode> {
    let manager = AppsManagerProxy::new(&bus.connection).await?;
    match verb {
        DomainVerb::Show => {}
        DomainVerb::Set { name, email } => manager.set_domain(&bus.actor, name, email).await?,
        DomainVerb::Remove => manager.set_domain(&bus.actor, "", "").await?,
    }
    let reader = AppsReaderProxy::new(&bus.connection).await?;
    let exposure: Exposure = read(reader.exposure(&bus.actor).await?).await?;
    output.print(&exposure.domain, |domain| match domain {
        Some(domain) => names_of(domain),
        None => "This server has no name on the internet; `livos domain set home.example.org` gives it one."
            .to_owned(),
    })?;
    Ok(ExitCode::SUCCESS)
}

fn names_of(domain: &Domain) -> String {
    let mut lines = Vec::new();
    for name in &domain.names {
        let state = match name.state.as_str() {
            "ready" => "has its certificate",
            "failed" => "has no certificate yet",
            "off" => "has no certificate, as there is no HTTPS",
            _ => "its certificate is being fetched",
        };
        lines.push(format!("https://{}  {state}", plain(&name.name)));
        if !name.reason.is_empty() {
            lines.push(format!("  because: {}", plain(&name.reason)));
        }
        if !name.next.is_empty() {
            lines.push(format!("  next:    {}", plain(&name.next)));
        }
    }
    lines.join("\n")
}
