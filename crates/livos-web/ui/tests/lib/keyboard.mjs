// The keyboard alone: no journey that uses this may click.
import assert from "node:assert/strict";

/** What the focused control is called, by its label or its words. */
export function focusedName(page) {
  return page.evaluate(() => {
    const element = document.activeElement;
    if (!element || element === document.body) return "";
    const labels = [...(element.labels ?? [])].map((label) => label.textContent).join(" ");
    const by = element.getAttribute("aria-labelledby")?.split(" ") ?? [];
    const named = by.map((id) => document.getElementById(id)?.textContent ?? "").join(" ");
    const words = element.getAttribute("aria-label") ?? (named || labels || element.textContent || "");
    return words.trim().replace(/\s+/g, " ");
  });
}

/** Presses Tab (or another key) until a control of this name has the focus, and fails if it never does. */
export async function reach(page, name, { key = "Tab", most = 60 } = {}) {
  const seen = [];
  for (let i = 0; i <= most; i += 1) {
    const now = await focusedName(page);
    if (name.test(now)) return;
    seen.push(now);
    await page.keyboard.press(key);
  }
  assert.fail(`${key} never reached ${name}; it went over ${JSON.stringify(seen.slice(-20))}`);
}

/** Opens an app by its name from the search. */
export async function openByName(page, name, app) {
  await page.keyboard.press("Control+K");
  await page.getByRole("combobox").waitFor();
  await page.keyboard.type(name);
  await page.getByRole("option").first().waitFor();
  await page.keyboard.press("Enter");
  const win = page.locator(`[data-app="${app}"]`);
  await win.waitFor();
  await page.waitForFunction(
    (id) => document.querySelector(`[data-app="${id}"]`)?.contains(document.activeElement),
    app,
  );
  return win;
}

/** Opens the menu of what has the focus and chooses from it. */
export async function chooseFromMenu(page, name) {
  await page.keyboard.press("Shift+F10");
  await page.getByRole("menuitem", { name }).waitFor();
  for (let i = 0; i < 30; i += 1) {
    const focused = await page.getByRole("menuitem", { name }).evaluate((e) => e === document.activeElement);
    if (focused) return page.keyboard.press("Enter");
    await page.keyboard.press("ArrowDown");
  }
  assert.fail(`the arrows never reached ${name}`);
}
