//! `livos skills`

use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use livos_bus::SkillsProxy;
use livos_bus::skills::{SkillInfo, SkillRevision, SkillsReply};

use super::apps::read;
use crate::arguments::SkillsVerb;
use crate::bus::Bus;
use crate::exit::Usage;
use crate::output::{Output, plain, table};

/// Nothing longer is handed over; what a skill may have, the agent says.
const LONGEST: u64 = 48 * 1024;

pub(crate) async fn run(bus: &Bus, verb: &SkillsVerb, output: Output) -> Result<ExitCode> {
    let skills = SkillsProxy::new(&bus.connection).await?;
    let actor = &bus.actor;
    match verb {
        SkillsVerb::List => {
            let reply: SkillsReply = read(skills.list(actor).await?).await?;
            output.print(&reply.skills, |all| {
                table(&["NAME", "STATE", "WHAT FOR"], all.iter().map(row).collect())
            })?;
        }
        SkillsVerb::Show { name } => {
            let one: SkillInfo = read(skills.get(actor, name).await?).await?;
            output.print(&one, page)?;
        }
        SkillsVerb::Add { file } => {
            let text = text_of(file)?;
            let one: SkillInfo = read(skills.add(actor, &text).await?).await?;
            output.print(&one, |one| match &one.waiting {
                None => format!("{} says exactly that already.", one.name),
                Some(_) => format!(
                    "{0} is not used yet. Look at it with `livos skills show {0}`, which also says how to enable it.",
                    one.name
                ),
            })?;
        }
        SkillsVerb::Enable { name, revision } => {
            let revision = match revision {
                Some(revision) => revision.clone(),
                None => known(&read(skills.get(actor, name).await?).await?)?,
            };
            skills.change(actor, name, "enable", &revision).await?;
        }
        SkillsVerb::Disable { name } => skills.change(actor, name, "disable", "").await?,
        SkillsVerb::Discard { name } => skills.change(actor, name, "discard", "").await?,
        SkillsVerb::Remove { name } => skills.change(actor, name, "remove", "").await?,
    }
    Ok(ExitCode::SUCCESS)
}

/// A SKILL.md, or that of a folder.
fn text_of(file: &Path) -> Result<String> {
    let inside = file.join("SKILL.md");
    let file = if file.is_dir() { inside.as_path() } else { file };
    let failed = || format!("{} can't be read", file.display());
    let mut text = String::new();
    File::open(file)
        .with_context(failed)?
        .take(LONGEST + 1)
        .read_to_string(&mut text)
        .with_context(failed)?;
    if u64::try_from(text.len()).is_ok_and(|length| length > LONGEST) {
        return Err(Usage(format!("{} is too long for a skill", file.display())).into());
    }
    Ok(text)
}

/// The revision that was looked at before. What waits was not, as far as anybody knows.
fn known(one: &SkillInfo) -> Result<String> {
    if let Some(waiting) = &one.waiting {
        return Err(Usage(format!(
            "{0} waits to be looked at. `livos skills show {0}` shows it; then enable exactly that: `livos skills enable \
             {0} --revision {1}`",
            one.name, waiting.id
        ))
        .into());
    }
    Ok(one.current.as_ref().map(|current| current.id.clone()).unwrap_or_default())
}

fn state(one: &SkillInfo) -> &'static str {
    match one {
        SkillInfo { problem: Some(_), .. } => "broken",
        SkillInfo { waiting: Some(_), current: None, .. } => "waits",
        SkillInfo { waiting: Some(_), enabled: true, .. } => "enabled, a new one waits",
        SkillInfo { waiting: Some(_), .. } => "disabled, a new one waits",
        SkillInfo { enabled: true, .. } => "enabled",
        SkillInfo { .. } => "disabled",
    }
}

fn row(one: &SkillInfo) -> Vec<String> {
    let about = one.current.as_ref().or(one.waiting.as_ref());
    let about = about.map(|about| about.description.clone()).unwrap_or_default();
    vec![one.name.clone(), state(one).to_owned(), one.problem.clone().unwrap_or(about)]
}

