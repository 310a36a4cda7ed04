//! Changing what is installed. Every change is a job; the answer is its id.

use livos_bus::documents::StackRequest;
use livos_bus::{Actor, Document, InstallRequest, Result, SettingsRequest, UpdateRequest};
use livos_policy::Action;
use zbus::interface;
use zbus::message::Header;

use super::{Face, app_id, store_id};
use crate::Error;
use crate::core::compose::MOST_BYTES;
use crate::core::overlay::Overlay;
use crate::store::{Adopted, App, Slot};
use crate::work::{Aim, Apps, InstallJob, Typed, UpdateJob};

/// More answers or codes than this are not a form that somebody filled in.
const ITEMS_LIMIT: usize = 200;

pub(super) struct Manager(pub(super) Face);

impl Manager {
    async fn app(&self, header: &Header<'_>, actor: &Actor, id: &str) -> Result<App> {
        self.0.admit(header, actor, Action::ManageApps).await?;
        let id = app_id(id)?;
        if let Some(app) = self.0.apps.rows.app(&id).await.map_err(Error::into_bus)? {
            return Ok(app);
        }
        Err(match self.0.apps.rows.adopted(&id).await.map_err(Error::into_bus)? {
            Some(adopted) => livos_bus::Error::conflict(format!(
                "{} was adopted; it can be started, stopped, restarted, exported, removed and released, and no more",
                adopted.name
            )),
            None => livos_bus::Error::not_found(format!("the app {id} is not installed")),
        })
    }

    /// What was adopted under this id, if anything was.
    async fn adopted(&self, header: &Header<'_>, actor: &Actor, id: &str) -> Result<Option<Adopted>> {
        self.0.admit(header, actor, Action::ManageApps).await?;
        self.0.apps.rows.adopted(&app_id(id)?).await.map_err(Error::into_bus)
    }

    async fn begin_adopted(&self, verb: &'static str, adopted: &Adopted, actor: &Actor) -> Result<String> {
        let begun = self.0.apps.begin_adopted(verb, adopted, actor.job_owner()).await;
        Ok(begun.map_err(to_request_error)?.to_string())
    }

    async fn begin(
        &self,
        verb: &'static str,
        header: &Header<'_>,
        actor: &Actor,
        id: &str,
    ) -> Result<String> {
        let app = self.app(header, actor, id).await?;
        let job = self.0.apps.begin(verb, &app, actor.job_owner()).await.map_err(Error::into_bus)?;
        Ok(job.to_string())
    }
}

#[interface(name = "io.livos.Apps1.Manager")]
impl Manager {
    async fn install(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
        request: InstallRequest,
    ) -> Result<String> {
        self.0.admit(&header, &actor, Action::ManageApps).await?;
        if request.answers.len() > ITEMS_LIMIT || request.accept.len() > ITEMS_LIMIT {
            return Err(livos_bus::Error::invalid("there are too many answers"));
        }
        let job = InstallJob {
            store: store_id(&request.store)?,
            app: app_id(&request.app)?,
            answers: request.answers,
            accept: request.accept,
            overlay: Overlay { docker_control: request.docker_control, ..Overlay::default() },
            own: None,
        };
        let apps = &self.0.apps;
        let entry =
            apps.rows.entry(&job.store, &job.app).await.map_err(Error::into_bus)?.ok_or_else(|| {
                livos_bus::Error::not_found(format!("there is no app {} in the store {}", job.app, job.store))
            })?;
        let id = apps.begin_install(&entry, &job, actor.job_owner()).await.map_err(to_request_error)?;
        Ok(id.to_string())
    }

    async fn check_install(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
        request: InstallRequest,
    ) -> Result<Document> {
        self.0.admit(&header, &actor, Action::ManageApps).await?;
        if request.answers.len() > ITEMS_LIMIT {
            return Err(livos_bus::Error::invalid("there are too many answers"));
        }
        let (store, app) = (store_id(&request.store)?, app_id(&request.app)?);
        let apps = &self.0.apps;
        let entry = apps.rows.entry(&store, &app).await.map_err(Error::into_bus)?.ok_or_else(|| {
            livos_bus::Error::not_found(format!("there is no app {app} in the store {store}"))
        })?;
        let typed = Typed { answers: request.answers, docker_control: request.docker_control };
        let found = apps.checks_before_install(&entry, Some(&typed)).await;
        Document::json(&found.map_err(to_request_error)?)
    }

