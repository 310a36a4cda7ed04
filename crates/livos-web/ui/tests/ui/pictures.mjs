// Pictures in the Assistant: how they come in, what leaves the browser, and how they are shown.
import assert from "node:assert/strict";
import { crc32, deflateSync } from "node:zlib";
import { inspect, until, withDesktop } from "../lib/desktop.mjs";

const CANARY = "GPS-48.1374N";

const room = (page) => page.locator("[data-app=assistant]").first();
const log = (page) => room(page).getByRole("log");
const field = (page) => room(page).getByRole("textbox", { name: "Message" });
const waiting = (page) => room(page).getByRole("list", { name: "Pictures to send" }).getByRole("listitem");
const chooser = (page) => room(page).locator("input[type=file]");

/** A picture of one colour, and what a camera might write beside it. */
function png(width, height, [red, green, blue]) {
  const chunk = (name, data) => {
    const body = Buffer.concat([Buffer.from(name), data]);
    const ends = [Buffer.alloc(4), Buffer.alloc(4)];
    ends[0].writeUInt32BE(data.length);
    ends[1].writeUInt32BE(crc32(body));
    return Buffer.concat([ends[0], body, ends[1]]);
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 2], 8);
  const row = Buffer.concat([Buffer.alloc(1), Buffer.alloc(width * 3, Buffer.from([red, green, blue]))]);
  const rows = Buffer.concat(Array.from({ length: height }, () => row));
  return Buffer.concat([
    Buffer.from("\x89PNG\r\n\x1a\n", "latin1"),
    chunk("IHDR", head),
    chunk("tEXt", Buffer.from(`Location\0${CANARY}`)),
    chunk("IDAT", deflateSync(rows)),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

const file = (name, buffer, mimeType = "image/png") => ({ name, mimeType, buffer });

/** As if a picture had been pasted or dropped there. */
const bring = (place, kind, buffer) =>
  place.evaluate(
    (target, { kind, bytes }) => {
      const data = new DataTransfer();
      data.items.add(new File([new Uint8Array(bytes)], "screenshot.png", { type: "image/png" }));
      const how = { bubbles: true, cancelable: true };
      target.dispatchEvent(
        kind === "paste"
          ? new ClipboardEvent("paste", { clipboardData: data, ...how })
          : new DragEvent(kind, { dataTransfer: data, ...how }),
      );
    },
    { kind, bytes: [...buffer] },
  );

export default [
  ...["light", "dark", "phone"].map((look) => [
    `pictures are added, taken out again, sent and shown large (${look})`,
    (browser) =>
      withDesktop(
        browser,
        { theme: look === "dark" ? "dark" : "light", size: look === "phone" ? "phone" : "desktop" },
        async ({ page, mock }) => {
          await page.goto("/assistant");
          await field(page).waitFor();
          await chooser(page).setInputFiles(file("garden.png", png(2000, 1000, [60, 140, 70])));
          await waiting(page).nth(0).waitFor();
          await bring(field(page), "paste", png(300, 300, [180, 60, 60]));
          await waiting(page).nth(1).waitFor();
          await bring(field(page), "drop", png(200, 400, [60, 80, 180]));
          await waiting(page).nth(2).waitFor();
          await waiting(page).nth(1).getByRole("button", { name: "Remove screenshot.png" }).focus();
          await page.keyboard.press("Enter");
          await waiting(page).nth(2).waitFor({ state: "detached" });
          await inspect(page, `pictures-waiting-${look}`);
          await field(page).fill("What grows here?");
          await room(page).getByRole("button", { name: "Send" }).click();
          const shown = log(page).getByRole("button", { name: /^Show Picture . of 2 large$/ });
          await shown.nth(1).waitFor();
          await waiting(page).first().waitFor({ state: "detached" });
          await log(page).getByText("That is all.").waitFor();
          const [talk] = [...mock.assistant.conversations.values()].filter((one) => one.pictures.size > 0);
          const sent = [...talk.pictures.values()];
          assert.deepEqual(
            sent.map(({ picture }) => [picture.width, picture.height]),
            [
              [1568, 784],
              [200, 400],
            ],
          );
          for (const { file: bytes } of sent)
            assert.ok(!bytes.includes(CANARY), "where it was taken stays here");
          const images = log(page).getByRole("img", { name: /^Picture . of 2$/ });
          await until("both are to be seen", () =>
            images.evaluateAll((all) => all.length === 2 && all.every((one) => one.naturalWidth > 0)),
          );
          await inspect(page, `pictures-sent-${look}`);
          await shown.first().focus();
          await page.keyboard.press("Enter");
          const large = page.getByRole("dialog", { name: "Picture 1 of 2" });
          await large.getByRole("img").waitFor();
          await inspect(page, `pictures-large-${look}`);
          await page.keyboard.press("Escape");
          await large.waitFor({ state: "detached" });
        },
      ),
  ]),
  [
    "what can't be a picture is said in words, and a picture needs none",
    (browser) =>
      withDesktop(browser, {}, async ({ page }) => {
        await page.goto("/assistant");
        await field(page).waitFor();
        const send = room(page).getByRole("button", { name: "Send" });
        assert.equal(await send.getAttribute("aria-disabled"), "true");
        await chooser(page).setInputFiles(file("holiday.png", Buffer.from("<svg onload=alert(1)>")));
        await room(page).getByText("“holiday.png” can't be read as a picture.").waitFor();
        await inspect(page, "pictures-unread");
        const five = [1, 2, 3, 4, 5].map((one) => file(`${one}.png`, png(20, 20, [one * 40, 90, 90])));
        await chooser(page).setInputFiles(five);
        await room(page).getByText("A message has at most 4 pictures.").waitFor();
        await waiting(page).nth(3).waitFor();
        assert.equal(await waiting(page).count(), 4);
        await inspect(page, "pictures-most");
        await field(page).press("Enter");
        await log(page).getByRole("button", { name: "Show Picture 4 of 4 large" }).waitFor();
        await log(page).getByText("That is all.").waitFor();
      }),
  ],
  [
    "a picture that did not arrive is not lost",
    (browser) =>
      withDesktop(browser, {}, async ({ page, mock }) => {
        const [ada] = mock.accounts.users;
        const { id } = mock.assistant.held(ada.id, "Garden", 1, [
          { kind: "person", text: "Hello" },
          { kind: "answer", text: "Hello." },
        ]);
        await page.goto(`/assistant/${id}`);
        await log(page).getByText("Hello.").waitFor();
        const path = `POST /api/v1/assistant/conversations/${id}/pictures`;
        mock.state.fail.set(path, { status: 503, code: "unavailable", message: "the disk is full" });
        await chooser(page).setInputFiles(file("garden.png", png(40, 40, [60, 140, 70])));
        await waiting(page).first().waitFor();
        await field(page).fill("What grows here?");
        await field(page).press("Enter");
        await log(page).getByText("Not sent.").waitFor();
        await inspect(page, "pictures-not-sent");
        await log(page).getByRole("button", { name: "Edit" }).click();
        await waiting(page).first().waitFor();
        assert.equal(await field(page).inputValue(), "What grows here?");
        mock.state.fail.delete(path);
        await field(page).press("Enter");
        await log(page).getByText("That is all.").waitFor();
        assert.equal(mock.assistant.conversations.get(id).items.at(2).pictures.length, 1);
      }),
  ],
  [
    "a model that takes no pictures says so beside its answer",
    (browser) =>
      withDesktop(browser, {}, async ({ page, mock }) => {
        const message =
          "qwen3 did not take the picture, so it answers without it: this model does not support image input";
        const [ada] = mock.accounts.users;
        const { id } = mock.assistant.held(ada.id, "Garden", 1, [
          { kind: "person", text: "What grows here?" },
          { kind: "answer", text: "", state: "failed", problem: { code: "picture", message } },
          { kind: "answer", text: "I can't look at pictures." },
        ]);
        await page.goto(`/assistant/${id}`);
        await log(page).getByText("The model can't look at this picture.").waitFor();
        await log(page).getByText("I can't look at pictures.").waitFor();
        await inspect(page, "pictures-unseen");
      }),
  ],
];
