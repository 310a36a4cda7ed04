import { load, save } from "@/lib/storage";
import { createStore } from "@/lib/store";

const KEY = "assistant.verbose";

/** Whether steps are shown opened, with what was thought; a choice of this device. */
export const verbose = createStore(load<unknown>(KEY, false) === true);

export function setVerbose(on: boolean): void {
  verbose.set(on);
  save(KEY, on || undefined);
}
