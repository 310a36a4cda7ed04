//! `livos assistant`

use std::io::Read as _;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use livos_bus::approvals::{Proposal, ProposalsReply};
use livos_bus::assistant::{EmbeddingsReply, ProviderInfo, ProviderKey, ProviderRequest, ProvidersReply};
use livos_bus::spending::ModelPrice;
use livos_bus::{ApprovalsProxy, ProvidersProxy, WebApprovalsProxy};

use super::apps::{ask, can_ask, read};
use super::{replay, result, schedules, spending, tool_servers, undo, web};
use crate::arguments::{ApprovalsVerb, AssistantVerb, EmbeddingsVerb, ProvidersVerb};
use crate::bus::Bus;
use crate::exit::Usage;
use crate::output::{Output, plain, table};

/// More than any key there is.
const LONGEST_KEY: u64 = 48 * 1024;

pub(crate) async fn run(bus: &Bus, verb: &AssistantVerb, output: Output) -> Result<ExitCode> {
    match verb {
        AssistantVerb::Providers(verb) => self::providers(bus, verb, output).await,
        AssistantVerb::Servers(verb) => tool_servers::run(bus, verb, output).await,
        AssistantVerb::Web(verb) => web::run(bus, verb, output).await,
        AssistantVerb::Embeddings(verb) => embeddings(bus, verb, output).await,
        AssistantVerb::Approvals(verb) => approvals(bus, verb, output).await,
        AssistantVerb::Undo { run, dry_run, yes } => undo::run(bus, *run, *dry_run, *yes, output).await,
        AssistantVerb::Replay { run } => replay::run(bus, *run, output).await,
        AssistantVerb::Result { conversation, reference } => {
            result::run(bus, conversation, reference, output).await
        }
        AssistantVerb::Usage { month } => spending::usage(bus, month.as_deref(), output).await,
        AssistantVerb::Budget(verb) => spending::budget(bus, verb, output).await,
        AssistantVerb::Schedules(verb) => schedules::run(bus, verb, output).await,
    }
}

async fn approvals(bus: &Bus, verb: &ApprovalsVerb, output: Output) -> Result<ExitCode> {
    let approvals = ApprovalsProxy::new(&bus.connection).await?;
    let answers = WebApprovalsProxy::new(&bus.connection).await?;
    match verb {
        ApprovalsVerb::List => {
            let reply: ProposalsReply = read(approvals.list(&bus.actor).await?).await?;
            output.print(&reply.proposals, |all| {
                if all.is_empty() {
                    return "Nothing waits for an answer.".to_owned();
                }
                let line = |one: &Proposal| {
                    vec![one.id.clone(), one.summary.clone(), one.state.as_str().to_owned(), one.why.clone()]
                };
                table(&["ID", "WHAT", "STATE", "WHY"], all.iter().map(line).collect())
            })?;
        }
        ApprovalsVerb::Approve { id, yes } => {
            let proposal: Proposal = read(approvals.get(&bus.actor, id).await?).await?;
            if !yes && has_to_be_read(&proposal) {
                let shown = in_full(&proposal);
                if !can_ask(output) {
                    return Err(Usage(format!("{shown}Agree to that with --yes")).into());
                }
                eprint!("{shown}");
                if !matches!(ask("Have this done? [y/N] ")?.to_lowercase().as_str(), "y" | "yes") {
                    return Err(Usage("not done".to_owned()).into());
                }
            }
            let arguments = proposal.action.arguments.to_string();
            answers.approve(id, &proposal.action.tool, &arguments).await?;
            output.print(&proposal.action, |_| format!("Agreed: {}.", plain(&proposal.summary)))?;
        }
        ApprovalsVerb::Deny { id } => answers.deny(id).await?,
    }
    Ok(ExitCode::SUCCESS)
}

/// More than its summary says is agreed to with it.
fn has_to_be_read(proposal: &Proposal) -> bool {
    let plain = ["apps_start", "apps_stop", "apps_restart", "scrape", "web_search"];
    !proposal.notes.is_empty() || !plain.contains(&proposal.action.tool.as_str())
}

/// All that is agreed to: what stands in the arguments, a text with its lines, and what an app may reach.
pub(super) fn in_full(proposal: &Proposal) -> String {
    let mut shown = format!("{}: {}\n", plain(&proposal.summary), plain(&proposal.why));
    if let Some(all) = proposal.action.arguments.as_object() {
        for (name, value) in all {
            match value.as_str() {
                Some(text) => {
                    let lines: Vec<String> = text.lines().map(plain).collect();
                    shown += &format!("  {name}: {}\n", lines.join("\n    "));
                }
                None => shown += &format!("  {name}: {}\n", plain(&value.to_string())),
            }
        }
    }
    for note in &proposal.notes {
        shown += &format!("  - {}\n", plain(note));
    }
    shown
}