/// All of one, as it is to be judged.
fn page(one: &SkillInfo) -> String {
    let mut text = format!("{}: {}\n", plain(&one.name), state(one));
    if let Some(problem) = &one.problem {
        text += &format!("It can't be used: {}\n", plain(problem));
    }
    if let Some(current) = &one.current {
        text += &revision(current);
    }
    if let Some(waiting) = &one.waiting {
        text += "\nThis waits to be looked at, and is not used until you enable it";
        text += match (waiting.generated, waiting.tainted) {
            (true, true) => ". Nexus wrote it, after it had read what a stranger may have written.\n",
            (true, false) => ". Nexus wrote it.\n",
            (false, _) => ".\n",
        };
        text += &revision(waiting);
        text += &format!("\nEnable it: livos skills enable {} --revision {}\n", plain(&one.name), waiting.id);
        text += &format!("Throw it away: livos skills discard {}\n", plain(&one.name));
    }
    text
}

fn revision(one: &SkillRevision) -> String {
    let tools = match &one.tools {
        None => "all that you allow".to_owned(),
        Some(tools) if tools.is_empty() => "none".to_owned(),
        Some(tools) => tools.join(", "),
    };
    let mut text = format!("Tools: {}\n", plain(&tools));
    for (name, list) in
        [("There are none called", &one.missing), ("Hosts", &one.hosts), ("Folders", &one.paths)]
    {
        if !list.is_empty() {
            text += &format!("{name}: {}\n", plain(&list.join(", ")));
        }
    }
    for line in one.text.lines() {
        text += &format!("  {}\n", plain(line).trim_end());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waits() -> SkillInfo {
        let waiting = SkillRevision {
            id: "0f".to_owned(),
            tools: Some(vec!["shell".to_owned(), "fly".to_owned()]),
            missing: vec!["fly".to_owned()],
            generated: true,
            tainted: true,
            text: "---\nname: tidy\n---\nDo \u{1b}[2Jit.\n".to_owned(),
            ..SkillRevision::default()
        };
        SkillInfo {
            name: "tidy".to_owned(),
            bundled: false,
            enabled: false,
            current: None,
            waiting: Some(waiting),
            problem: None,
        }
    }

    #[test]
    fn what_waits_is_shown_whole_and_enabled_only_by_its_revision() {
        let one = waits();
        let shown = page(&one);
        for part in ["tidy: waits", "a stranger", "Tools: shell, fly", "none called: fly", "--revision 0f"] {
            assert!(shown.contains(part), "{part}: {shown}");
        }
        assert!(!shown.contains('\u{1b}'), "it does not move the cursor: {shown}");
        let refused = known(&one).map_err(|error| error.to_string());
        assert!(refused.is_err_and(|why| why.contains("--revision 0f")));
        let current = SkillRevision { id: "aa".to_owned(), ..SkillRevision::default() };
        let looked_at = SkillInfo { waiting: None, current: Some(current), ..one };
        assert_eq!(known(&looked_at).ok().as_deref(), Some("aa"));
        assert!(page(&looked_at).contains("Tools: all that you allow"));
        assert_eq!(state(&looked_at), "disabled");
    }

    #[test]
    fn a_skill_is_read_from_a_file_or_its_folder() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let refused = text_of(folder.path()).map_err(|error| format!("{error:#}"));
        assert!(refused.is_err_and(|why| why.contains("SKILL.md can't be read")));
        let file = folder.path().join("SKILL.md");
        std::fs::write(&file, "hello")?;
        assert_eq!((text_of(&file)?, text_of(folder.path())?), ("hello".to_owned(), "hello".to_owned()));
        std::fs::write(&file, vec![b'x'; 49 * 1024])?;
        let refused = text_of(&file).map_err(|error| error.to_string());
        assert!(refused.is_err_and(|why| why.contains("too long")));
        std::fs::write(&file, [0xff, 0xfe])?;
        assert!(text_of(&file).is_err());
        Ok(())
    }
}
