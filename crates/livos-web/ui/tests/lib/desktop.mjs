import assert from "node:assert/strict";
import { startMock } from "../mock-server.mjs";
import { axe } from "./axe.mjs";
import { newPage, OUT, signIn } from "./browser.mjs";
import { overlaps } from "./overlap.mjs";

/** Runs a test on a signed-in desktop of its own, which must end without anything that should not happen. */
export async function withDesktop(browser, options, test) {
  const mock = await startMock({ fresh: options.fresh ?? false, dist: options.dist });
  const { context, page, problems } = await newPage(browser, mock.url, options);
  try {
    if (!options.fresh && options.signIn !== false) await signIn(page);
    await test({ page, mock, context });
    assert.deepEqual(problems, [], "nothing may go wrong behind the scenes");
  } finally {
    await context.close();
    await mock.stop();
  }
}

/** axe and the overlap test on what is shown now, and a picture of it. */
export async function inspect(page, name) {
  const found = [
    ...(await axe(page)).map((line) => `axe ${line}`),
    ...(await overlaps(page)).map((line) => `overlap ${line}`),
  ];
  await page.screenshot({ path: `${OUT}${name}.png` });
  assert.deepEqual(found, [], `${name} has problems`);
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