async fn providers(bus: &Bus, verb: &ProvidersVerb, output: Output) -> Result<ExitCode> {
    let providers = ProvidersProxy::new(&bus.connection).await?;
    match verb {
        ProvidersVerb::List => {
            let reply: ProvidersReply = read(providers.list(&bus.actor).await?).await?;
            output.print(&reply.providers, |all| {
                if all.is_empty() {
                    return "No provider is set up. `livos assistant providers set --help` says how."
                        .to_owned();
                }
                table(
                    &["ID", "NAME", "MODEL", "ADDRESS", "KEY", "$ A MILLION", ""],
                    all.iter().map(row).collect(),
                )
            })?;
        }
        ProvidersVerb::Set { id, model, label, dialect, base_url, key_file } => {
            let reply: ProvidersReply = read(providers.list(&bus.actor).await?).await?;
            let known = reply.providers.iter().find(|known| known.id == *id);
            let preset = reply.presets.iter().find(|preset| preset.id == *id);
            // What is not said stays as it is, or is what is known of a provider of this name.
            let or_known = |said: &Option<String>, known: Option<&String>, preset: Option<&String>| {
                said.clone().or_else(|| known.or(preset).filter(|text| !text.is_empty()).cloned())
            };
            let missing =
                |what: &str| Usage(format!("{id} is no provider that LivOS knows; give its --{what}"));
            let dialect =
                or_known(dialect, known.map(|known| &known.dialect), preset.map(|preset| &preset.dialect));
            let address =
                or_known(base_url, known.map(|known| &known.base_url), preset.map(|preset| &preset.base_url));
            let label = or_known(label, known.map(|known| &known.label), preset.map(|preset| &preset.label));
            let request = ProviderRequest {
                id: id.clone(),
                dialect: dialect.ok_or_else(|| missing("dialect"))?,
                label: label.unwrap_or_else(|| id.clone()),
                base_url: address.ok_or_else(|| missing("base-url"))?,
                model: model.clone(),
                key: ProviderKey(key_file.as_deref().map(key).transpose()?.unwrap_or_default()),
            };
            let kept: ProviderInfo = read(providers.save(&bus.actor, &request).await?).await?;
            output.print(&kept, |kept| {
                format!("{} answers with {}.", plain(&kept.label), plain(&kept.model))
            })?;
        }
        ProvidersVerb::Price { id, forget: true, .. } => providers.forget_price(&bus.actor, id).await?,
        ProvidersVerb::Price { id, input, output, cached, cache_written, forget: false } => {
            // The arguments are only taken together.
            let (Some(input), Some(output)) = (input, output) else {
                return Err(Usage("give --input and --output".to_owned()).into());
            };
            let price = ModelPrice {
                input: input.0,
                output: output.0,
                cached: cached.unwrap_or(*input).0,
                cache_written: cache_written.unwrap_or(*input).0,
            };
            providers.set_price(&bus.actor, id, &price).await?;
        }
        ProvidersVerb::Tier { id, tier } => providers.set_tier(&bus.actor, id, tier).await?,
        ProvidersVerb::Default { id } => providers.set_default(&bus.actor, id).await?,
        ProvidersVerb::Remove { id } => providers.remove(&bus.actor, id).await?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn embeddings(bus: &Bus, verb: &EmbeddingsVerb, output: Output) -> Result<ExitCode> {
    let providers = ProvidersProxy::new(&bus.connection).await?;
    let reply = match verb {
        EmbeddingsVerb::Show => providers.embeddings(&bus.actor).await?,
        EmbeddingsVerb::Set { provider, model } => {
            providers.set_embeddings(&bus.actor, provider, model).await?
        }
        EmbeddingsVerb::Off => {
            providers.remove_embeddings(&bus.actor).await?;
            return Ok(ExitCode::SUCCESS);
        }
    };
    let reply: EmbeddingsReply = read(reply).await?;
    output.print(&reply, |reply| {
        let Some(one) = &reply.embeddings else {
            let names: Vec<String> = reply.candidates.iter().map(|one| plain(&one.id)).collect();
            let could =
                if names.is_empty() { "no provider that is set up".to_owned() } else { names.join(", ") };
            return format!("Nobody makes vectors; memory is searched by words alone. Who could: {could}.");
        };
        let mut text = format!(
            "{} of {} makes vectors: {} of {} memories have one. This month: {} calls, {} tokens.",
            plain(&one.model),
            plain(&one.provider),
            one.embedded,
            one.entries,
            one.calls,
            one.tokens
        );
        if let Some(problem) = &one.problem {
            text += &format!("\nIt failed last: {}", plain(&problem.message));
        }
        text
    })?;
    Ok(ExitCode::SUCCESS)
}

fn row(provider: &ProviderInfo) -> Vec<String> {
    let note = match (&provider.problem, provider.default) {
        (Some(problem), _) => problem.message.clone(),
        (None, true) if provider.tier.is_usual() => "answers".to_owned(),
        (None, true) => format!("answers, {}", provider.tier.as_str()),
        (None, false) if provider.tier.is_usual() => String::new(),
        (None, false) => provider.tier.as_str().to_owned(),
    };
    let ProviderInfo { id, label, model, base_url, key, .. } = provider.clone();
    let price = provider.price.as_ref().map_or_else(
        || "not known".to_owned(),
        |known| {
            format!(
                "{} in, {} out",
                spending::dollars(known.price.input),
                spending::dollars(known.price.output)
            )
        },
    );
    vec![id, label, model, base_url, key, price, note]
}

/// A key from a file, or from whoever writes it to us.
pub(super) fn key(file: &Path) -> Result<String> {
    text(file, "key")
}

/// The same of something else that holds keys.
pub(super) fn text(file: &Path, what: &str) -> Result<String> {
    let mut text = String::new();
    if file == Path::new("-") {
        std::io::stdin()
            .lock()
            .take(LONGEST_KEY)
            .read_to_string(&mut text)
            .with_context(|| format!("the {what} can't be read"))?;
    } else {
        let failed = || format!("{} can't be read", file.display());
        let opened = std::fs::File::open(file).with_context(failed)?;
        opened.take(LONGEST_KEY).read_to_string(&mut text).with_context(failed)?;
    }
    let text = text.trim();
    if text.is_empty() {
        return Err(Usage(format!("there is no {what} in what was given")).into());
    }
    Ok(text.to_owned())
}
