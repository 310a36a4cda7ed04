import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

export const OUT = fileURLToPath(new URL("../out/", import.meta.url));

const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** A picture in tests/out/ of what is checked, for people to look at; drawing them all takes a while. */
export async function picture(page, name) {
  if (process.env.LIVOS_PICTURES === "1") await page.screenshot({ path: `${OUT}${name}.png` });
}

/** How long anything may take to come true, in milliseconds: long, because the machine may be busy. */
export const PATIENCE = 60_000;

export const SIZES = {
  desktop: { viewport: { width: 1440, height: 900 } },
  phone: { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 },
};

const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";

/** Whether these tests have to be left out for want of a browser; ends with an error where one is required. */
export function browserMissing(what) {
  if (existsSync(executablePath)) return false;
  const why = `there is no browser at ${executablePath}; install chromium, or name one in CHROMIUM`;
  if (process.env.LIVOS_REQUIRE_BROWSER === "1") {
    console.error(`LIVOS_REQUIRE_BROWSER=1, but ${why}`);
    process.exit(1);
  }
  console.log(`SKIPPED: ${what} (${why})`);
  return true;
}

export async function launch(more = []) {
  await mkdir(OUT, { recursive: true });
  return chromium.launch({ executablePath, args: [...FLAGS, ...more] });
}

/** A picture of each open page, for a person to see what a test saw when it failed. */
export async function keepPictures(contexts, name) {
  const pictures = [];
  for (const page of contexts.flatMap((context) => context.pages())) {
    const path = `${OUT}failed-${name}-${pictures.length}.png`;
    // A page that has crashed or hangs has no picture.
    await page.screenshot({ path, timeout: 10_000 }).then(
      () => pictures.push(path),
      () => undefined,
    );
  }
  return pictures;
}

/** Answers that have no end: they are no sign that a page is still loading. */
const ENDLESS = /\/api\/v1\/(events$|.*[?&]follow=1|assistant\/conversations\/[^/]+\/events)/;
const pending = new WeakMap();

/** Waits until a page shows what it is going to show: nothing on its way, nothing busy, nothing moving. */
export async function settled(page) {
  const open = pending.get(page) ?? new Set();
  let quiet = 0;
  for (const end = Date.now() + PATIENCE; ; ) {
    const still = await page.evaluate(async () => {
      await document.fonts.ready;
      const ends = (animation) => animation.effect?.getComputedTiming().endTime !== Infinity;
      await Promise.all(
        document
          .getAnimations()
          .filter(ends)
          .map((animation) => animation.finished.catch(() => undefined)),
      );
      // What came with the last answer is on the page two frames later.
      for (let frame = 0; frame < 2; frame += 1) await new Promise(requestAnimationFrame);
      return !document.querySelector("[aria-busy=true]") && !document.getAnimations().some(ends);
    });
    // What one answer brings may ask for more, so it has to be quiet twice.
    quiet = still && open.size === 0 ? quiet + 1 : 0;
    if (quiet === 2) return;
    if (Date.now() > end) {
      const why = [...open].map((request) => request.url());
      throw new Error(`the page never came to rest: ${still ? "" : "busy or moving; "}${why.join(", ")}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/**
 * A page that remembers everything that should not happen: console errors, broken content security
 * policy, requests to another origin. `problems` is expected to stay empty.
 */
export async function newPage(browser, url, { size = "desktop", theme = "light", ...options } = {}) {
  const context = await browser.newContext({ ...SIZES[size], colorScheme: theme, baseURL: url, ...options });
  context.setDefaultTimeout(PATIENCE);
  context.on("page", (opened) => {
    const open = new Set();
    pending.set(opened, open);
    opened.on("request", (request) => ENDLESS.test(request.url()) || open.add(request));
    for (const over of ["requestfinished", "requestfailed"])
      opened.on(over, (request) => open.delete(request));
  });
  const page = await context.newPage();
  const problems = [];
  page.on("pageerror", (error) => problems.push(`error: ${error.message}`));
  page.on("console", (message) => {
    const text = message.text();
    const violation = /content security policy|Refused to/i.test(text);
    // Answers that are errors are part of some journeys; the page says so, the console repeats it.
    if (violation || (message.type() === "error" && !/Failed to load resource|net::ERR/.test(text)))
      problems.push(`console: ${text}`);
  });
  page.on("request", (request) => {
    const origin = new URL(request.url());
    if (origin.protocol.startsWith("http") && origin.origin !== new URL(url).origin)
      problems.push(`request: ${request.url()}`);
  });
  return { context, page, problems };
}

export async function signIn(page, username = "ada", password = "correct horse battery") {
  await page.goto("/");
  await page.getByLabel("User name").fill(username);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.locator("[data-connection=online]").waitFor();
}
