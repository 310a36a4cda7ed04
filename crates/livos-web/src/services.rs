//! The other daemons: one proxy per interface, by well-known name, so a restart of one is not noticed here.

use std::os::fd::OwnedFd;
use std::time::Duration;

use livos_bus::documents::UpdateStatus;
use livos_bus::names::{self, Service};
use livos_bus::{
    Actor, ApprovalsProxy, AppsManagerProxy, AppsReaderProxy, CatalogProxy, ChatProxy, DockerManagerProxy,
    DockerReaderProxy, FilesManagerProxy, FilesReaderProxy, HostDockerProxy, HostReaderProxy,
    HostServicesProxy, HostUpdateProxy, JobInfo, JobsProxy, NexusWebProxy, PersonalProxy, ProvidersProxy,
    SchedulesProxy, ServiceProxy, ServiceStatus, SkillsProxy, SpendingProxy, SubagentsProxy, TerminalProxy,
    ToolServersProxy, ToolsProxy, UploadsProxy, Via,
};
use livos_types::JobId;
use zbus::Connection;

use crate::core::live::Person;
use crate::core::updating;
use crate::error::ApiError;

/// The daemons that run jobs.
pub(crate) const WITH_JOBS: [Service; 2] = [names::APPS, names::FILES];

/// How long a daemon may take to say how it is.
const STATUS_TIMEOUT: Duration = Duration::from_secs(2);

/// Calls to the other daemons.
#[derive(Debug, Clone)]
pub(crate) struct Services {
    pub(crate) connection: Connection,
    pub(crate) catalog: CatalogProxy<'static>,
    pub(crate) apps: AppsReaderProxy<'static>,
    pub(crate) apps_manager: AppsManagerProxy<'static>,
    pub(crate) docker: DockerReaderProxy<'static>,
    pub(crate) docker_manager: DockerManagerProxy<'static>,
    pub(crate) terminal: TerminalProxy<'static>,
    pub(crate) files: FilesReaderProxy<'static>,
    pub(crate) files_manager: FilesManagerProxy<'static>,
    pub(crate) personal: PersonalProxy<'static>,
    pub(crate) uploads: UploadsProxy<'static>,
    pub(crate) host: HostReaderProxy<'static>,
    pub(crate) chat: ChatProxy<'static>,
    pub(crate) approvals: ApprovalsProxy<'static>,
    pub(crate) providers: ProvidersProxy<'static>,
    pub(crate) tool_servers: ToolServersProxy<'static>,
    pub(crate) nexus_web: NexusWebProxy<'static>,
    pub(crate) tools: ToolsProxy<'static>,
    pub(crate) spending: SpendingProxy<'static>,
    pub(crate) schedules: SchedulesProxy<'static>,
    pub(crate) skills: SkillsProxy<'static>,
    pub(crate) subagents: SubagentsProxy<'static>,
    pub(crate) host_update: HostUpdateProxy<'static>,
    pub(crate) host_docker: HostDockerProxy<'static>,
    pub(crate) host_services: HostServicesProxy<'static>,
    jobs: Vec<(Service, JobsProxy<'static>)>,
}

impl Services {
    /// Makes the proxies. Calls nobody.
    pub(crate) async fn new(connection: &Connection) -> zbus::Result<Self> {
        let mut jobs = Vec::with_capacity(WITH_JOBS.len());
        for service in WITH_JOBS {
            let proxy = JobsProxy::builder(connection)
                .destination(service.bus_name)
                .path(service.path)
                .build()
                .await?;
            jobs.push((service, proxy));
        }
        Ok(Self {
            catalog: CatalogProxy::new(connection).await?,
            apps: AppsReaderProxy::new(connection).await?,
            apps_manager: AppsManagerProxy::new(connection).await?,
            docker: DockerReaderProxy::new(connection).await?,
            docker_manager: DockerManagerProxy::new(connection).await?,
            terminal: TerminalProxy::new(connection).await?,
            files: FilesReaderProxy::new(connection).await?,
            files_manager: FilesManagerProxy::new(connection).await?,
            personal: PersonalProxy::new(connection).await?,
            uploads: UploadsProxy::new(connection).await?,
            host: HostReaderProxy::new(connection).await?,
            chat: ChatProxy::new(connection).await?,
            approvals: ApprovalsProxy::new(connection).await?,
            providers: ProvidersProxy::new(connection).await?,
            tool_servers: ToolServersProxy::new(connection).await?,
            nexus_web: NexusWebProxy::new(connection).await?,
            tools: ToolsProxy::new(connection).await?,
            spending: SpendingProxy::new(connection).await?,
            schedules: SchedulesProxy::new(connection).await?,
            skills: SkillsProxy::new(connection).await?,
            subagents: SubagentsProxy::new(connection).await?,
            host_update: HostUpdateProxy::new(connection).await?,
            host_docker: HostDockerProxy::new(connection).await?,
            host_services: HostServicesProxy::new(connection).await?,
            connection: connection.clone(),
            jobs,
        })
    }

