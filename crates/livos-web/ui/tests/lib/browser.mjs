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

export const SIZES = {
  desktop: { viewport: { width: 1440, height: 900 } },
  phone: { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 },
};

export async function launch() {
  await mkdir(OUT, { recursive: true });
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: FLAGS });
}

/**
 * A page that remembers everything that should not happen: console errors, broken content security
 * policy, requests to another origin. `problems` is expected to stay empty.
 */
export async function newPage(browser, url, { size = "desktop", theme = "light", ...options } = {}) {
  const context = await browser.newContext({ ...SIZES[size], colorScheme: theme, baseURL: url, ...options });
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
