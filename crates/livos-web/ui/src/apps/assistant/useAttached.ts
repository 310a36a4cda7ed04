import { type ClipboardEvent, useState } from "react";
import { t } from "@/lib/i18n";
import { announce } from "@/lib/notify";
import { useStore } from "@/lib/store";
import { type Attached, attach, attached, MOST_PICTURES, picturesIn, prepared } from "./attached";

const NONE: Attached[] = [];

/** The pictures that go with what is being written, and how they come in. */
export function useAttached(draft: string) {
  const pictures = useStore(attached)[draft] ?? NONE;
  const [preparing, setPreparing] = useState(0);
  const [problem, setProblem] = useState("");

  const add = async (files: File[]) => {
    setProblem("");
    const room = MOST_PICTURES - pictures.length - preparing;
    if (files.length > room) setProblem(t("assistant.picture.most", { count: MOST_PICTURES }));
    const taken = files.slice(0, Math.max(0, room));
    setPreparing((count) => count + taken.length);
    for (const file of taken) {
      try {
        const one = await prepared(file);
        attach(draft, (before) => [...before, one]);
        announce(t("assistant.picture.added"));
      } catch {
        setProblem(t("assistant.picture.unread", { name: file.name }));
      } finally {
        setPreparing((count) => count - 1);
      }
    }
  };
  const paste = (event: ClipboardEvent) => {
    const files = picturesIn(event.clipboardData.files);
    // What a word processor copies comes with a picture of itself.
    if (files.length === 0 || event.clipboardData.getData("text/plain")) return;
    event.preventDefault();
    void add(files);
  };
  const remove = (one: Attached) => {
    setProblem("");
    URL.revokeObjectURL(one.url);
    attach(draft, (before) => before.filter((other) => other !== one));
  };
  return { pictures, preparing: preparing > 0, problem, add, paste, remove };
}