    async fn check_update(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
        request: UpdateRequest,
    ) -> Result<Document> {
        let app = self.app(&header, &actor, &request.app).await?;
        if request.answers.len() > ITEMS_LIMIT {
            return Err(livos_bus::Error::invalid("there are too many answers"));
        }
        let found = self.0.apps.checks_before_change(&app, Some(&request.answers)).await;
        Document::json(&found.map_err(to_request_error)?)
    }

    async fn look_at_stack(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
        request: Document,
    ) -> Result<Document> {
        self.0.admit(&header, &actor, Action::ManageApps).await?;
        let found = self.0.apps.look_at_stack(&stack_request(request)?).await;
        Document::json(&found.map_err(to_request_error)?)
    }

    async fn create_stack(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
        request: Document,
    ) -> Result<String> {
        self.0.admit(&header, &actor, Action::ManageApps).await?;
        let begun = self.0.apps.create_stack(stack_request(request)?, actor.job_owner()).await;
        Ok(begun.map_err(to_request_error)?.to_string())
    }

    async fn start(&self, #[zbus(header)] header: Header<'_>, actor: Actor, id: String) -> Result<String> {
        if let Some(adopted) = self.adopted(&header, &actor, &id).await? {
            return self.begin_adopted("adopted.start", &adopted, &actor).await;
        }
        self.begin("app.start", &header, &actor, &id).await
    }

    async fn stop(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
        id: String,
        although_needed: bool,
    ) -> Result<String> {
        if let Some(adopted) = self.adopted(&header, &actor, &id).await? {
            return self.begin_adopted("adopted.stop", &adopted, &actor).await;
        }
        let app = self.app(&header, &actor, &id).await?;
        if !although_needed {
            self.0.apps.refuse_needed(&app, true).await.map_err(Error::into_bus)?;
        }
        let job = self.0.apps.begin("app.stop", &app, actor.job_owner()).await.map_err(Error::into_bus)?;
        Ok(job.to_string())
    }

    async fn restart(&self, #[zbus(header)] header: Header<'_>, actor: Actor, id: String) -> Result<String> {
        if let Some(adopted) = self.adopted(&header, &actor, &id).await? {
            return self.begin_adopted("adopted.restart", &adopted, &actor).await;
        }
        self.begin("app.restart", &header, &actor, &id).await
    }

    async fn update(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
        request: UpdateRequest,
    ) -> Result<String> {
        let app = self.app(&header, &actor, &request.app).await?;
        if request.answers.len() > ITEMS_LIMIT || request.accept.len() > ITEMS_LIMIT {
            return Err(livos_bus::Error::invalid("there are too many answers"));
        }
        let job = UpdateJob { answers: request.answers, accept: request.accept, ..UpdateJob::default() };
        let id = self.0.apps.begin_update(&app, &job, actor.job_owner()).await.map_err(to_request_error)?;
        Ok(id.to_string())
    }

    async fn settings(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
        id: String,
    ) -> Result<Document> {
        let app = self.app(&header, &actor, &id).await?;
        Document::json(&self.0.apps.settings_of(&app).map_err(to_request_error)?)
    }

    async fn look_at_settings(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
        request: SettingsRequest,
    ) -> Result<Document> {
        let app = self.app(&header, &actor, &request.app).await?;
        let found = self.0.apps.look_at_settings(&app, &settings_job(request)?).await;
        Document::json(&found.map_err(to_request_error)?)
    }

    async fn checks(&self, #[zbus(header)] header: Header<'_>, actor: Actor, id: String) -> Result<Document> {
        let app = self.app(&header, &actor, &id).await?;
        Document::json(&self.0.apps.checks_before_change(&app, None).await.map_err(to_request_error)?)
    }

    async fn configure(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
        request: SettingsRequest,
    ) -> Result<String> {
        let app = self.app(&header, &actor, &request.app).await?;
        let begun = self.0.apps.begin_configure(&app, &settings_job(request)?, actor.job_owner()).await;
        Ok(begun.map_err(to_request_error)?.to_string())
    }

