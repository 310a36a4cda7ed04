import assert from "node:assert/strict";
import { focused, inspect, until, win, withDesktop } from "../lib/desktop.mjs";

const list = (page) => page.getByRole("grid");
const row = (page, name) => list(page).getByRole("row").filter({ hasText: name });
const status = (page) => win(page, "files").locator("footer").textContent();

async function open(page, path = "/files/home") {
  await page.goto(path);
  await list(page).getByRole("row").nth(1).waitFor();
  await page.waitForFunction(() => document.activeElement?.closest("[role=grid]"));
}

async function choose(page, files, press) {
  const [chooser] = await Promise.all([page.waitForEvent("filechooser"), press()]);
  await chooser.setFiles(files);
}

const text = (name, size = 12) => ({ name, mimeType: "text/plain", buffer: Buffer.alloc(size, 97) });

export default [
  [
    "files by keyboard: open, up, new folder, rename, undo, Trash",
    (browser) =>
      withDesktop(browser, {}, async ({ page }) => {
        await open(page);
        await page.keyboard.type("pro");
        await row(page, "Projects").and(page.locator("[aria-selected=true]")).waitFor();
        await page.keyboard.press("Enter");
        await page.getByText("This folder is empty").waitFor();
        await inspect(page, "files-empty");
        await page.keyboard.press("Alt+ArrowUp");
        await row(page, "Projects").and(page.locator("[aria-selected=true]")).waitFor();
        assert.match(await focused(page), /Projects/, "the folder one came from has the focus");

        await page.keyboard.press("Alt+Shift+KeyN");
        await page.getByLabel("Folder name").fill("Holiday");
        await page.keyboard.press("Enter");
        await row(page, "Holiday").and(page.locator("[aria-selected=true]")).waitFor();
        await page.keyboard.press("F2");
        await page.getByLabel("New name").fill("Music");
        await page.getByText("There already is something with this name here").waitFor();
        await page.getByLabel("New name").fill("Travels");
        await page.keyboard.press("Enter");
        await row(page, "Travels").and(page.locator("[aria-selected=true]")).waitFor();
        await page.keyboard.press("Control+KeyZ");
        await row(page, "Holiday").waitFor();

        await row(page, "Holiday").click();
        await page.keyboard.press("Delete");
        await page.getByText("Moved ‘Holiday’ to Trash.").first().waitFor();
        await row(page, "Holiday").waitFor({ state: "detached" });
        await page.keyboard.press("Control+KeyZ");
        await row(page, "Holiday").waitFor();
      }),
  ],
  [
    "files are copied, cut, pasted, moved by dialog and dragged",
    (browser) =>
      withDesktop(browser, {}, async ({ page }) => {
        await open(page);
        await row(page, "notes.txt").click();
        await page.keyboard.press("Control+KeyC");
        await page.keyboard.press("Control+KeyV");
        await row(page, "notes (2).txt").click();
        await page.keyboard.press("Control+KeyX");
        await row(page, "Projects").dblclick();
        await page.getByText("This folder is empty").waitFor();
        await win(page, "files").getByRole("button", { name: "More actions" }).first().click();
        await page.getByRole("menuitem", { name: "Paste" }).click();
        await row(page, "notes (2).txt").waitFor();

        await row(page, "notes (2).txt").click();
        await win(page, "files").getByRole("button", { name: "Move to…" }).click();
        const dialog = page.getByRole("dialog", { name: "Move ‘notes (2).txt’ to" });
        await dialog.getByText("They are already in this folder.").waitFor();
        await inspect(page, "files-move");
        await dialog.getByRole("list", { name: "Path" }).getByRole("button", { name: "Home" }).click();
        await dialog.getByRole("button", { name: "Documents" }).click();
        await dialog.getByText("No folders here").waitFor();
        await dialog.getByRole("button", { name: "Move here" }).click();
        await row(page, "notes (2).txt").waitFor({ state: "detached" });

        await win(page, "files").getByRole("button", { name: "Home", exact: true }).last().click();
        const from = await row(page, "Clip 8.mp4").locator("[data-grip]").boundingBox();
        const to = await row(page, "Videos").boundingBox();
        await page.mouse.move(from.x + 30, from.y + 10);
        await page.mouse.down();
        await page.mouse.move(to.x + 120, to.y + 40, { steps: 5 });
        await page.mouse.move(to.x + 120, to.y + 16, { steps: 5 });
        await page.getByText("Move to Videos").waitFor();
        await page.mouse.up();
        await row(page, "Clip 8.mp4").waitFor({ state: "detached" });
      }),
  ],
  [
    "10,000 files: only rows in view exist, the focused one stays, and all can be selected",
    (browser) =>
      withDesktop(browser, {}, async ({ page }) => {
        await open(page, "/files/home/Many");
        assert.match(await status(page), /10,000 items/);
        assert.ok((await list(page).getByRole("row").count()) < 60);
        assert.equal(await list(page).getAttribute("aria-rowcount"), "10001");
        await list(page).locator("[data-row='3']").click();
        await list(page).evaluate((element) => {
          element.scrollTop = 100_000;
        });
        await list(page).locator("[data-row='2780']").waitFor();
        assert.match(await focused(page), /Scan_00003/);
        await page.keyboard.press("End");
        await list(page).locator("[data-row='9999']").waitFor();
        await page.keyboard.press("Control+KeyA");
        await page
          .getByText(/10,000 selected/)
          .first()
          .waitFor();
        await list(page).getByRole("button", { name: "Size" }).click();
        await list(page)
          .getByRole("columnheader", { name: "Size" })
          .and(page.locator("[aria-sort=descending]"))
          .waitFor();
        assert.match(page.url(), /sort=size&desc=1/);
      }),
  ],
  [
    "find narrows the folder, Search below asks the server, a menu does what dragging does",
    (browser) =>
      withDesktop(browser, {}, async ({ page }) => {
        await open(page);
        await page.keyboard.press("/");
        await page.getByLabel("Find in this folder").fill("IMG");
        await page.getByText("1 match").waitFor();
        await page.getByLabel("Find in this folder").fill("zzz");
        await page.getByText("No files match ‘zzz’").waitFor();
        await inspect(page, "files-no-match");
        await page.getByLabel("Find in this folder").fill("img_0000");
        await page.getByRole("button", { name: "Search below" }).click();
        await row(page, "IMG_00003.jpg").waitFor();
        assert.match(page.url(), /q=img_0000/);
        await inspect(page, "files-search");
        await row(page, "IMG_00003.jpg").click({ button: "right" });
        await page.getByRole("menuitem", { name: "Show in its folder" }).waitFor();
        await inspect(page, "files-menu");
        await page.getByRole("menuitem", { name: "Show in its folder" }).click();
        await row(page, "IMG_00003.jpg").and(page.locator("[aria-selected=true]")).waitFor();
        await page.getByRole("button", { name: "View" }).click();
        await page.getByRole("menuitemcheckbox", { name: "Grid" }).click();
        await list(page).getByRole("gridcell").first().waitFor();
        await inspect(page, "files-grid");
        await page.reload();
        await list(page).getByRole("gridcell").first().waitFor();
        assert.match(page.url(), /Family%20photos\?view=grid/);
      }),
  ],
  [
    "uploads ask once about clashes and say when there is no room",
    (browser) =>
      withDesktop(browser, {}, async ({ page, mock }) => {
        await open(page);
        const upload = () => win(page, "files").getByRole("button", { name: "Upload", exact: true }).click();
        await choose(page, [text("notes.txt"), text("fresh.txt")], upload);
        await page.getByRole("dialog", { name: "‘notes.txt’ already exists" }).waitFor();
        await inspect(page, "files-clash");
        await page.getByRole("button", { name: "Continue" }).click();
        await row(page, "fresh.txt").waitFor();
        await row(page, "notes (2).txt").waitFor();
        await page.getByText("Uploaded 2 files").first().waitFor();
        await page.getByRole("button", { name: "Show files" }).click();
        await inspect(page, "files-uploads");

        mock.files.roots[0].free = 100;
        await page.reload();
        await list(page).waitFor();
        await choose(page, [text("large.bin", 4_000)], upload);
        await page.getByText("This needs 4 kB; 100 bytes is free.").waitFor();
        await inspect(page, "files-no-space");
      }),
  ],
  [
    "Trash restores, names what it deletes for good and can be emptied",
    (browser) =>
      withDesktop(browser, {}, async ({ page }) => {
        await open(page);
        await row(page, "notes.txt").click();
        await row(page, "Projects").click({ modifiers: ["Control"] });
        await page.keyboard.press("Delete");
        await page.getByText("Moved 2 items to Trash.").first().waitFor();
        await win(page, "files").getByRole("button", { name: "Trash" }).first().click();
        await row(page, "notes.txt").click();
        await inspect(page, "files-trash");
        await page.keyboard.press("Delete");
        const question = page.getByRole("alertdialog", { name: "Delete ‘notes.txt’ for good?" });
        await question.getByText("This frees 24 bytes and can't be undone.").waitFor();
        assert.equal(await focused(page), "Keep", "what keeps things is the default");
        await inspect(page, "files-delete");
        await question.getByRole("button", { name: "Delete for good" }).click();
        await row(page, "notes.txt").waitFor({ state: "detached" });
        await row(page, "Projects").click();
        await win(page, "files").getByRole("button", { name: "Restore" }).click();
        await page.getByText("Trash is empty").waitFor();
      }),
  ],
  [
    "a folder that is gone, one that is closed, and one that the server can't show",
    (browser) =>
      withDesktop(browser, {}, async ({ page, mock }) => {
        await page.goto("/files/home/Nowhere");
        await page.getByText("This folder no longer exists").waitFor();
        await inspect(page, "files-gone");
        await page
          .getByRole("button", { name: "Go to Home" })
          .or(page.getByRole("button", { name: "Go up" }))
          .click();
        await row(page, "Documents").waitFor();
        mock.state.fail.set("GET /api/v1/files/list", {
          status: 403,
          code: "denied",
          message: "this is not yours",
        });
        await row(page, "Documents").dblclick();
        await page.getByText("You don't have access to this folder").waitFor();
        await inspect(page, "files-denied");
        mock.state.fail.clear();
        await page.getByRole("button", { name: "Go to Home" }).click();
        await row(page, "Documents").waitFor();
        mock.state.fail.set("POST /api/v1/files/trash", { status: 500, code: "internal", message: "" });
        await row(page, "notes.txt").click();
        await page.keyboard.press("Delete");
        await page.getByText("Not moved to Trash.").waitFor();
        await inspect(page, "files-problem");
      }),
  ],
  [
    "favourites and recent files: empty, filled, followed, on the server, and cleared",
    (browser) =>
      withDesktop(browser, {}, async ({ page, context }) => {
        await page.goto("/files/recents");
        await page.getByText("Files you open will appear here.").waitFor();
        await inspect(page, "files-recents-empty");
        await win(page, "files").getByRole("button", { name: "Favourites" }).click();
        await page.getByText("No favourites yet").waitFor();
        await inspect(page, "files-favourites-empty");

        const places = win(page, "files").getByRole("list", { name: "Places" });
        await places.getByRole("button", { name: "Home" }).click();
        const choose = async (name, action) => {
          await row(page, name).click({ button: "right" });
          await page.getByRole("menuitem", { name: action }).click();
        };
        await choose("Family photos", "Add to Favourites");
        await places.getByRole("button", { name: "Family photos" }).waitFor();
        await choose("notes.txt", "Add to Favourites");
        await choose("notes.txt", "Preview");
        await win(page, "preview").getByText("Milk, bread").waitFor();
        await win(page, "preview").getByRole("button", { name: "Close" }).click();

        // Another tab of the same person is told.
        const other = await context.newPage();
        await other.goto("/files/favourites");
        await row(other, "Family photos").waitFor();
        await row(other, "notes.txt").waitFor();
        await inspect(other, "files-favourites");
        await row(other, "notes.txt").click({ button: "right" });
        await other.getByRole("menuitem", { name: "Show in its folder" }).waitFor();
        await other.getByRole("menuitem", { name: "Remove from Favourites" }).click();
        await row(other, "notes.txt").waitFor({ state: "detached" });
        await other.close();

        // A favourite folder is a place; a rename is followed by the server, here it is simply gone.
        await places.getByRole("button", { name: "Family photos" }).click();
        await row(page, "IMG_00003.jpg").waitFor();
        assert.equal(
          await places.getByRole("button", { name: "Family photos" }).getAttribute("aria-current"),
          "page",
        );
        await places.getByRole("button", { name: "Recents" }).click();
        await row(page, "notes.txt").waitFor();
        await inspect(page, "files-recents");
        await row(page, "notes.txt").click();
        await page.keyboard.press("Delete");
        await page.getByText("Files you open will appear here.").waitFor();
        await page.keyboard.press("Control+KeyZ");
        await row(page, "notes.txt").waitFor();
        await win(page, "files").getByRole("button", { name: "More actions" }).first().click();
        await page.getByRole("menuitem", { name: "Clear this list" }).click();
        await page.getByText("Files you open will appear here.").waitFor();
      }),
  ],
  [
    "a folder is shared with Nexus, marked, listed in Settings, and shared no more",
    (browser) =>
      withDesktop(browser, {}, async ({ page, context, mock }) => {
        await open(page);
        const choose = async (name, action) => {
          await row(page, name).click({ button: "right" });
          await page.getByRole("menuitem", { name: action }).click();
        };
        await row(page, "notes.txt").click({ button: "right" });
        await page.getByRole("menuitem", { name: "Add to Favourites" }).waitFor();
        assert.equal(await page.getByRole("menuitem", { name: "Share with Nexus" }).count(), 0, "no folder");
        await page.keyboard.press("Escape");
        await choose("Documents", "Share with Nexus");
        const marked = (name) =>
          list(page).getByRole("row", { name: new RegExp(`${name}\\s*, shared with Nexus`) });
        await marked("Documents").waitFor();
        await page.getByText("Nexus can look into ‘Documents’ now.").first().waitFor();
        // Of two, one is shared already: it stays so when that is undone.
        await row(page, "Documents").click();
        await row(page, "Family photos").click({ modifiers: ["ControlOrMeta"] });
        await choose("Family photos", "Share with Nexus");
        await marked("Family photos").waitFor();
        await page
          .getByRole("status")
          .filter({ hasText: "‘Family photos’" })
          .getByRole("button", { name: "Undo" })
          .click();
        await marked("Family photos").waitFor({ state: "detached" });
        await marked("Documents").waitFor();
        await choose("Family photos", "Share with Nexus");
        await marked("Family photos").waitFor();
        await inspect(page, "files-shared");
        await win(page, "files").getByRole("button", { name: "View", exact: true }).click();
        await page.getByRole("menuitemcheckbox", { name: "Grid" }).click();
        await list(page).getByText("shared with Nexus").first().waitFor({ state: "attached" });
        await inspect(page, "files-shared-tiles");

        // Changing files there is a choice of its own, and off until somebody makes it.
        await win(page, "files").getByRole("button", { name: "View", exact: true }).click();
        await page.getByRole("menuitemcheckbox", { name: "List" }).click();
        const mine = () => mock.personal.shares(mock.accounts.users[0].id);
        assert.deepEqual(
          mine().map((one) => one.writes),
          [false, false],
        );
        await row(page, "Documents").click();
        await choose("Documents", "Let Nexus change files here");
        await page.getByText("Nexus may change files in ‘Documents’ now.").first().waitFor();
        await until("it may", () => mine()[0].writes);

        const other = await context.newPage();
        await other.goto("/settings/ai");
        const shared = other.getByRole("button", { name: /^Stop sharing ‘/ });
        await shared.nth(1).waitFor();
        await other.getByText("Nexus may change files here").waitFor();
        await inspect(other, "settings-shares-writes");
        await other.getByRole("button", { name: "Let Nexus only look into ‘Documents’" }).click();
        await until("it only looks again", () => !mine()[0].writes);
        // Gone without LivOS: it is said, and can be taken off the list.
        mock.files.node("home", "").children.delete("Family photos");
        await other.reload();
        await other.getByText("It is not there any more").waitFor();
        await inspect(other, "settings-shares");
        await other.getByRole("button", { name: "Stop sharing ‘Family photos’" }).click();
        await other.getByRole("button", { name: "Stop sharing ‘Documents’" }).click();
        await other.getByText("No folder is shared").waitFor();
        await inspect(other, "settings-shares-empty");
        await list(page).getByText("shared with Nexus").first().waitFor({ state: "detached" });
      }),
  ],
  [
    "a picture becomes the wallpaper, is offered in Settings, and one that can't says why",
    (browser) =>
      withDesktop(browser, {}, async ({ page, mock }) => {
        mock.files.store("home", "", "broken.png", Buffer.from("no picture"), "replace");
        await open(page);
        const wallpaper = async (name) => {
          await row(page, name).click({ button: "right" });
          await page.getByRole("menuitem", { name: "Use as wallpaper" }).click();
        };
        await row(page, "notes.txt").click({ button: "right" });
        await page.getByRole("menuitem", { name: "Preview" }).waitFor();
        assert.equal(await page.getByRole("menuitem", { name: "Use as wallpaper" }).count(), 0);
        await page.keyboard.press("Escape");
        await wallpaper("broken.png");
        await page.getByText("Wallpaper not changed.").waitFor();
        await page.getByText("the picture is damaged", { exact: false }).first().waitFor();
        await wallpaper("IMG_0007.jpg");
        await page.getByText("‘IMG_0007.jpg’ is your wallpaper now.").first().waitFor();
        const behind = page.locator(".wallpaper img").first();
        await behind.waitFor();
        assert.ok(await behind.evaluate((image) => image.decode().then(() => image.naturalWidth > 0)));
        await page.goto("/settings/appearance");
        await page.getByRole("radio", { name: "Your picture" }).and(page.locator(":checked")).waitFor();
        await inspect(page, "wallpaper-own");
        await page.getByText("Orbit").click();
        await page.locator(".wallpaper[data-wp=orbit]").first().waitFor();
        await page.getByText("Your picture", { exact: true }).click();
        await behind.waitFor();
        await page.getByRole("button", { name: "Delete your picture" }).click();
        await page.getByText("Your picture", { exact: true }).waitFor({ state: "detached" });
        await page.locator(".wallpaper[data-wp=shore]").first().waitFor();
      }),
  ],
  [
    "files on a phone: tap opens, long press selects, the bar acts",
    (browser) =>
      withDesktop(browser, { size: "phone" }, async ({ page, context }) => {
        await page.goto("/files/home");
        await row(page, "Documents").tap();
        await page.getByText("This folder is empty").waitFor();
        await page.goBack();
        await row(page, "Music").waitFor();
        const at = await row(page, "Music").boundingBox();
        const session = await context.newCDPSession(page);
        await session.send("Input.dispatchTouchEvent", {
          type: "touchStart",
          touchPoints: [{ x: at.x + 150, y: at.y + 20 }],
        });
        await page.getByText("1 selected").first().waitFor();
        await session.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
        await row(page, "Videos").tap();
        await page
          .getByText(/2 selected/)
          .first()
          .waitFor();
        await inspect(page, "phone-files-selected");
        await page.getByRole("button", { name: "Move to…" }).tap();
        await page.getByRole("dialog", { name: "Move 2 items to" }).waitFor();
        await inspect(page, "phone-files-move");
      }),
  ],
];
