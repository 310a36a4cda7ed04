import assert from "node:assert/strict";
import { inspect, until, win, withDesktop } from "../lib/desktop.mjs";

const BLOG = `/containers/container/${"c".repeat(64)}`;
const rows = (page) => page.locator(".xterm-rows");
const shows = (page, text) => rows(page).getByText(text).first().waitFor();
const newest = (mock) => mock.state.shells.at(-1);

/** What a piece of text on the screen looks like. */
const look = (page, text) =>
  rows(page)
    .locator("span", { hasText: text })
    .first()
    .evaluate((span) => {
      const { color, backgroundColor, textDecorationLine } = getComputedStyle(span);
      return { color, backgroundColor, textDecorationLine };
    });

export default [
  [
    "shell: it is typed at, has its colours and its size, and says its exit code",
    (browser) =>
      withDesktop(browser, {}, async ({ page, mock }) => {
        await page.goto(BLOG);
        await page.getByRole("tab", { name: "Shell" }).click();
        await shows(page, "root@blog");
        const field = page.getByRole("textbox", { name: "Terminal" });
        await page.waitForFunction(() => document.activeElement?.matches(".xterm-helper-textarea"));
        assert.equal(
          await field.evaluate(
            (f) => document.getElementById(f.getAttribute("aria-describedby"))?.textContent,
          ),
          "Shift+F6 leaves the terminal",
        );
        await page.keyboard.type("colours\n");
        await shows(page, "mixed");
        assert.equal((await look(page, "mixed")).color, "rgb(250, 100, 0)");
        assert.equal((await look(page, "colour 1 ")).color, "rgb(179, 38, 30)");
        assert.match((await look(page, "line")).textDecorationLine, /underline/);
        await inspect(page, "shell");

        const { columns, rows: lines } = newest(mock).size;
        assert.ok(columns > 60 && lines > 10, `${columns} by ${lines}`);
        await win(page, "containers").getByRole("button", { name: "Maximise" }).click();
        await until("it grows", () => newest(mock).size.columns > columns && newest(mock).size.rows > lines);
        await field.focus();
        await page.keyboard.type("size\n");
        await shows(page, `${newest(mock).size.columns} by ${newest(mock).size.rows}`);

        // Tab and Escape belong to the program, and there is a way out all the same.
        await page.keyboard.press("Tab");
        await page.keyboard.press("Escape");
        await until("they are typed", () => newest(mock).typed.endsWith("\t\x1b"));
        await page.keyboard.press("Shift+F6");
        assert.equal(await page.evaluate(() => document.activeElement?.getAttribute("role")), "switch");
        await page.keyboard.press("Tab");
        assert.match(await page.evaluate(() => document.activeElement?.textContent ?? ""), /Copy/);
        await page.keyboard.press("Tab");
        assert.ok(await field.evaluate((f) => f === document.activeElement));

        await page.keyboard.type("\nexit 7\n");
        await page.getByRole("alert").getByText("The shell has ended (exit code 7)").waitFor();
        await inspect(page, "shell-ended");
        await page.getByRole("button", { name: "New shell" }).click();
        await until("there is a second one", () => mock.state.shells.length === 2);
        await page.getByText("The shell has ended").waitFor({ state: "detached" });
        await shows(page, "root@blog");
        await page.waitForFunction(() => document.activeElement?.matches(".xterm-helper-textarea"));
        await page.keyboard.type("exit\n");
        await page.getByRole("status").getByText("The shell has ended (exit code 0)").waitFor();
      }),
  ],
  [
    "shell: several lines are pasted after a question, what is shown is copied, and leaving ends it",
    (browser) =>
      withDesktop(browser, { theme: "dark" }, async ({ page, mock, context }) => {
        await context.grantPermissions(["clipboard-read", "clipboard-write"]);
        await page.goto(`${BLOG}/shell`);
        await shows(page, "root@blog");
        const field = page.getByRole("textbox", { name: "Terminal" });
        const paste = (text) =>
          field.evaluate((f, text) => {
            const data = new DataTransfer();
            data.setData("text/plain", text);
            f.dispatchEvent(
              new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }),
            );
          }, text);
        await paste("one");
        await shows(page, "one");
        await paste("\nrm a\nrm b\n");
        const asks = page.getByRole("alertdialog", { name: "Paste 2 lines?" });
        await asks.waitFor();
        await inspect(page, "shell-paste");
        await asks.getByRole("button", { name: "Cancel" }).click();
        assert.ok(!newest(mock).typed.includes("rm"));
        await paste("\nrm a\nrm b\n");
        await asks.getByRole("button", { name: "Paste", exact: true }).click();
        await until("it is typed", () => newest(mock).typed.endsWith("rm a\rrm b\r"));
        await shows(page, "rm: not found");
        await inspect(page, "shell-dark");

        // A shell that marks what is pasted needs no question, and nothing in it ends the mark.
        newest(mock).say("\x1b[?2004hready");
        await shows(page, "ready");
        await paste("a\x1b[201~\nb\x0f");
        await until("it is typed", () => newest(mock).typed.endsWith("\x1b[200~a[201~\rb\x1b[201~"));
        newest(mock).say("\x1b[?2004l");

        await page.getByRole("button", { name: "Copy" }).click();
        assert.match(await page.evaluate(() => navigator.clipboard.readText()), /root@blog:\/srv# one/);
        const from = await rows(page).locator("span", { hasText: "root@blog" }).first().boundingBox();
        await page.mouse.dblclick(from.x + 10, from.y + 5);
        await page.keyboard.press("Control+Shift+C");
        await page.waitForFunction(async () =>
          (await navigator.clipboard.readText()).startsWith("root@blog"),
        );

        await page.getByRole("switch", { name: "For screen readers" }).check();
        await page.getByRole("listitem").filter({ hasText: "rm: not found" }).first().waitFor();
        await inspect(page, "shell-reader");
        const shell = newest(mock);
        await page.getByRole("tab", { name: "Overview" }).click();
        await until("it has ended", () => shell.closed);
        await page.getByRole("tab", { name: "Shell" }).click();
        await shows(page, "root@blog");
        assert.ok(await page.getByRole("switch", { name: "For screen readers" }).isChecked());
        await win(page, "containers").getByRole("button", { name: "Close" }).first().click();
        await until("it has ended", () => newest(mock).closed);
      }),
  ],
  [
    "shell: where there is none it says why, and what ended it while it was open",
    (browser) =>
      withDesktop(browser, {}, async ({ page, mock }) => {
        await page.goto(`/containers/container/${"d".repeat(64)}/shell`);
        await page.getByText("quirky_turing isn't running").waitFor();
        assert.equal(mock.state.shells.length, 0);
        await inspect(page, "shell-stopped");
        await page.goto(`/containers/container/${"b".repeat(64)}/shell`);
        await page
          .getByRole("alert")
          .getByText(/its image has no \/bin\/sh/)
          .waitFor();
        await inspect(page, "shell-none");

        await page.goto("/containers");
        await page.getByRole("button", { name: "More actions for blog-web-1" }).click();
        await page.getByRole("menuitem", { name: "Shell" }).click();
        await shows(page, "root@blog");
        newest(mock).say("last words\r\n");
        await shows(page, "last words");
        newest(mock).break();
        await page.getByText("The connection to the shell broke off, so the shell was ended.").waitFor();
        await shows(page, "last words");
        await page.getByRole("button", { name: "New shell" }).click();
        await until("there is another one", () => mock.state.shells.length === 3);
        await shows(page, "root@blog");
        newest(mock).end({ type: "stopping" });
        await page.getByText("LivOS was restarted, so the shell was ended.").waitFor();
        // The container stops: what was on the screen stays.
        mock.docker.containers.find((one) => one.name === "blog-web-1").state = "exited";
        mock.bus.emit("docker");
        await page.getByText("Stopped", { exact: true }).first().waitFor();
        await shows(page, "root@blog");
      }),
  ],
  [
    "shell: on a phone it fits, and goes on in the dark",
    (browser) =>
      withDesktop(browser, { size: "phone", theme: "dark" }, async ({ page, mock }) => {
        await page.goto(`${BLOG}/shell`);
        await shows(page, "root@blog");
        assert.ok(newest(mock).size.columns >= 30, String(newest(mock).size.columns));
        await page.getByRole("textbox", { name: "Terminal" }).focus();
        await page.keyboard.type("many\n");
        await shows(page, "line 300");
        const key = (name) => page.getByRole("toolbar", { name: "Keys" }).getByRole("button", { name });
        for (const name of ["Ctrl+C", "Esc", "↑"]) await key(name).tap();
        await until("they are typed", () => newest(mock).typed.endsWith("\x03\x1b\x1b[A"));
        await inspect(page, "shell-phone");
      }),
  ],
];
