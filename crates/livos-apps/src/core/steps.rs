//! What acting on one thing in Docker would do, and why it may not be: exact words, which are what is agreed to.

use livos_bus::documents::{DockerOwner, DockerStep};
use livos_docker::{ContainerState, ContainerSummary, ImageSummary};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// So many names are said in a sentence.
const NAMES: usize = 4;

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Verb {
    Start,
    Stop,
    Restart,
    Kill,
    Remove,
}

impl Verb {
    pub(crate) fn parse(word: &str) -> Option<Self> {
        [Self::Start, Self::Stop, Self::Restart, Self::Kill, Self::Remove]
            .into_iter()
            .find(|verb| verb.as_str() == word)
    }

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Stop => "stop",
            Self::Restart => "restart",
            Self::Kill => "kill",
            Self::Remove => "remove",
        }
    }

    /// As a title begins.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Start => "Start",
            Self::Stop => "Stop",
            Self::Restart => "Restart",
            Self::Kill => "End",
            Self::Remove => "Remove",
        }
    }

    pub(crate) fn done(self) -> &'static str {
        match self {
            Self::Start => "started",
            Self::Stop => "stopped",
            Self::Restart => "restarted",
            Self::Kill => "ended",
            Self::Remove => "removed",
        }
    }
}

/// What it is done to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    Container,
    Image,
    Volume,
    Network,
}

impl Kind {
    pub(crate) fn parse(word: &str) -> Option<Self> {
        [Self::Container, Self::Image, Self::Volume, Self::Network]
            .into_iter()
            .find(|kind| kind.as_str() == word)
    }

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Container => "container",
            Self::Image => "image",
            Self::Volume => "volume",
            Self::Network => "network",
        }
    }
}

/// Why something is not done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// It is as it would be afterwards.
    Settled(String),
    /// It is down, which is half of what was to be done.
    Down(String),
    /// It must not be.
    No(String),
}

/// What would happen to one thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) kind: Kind,
    /// Id, or the name of a volume.
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) detail: String,
    pub(crate) refusal: Option<Refusal>,
    pub(crate) for_good: bool,
    pub(crate) size: u64,
    /// The names of an image.
    pub(crate) references: Vec<String>,
    /// A container's main process is there.
    pub(crate) runs: bool,
    /// What was said of it before the first half of this was done.
    pub(crate) before: Option<String>,
}

impl Step {
    fn new(kind: Kind, id: &str, name: &str) -> Self {
        Self {
            kind,
            id: id.to_owned(),
            name: name.to_owned(),
            detail: String::new(),
            refusal: None,
            for_good: false,
            size: 0,
            references: Vec::new(),
            runs: false,
            before: None,
        }
    }

    /// Stands for what is done to what, and for what is said of it.
    pub(crate) fn code(&self, verb: Verb) -> String {
        self.code_of(verb, &self.detail)
    }

    /// Whether this is what is left to do of something that was agreed to with this code, or of an image with these
    /// names. An attempt that was cut short has changed it itself.
    pub(crate) fn is_rest_of(&self, verb: Verb, code: &str, references: &[String]) -> bool {
        match self.kind {
            Kind::Image => self.references.iter().all(|name| references.contains(name)),
            _ => self.before.as_ref().is_some_and(|before| self.code_of(verb, before) == code),
        }
    }

    fn code_of(&self, verb: Verb, detail: &str) -> String {
        let mut digest = Sha256::new();
        for text in [verb.as_str(), self.kind.as_str(), &self.id, &self.name, detail] {
            digest.update(text);
            digest.update([0]);
        }
        digest.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
    }

    pub(crate) fn document(self, verb: Verb) -> DockerStep {
        DockerStep {
            code: self.code(verb),
            kind: self.kind.as_str().to_owned(),
            id: self.id,
            name: self.name,
            detail: self.detail,
            refused: match self.refusal {
                Some(Refusal::Settled(why) | Refusal::Down(why) | Refusal::No(why)) => why,
                None => String::new(),
            },
            for_good: self.for_good,
            size: self.size,
        }
    }

