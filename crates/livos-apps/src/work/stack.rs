//! An app from a compose file that its owner gave: an app like any other, whose store is none.
//!
//! It is installed by the same job, which carries the description with it, and from then on has its own copy of that
//! like any other; so its page, settings, export and removal are those that were there already. Its newer version is
//! another compose file.

use std::collections::BTreeMap;
use std::path::Path;

use livos_bus::codes;
use livos_bus::documents::{ComposeProblem, StackCheck, StackRequest};
use livos_manifest::{AppSpec, Context, Entry, Format, Input, MountKind, MountRole, Source, find};
use livos_types::{AppId, JobId, StoreId};

use super::compose::{problem, problems_of};
use super::configure::asked_by;
use super::describe::{input, permissions, services};
use super::seed::ENV_FILE;
use super::{Apps, InstallJob};
use crate::core::answers;
use crate::core::compose::{MOST_BYTES, check_size};
use crate::core::overlay::Overlay;
use crate::error::refused;
use crate::store::{self, App, FullEntry};
use crate::{Error, data};

const FILE: &str = "compose.yaml";
/// An env file is some lines of settings.
const MOST_ENV_BYTES: usize = 64 * 1024;

/// The description of such an app, as if a store offered it.
pub(super) fn stack_entry(id: &AppId, source: String) -> FullEntry {
    let line = store::Entry {
        store: StoreId::OWN.to_owned(),
        id: id.to_string(),
        name: id.to_string(),
        tagline: String::new(),
        category: String::new(),
        version: String::new(),
        developer: String::new(),
        icon: String::new(),
        format: Format::Compose.as_str().to_owned(),
        installable: true,
        dependencies: String::new(),
        implements: String::new(),
        added_at: 0,
    };
    FullEntry { line, source }
}

/// The files as an entry of a catalogue. It is put together around a file that can be read, so that what is wrong with
/// this one is found where it is.
fn described(id: &AppId, compose: &str, env: &str) -> Result<Entry, Error> {
    let mut files = BTreeMap::from([(FILE.to_owned(), "services: {}\n".to_owned())]);
    if !env.is_empty() {
        files.insert(ENV_FILE.to_owned(), env.to_owned());
    }
    let mut entry = Entry::new(Format::Compose, id.as_str(), Source { files, icon: String::new() });
    entry.listing.id = id.to_string();
    entry.listing.name = id.to_string();
    entry.with_compose(compose).ok_or_else(|| refused("internal", "a compose file has no place"))
}

fn check_env(env: &str) -> Result<(), String> {
    if env.len() > MOST_ENV_BYTES {
        return Err(format!(".env has {} bytes; at most {MOST_ENV_BYTES} are read", env.len()));
    }
    Ok(())
}

/// A name that an app, its folder, its containers and its address can have.
fn checked_name(name: &str) -> Result<AppId, String> {
    let rule = "a name has 1 to 63 of a–z, 0–9, ‘-’ and ‘_’, and starts with a letter or digit";
    // Docker Compose allows no dots in the name of a project, and an address reads them otherwise.
    AppId::new(name).ok().filter(|id| !id.as_str().contains('.')).ok_or_else(|| rule.to_owned())
}

impl Apps {
    /// Whether something else has the name already.
    async fn name_is_taken(&self, id: &AppId) -> Result<Option<String>, Error> {
        if let Some(app) = self.rows.app(id).await? {
            return Ok(Some(format!("there is an app {id} already ({}); choose another name", app.name)));
        }
        let adopted = self.rows.adopted(id).await?;
        Ok(adopted.map(|adopted| format!("{} was adopted under this name; choose another one", adopted.name)))
    }

    /// What would become of a compose file. Nothing is touched.
    pub(crate) async fn look_at_stack(&self, request: &StackRequest) -> Result<StackCheck, Error> {
        let mut check = StackCheck {
            name: String::new(),
            problems: Vec::new(),
            permissions: Vec::new(),
            moved: Vec::new(),
            inputs: Vec::new(),
            services: Vec::new(),
            checks: Vec::new(),
            ready: false,
            most: u32::try_from(MOST_BYTES).unwrap_or(u32::MAX),
        };
        // What is wrong with the file can be said before it has a name.
        let id = match checked_name(&request.name) {
            Ok(id) => {
                check.name = self.name_is_taken(&id).await?.unwrap_or_default();
                id
            }
            Err(reason) => {
                check.name = reason;
                checked_name("new").map_err(|reason| refused("internal", reason))?
            }
        };
        for reason in
            [check_size(&request.compose).err(), check_env(&request.env).err()].into_iter().flatten()
        {
            check.problems.push(problem(None, true, reason));
        }
        if !check.problems.is_empty() {
            return Ok(check);
        }
        let entry = described(&id, &request.compose, &request.env)?;
        let context = self.context(&id, &self.host_of(&id), super::sources::architecture());
        let answers = request.answers.iter().filter(|(_, answer)| !answer.is_empty());
        let context = Context {
            answers: answers.map(|(key, answer)| (key.clone(), answer.clone())).collect(),
            exports_known: true,
            ..context
        };
        let plan = entry.plan(&context);
        let asked = asked_by(&entry, &context, plan.spec.as_ref());
        // What its `.env` answers is no question any more; it can be changed in its settings.
        let open = asked.iter().filter(|input| input.default.is_none());
        check.inputs = open.map(input).collect();
        // What is not answered yet is asked, and what is answered has to be an answer.
        let given =
            |input: &Input| request.answers.get(&input.key).is_some_and(|answer| !answer.trim().is_empty());
        let answered: Vec<Input> = asked.iter().filter(|input| given(input)).cloned().collect();
        let wrong = answers::sorted(&answered, &request.answers).1;
        let wrong: Vec<_> = wrong.into_iter().map(|reason| problem(None, true, reason)).collect();
        let demands = plan.needs_input.iter().any(|need| need.from == "owner");
        if plan.spec.is_some() || !demands {
            check.problems = problems_of(&plan, &request.compose);
        }
        if !wrong.is_empty() {
            check.problems.extend(wrong);
            return Ok(check);
        }
        let Some(spec) = plan.spec else { return Ok(check) };
        check.permissions = permissions(&spec);
        let here = self.checks_before_stack(&spec).await?;
        let stands = here.state != "block";
        check.checks = here.checks;
        check.services = services(&spec);
        check.problems.extend(self.missing_files(&id, &spec, request));
        check.problems.extend(self.other_env(&id, &request.env));
        if check.name.is_empty() {
            match self.would_stand(&id, &spec).await {
                Ok(()) => check.moved = self.moved_ports(&id, &spec).await?,
                Err(Error::Refused { message, .. }) => check.problems.push(problem(None, true, message)),
                Err(error) => return Err(error),
            }
            if self.data_dir(&id).exists() {
                let text =
                    format!("there is a folder of an app {id} already; this one gets it, with what is in it");
                check.problems.push(problem(None, false, text));
            }
        }
        let placed = check.moved.iter().all(|port| port.given > 0);
        check.ready =
            stands && check.name.is_empty() && placed && !check.problems.iter().any(|problem| problem.error);
        Ok(check)
    }

