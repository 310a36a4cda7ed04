//! Pages of the web, as text: found only where the public web is, bounded in every way, and never believed.

pub(crate) mod address;
pub(crate) mod known;
pub(crate) mod search;
pub(crate) mod text;

use std::sync::Arc;
use std::time::Duration;

use livos_fetch::{Answered, Network, Tls, Wanted};
use tokio::sync::Semaphore;
use url::Url;

use text::Writer;

/// Pages that are read at once: each may take some tens of megabytes while it is taken apart.
const AT_ONCE: usize = 3;
/// The most bytes of a page that are read, unpacked.
pub(crate) const MOST: usize = 2 * 1024 * 1024;
const ACCEPT: &str =
    "text/html, application/xhtml+xml, text/plain, application/json, application/xml;q=0.9, */*;q=0.1";
/// How long one page may take, wherever it points.
const PATIENCE: Duration = Duration::from_secs(25);

/// How a page is wanted.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Format {
    /// Text with headings, lists and tables.
    #[default]
    Markdown,
    /// Text alone.
    Text,
    /// The page's source.
    Html,
}

/// A page, read.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) url: Url,
    pub(crate) kind: String,
    pub(crate) title: String,
    /// Nothing when such content is not read.
    pub(crate) text: Option<String>,
    /// How long it says it is.
    pub(crate) length: Option<u64>,
    /// It is longer than what was read of it.
    pub(crate) cut: bool,
}

/// Reads pages.
#[derive(Debug)]
pub(crate) struct Web {
    on: bool,
    network: Arc<dyn Network>,
    tls: Arc<Tls>,
    room: Arc<Semaphore>,
}

impl Web {
    /// `on`: the machine's administrator lets it be read.
    pub(crate) fn new(on: bool, network: Arc<dyn Network>, tls: Arc<Tls>) -> Self {
        Self { on, network, tls, room: Arc::new(Semaphore::new(AT_ONCE)) }
    }

    /// Whether it is read here at all.
    pub(crate) fn is_on(&self) -> bool {
        self.on
    }

    /// Reads one. `admits` is asked about every address on the way.
    pub(crate) async fn read(
        &self,
        url: Url,
        format: Format,
        links: bool,
        admits: impl Fn(&Url) -> Result<(), String> + Send,
    ) -> Result<Page, String> {
        let read = async {
            let room = Arc::clone(&self.room);
            let place = room.acquire_owned().await.map_err(|error| error.to_string())?;
            let wanted = Wanted { admits, wants: is_text, accept: ACCEPT, most: MOST };
            let got = livos_fetch::get(&*self.network, &self.tls, url, wanted).await?;
            let taking_apart = tokio::task::spawn_blocking(move || {
                // Nothing ends this when its time is over, so the place is taken until it ends.
                let _place = place;
                page(got, format, links)
            });
            taking_apart.await.map_err(|error| {
                tracing::error!(%error, "a page can't be taken apart");
                "this page can't be taken apart; the server's log says why".to_owned()
            })
        };
        tokio::time::timeout(PATIENCE, read)
            .await
            .map_err(|_| format!("the page took longer than {} s", PATIENCE.as_secs()))?
    }
}

/// What is text, and so is read.
fn is_text(kind: &str) -> bool {
    kind.starts_with("text/")
        || kind.ends_with("+xml")
        || kind.ends_with("+json")
        || matches!(kind, "application/json" | "application/xml")
}

fn page(got: Answered, format: Format, links: bool) -> Page {
    let Answered { url, kind, charset, length, body, cut } = got;
    let mut page = Page { url, kind, title: String::new(), text: None, length, cut };
    if !is_text(&page.kind) {
        return page;
    }
    let markup = page.kind.contains("html") || page.kind.contains("xml");
    let source = text::decode(&body, charset.as_deref(), markup);
    let is_html = matches!(page.kind.as_str(), "text/html" | "application/xhtml+xml");
    if is_html && format != Format::Html {
        let written = Writer::read(&source, &page.url, format == Format::Markdown, links);
        (page.title, page.text) = (written.title, Some(written.text));
        page.cut |= written.cut;
    } else {
        page.text = Some(text::visible(&source));
    }
    page
}
