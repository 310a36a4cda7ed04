//! Pictures of apps that their stores name by an address: an app's own is fetched once, when the store is read, and those
//! of its page when somebody asks to see them.
//!
//! A browser is never sent there. So whoever serves them learns that this server has the store, and not who looks at
//! which app, unless that is wanted; the desktop has its pictures without the internet, and its policy lets it load nothing
//! from elsewhere.

use std::collections::HashMap;
use std::fs::File;
use std::io::{Seek as _, Write as _};
use std::os::fd::OwnedFd;
use std::sync::Mutex;
use std::time::Duration;

use futures_util::StreamExt as _;
use livos_fetch::{Answered, Wanted};
use livos_store::JobContext;
use livos_types::{AppId, StoreId};
use url::Url;

use super::{Apps, icons};
use crate::Error;
use crate::error::refused;

/// Pictures that are fetched at once.
pub(super) const AT_ONCE: usize = 4;
/// How long one may take.
const PATIENCE: Duration = Duration::from_secs(15);
/// The most that are fetched for a store at a time.
const MOST: usize = 2000;
/// The most bytes that are fetched for a store at a time: ten times what the largest store of today has.
const MOST_BYTES: usize = 128 * 1024 * 1024;
/// A host that failed this often, and never answered with a picture, is not asked again this time.
const FAILURES: u32 = 3;
/// The pictures that an app's page shows, at most.
const GALLERY: usize = 12;
/// The largest of them, in bytes.
const LARGEST: usize = 4 * 1024 * 1024;
const ACCEPT: &str = "image/svg+xml, image/webp, image/png, image/jpeg, image/gif, */*;q=0.1";

/// What of an app's gallery can be fetched at all.
fn gallery(written: &[String]) -> Vec<Url> {
    written.iter().filter_map(|url| livos_fetch::parse(url).ok()).take(GALLERY).collect()
}

/// Where the pictures of an app's page come from, in their order.
pub(super) fn hosts(written: &[String]) -> Vec<String> {
    gallery(written).iter().map(|url| livos_fetch::host_of(url).to_owned()).collect()
}

/// A file that is nowhere, to be passed on.
fn in_memory(bytes: &[u8]) -> Result<OwnedFd, Error> {
    let failed = |source| Error::Files { doing: "pass on", path: "a picture".into(), source };
    let memory = rustix::fs::memfd_create("livos-picture", rustix::fs::MemfdFlags::CLOEXEC);
    let mut file = File::from(memory.map_err(|errno| failed(errno.into()))?);
    file.write_all(bytes).and_then(|()| file.rewind()).map_err(failed)?;
    Ok(file.into())
}

/// How it went with the hosts.
#[derive(Debug, Default)]
struct Hosts(Mutex<HashMap<String, u32>>);

impl Hosts {
    fn failures(&self) -> std::sync::MutexGuard<'_, HashMap<String, u32>> {
        // Numbers are whole whoever panicked.
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn is_given_up(&self, host: &str) -> bool {
        self.failures().get(host).is_some_and(|failures| *failures >= FAILURES)
    }

    fn note(&self, host: &str, went_well: bool) {
        let mut failures = self.failures();
        let count = failures.entry(host.to_owned()).or_default();
        // One that works is not given up for what it does not have.
        *count = if went_well { 0 } else { count.saturating_add(1) };
    }
}

impl Apps {
    /// Fetches what a store names and is not here. What can't be had is told to the log; a store is no worse for it.
    pub(super) async fn fetch_pictures(&self, urls: Vec<String>, job: &JobContext) -> Result<(), Error> {
        let wanted: Vec<(String, Url)> = urls
            .into_iter()
            .filter_map(|written| livos_fetch::parse(&written).ok().map(|url| (written, url)))
            .take(MOST)
            .collect();
        if !self.config.apps.pictures || wanted.is_empty() {
            return Ok(());
        }
        job.step("pictures", 3, 3);
        let all = wanted.len();
        let hosts = Hosts::default();
        let (mut bytes, mut kept) = (0, 0);
        let mut coming = futures_util::stream::iter(wanted)
            .map(|(written, url)| {
                let hosts = &hosts;
                async move { (self.fetch_picture(url, hosts).await, written) }
            })
            .buffer_unordered(AT_ONCE);
        while let Some((outcome, written)) = coming.next().await {
            match outcome {
                Ok(Some(picture)) => {
                    bytes += picture.len();
                    if self.keep_picture(&written, &picture).await? {
                        kept += 1;
                    } else {
                        job.log(format!("{written} is no picture"));
                    }
                }
                Ok(None) => {}
                Err(why) => job.log(format!("{written}: {why}")),
            }
            if bytes > MOST_BYTES {
                job.log("this store's pictures are too large; the others are left out");
                break;
            }
        }
        job.log(format!("{kept} of {all} pictures fetched"));
        Ok(())
    }

    /// Nothing if its host is not asked any more; an error says why there is no picture.
    async fn fetch_picture(&self, url: Url, hosts: &Hosts) -> Result<Option<Vec<u8>>, String> {
        let host = livos_fetch::host_of(&url).to_owned();
        if hosts.is_given_up(&host) {
            return Ok(None);
        }
        let outcome = self.fetch_file(url, icons::MOST).await;
        hosts.note(&host, outcome.is_ok());
        outcome.map(Some)
    }

    async fn fetch_file(&self, url: Url, most: usize) -> Result<Vec<u8>, String> {
        let wanted = Wanted { admits: |_: &Url| Ok(()), wants: |_: &str| true, accept: ACCEPT, most };
        let getting = livos_fetch::get(&*self.ports.network, &self.ports.tls, url, wanted);
        match tokio::time::timeout(PATIENCE, getting).await {
            Ok(Ok(Answered { cut: true, .. })) => Err("it is too large, or broke off".to_owned()),
            Ok(Ok(answered)) => Ok(answered.body),
            Ok(Err(why)) => Err(why),
            Err(_) => Err(format!("it took longer than {} s", PATIENCE.as_secs())),
        }
    }

    /// A picture of an app's page, and its media type; nothing if its store names none under that number.
    pub(crate) async fn picture(
        &self,
        store: &StoreId,
        id: &AppId,
        number: u32,
    ) -> Result<Option<(OwnedFd, &'static str)>, Error> {
        let Some(entry) = self.rows.entry(store, id).await? else { return Ok(None) };
        let listing = super::install::parsed(&entry)?.listing;
        let number = usize::try_from(number).unwrap_or(usize::MAX);
        let Some(url) = gallery(&listing.gallery).into_iter().nth(number) else { return Ok(None) };
        let failed = |why: String| refused("unreachable", format!("the picture can't be had: {why}"));
        let _turn =
            self.looking.acquire().await.map_err(|_| failed("the app engine is stopping".to_owned()))?;
        let bytes = self.fetch_file(url, LARGEST).await.map_err(failed)?;
        let Some((_, media_type)) = icons::kind(&bytes) else {
            return Err(failed("what is there is none".to_owned()));
        };
        Ok(Some((in_memory(&bytes)?, media_type)))
    }

    /// Whether it is a picture.
    async fn keep_picture(&self, url: &str, bytes: &[u8]) -> Result<bool, Error> {
        // Until the row is there, the file is nobody's, and would be swept away.
        let _replacing = self.replacing.lock().await;
        let Some(name) = icons::keep(&self.icons(), bytes)? else { return Ok(false) };
        self.rows.put_picture(url, &name).await?;
        Ok(true)
    }
}
