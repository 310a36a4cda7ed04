import assert from "node:assert/strict";
import { startMock } from "../mock-server.mjs";
import { axe } from "./axe.mjs";
import { keepPictures, newPage, PATIENCE, picture, settled, signIn } from "./browser.mjs";
import { overlaps } from "./overlap.mjs";

let failures = 0;

/** Runs a test on a signed-in desktop of its own, which must end without anything that should not happen. */
export async function withDesktop(browser, options, test) {
  const mock = await startMock({ fresh: options.fresh ?? false, dist: options.dist });
  // What a service worker keeps is tested by itself; elsewhere it would only fetch in between.
  const { context, page, problems } = await newPage(browser, mock.url, {
    serviceWorkers: "block",
    ...options,
  });
  try {
    if (!options.fresh && options.signIn !== false) await signIn(page);
    await test({ page, mock, context });
    assert.deepEqual(problems, [], "nothing may go wrong behind the scenes");
  } catch (error) {
    failures += 1;
    error.pictures = await keepPictures([context], `ui-${failures}`);
    throw error;
  } finally {
    await context.close();
    await mock.stop();
  }
}

/** axe and the overlap test on what is shown, once it has come to rest, and a picture of it. */
export async function inspect(page, name, { restless = false } = {}) {
  if (!restless) await settled(page);
  const found = [
    ...(await axe(page)).map((line) => `axe ${line}`),
    ...(await overlaps(page)).map((line) => `overlap ${line}`),
  ];
  await picture(page, name);
  assert.deepEqual(found, [], `${name} has problems`);
}

/** Waits for what happens outside of the page, such as a request that reaches the server. */
export async function until(what, condition) {
  for (const end = Date.now() + PATIENCE; !condition(); ) {
    assert.ok(Date.now() < end, `it did not happen that ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

export const dock = (page, name) =>
  page.getByRole("navigation", { name: "Dock" }).getByRole("button", { name });
export const win = (page, app) => page.locator(`.win[data-app=${app}]`);

export async function openWindow(page, name, app) {
  await dock(page, name).click();
  const found = win(page, app).last();
  await found.waitFor();
  await found.locator(".win-body :is(button, input, select, [tabindex='0'])").first().waitFor();
  return found;
}

/** Where a window stands, as whole pixels. */
export async function box(locator) {
  const { x, y, width, height } = await locator.boundingBox();
  return { x: Math.round(x), y: Math.round(y), w: Math.round(width), h: Math.round(height) };
}

export async function focused(page) {
  return page.evaluate(() => {
    const element = document.activeElement;
    return (element?.getAttribute("aria-label") ?? element?.textContent ?? "").trim();
  });
}