    fn refuse(mut self, why: String) -> Self {
        self.refusal.get_or_insert(Refusal::No(why));
        self
    }
}

/// Whose it is, as far as that decides.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Owned<'a> {
    pub(crate) owner: &'a DockerOwner,
    /// Its app, or what was adopted, is there; what is left of one that went has nobody else to remove it.
    pub(crate) there: bool,
}

impl Owned<'_> {
    /// Who has to be asked instead.
    fn refusal(self, verb: Verb) -> Option<String> {
        let (name, verb) = (&self.owner.name, verb.as_str());
        match self.owner.kind.as_str() {
            "app" if self.there => {
                Some(format!("It belongs to {name}: {verb} that in the App Store instead."))
            }
            "adopted" => Some(format!(
                "It belongs to {name}, which LivOS looks after: {verb} that as a whole, or release it first."
            )),
            "docker" => Some("Docker made it and needs it.".to_owned()),
            _ => None,
        }
    }

    /// Who may miss it.
    fn warning(self) -> String {
        let name = &self.owner.name;
        match self.owner.kind.as_str() {
            "app" => format!(" LivOS made it for {name}, which is gone."),
            "stack" => format!(" The project {name} may rely on it, or make it anew."),
            "livos" => " Another LivOS made it and may rely on it.".to_owned(),
            _ => String::new(),
        }
    }
}

/// `a`, `a and b`, `a, b and 3 more`.
pub(crate) fn listed(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] if names.len() <= NAMES => format!("{} and {last}", first.join(", ")),
        _ => format!("{} and {} more", names[..NAMES - 1].join(", "), names.len() - (NAMES - 1)),
    }
}

fn those(names: &[String], one: &str, several: &str) -> String {
    format!("{} {}", listed(names), if names.len() == 1 { one } else { several })
}

/// Whether its main process is there, or comes back by itself.
pub(crate) fn runs(found: &ContainerSummary) -> bool {
    found.state.is_running() || found.state == ContainerState::Restarting
}

/// `goes` says that it was made to be removed as soon as it ends.
pub(crate) fn container(verb: Verb, found: &ContainerSummary, goes: bool, owned: Owned<'_>) -> Step {
    let mut step = Step::new(Kind::Container, &found.id, &found.name);
    step.runs = runs(found);
    step.for_good = verb == Verb::Remove || (goes && matches!(verb, Verb::Stop | Verb::Kill));
    step.detail = container_words(verb, found, step.runs, goes) + &owned.warning();
    if verb == Verb::Remove {
        step.before = Some(container_words(verb, found, true, goes) + &owned.warning());
    }
    step.refusal = owned.refusal(verb).map(Refusal::No);
    let refusal = match verb {
        Verb::Start if step.runs => Some(Refusal::Settled("It runs already.".to_owned())),
        Verb::Stop | Verb::Kill if !step.runs => Some(Refusal::Settled("It doesn't run.".to_owned())),
        Verb::Restart if !step.runs => Some(Refusal::Down("It doesn't run: start it instead.".to_owned())),
        _ => None,
    };
    step.refusal = step.refusal.or(refusal);
    step
}

/// Docker itself removes what was made to go when it ends, and the volumes that nobody named with it.
fn container_words(verb: Verb, found: &ContainerSummary, runs: bool, goes: bool) -> String {
    let volumes = found.mounts.iter().any(|mount| mount.kind == "volume");
    let lost = match (goes && runs, volumes) {
        (true, true) => " Volumes of it that nobody named go with it; those with a name stay.",
        (false, true) => " Its volumes stay.",
        (_, false) => "",
    };
    let ends = if goes && runs {
        format!(" It was made to go when it ends: it is removed with what it wrote into itself.{lost}")
    } else {
        String::new()
    };
    match verb {
        Verb::Start => "It is started.".to_owned(),
        Verb::Stop => format!("It is stopped.{ends}"),
        Verb::Restart => "It is stopped and started again.".to_owned(),
        Verb::Kill => format!("It is ended at once and can't save what it is doing.{ends}"),
        Verb::Remove => {
            let first = if runs { "It runs, and is stopped first. " } else { "" };
            format!("{first}It goes with what it wrote into itself.{lost}")
        }
    }
}

