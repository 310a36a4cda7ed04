// Every state that a view must have: loading, slow, unanswered, failed, denied, empty, in part and stale.
import assert from "node:assert/strict";
import { signIn } from "../lib/browser.mjs";
import { inspect, withDesktop } from "../lib/desktop.mjs";
import { job } from "../lib/job.mjs";

const LIST = "/api/v1/files/list";
const NO_CATALOG = { apps: [], sources: [] };
const NO_DOCKER = { containers: [], images: [], volumes: [], networks: [] };

/** Where it is, what it asks for, what it shows, what it says when that fails and when there is nothing. */
// biome-ignore format: a table
const VIEWS = [
  { view: "Files, a folder", path: "/files/home", app: "files", api: LIST, shows: "Documents",
    fails: "This folder can't be shown", denies: "You don't have access to this folder",
    empty: [{ root: "home", path: "", total: 0, entries: [] }, "This folder is empty"] },
  { view: "Files, Trash", path: "/files/trash", app: "files", api: "/api/v1/files/trash", shows: "Trash is empty",
    fails: "Trash can't be shown",
    empty: [[], "Trash is empty"] },
  { view: "Files, Recents", path: "/files/recents", app: "files", api: "/api/v1/files/recents",
    shows: "Files you open will appear here.", fails: "Couldn't load Recents", empty: [[], "Nothing here yet"] },
  { view: "Files, Favourites", path: "/files/favourites", app: "files", api: "/api/v1/files/favourites",
    shows: "No favourites yet", fails: "Couldn't load Favourites" },
  { view: "Preview", path: "/preview/home/notes.txt", app: "preview", api: "/api/v1/files/stat",
    shows: "Show in Files", fails: "The preview can't be shown" },
  { view: "App Store", path: "/store", app: "store", api: "/api/v1/store/apps", shows: "Jellyfin",
    fails: "The list of apps can't be shown", empty: [NO_CATALOG, "No apps yet"] },
  { view: "App Store, an app", path: "/store/app/main/gitea", app: "store", api: "/api/v1/store/apps/main/gitea",
    shows: "Install Gitea", fails: "This app can't be shown" },
  { view: "App Store, a log", path: "/store/installed/jellyfin/logs", app: "store",
    api: "/api/v1/apps/jellyfin/logs", shows: "did its work 199", fails: "The log can't be shown" },
  { view: "App Store, sources", path: "/store/sources", app: "store", api: "/api/v1/store/apps",
    shows: "Sources", fails: "The list of apps can't be shown", empty: [NO_CATALOG, "No sources yet"] },
  { view: "Settings, Appearance", path: "/settings/appearance", app: "settings", api: "/api/v1/me/settings",
    shows: "Text size", fails: "Couldn't load what you chose" },
  { view: "Settings, Accessibility", path: "/settings/accessibility", app: "settings", api: "/api/v1/me/settings",
    shows: "Text size", fails: "Couldn't load what you chose" },
  { view: "Settings, sessions", path: "/settings/you", app: "settings", api: "/api/v1/sessions",
    shows: "This browser", fails: "Couldn't load your sessions" },
  { view: "Settings, Other programs", path: "/settings/programs", app: "settings", api: "/api/v1/me/keys",
    shows: "Claude on the laptop", fails: "Couldn't load your keys", empty: [[], "No keys yet"] },
  { view: "Settings, People", path: "/settings/people", app: "settings", api: "/api/v1/users", shows: "Ben Okri",
    fails: "Couldn't load the list of people" },
  { view: "Settings, Secure connection", path: "/settings/secure", app: "settings", api: "/api/v1/exposure",
    shows: "Certificate of this server", fails: "Couldn't load how this server is reached" },
  { view: "Settings, Updates", path: "/settings/updates", app: "settings", api: "/api/v1/system/updates",
    shows: "Look for updates", fails: "Couldn't load what there is to update" },
  { view: "Settings, About", path: "/settings/about", app: "settings", api: "/api/v1/system", shows: "Running for",
    fails: "Couldn't load the system information" },
  { view: "Settings, AI", path: "/settings/ai", app: "settings", api: "/api/v1/assistant/providers", shows: "Key saved",
    fails: "Couldn't load the models", empty: [{ providers: [], presets: [] }, "Connect a model to begin"] },
  { view: "Settings, AI, the web", path: "/settings/ai", app: "settings", api: "/api/v1/assistant/web",
    shows: "The assistant may read the web", fails: "Couldn't load whether it reads the web" },
  { view: "Settings, AI, its memory", path: "/settings/ai", app: "settings", api: "/api/v1/assistant/embeddings",
    shows: "Found by its words only", fails: "Couldn't load how its memory is searched" },
  { view: "Settings, AI, other servers", path: "/settings/ai", app: "settings", api: "/api/v1/assistant/tool-servers",
    shows: "No other servers", fails: "Couldn't load the servers" },
  { view: "Settings, AI, what it may do", path: "/settings/ai", app: "settings", api: "/api/v1/assistant/rules",
    shows: "Restart an app", fails: "Couldn't load what it may do" },
  { view: "Jobs", path: "/jobs", app: "jobs", api: "/api/v1/assistant/schedules",
    shows: "Remind me to swap the backup drive.", fails: "Couldn't load what is scheduled",
    empty: [{ schedules: [] }, "Nothing is scheduled"] },
  { view: "Settings, AI, schedules", path: "/settings/ai", app: "settings", api: "/api/v1/assistant/schedules",
    shows: "Remind me to swap the backup drive.", fails: "Couldn't load what is scheduled",
    empty: [{ schedules: [] }, "Nothing is scheduled"] },
  { view: "Settings, AI, subagents", path: "/settings/ai", app: "settings", api: "/api/v1/assistant/subagents",
    shows: "Disk watcher", fails: "Couldn't load the subagents", empty: [{ subagents: [] }, "No subagents"] },
  { view: "Settings, AI, skills", path: "/settings/ai", app: "settings", api: "/api/v1/assistant/skills",
    shows: "Examines how this server is right now", fails: "Couldn't load the skills",
    empty: [{ skills: [] }, "No skills"] },
  { view: "Settings, AI, what Nexus sees", path: "/settings/ai", app: "settings", api: "/api/v1/files/shares",
    shows: "No folder is shared", fails: "Couldn't load the shared folders" },
  { view: "Settings, AI, what was used", path: "/settings/ai", app: "settings", api: "/api/v1/assistant/spending",
    shows: "asked 35 times", fails: "Couldn't load what was used" },
  { view: "Assistant, the list", path: "/assistant", app: "assistant", api: "/api/v1/assistant/conversations",
    shows: "Why is Jellyfin slow?", fails: "Couldn't load your conversations",
    empty: [{ conversations: [] }, "No conversations yet"] },
  { view: "Assistant, whether it can be asked", path: "/assistant", app: "assistant", api: "/api/v1/assistant/status",
    shows: "What should we look at?", fails: "Couldn't ask how the assistant is",
    empty: [{ state: "no_provider" }, "Connect a model to begin"] },
  { view: "Assistant, undoing a run", path: ({ assistant, accounts }) => changedRun(assistant, accounts),
    opens: "Undo this run", app: "assistant", api: "/api/v1/assistant/runs/1/undo", shows: "Stop Jellyfin",
    fails: "What can be undone can't be shown",
    empty: [{ conversation: "c", steps: [] }, "Nothing can be undone"] },
  { view: "Containers", path: "/containers", app: "containers", api: "/api/v1/docker", shows: "blog-web-1",
    fails: "What is in Docker can't be shown", empty: [NO_DOCKER, "No containers yet"] },
  { view: "Containers, one", path: `/containers/container/${"c".repeat(64)}`, app: "containers",
    api: `/api/v1/docker/containers/${"c".repeat(64)}`, shows: "/srv/blog/compose.yaml",
    fails: "This container can't be shown" },
  { view: "Containers, a compose file", path: "/containers/compose/immich", app: "containers",
    api: "/api/v1/apps/immich/compose", shows: "docker-compose.yml says which containers",
    fails: "The compose file can't be shown" },
  { view: "Activity", path: "/activity", app: "activity", api: "/api/v1/jobs", shows: "Install Gitea",
    fails: "Couldn't load activity", empty: [[], "Nothing is going on"] },
];

