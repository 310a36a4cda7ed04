import assert from "node:assert/strict";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { newPage, signIn } from "../lib/browser.mjs";
import { dock, inspect, openWindow, win, withDesktop } from "../lib/desktop.mjs";
import { job } from "../lib/job.mjs";
import { startMock } from "../mock-server.mjs";

const update = (mock, more) =>
  job({
    id: "host-1",
    kind: "system.update",
    subject: "livos",
    title: "Update LivOS",
    step_count: 6,
    done: 0,
    total: 0,
    unit: "",
    started_by: mock.accounts.users[0].id,
    cancellable: false,
    retryable: false,
    ...more,
  });

/** Lets the page think that the tab was hidden, which headless browsers never do. */
const hide = (page) =>
  page.evaluate(() => {
    Object.defineProperty(document, "visibilityState", { value: "hidden", configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
  });

export default [
  [
    "an update covers the desktop with its steps and gives back the same windows, still signed in",
    (browser) =>
      withDesktop(browser, {}, async ({ page, mock }) => {
        const settings = await openWindow(page, "Settings", "settings");
        await settings.getByLabel("Name", { exact: true }).fill("Half written");
        mock.jobs.put(update(mock, {}));
        await page.getByRole("button", { name: "Activity, 1 job running" }).waitFor();
        const cover = page.getByRole("dialog", { name: "Updating LivOS" });
        assert.equal(await cover.count(), 0, "while it downloads, the desktop can be used");
        mock.jobs.put(update(mock, { step: "restarting" }));
        await cover.waitFor();
        assert.match(await cover.locator("[aria-current=step]").textContent(), /Restarting LivOS/);
        await cover.getByText(/Running for/).waitFor();
        await inspect(page, "cover");
        mock.goDown();
        await page
          .locator("[data-connection=reconnecting], [data-connection=offline]")
          .waitFor({ state: "attached" });
        assert.equal(await cover.isVisible(), true);
        mock.state.version = "0.2.0";
        mock.state.requests.length = 0;
        mock.comeBack();
        mock.jobs.put(update(mock, { state: "succeeded", step: "", finished_at: Date.now() / 1000 }));
        await cover.waitFor({ state: "detached" });
        assert.equal(await settings.getByLabel("Name", { exact: true }).inputValue(), "Half written");
        await page.getByText("LivOS was updated").waitFor();
        await hide(page);
        await page.waitForTimeout(300);
        assert.equal(await settings.getByLabel("Name", { exact: true }).inputValue(), "Half written");
        await page.getByRole("button", { name: "Reload" }).click();
        await win(page, "settings").getByText("This browser").waitFor();
        assert.equal(await page.getByText("LivOS was updated").count(), 0);
      }),
  ],
  [
    "a new version is loaded by itself only while nobody looks and nothing is unsaved",
    (browser) =>
      withDesktop(browser, {}, async ({ page, mock }) => {
        mock.state.version = "0.2.0";
        mock.bus.drop();
        await page.getByText("LivOS was updated").waitFor();
        const loaded = page.waitForEvent("load");
        await hide(page);
        await loaded;
        await page.locator("[data-connection=online]").waitFor();
        assert.equal(await page.getByText("LivOS was updated").count(), 0);
      }),
  ],
  [
    "code that is gone after an update counts as a new version",
    async (browser) => {
      const mock = await startMock();
      const { context, page, problems } = await newPage(browser, mock.url, { serviceWorkers: "block" });
      try {
        await signIn(page);
        await page.route(/\/assets\/store-.*\.js/, (route) => route.fulfill({ status: 404 }));
        await dock(page, "App Store").click();
        await win(page, "store").getByRole("alert").waitFor();
        await page.getByText("LivOS was updated").waitFor();
        assert.equal(await dock(page, "App Store").isVisible(), true, "the desktop stays");
        const other = problems.filter((line) => !line.includes("dynamically imported module"));
        assert.deepEqual(other, []);
      } finally {
        await context.close();
        await mock.stop();
      }
    },
  ],
  [
    "a menu whose code cannot be had stays away, and the desktop goes on",
    async (browser) => {
      const mock = await startMock();
      const { context, page, problems } = await newPage(browser, mock.url, { serviceWorkers: "block" });
      try {
        const code = /\/assets\/menu-popup-.*\.js/;
        await page.route(code, (route) => route.fulfill({ status: 404 }));
        const tried = page.waitForResponse(code);
        await signIn(page);
        await tried;
        const button = page.getByRole("button", { name: /^Account: / });
        await button.click();
        await page.getByText("LivOS was updated").waitFor();
        await page.waitForFunction(() => !document.querySelector("[aria-expanded=true]"));
        assert.equal(await page.getByRole("menu").count(), 0);
        assert.equal(await dock(page, "App Store").isVisible(), true, "the desktop stays");
        const other = problems.filter((line) => !/dynamically imported module|404/.test(line));
        assert.deepEqual(other, []);
      } finally {
        await context.close();
        await mock.stop();
      }
    },
  ],
  [
    "without the server a page says so and goes on by itself; a newer server's page is never an old one",
    async (browser) => {
      const dist = await mkdtemp(join(tmpdir(), "livos-dist-"));
      await cp(process.env.LIVOS_UI_DIST, dist, { recursive: true });
      const mock = await startMock({ dist });
      const { context, page, problems } = await newPage(browser, mock.url, { serviceWorkers: "allow" });
      try {
        await signIn(page);
        const scope = await page.evaluate(async () => (await navigator.serviceWorker.ready).scope);
        assert.equal(scope, `${mock.url}/`);
        await page.waitForFunction(() => navigator.serviceWorker.controller);
        const kept = await page.evaluate(async () => {
          let total = 0;
          for (const name of await caches.keys()) {
            const cache = await caches.open(name);
            for (const request of await cache.keys())
              total += (await (await cache.match(request)).arrayBuffer()).byteLength;
          }
          return total;
        });
        assert.ok(kept > 0 && kept <= 300_000, `${kept} bytes are kept`);

        mock.goDown();
        await page.goto("/settings/about");
        await page.getByRole("heading", { name: "Can't reach your server" }).waitFor();
        await inspect(page, "no-server");
        mock.comeBack();
        await win(page, "settings").getByText("Running for").waitFor();
        assert.equal(new URL(page.url()).pathname, "/settings/about");

        // The update brings another index.html and takes the old files away.
        const index = join(dist, "index.html");
        await writeFile(index, (await readFile(index, "utf8")).replace("<title>LivOS", "<title>Newer LivOS"));
        await rm(join(dist, "index.html.br"), { force: true });
        await rm(join(dist, "index.html.gz"), { force: true });
        const answer = await page.goto("/settings/about");
        assert.match(await answer.text(), /Newer LivOS/);
        await win(page, "settings").getByText("Running for").waitFor();
        assert.deepEqual(problems, []);
      } finally {
        await context.close();
        await mock.stop();
        await rm(dist, { recursive: true });
      }
    },
  ],
];
