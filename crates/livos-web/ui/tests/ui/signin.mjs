import assert from "node:assert/strict";
import { inspect, withDesktop } from "../lib/desktop.mjs";

const PASSWORD = "correct horse battery";

/** Requests that the browser makes for its tab and its menu, not for the page. */
const FOR_THE_TAB = /\/(favicon\.svg|icon-\d+\.png|manifest\.webmanifest)$/;

export default [
  [
    "the sign-in page takes eight requests",
    (browser) =>
      withDesktop(browser, { signIn: false }, async ({ page, mock }) => {
        await page.goto("/");
        await page.getByLabel("Password", { exact: true }).waitFor();
        const asked = mock.state.requests.filter((line) => !FOR_THE_TAB.test(line));
        const names = asked.map((line) => line.replace(/-[\w-]{8}\.(js|css|woff2)$/, ".$1"));
        assert.deepEqual(names.toSorted(), [
          "GET /",
          "GET /api/v1/session",
          "GET /api/v1/setup",
          "GET /assets/base.js",
          "GET /assets/inter-latin-wght-normal.woff2",
          "GET /assets/signin.js",
          "GET /assets/style.css",
          "GET /theme.js",
        ]);
      }),
  ],
  [
    "first boot works with the keyboard alone and ends on the desktop",
    (browser) =>
      withDesktop(browser, { fresh: true }, async ({ page }) => {
        await page.goto("/#claim=MOCK-CODE");
        await page.getByRole("button", { name: "Set up this server" }).waitFor();
        assert.equal(new URL(page.url()).hash, "", "the code must not stay in the address bar");
        await page.getByRole("button", { name: "Set up this server" }).press("Enter");
        assert.equal(await page.getByLabel("Claim code").inputValue(), "MOCK-CODE");
        await page.getByLabel("Claim code").press("Enter");
        await page.getByLabel("Name", { exact: true }).fill("Ada Lovelace");
        assert.equal(await page.getByLabel("User name").inputValue(), "ada");
        await page.getByLabel("Password", { exact: true }).fill("short");
        await page.getByText("Too short").waitFor();
        await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
        await page.getByLabel("Password", { exact: true }).press("Enter");
        await page.getByRole("heading", { name: "Save your recovery codes" }).waitFor();
        assert.equal(await page.locator(".print-me li").count(), 10);
        const next = page.getByRole("button", { name: "Continue" });
        assert.equal(await next.getAttribute("aria-disabled"), "true", "codes must be saved first");
        await page.getByRole("button", { name: "Turn on now" }).press("Enter");
        await page.getByLabel("Code from the app").fill("000000");
        await page.getByLabel("Code from the app").press("Enter");
        await page.getByText("This code is not right").waitFor();
        await page.getByLabel("Code from the app").fill("123456");
        await page.getByLabel("Code from the app").press("Enter");
        await page.getByText("Two-factor is on").first().waitFor();
        await page.getByLabel("I have saved these").press("Space");
        await next.press("Enter");
        await page.getByRole("button", { name: "Open desktop" }).press("Enter");
        await page.locator("[data-connection=online]").waitFor();
        await page.reload();
        await page.locator("[data-connection=online]").waitFor();
      }),
  ],
  [
    "a wrong claim code says so, and too many wrong ones have to wait",
    (browser) =>
      withDesktop(browser, { fresh: true }, async ({ page }) => {
        await page.goto("/");
        await page.getByRole("button", { name: "Set up this server" }).click();
        await page.getByLabel("Claim code").fill("NOPE");
        for (let i = 0; i < 5; i++) {
          await page.getByRole("button", { name: "Continue" }).click();
          await page.getByText("not the code of this server").waitFor();
        }
        await page.getByRole("button", { name: "Continue" }).click();
        await page.getByText(/Too many tries. Wait \d+ seconds/).waitFor();
        await inspect(page, "setup-wait");
      }),
  ],
  [
    "sign-in: wrong password, two-factor step, recovery code",
    (browser) =>
      withDesktop(browser, { signIn: false }, async ({ page, mock }) => {
        Object.assign(mock.accounts.users[0], { totp_enabled: true, recovery: ["aaaa-bbbb"] });
        await page.goto("/");
        await page.getByLabel("User name").fill("ada");
        await page.getByLabel("Password", { exact: true }).fill("wrong");
        await page.getByRole("button", { name: "Sign in" }).click();
        await page.getByText("User name or password is not right").waitFor();
        await inspect(page, "signin-error");
        await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
        await page.keyboard.press("Enter");
        await page.getByLabel("Two-factor code").fill("000000");
        await page.keyboard.press("Enter");
        await page.getByText("This code is not right").waitFor();
        await inspect(page, "signin-code");
        await page.getByLabel("Two-factor code").fill("aaaa-bbbb");
        await page.keyboard.press("Enter");
        await page.locator("[data-connection=online]").waitFor();
      }),
  ],
  [
    "sign-in: five wrong passwords have to wait",
    (browser) =>
      withDesktop(browser, { signIn: false }, async ({ page }) => {
        await page.goto("/");
        await page.getByLabel("User name").fill("ada");
        await page.getByLabel("Password", { exact: true }).fill("wrong");
        for (let i = 0; i < 5; i++) {
          await page.getByRole("button", { name: "Sign in" }).click();
          await page.getByText("User name or password is not right").waitFor();
        }
        await page.getByRole("button", { name: "Sign in" }).click();
        await page.getByText(/Wait \d+ second/).waitFor();
      }),
  ],
];