/** A conversation whose run has stopped an app. */
function changedRun(assistant, { users: [ada] }) {
  const items = [{ kind: "person", text: "Stop it" }];
  const one = assistant.held(ada.id, "Stop Jellyfin", 1, items);
  assistant.did(one, 1, "apps_stop", "Jellyfin", "apps_start");
  return `/assistant/${one.id}`;
}

const calledOff = (user) =>
  job({ state: "cancelled", started_by: user, finished_at: 1, cancellable: false, retryable: false });

export default VIEWS.map(({ view, path: where, opens, app, api, shows, fails, denies, empty }) => [
  `every state: ${view}`,
  (browser) =>
    withDesktop(browser, { signIn: false }, async ({ page, mock }) => {
      const line = `GET ${api}`;
      mock.jobs.list.set("apps-77", calledOff(mock.accounts.users[0].id));
      // Time can be put forward: nobody has to wait for what appears after half a minute.
      await page.clock.install();
      await signIn(page);
      const path = typeof where === "function" ? where(mock) : where;
      const window = opens ? page.getByRole("dialog") : page.locator(`[data-app=${app}]`).first();
      const go = async () => {
        await page.goto(path);
        if (opens) await page.getByRole("button", { name: opens }).click();
      };
      const shown = window
        .getByText(shows)
        .or(window.getByRole("button", { name: shows }))
        .first();

      const release = mock.hold(line);
      await go();
      await window.locator("[aria-busy=true]").getByText("Loading").first().waitFor();
      await inspect(page, `state-${view}-loading`, { restless: true });
      await page.clock.fastForward(10_000);
      await window.getByText("Still loading. The server is slow to answer.").first().waitFor();
      await page.clock.fastForward(20_000);
      await window.getByText("The server didn't answer in time").first().waitFor();
      await window.getByRole("button", { name: "Try again" }).first().waitFor();
      release();
      await shown.waitFor();

      const failure = { status: 500, code: "internal", message: "the disk is on fire" };
      mock.state.fail.set(line, failure);
      await go();
      const alert = window.getByRole("alert").filter({ hasText: fails });
      await alert.getByText("The disk is on fire.").waitFor();
      await alert.getByRole("button", { name: "Copy details" }).waitFor();
      await inspect(page, `state-${view}-failed`);
      mock.state.fail.clear();
      await alert.getByRole("button", { name: "Try again" }).click();
      await shown.waitFor();

      mock.state.fail.set(line, { status: 403, code: "denied", message: "this is not yours" });
      await go();
      const denied = window.getByRole("alert").filter({ hasText: denies ?? fails });
      await denied.getByText("An owner or admin of this server can change that.").waitFor();
      await inspect(page, `state-${view}-denied`);
      mock.state.fail.clear();

      if (empty) {
        const [answer, says] = empty;
        mock.state.answers.set(line, answer);
        await go();
        await window.getByText(says).first().waitFor();
        await inspect(page, `state-${view}-empty`);
        mock.state.answers.clear();
      }

      await go();
      await shown.waitFor();
      mock.goDown();
      await page.locator("[data-connection=reconnecting]").waitFor({ state: "attached" });
      await page.clock.fastForward(10_000);
      await page.locator("[data-connection=offline]").waitFor({ state: "attached" });
      await window
        .getByText(/^As of /)
        .first()
        .waitFor();
      assert.equal(await shown.isVisible(), true, "what is known stays");
      await inspect(page, `state-${view}-stale`);
    }),
  { weight: 2 },
]).concat([
  [
    "in part: what is missing is named",
    (browser) =>
      withDesktop(browser, {}, async ({ page, mock }) => {
        mock.state.answers.set("GET /api/v1/files/search", { complete: false, entries: [] });
        await page.goto("/files/home?q=holiday");
        await page.getByText("There are more matches.").first().waitFor();
        await inspect(page, "state-partial-search");
        mock.apps.sources[0].error = "no answer from apps.example";
        await page.goto("/store");
        await page.getByText("‘LivOS apps’ could not be read").waitFor();
        await page.getByText("Jellyfin").first().waitFor();
        await inspect(page, "state-partial-store");
        mock.state.services = { "livos-nexus": "down" };
        await page.goto("/settings/about");
        await page.getByText("Not running").first().waitFor();
        await page.getByText("Running for").waitFor();
        await page.getByText("livos-nexus is not running").waitFor();
        await inspect(page, "state-partial-about");
      }),
  ],
]);
