import assert from "node:assert/strict";
import { join } from "node:path";
import { picture, settled } from "../lib/browser.mjs";
import { withDesktop } from "../lib/desktop.mjs";
import { misfits } from "../lib/fits.mjs";
import { overlaps } from "../lib/overlap.mjs";
import { buildPseudo } from "../lib/pseudo.mjs";

const PAGES = [
  "/",
  "/files/home",
  "/files/home?view=grid",
  "/files/trash",
  "/files/recents",
  "/files/favourites",
  "/preview/home/notes.txt",
  "/store",
  "/store/app/main/immich",
  "/store/sources",
  "/settings",
  "/settings/you",
  "/settings/programs",
  "/settings/appearance",
  "/settings/people",
  "/settings/updates",
  "/settings/ai",
  "/settings/about",
  "/activity",
  "/jobs",
  "/assistant",
  "/assistant/list",
  "/assistant/RICH",
  "/containers",
  "/containers/stacks",
  "/containers/images",
  "/containers/volumes",
  "/containers/networks",
  "/containers/events",
  "/containers/compose/immich",
  `/containers/container/${"c".repeat(64)}`,
];

const NARROW = { viewport: { width: 320, height: 640 }, hasTouch: true };

/** They visit every window. */
const LONG = { weight: 10 };

let build;
/** The desktop whose texts are longer, built once and beside the one that is tested. */
function longer() {
  const folder = join(process.env.LIVOS_UI_DIST, "../longer");
  build ??= buildPseudo(folder);
  return build.then(() => folder);
}

/** With all that can lie on the desktop. */
function withWidgets(mock) {
  const [ada] = mock.accounts.users;
  mock.accounts.settings.set(ada.id, { welcomed: true, widgets: ["storage", "load"] });
}

/** Signs in without the form, whose words are other ones here. */
async function enter(page) {
  await page.goto("/");
  await page.evaluate(async () => {
    const body = JSON.stringify({ username: "ada", password: "correct horse battery" });
    const headers = { "Content-Type": "application/json" };
    await fetch("/api/v1/session", { method: "POST", headers, body });
    localStorage.setItem("livos.signed-in", "true");
  });
}

/** Every window, looked at for what does not fit and left as a picture. */
async function tour(page, mock, name, faults, pages = PAGES) {
  for (const path of pages) {
    await page.goto(path.replace("RICH", mock.assistant.rich.id));
    const app = path.split(/[/?]/)[1];
    if (app) await page.locator(`[data-app=${app}]`).first().waitFor();
    else await page.locator("[data-connection=online]").first().waitFor({ state: "attached" });
    // Only screens with a dock have widgets.
    if (!app && (await page.locator("nav [data-dock]").count()) > 0)
      await page.locator("[data-widget=load]").getByRole("meter").first().waitFor();
    await settled(page);
    const file = `${name}${path.replaceAll(/[/?=]/g, "-")}`.replace(/-$/, "-home");
    await picture(page, file);
    for (const fault of [...(await misfits(page)), ...(await overlaps(page))]) {
      faults.push(`${name} ${path}: ${fault}`);
    }
  }
}

const looks = (name, options, prepare) => [
  `every window fits: ${name}`,
  (browser) =>
    withDesktop(browser, options, async ({ page, mock }) => {
      await prepare?.(page, mock);
      withWidgets(mock);
      const faults = [];
      await tour(page, mock, `fits-${name.replaceAll(/[ %,]+/g, "-")}`, faults);
      assert.deepEqual(faults, []);
    }),
  LONG,
];

const rightToLeft = (page) =>
  page.addInitScript(() => {
    // As soon as there is a root element, and so before the page's own scripts.
    new MutationObserver((_, observer) => {
      if (!document.documentElement) return;
      document.documentElement.dir = "rtl";
      observer.disconnect();
    }).observe(document, { childList: true });
  });

export default [
  ...Object.entries({
    "on a desktop": [{}],
    "on a phone": [{ size: "phone" }],
    "from right to left, 320 px wide": [NARROW, rightToLeft],
  }).map(([where, [options, prepare]]) => [
    `every window fits: texts 40 % longer, ${where}`,
    async (browser) =>
      withDesktop(browser, { ...options, dist: await longer(), signIn: false }, async ({ page, mock }) => {
        await prepare?.(page);
        withWidgets(mock);
        await enter(page);
        const faults = [];
        await tour(page, mock, `fits-long-${where.replaceAll(/[ ,]+/g, "-")}`, faults);
        assert.deepEqual(faults, []);
      }),
    LONG,
  ]),
  looks("right to left", {}, rightToLeft),
  looks("right to left on a phone", { size: "phone" }, rightToLeft),
  looks("320 px wide", NARROW),
  looks("zoomed to 200 %", { viewport: { width: 720, height: 450 }, deviceScaleFactor: 2 }),
  looks("forced colours", { forcedColors: "active" }),
  [
    "with reduced motion nothing moves",
    (browser) =>
      withDesktop(browser, { reducedMotion: "reduce" }, async ({ page }) => {
        // Everything that is animated from here on, and for how long.
        await page.addInitScript(() => {
          window.moved = [];
          const note = (event) => {
            for (const animation of event.target.getAnimations?.() ?? []) {
              const { duration } = animation.effect.getTiming();
              if (Number(duration) > 80) window.moved.push(`${event.target.className}: ${duration} ms`);
            }
          };
          addEventListener("animationstart", note, true);
          addEventListener("transitionrun", note, true);
        });
        await page.goto("/files/home");
        await page.getByRole("grid").waitFor();
        await page.locator(".win[data-app=files]").getByRole("button", { name: "Minimise" }).click();
        await page.getByRole("navigation", { name: "Dock" }).getByRole("button", { name: "Files" }).click();
        await page.locator(".win[data-app=files]").getByRole("button", { name: "Maximise" }).click();
        await page.keyboard.press("Control+K");
        await page.getByRole("combobox").waitFor();
        await page.keyboard.press("Escape");
        await page
          .getByRole("button", { name: /^Activity/ })
          .first()
          .click();
        await page.locator("[data-panel=activity]").waitFor();
        assert.deepEqual(await page.evaluate(() => window.moved), []);
      }),
  ],
];
