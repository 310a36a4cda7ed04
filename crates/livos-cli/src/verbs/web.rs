//! `livos assistant web`

use std::process::ExitCode;

use anyhow::Result;
use livos_bus::NexusWebProxy;
use livos_bus::assistant::ProviderKey;
use livos_bus::web::{SearchRequest, SearchTried, WebReply};

use super::apps::read;
use super::assistant::key;
use crate::arguments::WebVerb;
use crate::bus::Bus;
use crate::output::{Output, plain};

pub(crate) async fn run(bus: &Bus, verb: &WebVerb, output: Output) -> Result<ExitCode> {
    let web = NexusWebProxy::new(&bus.connection).await?;
    match verb {
        WebVerb::Show => {
            let reply: WebReply = read(web.show(&bus.actor).await?).await?;
            output.print(&reply, shown)?;
        }
        WebVerb::On { mine: false } => web.switch(&bus.actor, true).await?,
        WebVerb::Off { mine: false } => web.switch(&bus.actor, false).await?,
        WebVerb::On { mine: true } => web.switch_own(&bus.actor, true).await?,
        WebVerb::Off { mine: true } => web.switch_own(&bus.actor, false).await?,
        WebVerb::Set { provider, base_url, key_file } => {
            let request = SearchRequest {
                provider: provider.clone(),
                base_url: base_url.clone().unwrap_or_default(),
                key: ProviderKey(key_file.as_deref().map(key).transpose()?.unwrap_or_default()),
            };
            let tried: SearchTried = read(web.save_search(&bus.actor, &request).await?).await?;
            output.print(&tried, |tried| {
                let found: String =
                    tried.found.iter().map(|page| format!("\n  {}", plain(&page.title))).collect();
                let label = plain(&tried.search.label);
                format!("{label} searches the web. For “{}” it finds:{found}", plain(&tried.query))
            })?;
        }
        WebVerb::Remove => web.remove_search(&bus.actor).await?,
    }
    Ok(ExitCode::SUCCESS)
}

fn shown(reply: &WebReply) -> String {
    let on = match reply {
        WebReply { machine: false, .. } => {
            "The assistant does not read the web: nexus.web is false in livos.toml.".to_owned()
        }
        WebReply { house: false, .. } => {
            "The assistant does not read the web. `livos assistant web on` lets it.".to_owned()
        }
        WebReply { own: false, .. } => {
            "The assistant reads the web, but not for this command line: `livos assistant web on --mine`."
                .to_owned()
        }
        _ => "The assistant reads the web.".to_owned(),
    };
    let Some(search) = &reply.search else {
        return format!("{on}\nNobody searches it. `livos assistant web set --help` says how.");
    };
    let problem = search.problem.as_ref().map(|problem| format!("\n{}", plain(&problem.message)));
    format!(
        "{on}\n{} searches it, at {}.{}",
        plain(&search.label),
        plain(&search.base_url),
        problem.unwrap_or_default()
    )
}

#[cfg(test)]
mod tests {
    use livos_bus::assistant::Problem;
    use livos_bus::web::SearchInfo;

    use super::*;

    #[test]
    fn the_first_thing_that_is_off_is_said_with_its_next_step() {
        let on = WebReply { machine: true, house: true, own: true, searches: false, search: None };
        for (reply, says) in [
            (WebReply { machine: false, ..on.clone() }, "nexus.web is false"),
            (WebReply { house: false, ..on.clone() }, "`livos assistant web on`"),
            (WebReply { own: false, ..on.clone() }, "web on --mine"),
            (on.clone(), "web set --help"),
        ] {
            assert!(shown(&reply).contains(says), "{}", shown(&reply));
        }
        let problem = Problem {
            code: "limit".to_owned(),
            message: "it is\u{1b}[31m used up".to_owned(),
            retry_after: None,
        };
        let search = SearchInfo {
            provider: "brave".to_owned(),
            label: "Brave Search".to_owned(),
            base_url: "https://api.search.brave.com".to_owned(),
            key: "set".to_owned(),
            checked_at: 0,
            problem: Some(problem),
        };
        let text = shown(&WebReply { searches: true, search: Some(search), ..on });
        assert!(text.contains("Brave Search searches it, at https://api.search.brave.com."), "{text}");
        assert!(text.contains("used up") && !text.contains('\u{1b}'), "{text}");
    }
}