/// `short` is what an image without a name is called.
pub(crate) fn image(found: &ImageSummary, short: &str, used_by: &[String], kept_for: &[String]) -> Step {
    let mut step = Step::new(Kind::Image, &found.id, found.tags.first().map_or(short, String::as_str));
    step.size = found.size;
    step.references.clone_from(&found.tags);
    step.for_good = found.digests.is_empty();
    let names = match &found.tags[..] {
        [] | [_] => String::new(),
        several => format!(" All its names go: {}.", several.join(", ")),
    };
    step.detail = if step.for_good {
        format!("It was made on this machine and can't be downloaded again.{names}")
    } else {
        format!("It can be downloaded again, if its registry still has it.{names}")
    };
    if !used_by.is_empty() {
        let were = those(used_by, "was made from it", "were made from it");
        step = step.refuse(format!("{were}: remove what was made first."));
    }
    if !kept_for.is_empty() {
        let need = those(kept_for, "needs it", "need it");
        step = step.refuse(format!("{need} to start, or to be brought back to what was there before."));
    }
    step
}

pub(crate) fn volume(name: &str, called: &str, owned: Owned<'_>, kept: bool, used_by: &[String]) -> Step {
    let mut step = Step::new(Kind::Volume, name, called);
    step.for_good = true;
    step.detail = format!("Everything in it goes, and can't be had back.{}", owned.warning());
    if kept && owned.there {
        let app = &owned.owner.name;
        step = step.refuse(format!("It is kept so that {app} can be brought back to what was there before."));
    }
    if let Some(why) = owned.refusal(Verb::Remove) {
        step = step.refuse(why);
    }
    if !used_by.is_empty() {
        let users = those(used_by, "uses it", "use it");
        step = step.refuse(format!("{users}: remove what uses it first."));
    }
    step
}

