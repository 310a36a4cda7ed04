// HTTPS and a domain: the certificate, always HTTPS, a domain that is refused, fetched, failed, there and gone.
import assert from "node:assert/strict";
import { inspect, until, win, withDesktop } from "../lib/desktop.mjs";

export default [
  [
    "a secure connection is set up: the certificate, always HTTPS, and a domain from refused to ready",
    (browser) =>
      withDesktop(browser, {}, async ({ page, mock }) => {
        const exposure = () => mock.exposure.state;
        await page.goto("/settings/secure");
        const settings = win(page, "settings");
        await settings.getByText("This page came over plain HTTP").waitFor();
        await settings.getByText(exposure().authority.fingerprint).waitFor();
        await settings.getByLabel("How to install it on").selectOption("windows");
        await settings.getByText("Trusted Root Certification").waitFor();
        await inspect(page, "secure-home");
        const download = page.waitForEvent("download");
        await settings.getByRole("button", { name: "Download" }).click();
        assert.equal((await download).suggestedFilename(), "livos.crt");

        const always = settings.getByRole("switch", { name: "Always use HTTPS" });
        assert.ok(await always.isDisabled(), "nobody locks themselves out from a page over plain HTTP");
        exposure().always = true;
        await page.reload();
        await until("it can be switched off", () => always.isEnabled());
        await always.click();
        await until("plain HTTP is a way in again", () => !exposure().always);

        await settings.getByRole("button", { name: "Set up a domain" }).click();
        const dialog = page.getByRole("dialog", { name: "Your own domain" });
        const save = dialog.getByRole("button", { name: "Save" });
        assert.ok(await save.isDisabled());
        await dialog.getByLabel("Name").fill("attic.local");
        await save.click();
        await dialog.getByText("Nobody on the internet can look up").waitFor();
        await inspect(page, "secure-refused");
        await dialog.getByLabel("Name").fill("home.example.org");
        await dialog.getByText("*.home.example.org").waitFor();
        await save.click();
        await dialog.waitFor({ state: "detached" });
        await settings.getByText("jellyfin.home.example.org").waitFor();
        assert.equal(await settings.getByText("The certificate is being fetched").count(), 2);
        await inspect(page, "secure-fetching");

        const [own, app] = exposure().domain.names;
        own.state = "ready";
        Object.assign(app, {
          state: "failed",
          reason: "urn:ietf:params:acme:error:dns - NXDOMAIN looking up A for jellyfin.home.example.org",
          next: "add an A record for jellyfin.home.example.org",
        });
        // While a certificate is on its way it is asked for again, without anybody doing anything.
        await settings.getByText("Has its certificate").waitFor();
        await settings.getByText("Add an A record for jellyfin.home.example.org").scrollIntoViewIfNeeded();
        await inspect(page, "secure-failed");

        await settings.getByRole("button", { name: "Menu of home.example.org" }).click();
        await page.getByRole("menuitem", { name: "Remove" }).click();
        await page.getByRole("alertdialog").getByRole("button", { name: "Remove" }).click();
        await settings.getByText("No domain").waitFor();

        Object.assign(exposure(), {
          https: "port_taken",
          authority: null,
          detail: "another program uses port 443; stop it, or give LivOS another port with caddy.https_port",
        });
        await page.reload();
        await settings.getByText("There is no HTTPS").waitFor();
        await settings.getByText("Another program uses port 443").waitFor();
        await inspect(page, "secure-taken");
      }),
  ],
];
