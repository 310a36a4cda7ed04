//! Tests of the crate as a whole; small manifests are written here, catalogues are read from beside the
//! repository when they are there.

mod beside;
mod compose;
mod export;
mod formats;
mod fuzz;
mod hostile;
mod languages;
mod livinity;
mod place;
mod sample;

use crate::{AppSpec, Context, Entry, Format, Plan, Source};

/// Plans an app from its files.
fn plan(format: Format, files: &[(&str, &str)]) -> Plan {
    plan_in(format, files, &context())
}

fn plan_in(format: Format, files: &[(&str, &str)], context: &Context) -> Plan {
    let files = files.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    Entry::new(format, "demo", Source { files, icon: String::new() }).plan(context)
}

fn context() -> Context {
    Context { device_seed: b"seed".to_vec(), lan_address: "192.168.1.10".into(), ..Context::default() }
}

/// The spec of a plain compose file that must be accepted.
fn compose(text: &str) -> AppSpec {
    let plan = plan(Format::Compose, &[("compose.yaml", text)]);
    match plan.spec {
        Some(spec) => spec,
        None => panic!("no spec: {:?}\n{text}", plan.error),
    }
}

/// One service with these lines, which must be accepted.
fn service(lines: &str) -> AppSpec {
    compose(&service_text(lines))
}

fn service_text(lines: &str) -> String {
    let body: String = lines.lines().map(|line| format!("    {line}\n")).collect();
    format!("services:\n  web:\n    image: nginx:1\n{body}volumes:\n  data:\n")
}

/// The reason why one service with these lines is refused.
fn refusal(lines: &str) -> String {
    let plan = plan(Format::Compose, &[("compose.yaml", &service_text(lines))]);
    assert!(plan.spec.is_none(), "accepted: {lines}");
    plan.error.unwrap_or_default()
}
