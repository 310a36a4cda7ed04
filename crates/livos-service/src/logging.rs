//! Where log lines go: to the journal with all their fields, or to stderr as text.

use std::fmt::Write as _;

use log::kv::{Key, Source, Value, VisitSource};
use systemd_journal_logger::JournalLog;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::{Context, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

use crate::{Environment, Error};

/// Sets the process's log up. A second call in one process is ignored, for tests.
pub fn init(name: &'static str, filter: &str, environment: &Environment) -> Result<(), Error> {
    // An unusable filter must not keep a server from starting; `config check` reports it.
    let filter = EnvFilter::try_new(filter).unwrap_or_else(|_| EnvFilter::new("info"));
    let registry = tracing_subscriber::registry().with(filter).with(filter_fn(says_no_secret));
    let installed = if stderr_is_journal(environment) {
        let journal = JournalLog::empty().map_err(Error::Journal)?.with_syslog_identifier(name.to_owned());
        registry.with(JournalLayer { journal }).try_init()
    } else {
        let text =
            tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_target(false).with_ansi(false);
        registry.with(text).try_init()
    };
    if installed.is_err() {
        tracing::debug!("a log was already set up");
    }
    Ok(())
}

/// Whether something may be logged at all, however much is asked for. Below this level the client for Docker writes down what
/// it sends and gets, word for word: what apps are given as passwords, too.
fn says_no_secret(about: &Metadata<'_>) -> bool {
    !about.target().starts_with("bollard") || *about.level() <= Level::INFO
}

/// A parent may have redirected stderr after the service manager set `JOURNAL_STREAM`, so the
/// variable alone proves nothing.
fn stderr_is_journal(environment: &Environment) -> bool {
    let Some((device, inode)) = environment.journal_stream else { return false };
    rustix::fs::fstat(std::io::stderr()).is_ok_and(|stat| stat.st_dev == device && stat.st_ino == inode)
}

/// The fields of a span or an event, as text.
#[derive(Debug, Default)]
struct Fields {
    message: String,
    pairs: Vec<(&'static str, String)>,
}

impl Fields {
    fn put(&mut self, field: &Field, text: String) {
        match field.name() {
            "message" => self.message = text,
            // Records that came from the `log` crate carry these; the journal has its own.
            name if name.starts_with("log.") => {}
            name => self.pairs.push((name, text)),
        }
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        let mut text = String::new();
        if write!(text, "{value:?}").is_ok() {
            self.put(field, text);
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, value.to_owned());
    }
}

impl Source for Fields {
    fn visit<'kvs>(&'kvs self, visitor: &mut dyn VisitSource<'kvs>) -> Result<(), log::kv::Error> {
        self.pairs.iter().try_for_each(|(name, value)| {
            visitor.visit_pair(Key::from_str(name), Value::from(value.as_str()))
        })
    }
}

/// Sends each event to the journal with its own fields and those of the spans around it.
struct JournalLayer {
    journal: JournalLog,
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for JournalLayer {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if let Some(span) = context.span(id) {
            let mut fields = Fields::default();
            attributes.record(&mut fields);
            span.extensions_mut().insert(fields);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(fields) = span.extensions_mut().get_mut::<Fields>()
        {
            values.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        for span in context.event_scope(event).into_iter().flatten() {
            if let Some(outer) = span.extensions().get::<Fields>() {
                fields.pairs.extend(outer.pairs.iter().cloned());
            }
        }
        let metadata = event.metadata();
        let level = match *metadata.level() {
            tracing::Level::ERROR => log::Level::Error,
            tracing::Level::WARN => log::Level::Warn,
            tracing::Level::INFO => log::Level::Info,
            tracing::Level::DEBUG => log::Level::Debug,
            tracing::Level::TRACE => log::Level::Trace,
        };
        let message = std::mem::take(&mut fields.message);
        let sent = self.journal.journal_send(
            &log::Record::builder()
                .level(level)
                .target(metadata.target())
                .file(metadata.file())
                .line(metadata.line())
                .module_path(metadata.module_path())
                .key_values(&fields)
                .args(format_args!("{message}"))
                .build(),
        );
        // A log that cannot be written has nowhere else to say so than stderr.
        if let Err(error) = sent {
            eprintln!("{level}: {message} (the journal refused it: {error})");
        }
    }
}