    /// What is refused by the machine: devices, disks, ports of which none is left.
    async fn would_stand(&self, id: &AppId, spec: &AppSpec) -> Result<(), Error> {
        let others: Vec<App> = self.rows.apps().await?;
        let upstream = self.choose_upstream(spec, &others)?;
        let mut bare = spec.clone();
        // They are looked at by `missing_files`; the `.env` that comes along is not in its place yet.
        bare.services.iter_mut().for_each(|service| service.env_files.clear());
        let blueprint = self.blueprint(id, &bare, upstream)?;
        self.refuse_missing_disks(id, &spec.name, &blueprint).await.map(drop)
    }

    /// A `.env` that is there already is somebody's, and stays as it is.
    fn other_env(&self, id: &AppId, env: &str) -> Option<ComposeProblem> {
        let (data_dir, path) = (self.data_dir(id), self.data_dir(id).join(ENV_FILE));
        if env.is_empty() || std::fs::symlink_metadata(&path).is_err() {
            return None;
        }
        let same = data::read_text(&data_dir, &path, MOST_ENV_BYTES as u64).is_ok_and(|there| there == env);
        let text = format!(
            "there is another file .env in the folder {id} of the place Apps already; remove it there, or choose another \
             name"
        );
        (!same).then(|| problem(None, true, text))
    }

    /// Files that have to be there before: Docker Compose refuses without them, too.
    fn missing_files(&self, id: &AppId, spec: &AppSpec, request: &StackRequest) -> Vec<ComposeProblem> {
        let data_dir = self.data_dir(id);
        let is_missing = |path: &str| {
            let comes_along = !request.env.is_empty() && Path::new(path) == data_dir.join(ENV_FILE);
            !comes_along && std::fs::symlink_metadata(path).is_err()
        };
        let mut problems = Vec::new();
        for service in &spec.services {
            let files =
                service.env_files.iter().filter(|file| file.required).map(|file| ("env_file", &file.path));
            // Configs and secrets are binds of files that nobody makes; in the app's folder we see whether they are there.
            let binds = service.mounts.iter().filter(|mount| {
                let ours = matches!(mount.role, MountRole::AppData);
                mount.kind == MountKind::Bind && ours && !mount.options.create_host_path
            });
            for (key, path) in files.chain(binds.map(|mount| ("", &mount.source))) {
                if !is_missing(path) {
                    continue;
                }
                let shown = Path::new(path).strip_prefix(&data_dir).unwrap_or(Path::new(path)).display();
                let place = format!("services.{}.{key}", service.name);
                let text = format!(
                    "services.{}: the file {shown} does not exist; put it into the folder {id} of the place Apps first",
                    service.name
                );
                problems.push(problem(find(&request.compose, place.trim_end_matches('.')), true, text));
            }
        }
        problems
    }

    /// Makes an app from a compose file; answers the job's id.
    pub(crate) async fn create_stack(&self, request: StackRequest, started_by: &str) -> Result<JobId, Error> {
        let invalid = |reason| refused("invalid", reason);
        let id = checked_name(&request.name).map_err(invalid)?;
        if let Some(reason) = self.name_is_taken(&id).await? {
            return Err(refused(codes::EXISTS, reason));
        }
        check_size(&request.compose).map_err(invalid)?;
        check_env(&request.env).map_err(invalid)?;
        let check = self.look_at_stack(&request).await?;
        if let Some(wrong) = check.problems.iter().find(|problem| problem.error) {
            return Err(refused(codes::UNSUPPORTED, format!("{id} cannot be installed: {}", wrong.text)));
        }
        let entry = described(&id, &request.compose, &request.env)?;
        let source =
            serde_json::to_string(&entry).map_err(|source| Error::Record { app: id.to_string(), source })?;
        let store = StoreId::new(StoreId::OWN).map_err(|error| refused("internal", error.to_string()))?;
        let job = InstallJob {
            store,
            app: id.clone(),
            answers: request.answers,
            accept: request.accept,
            overlay: Overlay::default(),
            own: Some(source.clone()),
        };
        self.begin_install(&stack_entry(&id, source), &job, started_by).await
    }
}