pub(crate) fn network(id: &str, name: &str, owned: Owned<'_>, used_by: &[String]) -> Step {
    let mut step = Step::new(Kind::Network, id, name);
    step.detail = format!("It goes; nothing is on it.{}", owned.warning());
    if let Some(why) = owned.refusal(Verb::Remove) {
        step = step.refuse(why);
    }
    if !used_by.is_empty() {
        let users = those(used_by, "is on it", "are on it");
        step = step.refuse(format!("{users}: remove what is on it first."));
    }
    step
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owner(kind: &str, name: &str) -> DockerOwner {
        DockerOwner { kind: kind.to_owned(), id: name.to_lowercase(), name: name.to_owned() }
    }

    fn refused(step: &Step) -> String {
        match &step.refusal {
            Some(Refusal::No(why) | Refusal::Down(why) | Refusal::Settled(why)) => why.clone(),
            None => String::new(),
        }
    }

    #[test]
    fn names_fit_into_a_sentence() {
        let names: Vec<String> = ["a", "b", "c", "d", "e", "f"].map(str::to_owned).to_vec();
        for (count, words) in [
            (1, "a"),
            (2, "a and b"),
            (4, "a, b, c and d"),
            (5, "a, b, c and 2 more"),
            (6, "a, b, c and 3 more"),
        ] {
            assert_eq!(listed(&names[..count]), words);
        }
    }

    #[test]
    fn a_container_is_acted_on_when_that_changes_something_and_it_is_nobodys() {
        let found = |state| ContainerSummary {
            id: "1".to_owned(),
            name: "web".to_owned(),
            state,
            ..ContainerSummary::default()
        };
        let (running, exited) = (found(ContainerState::Running), found(ContainerState::Exited));
        let nobody = owner("nobody", "");
        let free = Owned { owner: &nobody, there: false };
        for (verb, found, why) in [
            (Verb::Start, &running, "It runs already."),
            (Verb::Stop, &exited, "It doesn't run."),
            (Verb::Kill, &exited, "It doesn't run."),
            (Verb::Restart, &exited, "It doesn't run: start it instead."),
            (Verb::Start, &exited, ""),
            (Verb::Stop, &running, ""),
            (Verb::Restart, &running, ""),
            (Verb::Remove, &running, ""),
            (Verb::Remove, &exited, ""),
        ] {
            assert_eq!(refused(&container(verb, found, false, free)), why, "{verb:?}");
        }
        let app = owner("app", "Immich");
        let kept = container(Verb::Remove, &exited, false, Owned { owner: &app, there: true });
        assert_eq!(refused(&kept), "It belongs to Immich: remove that in the App Store instead.");
        let left = container(Verb::Remove, &exited, false, Owned { owner: &app, there: false });
        assert_eq!(refused(&left), "", "nobody else can remove what an app left behind");
        assert!(left.detail.ends_with("LivOS made it for Immich, which is gone."), "{}", left.detail);
        let (runs, stands) =
            (container(Verb::Remove, &running, false, free), container(Verb::Remove, &exited, false, free));
        assert_ne!(runs.code(Verb::Remove), stands.code(Verb::Remove), "agreeing to one is not the other");
        assert!(stands.is_rest_of(Verb::Remove, &runs.code(Verb::Remove), &[]), "its own first half");
        assert!(!runs.is_rest_of(Verb::Remove, &stands.code(Verb::Remove), &[]), "it came up again");
    }

    #[test]
    fn what_was_made_to_go_when_it_ends_says_what_goes_with_it() {
        let volume = livos_docker::MountedVolume { kind: "volume".to_owned(), ..Default::default() };
        let found = ContainerSummary {
            state: ContainerState::Running,
            mounts: vec![volume],
            ..ContainerSummary::default()
        };
        let nobody = owner("nobody", "");
        let free = Owned { owner: &nobody, there: false };
        for verb in [Verb::Stop, Verb::Kill, Verb::Remove] {
            let step = container(verb, &found, true, free);
            assert!(step.for_good && step.detail.contains("that nobody named go with it"), "{step:?}");
            assert_ne!(step.code(verb), container(verb, &found, false, free).code(verb));
        }
        let restarted = container(Verb::Restart, &found, true, free);
        assert!(!restarted.for_good && restarted.detail == "It is stopped and started again.");
        assert!(!container(Verb::Stop, &found, false, free).for_good);
    }

    #[test]
    fn what_is_in_use_says_by_whom() {
        let found = ImageSummary { id: "sha256:ab".to_owned(), ..ImageSummary::default() };
        let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
        let used = image(&found, "ab", &names(&["web", "db"]), &[]);
        assert_eq!(refused(&used), "web and db were made from it: remove what was made first.");
        let kept = image(&found, "ab", &[], &names(&["Immich"]));
        assert_eq!(
            refused(&kept),
            "Immich needs it to start, or to be brought back to what was there before."
        );
        let free = image(&found, "ab", &[], &[]);
        assert!(free.for_good && refused(&free).is_empty() && free.name == "ab");
        let nobody = owner("nobody", "");
        let free = Owned { owner: &nobody, there: false };
        assert_eq!(
            refused(&volume("rows", "rows", free, false, &names(&["db"]))),
            "db uses it: remove what uses it first."
        );
        assert_eq!(
            refused(&network("7", "net", free, &names(&["a", "b"]))),
            "a and b are on it: remove what is on it first."
        );
    }
}