    async fn compose(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
        id: String,
    ) -> Result<Document> {
        let app = self.app(&header, &actor, &id).await?;
        Document::json(&Apps::compose_of(&app).map_err(to_request_error)?)
    }

    async fn look_at_compose(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
        id: String,
        text: Document,
    ) -> Result<Document> {
        let app = self.app(&header, &actor, &id).await?;
        let found = self.0.apps.look_at_compose(&app, text_of(text)?).await;
        Document::json(&found.map_err(to_request_error)?)
    }

    async fn edit_compose(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
        id: String,
        revision: String,
        accept: Vec<String>,
        text: Document,
    ) -> Result<String> {
        let app = self.app(&header, &actor, &id).await?;
        if accept.len() > ITEMS_LIMIT || revision.len() > 64 {
            return Err(livos_bus::Error::invalid("there are too many answers"));
        }
        let job = Apps::compose_job(&app, text_of(text)?, revision, accept).map_err(to_request_error)?;
        let begun = self.0.apps.begin_configure(&app, &job, actor.job_owner()).await;
        Ok(begun.map_err(to_request_error)?.to_string())
    }

    async fn pin(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
        id: String,
        pinned: bool,
    ) -> Result<()> {
        let app = self.app(&header, &actor, &id).await?;
        self.0.apps.pin(&app, pinned).await.map_err(Error::into_bus)
    }

    async fn skip(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
        id: String,
        version: String,
    ) -> Result<()> {
        let app = self.app(&header, &actor, &id).await?;
        self.0.apps.skip(&app, &version).await.map_err(to_request_error)
    }

    async fn update_all(&self, #[zbus(header)] header: Header<'_>, actor: Actor) -> Result<Document> {
        self.0.admit(&header, &actor, Action::ManageApps).await?;
        let reply = self.0.apps.update_all(actor.job_owner()).await.map_err(to_request_error)?;
        Document::json(&reply)
    }

    async fn export(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
        id: String,
        secrets: bool,
    ) -> Result<Document> {
        if let Some(adopted) = self.adopted(&header, &actor, &id).await? {
            let archive = self.0.apps.export_adopted(&adopted, secrets).await;
            return Document::from_bytes(archive.map_err(Error::into_bus)?);
        }
        let app = self.app(&header, &actor, &id).await?;
        Document::from_bytes(self.0.apps.export(&app, secrets).await.map_err(Error::into_bus)?)
    }

    async fn rollback(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
        id: String,
        to: String,
    ) -> Result<String> {
        let app = self.app(&header, &actor, &id).await?;
        let to = match (to.as_str(), Slot::kept(&to)) {
            ("", _) => None,
            (_, Some(slot)) => Some(slot),
            _ => return Err(livos_bus::Error::invalid("one goes back to ‘version’ or to ‘settings’")),
        };
        let job = self.0.apps.begin_rollback(&app, to, actor.job_owner()).await.map_err(to_request_error)?;
        Ok(job.to_string())
    }

    async fn remove(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
        id: String,
        keep_data: bool,
        although_needed: bool,
    ) -> Result<String> {
        if let Some(adopted) = self.adopted(&header, &actor, &id).await? {
            if !keep_data {
                return Err(livos_bus::Error::conflict(format!(
                    "what {} stored stays, as nobody knows whose it is; remove it and keep the data",
                    adopted.name
                )));
            }
            return self.begin_adopted("adopted.remove", &adopted, &actor).await;
        }
        let app = self.app(&header, &actor, &id).await?;
        if !although_needed {
            self.0.apps.refuse_needed(&app, false).await.map_err(Error::into_bus)?;
        }
        let job =
            self.0.apps.begin_remove(&app, keep_data, actor.job_owner()).await.map_err(Error::into_bus)?;
        Ok(job.to_string())
    }

    async fn end_connections(&self, #[zbus(header)] header: Header<'_>) -> Result<()> {
        self.0.callers.require_speaker(&header).await?;
        self.0.apps.routes.end_connections().await;
        Ok(())
    }