    /// The jobs of every daemon that runs any.
    pub(crate) fn jobs(&self) -> &[(Service, JobsProxy<'static>)] {
        &self.jobs
    }

    /// The daemon that runs this job.
    pub(crate) fn jobs_of(&self, id: &JobId) -> Result<&JobsProxy<'static>, ApiError> {
        let found = self.jobs.iter().find(|(service, _)| service.short == id.service());
        found.map(|(_, proxy)| proxy).ok_or_else(|| ApiError::not_found("there is no such job"))
    }

    /// All jobs this person may see, newest first. A daemon that is down has none to show.
    pub(crate) async fn all_jobs(&self, actor: &Actor) -> Vec<JobInfo> {
        let lists = self.jobs.iter().map(|(service, proxy)| async move {
            match proxy.list(actor).await {
                Ok(list) => list,
                Err(error) => {
                    tracing::warn!(service = service.short, %error, "no jobs from this service");
                    Vec::new()
                }
            }
        });
        let mut jobs: Vec<JobInfo> =
            futures_util::future::join_all(lists).await.into_iter().flatten().collect();
        if actor.role.is_admin() {
            jobs.extend(self.update_job(actor).await.filter(updating::goes_on));
        }
        jobs.sort_by(|a, b| b.created_at.cmp(&a.created_at).then_with(|| b.id.cmp(&a.id)));
        jobs
    }

    /// The update of LivOS that goes on, or the one that ended last, as a job.
    pub(crate) async fn update_job(&self, actor: &Actor) -> Option<JobInfo> {
        let status = match self.host_update.status(actor).await {
            Ok(status) => status.parse::<UpdateStatus>(),
            Err(error) => Err(error),
        };
        match status {
            Ok(status) => updating::job_of(&status),
            Err(error) => {
                tracing::debug!(%error, "how updates stand is not known");
                None
            }
        }
    }

    /// How a daemon says it is; `None` when it does not answer.
    pub(crate) async fn status_of(&self, service: Service) -> Option<ServiceStatus> {
        let asked = async {
            let proxy = ServiceProxy::builder(&self.connection)
                .destination(service.bus_name)
                .path(service.path)
                .build()
                .await?;
            proxy.status().await.map_err(|error| zbus::Error::Failure(error.to_string()))
        };
        tokio::time::timeout(STATUS_TIMEOUT, asked).await.ok()?.ok()
    }
}

/// The person as the other daemons are told of them.
pub(crate) fn actor_of(person: &Person) -> Actor {
    Actor { user: person.id.clone(), username: person.username.clone(), role: person.role, via: Via::Web }
}

/// The descriptor inside a D-Bus one.
pub(crate) fn owned(descriptor: zbus::OwnedFd) -> OwnedFd {
    descriptor.into()
}