    async fn set_domain(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
        name: String,
        email: String,
    ) -> Result<()> {
        self.0.admit(&header, &actor, Action::ManageSystem).await?;
        self.0.apps.set_domain(&name, &email).await.map_err(to_request_error)
    }

    async fn set_always_https(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
        always: bool,
    ) -> Result<()> {
        self.0.admit(&header, &actor, Action::ManageSystem).await?;
        self.0.apps.set_always_https(always).await.map_err(to_request_error)
    }

    async fn add_source(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
        url: String,
    ) -> Result<String> {
        self.0.admit(&header, &actor, Action::ManageStores).await?;
        let job = self.0.apps.add_source(&url, actor.job_owner()).await.map_err(to_request_error)?;
        Ok(job.to_string())
    }

    async fn remove_source(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
        store: String,
    ) -> Result<()> {
        self.0.admit(&header, &actor, Action::ManageStores).await?;
        let id = store_id(&store)?;
        let apps = &self.0.apps;
        if apps.rows.source(&id).await.map_err(Error::into_bus)?.is_none() {
            return Err(livos_bus::Error::not_found(format!("there is no store {id}")));
        }
        apps.remove_source(&id).await.map_err(Error::into_bus)
    }

    async fn refresh_source(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
        store: String,
    ) -> Result<String> {
        self.0.admit(&header, &actor, Action::ManageStores).await?;
        let id = store_id(&store)?;
        let apps = &self.0.apps;
        let source = apps
            .rows
            .source(&id)
            .await
            .map_err(Error::into_bus)?
            .ok_or_else(|| livos_bus::Error::not_found(format!("there is no store {id}")))?;
        let job =
            apps.refresh_source(&id, &source.label, actor.job_owner()).await.map_err(Error::into_bus)?;
        Ok(job.to_string())
    }
}

fn settings_job(request: SettingsRequest) -> Result<UpdateJob> {
    let SettingsRequest { answers, accept, ports, memory, docker, images, .. } = request;
    if [answers.len(), accept.len(), ports.len(), memory.len(), images.len()]
        .into_iter()
        .any(|count| count > ITEMS_LIMIT)
    {
        return Err(livos_bus::Error::invalid("there are too many answers"));
    }
    let docker_control = match docker.as_str() {
        "" => None,
        "view" => Some(false),
        "control" => Some(true),
        _ => return Err(livos_bus::Error::invalid("in Docker an app has ‘view’ or ‘control’")),
    };
    Ok(UpdateJob {
        aim: Aim::Settings,
        answers,
        accept,
        ports,
        memory,
        docker_control,
        images,
        compose: None,
    })
}

/// A compose file that is to become an app, with its answers. JSON may write a character with six.
fn stack_request(document: Document) -> Result<StackRequest> {
    let bytes = document.read_at_most(8 * MOST_BYTES)?;
    let request: StackRequest = serde_json::from_slice(&bytes)
        .map_err(|error| livos_bus::Error::invalid(format!("the request cannot be read: {error}")))?;
    if request.answers.len() > ITEMS_LIMIT || request.accept.len() > ITEMS_LIMIT {
        return Err(livos_bus::Error::invalid("there are too many answers"));
    }
    Ok(request)
}

/// A compose file as somebody sent it. What is longer than one can be is not read to its end.
fn text_of(document: Document) -> Result<String> {
    let bytes = document.read_at_most(MOST_BYTES)?;
    String::from_utf8(bytes).map_err(|_| livos_bus::Error::invalid("the file is not text (UTF-8)"))
}

/// What is wrong with a request itself is the request's fault, what does not fit is a conflict.
pub(super) fn to_request_error(error: Error) -> livos_bus::Error {
    use livos_bus::codes;
    match error {
        Error::Refused { code, message } => match code {
            codes::INPUT_NEEDED | codes::CONSENT_NEEDED | "invalid" => {
                livos_bus::Error::invalid(message).with_code(code)
            }
            "not_found" => livos_bus::Error::not_found(message),
            codes::ENGINE_UNAVAILABLE => livos_bus::Error::unavailable(message).with_code(code),
            _ => livos_bus::Error::conflict(message).with_code(code),
        },
        other => other.into_bus(),
    }
}
